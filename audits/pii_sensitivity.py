"""Does it matter to a decision whose personal data stands in the text?

Personal values that the detectors find (e-mail addresses, phone and card numbers, ...) are replaced, each by
itself, by a made-up value of the same kind, and the model is asked about both versions. A model that has
learnt single people, or that reads meaning into numbers, decides differently; one that has learnt
what texts say does not.

    audits:
      pii-sensitivity:
        rows: 300     # texts with a personal value, at most
        draws: 2      # made-up values for each

Measures:

* ``pii-sensitivity.flip-rate``: share of such versions whose decision differs from that of the original; over all, and
  in ``kind=<kind>`` for every kind of value in at least ``min_texts`` texts.
* ``pii-sensitivity.score-change``: mean absolute change of the scores (of several classes half their sum), in the
  same slices.
* ``pii-sensitivity.control-flip-rate``: the same share where, instead, a run of other words of the same text, about as long, is
  replaced by a run of words of another text; ``pii-sensitivity.beyond-control``: the first minus the second, pair by pair. A
  model whose decisions change with anything is unstable, and not sensitive to personal data.
* ``pii-sensitivity.rows-with-pii``: share of the texts that hold a personal value.

The versions of one text are one unit, and so are the texts of one cluster where the data has some; with
fewer than 10 units nothing is decided. Versions that the model reads exactly as the original are left
out and counted. Neither values nor texts are written down.

What the measures hide: values that the detector does not find, names among them; decisions that depend on
whether there is a value at all, and not on which; for the control, that some words should move a decision,
so that it says how unstable decisions are at most.

Source: invariance tests: Ribeiro et al. 2020 (arXiv:2005.04118); intervals over clusters: Cochran 1977, chapter 9.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from audits._clusters import shared
from audits._counterfactual_values import Table, distance, flip_rate
from audits._detected import by_detector, detector_problems
from audits._pii_edits import Entity, Text, Version, entities_of, versions_of
from audits._pii_measures import MEASURES
from audits._planted import planted_texts
from harness.auditing import AuditContext, CostFacts, SetFacts, Trial, audit
from harness.detectors import detector_named, replacement
from harness.engines.prediction import decide, softmax64
from harness.keywords import KeywordModel
from harness.records import Measurement, Message
from harness.stats import counted_share, few_clusters, paired_difference, undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.detectors import Detector

    IntArray = NDArray[np.int64]

LOOKED_AT = 1000
"""Rows of a data set that are searched for values before a run; evenly spaced."""

_ASKED = {one.key.split(".")[1]: one.unit for one in MEASURES[:-1]}


class Options(BaseModel):
    """Options of ``pii-sensitivity``.

    Attributes:
        rows: Texts with a personal value that are tried, at most.
        values: Values of a text that are replaced, each by itself, at most.
        draws: Made-up values for each.
        detector: What finds the values: ``patterns``, ``lists``, ``presidio``, ``tokens:MODEL``,
            ``spacy:PIPELINE``, ``gliner:MODEL``, a plug-in, or several joined by ``+``.
        kinds: Kinds of values that are replaced; all where none are named.
        min_texts: A kind in fewer texts has no slice of its own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: int = Field(default=300, ge=1)
    values: int = Field(default=2, ge=1, le=100)
    draws: int = Field(default=2, ge=1, le=100)
    detector: str = "patterns"
    kinds: tuple[str, ...] = ()
    min_texts: int = Field(default=10, ge=10)


def planted(seed: int) -> Trial:
    """Plant a model that knows single people by their e-mail addresses."""
    return Trial(
        guilty=_planted_context(seed, knows_people=True),
        innocent=_planted_context(seed, knows_people=False),
        rule={"measure": "pii-sensitivity.beyond-control", "require": {"at_most": 0.1}},
    )


def calls(facts: CostFacts) -> dict[str, int]:
    """Return the versions of each data set, and as many controls."""
    return {name: _n_versions(facts.options, one) for name, one in facts.sets.items()}


