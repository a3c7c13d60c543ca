"""Does any single word carry the decisions?

Words are taken away one at a time and the model is asked again. The attribution of a part of an
input is the lead of the decided class (its logit minus the runner-up's) with the whole input, minus
the same lead without that part.

Measures:

* ``occlusion.flip-rate``: share of sampled rows whose decision changes when their one most
  influential part is taken away. A reading aid: high values mean that decisions hang by one word.
* ``occlusion.single-token-reliance``: of the rows that hold the word with the strongest hold on
  decisions, the share whose decision changes when that word is taken away (all its occurrences).
  The word is searched on one half of the rows and the share is estimated on the other, so that
  having searched does not flatter the figure. A note names the word when at least 10 rows hold it.

How the word is found, on the first half only: every word that stands in at least ``min_rows`` rows
of each half is taken out of some rows; the ``candidates`` words that cost the decided class the
largest part of its lead, on average, are then taken out of up to ``rows_per_word`` rows each; the
one that changes most decisions is the word.

Attributions lie in ``attributions.parquet`` by example id and position, never by text;
``removals.parquet`` says which parts each stored answer was asked without.

What the measures hide: words that work only together, or where each of several gives the same class
away (taking one away changes nothing); words rarer than ``min_rows``; and that an input with a gap
may be unlike anything the model has learnt from. A high share is no proof of a defect: a word can
carry decisions rightly.

Source: occlusion as Zeiler and Fergus 2014 (arXiv:1311.2901) and Li, Monroe and Jurafsky 2016
(arXiv:1612.08220); sample splitting as Cox 1975 (doi:10.1093/biomet/62.2.441).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from audits._artifacts import write_rows
from audits._metrics import clustered
from audits._removal import Effects, Inputs, Removal, read_inputs
from audits._removal_calls import MAX_PROBES, PROBES, removal_calls, removal_units
from harness.auditing import AuditContext, Trial, audit
from harness.data import Dataset
from harness.keywords import KeywordModel
from harness.predictions import Predictions
from harness.records import DatasetRef, Estimate, Measure, Measurement, Message, Task
from harness.stats import clopper_pearson, undefined, wilson
from harness.trials import trial_context

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import Part

FEW = 40
"""Below this many rows an interval is Clopper-Pearson, which never covers too rarely."""

NAMED_FROM = 10
"""A word that stands in this many rows is vocabulary, and may be named."""

LONGEST_NAME = 40

_SOURCE = "Zeiler and Fergus 2014, arXiv:1311.2901; Li, Monroe and Jurafsky 2016, arXiv:1612.08220"

MEASURES = (
    Measure(
        key="occlusion.single-token-reliance",
        title="Reliance on a single word",
        unit="share",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 rows that hold the strongest word, about {per_100} change their decision "
        "when it is taken away.",
        blind_to="Words that work only together, words that stand in few rows, and whether the word "
        "carries the decision rightly.",
        source=f"{_SOURCE}; sample splitting: Cox 1975, doi:10.1093/biomet/62.2.441",
    ),
    Measure(
        key="occlusion.flip-rate",
        title="Decisions that hang by one word",
        unit="share",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 rows, about {per_100} change their decision when their most influential "
        "word is taken away.",
        blind_to="Whether it is always the same word, and whether it carries the decision rightly.",
        source=_SOURCE,
    ),
)


class Options(BaseModel):
    """Options of ``occlusion``.

    Attributes:
        rows: Rows of the first half of which every word is taken away once.
        min_rows: A word is a candidate when at least so many rows of each half hold it.
        candidates: Words on the shortlist.
        rows_per_word: Rows of the first half that each word on the shortlist is taken out of.
        held_out_rows: Rows of the second half that the share is estimated on, at most.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: int = Field(default=200, ge=1)
    min_rows: int = Field(default=20, ge=1)
    candidates: int = Field(default=20, ge=1)
    rows_per_word: int = Field(default=50, ge=1)
    held_out_rows: int = Field(default=400, ge=1)


def planted(seed: int) -> Trial:
    """Plant a token without meaning that overrules every other word."""
    return Trial(
        guilty=_planted_context(seed, token_weight=9.0),
        innocent=_planted_context(seed, token_weight=0.0),
        rule={"measure": "occlusion.single-token-reliance", "require": {"at_most": 0.5}},
    )


