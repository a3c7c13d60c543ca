"""What attacks on single words came to: carried out on a sample of rows, and measured.

Legend: k rows that were attacked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audits._clusters import few, share, shared
from audits._removal import lead
from audits._robustness_attack import RANDOM, RANKED, Attack, Attempt, Budget, run_attacks, ways
from audits._robustness_places import ranked_places
from harness.edits import rng_of_text
from harness.errors import MethodRefused
from harness.records import Estimate, Measurement, Message
from harness.stats import paired_difference, undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._clusters import Clusters
    from harness.auditing import AuditContext
    from harness.edits import Synonyms

MEASURES = {
    "attack-success-rate": "share",
    "random-attack-success-rate": "share",
    "attack-gain": "difference",
}
"""Measure → unit."""


@dataclass(frozen=True, slots=True)
class Attacked:
    """Attacks on the same rows in both orders.

    Attributes:
        row: Rows, shape [k].
        ranked, random: Attacks on each of them, k each.
        lead: Of the decided class before, shape [k].
        cluster: Clusters of the rows, shape [k]; None where rows are independent.
    """

    row: NDArray[np.int64]
    ranked: list[Attack]
    random: list[Attack]
    lead: NDArray[np.float64]
    cluster: Clusters

    def flips(self, order: str) -> NDArray[np.bool_]:
        """Return which decisions an order of attack changed, shape [k]."""
        attacks = self.ranked if order == RANKED else self.random
        return np.array([one.is_flipped for one in attacks], dtype=np.bool_)


def attacked(
    ctx: AuditContext, dataset: str, lists: Sequence[Synonyms], seed: int
) -> Attacked | Message:
    """Attack a sample of rows in both orders, or say why that cannot be done."""
    if not ctx.options.attack_rows:
        return Message.of("robustness.no-attack", "Not measured: attack_rows is 0.")
    if ctx.model is None or "parts" not in ctx.model.capabilities:
        return Message.of(
            "robustness.no-parts",
            "Not measured: the model takes no inputs apart, so that no word of theirs can be ranked.",
        )
    rows = ctx.shared_sample(dataset, ctx.options.attack_rows)
    try:
        ranked = ranked_places(ctx, dataset, rows)
    except MethodRefused as err:
        return Message.of("robustness.refused", "Not measured: {why}", why=str(err))
    budget = Budget(ctx.options.words, ctx.options.queries)
    seen, inputs = ctx.predictions(dataset), ctx.rows(dataset).inputs
    assert seen.logits is not None  # the data set was offered because it has logits
    logits = seen.logits[rows].astype(np.float64)
    decided = np.argmax(logits, axis=1)
    before = lead(logits, decided)
    attacks: dict[str, list[Attack]] = {RANKED: [], RANDOM: []}
    for index, row in enumerate(rows.tolist()):
        able = [one for one in ranked[index] if ways(one.word, budget, lists, seed)]
        rng = rng_of_text(seed, RANDOM, str(seen.example_id[row]))
        mixed = [able[at] for at in rng.permutation(len(able)).tolist()]
        for order, places in ((RANKED, able), (RANDOM, mixed)):
            start = float(before[index])
            attacks[order].append(
                Attack(row, order, inputs[row], places, int(decided[index]), start)
            )

    def ask(attempts: Sequence[Attempt]) -> NDArray[np.float32]:
        texts = [one.attack.written(one.place, one.edit.word) for one in attempts]
        ids = [str(seen.example_id[one.attack.row]) for one in attempts]
        variants = [f"{dataset}/attack-{one.attack.order}-{one.number}" for one in attempts]
        return ctx.ask(ids, ctx.prepare(texts), variants)

    run_attacks([*attacks[RANKED], *attacks[RANDOM]], ask, budget, lists, seed)
    cluster = shared(None if seen.cluster is None else seen.cluster[rows])
    return Attacked(rows, attacks[RANKED], attacks[RANDOM], before, cluster)


def attack_measured(
    ctx: AuditContext, dataset: str, done: Attacked | Message
) -> Iterator[Measurement]:
    """Yield how often attacks succeed, and what knowing the words is worth."""
    if isinstance(done, Message):
        for name, unit in MEASURES.items():
            yield ctx.measurement(name, undefined(done, unit=unit), dataset=dataset)
        return
    seen = ctx.predictions(dataset)
    everything = np.ones(len(done.row), dtype=np.bool_)
    parts = {"": everything}
    if seen.label is not None:
        parts["right"] = seen.label[done.row] == seen.decision[done.row]
    for name, chosen in parts.items():
        if not chosen.any():
            continue
        for order, measure in (
            (RANKED, "attack-success-rate"),
            (RANDOM, "random-attack-success-rate"),
        ):
            yield ctx.measurement(
                measure,
                share(done.flips(order), done.cluster, of=chosen),
                dataset=dataset,
                where={"decision": name} if name else None,
                share=int(chosen.sum()) / seen.n,
                caveats=[_budget(ctx), *few(done.cluster, chosen)],
                notes=() if name else _notes(done, order),
            )
    yield ctx.measurement(
        "attack-gain",
        _gain(done),
        dataset=dataset,
        share=len(done.row) / seen.n,
        caveats=[_budget(ctx), *few(done.cluster)],
    )


def attack_rows(
    ctx: AuditContext, dataset: str, done: Attacked | Message
) -> list[tuple[object, ...]]:
    """Return what each attack came to, by example id, without any text."""
    if isinstance(done, Message):
        return []
    ids = ctx.predictions(dataset).example_id
    return [
        (
            dataset,
            str(ids[one.row]),
            one.order,
            one.is_flipped,
            before,
            one.lead,
            one.n_queries,
            ",".join(one.edits),
        )
        for attacks in (done.ranked, done.random)
        for one, before in zip(attacks, done.lead.tolist(), strict=True)
    ]


def _gain(done: Attacked) -> Estimate:
    return paired_difference(done.flips(RANKED), done.flips(RANDOM), cluster=done.cluster)


def _budget(ctx: AuditContext) -> Message:
    return Message.of(
        "robustness.budget",
        "An attack changes at most {words} words of a text and asks at most {queries} times; finding the "
        "words (by {ranking}) is not counted. More patience or other edits can succeed more often: this is a "
        "lower bound of what an attacker can do.",
        words=ctx.options.words,
        queries=ctx.options.queries,
        ranking=ctx.options.ranking,
    )


def _notes(done: Attacked, order: str) -> list[Message]:
    attacks = done.ranked if order == RANKED else done.random
    notes = []
    succeeded = [one for one in attacks if one.is_flipped]
    if succeeded:
        notes.append(
            Message.of(
                "robustness.words-changed",
                "Where it succeeds, the median of words changed is {median}, and of questions asked {asked}.",
                median=f"{np.median([len(one.changes) for one in succeeded]):g}",
                asked=f"{np.median([one.n_queries for one in succeeded]):g}",
            )
        )
    n_unable = sum(not one.places for one in attacks)
    if n_unable:
        notes.append(
            Message.of(
                "robustness.unable",
                "{n_unable} of {n} texts hold no word that the attack can write differently; they count as "
                "withstanding it.",
                n_unable=n_unable,
                n=len(attacks),
            )
        )
    return notes