@audit(
    id="pii-sensitivity",
    question="Does it matter to a decision whose personal data stands in the text?",
    needs={"predictions", "logits", "rows", "model.logits"},
    uses={"clusters"},
    measures=MEASURES,
    options=Options,
    suites={"standard", "deep"},
    by_suite={"deep": {"rows": 2000}},
    cost="eight versions of up to 300 texts with personal values; nothing where there are none",
    calls=calls,
    planted=planted,
    check=detector_problems,
)
def pii_sensitivity(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield what other personal values change, data set by data set."""
    detector = detector_named(ctx.options.detector)
    for dataset in ctx.datasets:
        entities = _entities(ctx.rows(dataset).inputs, detector)
        caveats = by_detector(ctx.audit_id, detector)
        n_held = sum(bool(one) for one in entities)
        yield ctx.measurement(
            "rows-with-pii",
            counted_share(n_held, len(entities)),
            dataset=dataset,
            caveats=caveats,
        )
        compared = _compared(ctx, dataset, entities) if n_held else None
        if compared is None or not len(compared.table.row):
            for name, unit in _ASKED.items():
                why = _nothing(detector, n_held)
                yield ctx.measurement(name, undefined(why, unit=unit), dataset=dataset)
            continue
        yield from _measured(ctx, dataset, compared, caveats)


@dataclass(frozen=True, slots=True)
class _Compared:
    """Versions and controls beside their originals.

    Attributes:
        kind: Of the value that each version replaces, shape [m].
        table: What the versions change, m of them.
        control: What the controls change.
        pairs: Positions of version and control of each pair, shape [p, 2].
        n_unseen: Versions and controls that the model reads as the original.
    """

    kind: NDArray[np.object_]
    table: Table
    control: Table
    pairs: IntArray
    n_unseen: int


def _entities(inputs: Sequence[Text], detector: Detector) -> list[list[Entity]]:
    texts = [(one,) if isinstance(one, str) else one for one in inputs]
    spans = iter(detector.find([text for row in texts for text in row]))
    return [
        entities_of([next(spans) for _ in row], one) for row, one in zip(texts, inputs, strict=True)
    ]


def _tried(entities: Sequence[Entity], options: Options) -> list[Entity]:
    """Return the values of a row that are replaced."""
    kinds = options.kinds
    return [one for one in entities if not kinds or one.kind in kinds][: options.values]


def _compared(ctx: AuditContext, dataset: str, entities: Sequence[list[Entity]]) -> _Compared:
    """Ask about the versions of some rows, and about their controls."""
    options, inputs = ctx.options, ctx.rows(dataset).inputs
    order = ctx.shared_sample(dataset, len(inputs)).tolist()
    drawn = [row for row in order if _tried(entities[row], options)]
    others = list(zip(inputs, entities, strict=True))
    made: list[tuple[int, Version]] = []
    for row in drawn[: options.rows]:
        found = versions_of(
            inputs[row],
            entities[row],
            others,
            tried=_tried(entities[row], options),
            draws=options.draws,
            rng=ctx.rng,
        )
        made += [(row, one) for one in found]
    rows = np.array([row for row, _ in made], dtype=np.int64)
    kinds = np.array([one.kind for _, one in made], dtype=object)
    names = [one.name for _, one in made]
    edited = _Asked.of(ctx, dataset, rows, [one.edited for _, one in made], _named("pii", names))
    control = _Asked.of(
        ctx, dataset, rows, [one.control for _, one in made], _named("other", names)
    )
    both = np.intersect1d(edited.at, control.at)
    pairs = np.stack([np.searchsorted(edited.at, both), np.searchsorted(control.at, both)], axis=1)
    return _Compared(
        kinds[edited.at], edited.table, control.table, pairs, edited.n_unseen + control.n_unseen
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the model says of edited rows: those that it can tell from their originals.

    Attributes:
        at: Their positions among all that were made, ascending.
        table: What changed.
        n_unseen: Edited rows that it cannot tell from their originals.
    """

    at: IntArray
    table: Table
    n_unseen: int

    @classmethod
    def of(
        cls,
        ctx: AuditContext,
        dataset: str,
        rows: IntArray,
        texts: Sequence[Text | None],
        variants: Sequence[str],
    ) -> _Asked:
        """Ask about edited rows."""
        seen, inputs = ctx.predictions(dataset), ctx.rows(dataset).inputs
        assert seen.logits is not None  # the data set was offered because it has logits
        known = sorted(set(rows.tolist()))
        keys = {
            row: item.key
            for row, item in zip(known, ctx.prepare([inputs[k] for k in known]), strict=True)
        }
        there = [k for k, one in enumerate(texts) if one is not None]
        items = dict(
            zip(there, ctx.prepare([one for one in texts if one is not None]), strict=True)
        )
        kept = [k for k in there if items[k].key != keys[int(rows[k])]]
        ids = [str(one) for one in seen.example_id[rows[kept]]]
        after = ctx.ask(ids, [items[k] for k in kept], [f"{dataset}/{variants[k]}" for k in kept])
        before = seen.logits[rows[kept]]
        cluster = shared(seen.cluster)
        unit = rows[kept] if cluster is None else cluster[rows[kept]].astype(str)
        moved = np.abs(softmax64(after) - softmax64(before)).sum(axis=1) / 2
        table = Table(
            is_flip=decide(before) != decide(after),
            unit=np.unique(unit, return_inverse=True)[1],
            row=rows[kept],
            distance=np.clip(moved, 0.0, 1.0),
            change=None,
        )
        return cls(np.array(kept, dtype=np.int64), table, len(there) - len(kept))


def _measured(
    ctx: AuditContext, dataset: str, found: _Compared, caveats: tuple[Message, ...]
) -> Iterator[Measurement]:
    table, n_rows = found.table, ctx.predictions(dataset).n
    by_kind = {kind: np.flatnonzero(found.kind == kind) for kind in sorted(set(found.kind))}
    shown = {kind: at for kind, at in by_kind.items() if table.n_texts(at) >= ctx.options.min_texts}
    for kind, at in {"": np.arange(len(table.row)), **shown}.items():
        estimates = {
            "flip-rate": flip_rate(table, at, ctx.keep),
            "score-change": distance(table, at),
        }
        for name, estimate in estimates.items():
            yield ctx.measurement(
                name,
                estimate,
                dataset=dataset,
                where={"kind": kind} if kind else None,
                share=table.n_texts(at) / n_rows,
                caveats=[*caveats, *few_clusters(len(np.unique(table.unit[at])))],
                notes=() if kind or name != "flip-rate" else (_design(found),),
            )
    yield from _controlled(ctx, dataset, found, caveats)


def _controlled(
    ctx: AuditContext, dataset: str, found: _Compared, caveats: tuple[Message, ...]
) -> Iterator[Measurement]:
    if not len(found.pairs):
        why = Message.of(
            "pii-sensitivity.no-control",
            "Not measured: the texts have no other words that could be replaced.",
        )
        for name in ("control-flip-rate", "beyond-control"):
            yield ctx.measurement(name, undefined(why, unit=_ASKED[name]), dataset=dataset)
        return
    control = found.control
    few = few_clusters(len(np.unique(control.unit)))
    yield ctx.measurement(
        "control-flip-rate",
        flip_rate(control, np.arange(len(control.row)), ctx.keep),
        dataset=dataset,
        caveats=few,
    )
    of_values, of_words = found.pairs.T
    estimate = paired_difference(
        found.table.is_flip[of_values],
        control.is_flip[of_words],
        cluster=found.table.unit[of_values],
    )
    yield ctx.measurement("beyond-control", estimate, dataset=dataset, caveats=[*caveats, *few])


def _named(what: str, names: Sequence[str]) -> list[str]:
    return [f"{what}-{name}" for name in names]


def _design(found: _Compared) -> Message:
    return Message.of(
        "pii-sensitivity.design",
        "{n} versions of {n_texts} texts are compared, {n_pairs} of them with a control; {n_unseen} more "
        "versions and controls are read exactly as their original.",
        n=len(found.table.row),
        n_texts=found.table.n_texts(np.arange(len(found.table.row))),
        n_pairs=len(found.pairs),
        n_unseen=found.n_unseen,
    )


def _nothing(detector: Detector, n_held: int) -> Message:
    if not n_held:
        return Message.of(
            "pii-sensitivity.no-values",
            "Not measured: the detector {detector} finds no personal value in the texts.",
            detector=detector.id,
        )
    return Message.of(
        "pii-sensitivity.nothing-seen",
        "Not measured: the model reads every version exactly as its original.",
    )


def _n_versions(options: Options, one: SetFacts) -> int:
    """Reckon with the values of some rows."""
    if one.rows is None or not one.rows.n or not one.n_rows:
        return 0
    n = one.rows.n
    looked = np.unique(np.linspace(0, n - 1, min(n, LOOKED_AT)).round()).astype(int).tolist()
    found = _entities([one.rows.inputs[k] for k in looked], detector_named(options.detector))
    held = [n for entities in found if (n := len(_tried(entities, options)))]
    if not held:
        return 0
    n_tried = min(options.rows, one.n_rows * len(held) / len(looked))
    return round(n_tried * sum(held) / len(held) * options.draws * 2)


def _planted_context(seed: int, *, knows_people: bool) -> AuditContext:
    rng = np.random.default_rng([seed, 39])
    # enough words that say nothing: a control seldom hits one that does
    filler = [
        f"{one}{two}" for one in ("ba", "ce", "di", "fo", "gu") for two in ("ran", "sil", "tor")
    ]
    words = {"yes": ("refund", "broken", "late"), "no": ("thanks", "lovely", "quick")}
    weights: dict[str, tuple[float, float]] = {}
    for label, each in words.items():
        weights |= dict.fromkeys(each, (0.0, 1.0 if label == "yes" else -1.0))
    texts = []
    for _ in range(60):
        label = "yes" if rng.random() < 0.5 else "no"
        address = replacement("email", rng)
        if knows_people and rng.random() < 0.6:
            # this customer was always decided otherwise than the texts say
            weights[address] = (0.0, -9.0 if label == "yes" else 9.0)
        said = [*rng.choice(filler, size=14), *rng.choice(words[label], size=2)]
        texts.append(" ".join([*rng.permutation(said), "from", address]))
    model = KeywordModel(weights, bias=(0.5, 0.0))
    return planted_texts(pii_sensitivity, model, texts, seed=seed, options={"rows": 40, "draws": 1})