@audit(
    id="occlusion",
    question="Does any single word carry the decisions?",
    needs={"predictions", "logits", "rows", "model.logits", "model.parts"},
    uses={"clusters"},
    measures=MEASURES,
    options=Options,
    suites={"quick", "standard", "deep"},
    cost="one forward pass for each word of 200 rows, and up to 3,000 more",
    calls=removal_calls,
    planted=planted,
    units=removal_units,
)
def occlusion(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield the flip rate of sampled rows and the hold of the strongest single word."""
    attributions: list[tuple[str, str, int, int, int, float]] = []
    removals: list[tuple[str, str, str, tuple[int, ...]]] = []
    for dataset in ctx.datasets:
        cluster = ctx.predictions(dataset).cluster
        inputs = read_inputs(ctx, dataset)
        is_first = _first_half(ctx.rng, len(inputs.items), cluster)
        sample = np.sort(_some(ctx.rng, np.flatnonzero(is_first), ctx.options.rows))
        parts = {int(row): inputs.parts(int(row)) for row in sample}
        asked = [Removal(row, (part.index,)) for row in parts for part in parts[row]]
        effects = inputs.ask(asked, stage="sample")
        attributions += _attribution_rows(inputs, parts, effects)
        caveats = clustered(cluster)
        flips = _flip_rate(asked, effects)
        yield ctx.measurement("flip-rate", flips, dataset=dataset, caveats=caveats)
        reliance, notes = _reliance(ctx, inputs, is_first, evidence=_evidence(parts, effects))
        yield ctx.measurement(
            "single-token-reliance", reliance, dataset=dataset, caveats=caveats, notes=notes
        )
        removals += [(dataset, *entry) for entry in inputs.log]
    write_rows(
        ctx,
        "attributions.parquet",
        attributions,
        ("dataset", "example_id", "part_index", "position_start", "position_stop", "attribution"),
    )
    write_rows(
        ctx, "removals.parquet", removals, ("dataset", "example_id", "variant", "part_indexes")
    )


def _first_half(
    rng: np.random.Generator, n: int, cluster: NDArray[np.object_] | None
) -> NDArray[np.bool_]:
    """Draw half of the rows, shape [n]; rows of one cluster stay in one half."""
    names = np.arange(n) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    sizes = np.bincount(names)
    order = rng.permutation(len(sizes))
    before = np.cumsum(sizes[order]) - sizes[order]
    first = np.zeros(len(sizes), dtype=np.bool_)
    first[order[before * 2 < n]] = True
    chosen: NDArray[np.bool_] = first[names]
    return chosen


def _some(rng: np.random.Generator, rows: NDArray[np.int64], limit: int) -> NDArray[np.int64]:
    if len(rows) <= limit:
        return rows
    return rng.choice(rows, size=limit, replace=False)


def _attribution_rows(
    inputs: Inputs, parts: dict[int, list[Part]], effects: Effects
) -> list[tuple[str, str, int, int, int, float]]:
    flat = [(row, part) for row in parts for part in parts[row]]
    return [
        (
            inputs.dataset,
            str(inputs.example_id[row]),
            part.index,
            min(part.positions),
            max(part.positions) + 1,
            float(drop),
        )
        for (row, part), drop in zip(flat, effects.drop, strict=True)
    ]


def _flip_rate(asked: Sequence[Removal], effects: Effects) -> Estimate:
    strongest: dict[int, int] = {}
    for position, removal in enumerate(asked):
        best = strongest.setdefault(removal.row, position)
        if effects.drop[position] > effects.drop[best]:
            strongest[removal.row] = position
    if not strongest:
        why = Message.of(
            "occlusion.no-parts", "Not measured: no sampled row has a word to take away."
        )
        return undefined(why, unit="share")
    return _share(int(effects.is_flipped[list(strongest.values())].sum()), len(strongest))


def _evidence(parts: dict[int, list[Part]], effects: Effects) -> dict[str, list[float]]:
    """Return word → relative effects in sampled rows where it stands once."""
    evidence: dict[str, list[float]] = {}
    position = 0
    for each in parts.values():
        contents = [part.content for part in each]
        for content in contents:
            if contents.count(content) == 1:
                evidence.setdefault(content, []).append(float(effects.relative[position]))
            position += 1
    return evidence


def _reliance(
    ctx: AuditContext,
    inputs: Inputs,
    is_first: NDArray[np.bool_],
    *,
    evidence: dict[str, list[float]],
) -> tuple[Estimate, tuple[Message, ...]]:
    """Find the strongest word on the first half, and estimate its hold on the second."""
    halves = {
        word: (found[is_first[found]], found[~is_first[found]])
        for word in sorted(inputs.rows_with)
        if len(found := np.array(list(inputs.rows_with[word]))) >= 2 * ctx.options.min_rows
    }
    candidates = {
        word: first
        for word, (first, second) in halves.items()
        if min(len(first), len(second)) >= ctx.options.min_rows
    }
    if not candidates:
        return undefined(_no_candidates(ctx.options.min_rows), unit="share"), ()
    shortlist = _shortlist(ctx, inputs, candidates, evidence=evidence)
    word = _strongest(ctx, inputs, {word: candidates[word] for word in shortlist})
    held_out = _some(ctx.rng, halves[word][1], ctx.options.held_out_rows)
    flips = inputs.ask(inputs.take_out(word, held_out), stage="held-out").is_flipped
    n_rows = len(inputs.rows_with[word])
    return (
        _share(int(flips.sum()), len(held_out)),
        _name(word, n_rows=n_rows, n_asked=len(held_out), n_flips=int(flips.sum())),
    )


def _shortlist(
    ctx: AuditContext,
    inputs: Inputs,
    candidates: dict[str, NDArray[np.int64]],
    *,
    evidence: dict[str, list[float]],
) -> list[str]:
    """Return the words that cost the decided class most of its lead, on average, first half only."""
    seen = {word: evidence.get(word, []) for word in candidates}
    wanted = next(
        (
            wanted
            for wanted in range(PROBES, 1, -1)
            if sum(max(0, wanted - len(each)) for each in seen.values()) <= MAX_PROBES
        ),
        1,
    )
    probes = {
        word: inputs.take_out(word, _some(ctx.rng, candidates[word], wanted - len(seen[word])))
        for word in candidates
        if len(seen[word]) < wanted
    }
    asked = [one for each in probes.values() for one in each]
    found = iter(inputs.ask(asked, stage="probe").relative.tolist())
    means = {
        word: float(np.mean(seen[word] + [next(found) for _ in probes.get(word, ())]))
        for word in candidates
    }
    return sorted(means, key=lambda word: (-means[word], word))[: ctx.options.candidates]


def _strongest(ctx: AuditContext, inputs: Inputs, shortlist: dict[str, NDArray[np.int64]]) -> str:
    """Return the word that changes the largest share of decisions; ties by its mean effect."""
    asked = {
        word: inputs.take_out(word, _some(ctx.rng, first, ctx.options.rows_per_word))
        for word, first in shortlist.items()
    }
    effects = inputs.ask([one for each in asked.values() for one in each], stage="rank")
    ends = np.cumsum([len(each) for each in asked.values()])
    ranks = {
        word: (float(flips.mean()), float(relative.mean()))
        for word, flips, relative in zip(
            asked,
            np.split(effects.is_flipped, ends[:-1]),
            np.split(effects.relative, ends[:-1]),
            strict=True,
        )
    }
    return max(sorted(ranks), key=lambda word: ranks[word])


def _share(successes: int, trials: int) -> Estimate:
    return clopper_pearson(successes, trials) if trials < FEW else wilson(successes, trials)


def _no_candidates(min_rows: int) -> Message:
    return Message.of(
        "occlusion.no-candidates",
        "Not measured: no word stands in at least min_rows = {min_rows} rows of each half of the data.",
        min_rows=min_rows,
    )


def _name(word: str, *, n_rows: int, n_asked: int, n_flips: int) -> tuple[Message, ...]:
    """Name the word when it is vocabulary; a rare or long one may be somebody's data."""
    if n_rows < NAMED_FROM or len(word) > LONGEST_NAME or not word.isprintable():
        return (
            Message.of(
                "occlusion.top-word-not-named",
                "The word is not named here: it stands in {n_rows} rows or is long, and may be "
                "somebody's data.",
                n_rows=n_rows,
            ),
        )
    return (
        Message.of(
            "occlusion.top-word",
            "The strongest word is '{word}'. It stands in {n_rows} rows; of {n_asked} of them that "
            "were not used to find it, {n_flips} change their decision when it is taken away.",
            word=word,
            n_rows=n_rows,
            n_asked=n_asked,
            n_flips=n_flips,
        ),
    )


def _planted_context(seed: int, *, token_weight: float) -> AuditContext:
    rng = np.random.default_rng([seed, 2])
    words = np.array([f"word{index}" for index in range(30)], dtype=object)
    weights = {str(word): (0.0, float(rng.normal(scale=0.7))) for word in words}
    model = KeywordModel({**weights, "zqx": (0.0, token_weight)}, bias=(3.0, 0.0))
    texts = [
        " ".join([*rng.choice(words, size=8), *(["zqx"] if rng.random() < 0.25 else [])])
        for _ in range(600)
    ]
    example_id = np.array([f"e{index}" for index in range(len(texts))], dtype=object)
    logits = model.logits(model.prepare(texts))
    ref = DatasetRef("test", "planted", None, "", len(texts), len(texts), {"text": "text"})
    predictions = Predictions(
        "test", example_id, np.argmax(logits, axis=1).astype(np.int64), 2, logits=logits
    )
    return trial_context(
        occlusion,
        task=Task(kind="text-classification", modality="text", classes=("no", "yes")),
        predictions=[predictions],
        rows={"test": Dataset(ref, example_id, list(texts))},
        model=model,
        options={"rows": 40},
        seed=seed,
    )
