"""Which counterfactuals are compared: drawn from word lists, or read as twins.

Legend: n rows of a data set, m comparisons, c classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from audits._counterfactual_options import (
    WHERE,
    Options,
    Symmetric,
    swapper_of,
    twins_name,
    twins_spec,
)
from harness.auditing.costs import LOOKED_AT
from harness.data import PredictionsSpec, load_predictions_table, read_twins, take
from harness.engines.prediction import decide, softmax64
from harness.files import sha256_file
from harness.records import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.auditing import AuditContext, CostFacts, GuardedPredictions, SetFacts
    from harness.data import Dataset
    from harness.swaps import Counterfactual, Swapper

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

Text = str | tuple[str, str]
Name = tuple[str, str]
"""Category and identity."""

SEARCHED = 20_000
"""Rows of a data set that are searched for identity words, at most; drawn at random."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers about some texts.

    Attributes:
        decision: Shape [m].
        scores: Shape [m, c]; None for hard decisions.
    """

    decision: IntArray
    scores: FloatArray | None

    @classmethod
    def of_logits(cls, logits: NDArray[np.float32]) -> Answers:
        """Return the answers that logits, shape [m, c], stand for."""
        return cls(decide(logits), softmax64(logits))


@dataclass(slots=True)
class Comparison:
    """Texts and their counterfactuals.

    Attributes:
        row: Row of each original, shape [m].
        removed, added: Identities that only the original names, and only the counterfactual, m each.
        variant: What was done to each text, m of them.
        before, after: Answers about the originals and about the counterfactuals.
        unit: What belongs together, shape [m].
        unit_is: ``cluster``, ``template`` or ``row``.
        notes: What else a reader should know.
    """

    row: IntArray
    removed: list[tuple[Name, ...]]
    added: list[tuple[Name, ...]]
    variant: list[str]
    before: Answers
    after: Answers
    unit: NDArray[np.object_]
    unit_is: str
    notes: list[Message] = field(default_factory=list)


def compare(ctx: AuditContext, dataset: str) -> Comparison | Message:
    """Return what is compared on a data set, or why nothing is."""
    pairs = ctx.options.pairs
    if pairs is not None and dataset == pairs.dataset:
        return Message.of(
            "counterfactual.holds-twins",
            "Not measured: data set {dataset} holds the twins of another one.",
            dataset=dataset,
        )
    if not ctx.has_rows(dataset):
        return Message.of(
            "counterfactual.no-rows",
            "Not measured: data set {dataset} has no rows.",
            dataset=dataset,
        )
    if dataset == twins_name(pairs, dict.fromkeys(ctx.datasets)):
        return _from_pairs(ctx, dataset)
    if not ctx.has_model:
        return Message.of(
            "counterfactual.no-model",
            "Not measured: the run has stored predictions only, and no model to ask about swapped texts. "
            "Name twins and their answers with pairs.",
        )
    return _from_lists(ctx, dataset)


def calls(facts: CostFacts) -> dict[str, int]:
    """Return the model calls of each data set."""
    return {name: round(n * each) for name, (n, each) in _sizes(facts).items()}


def units(facts: CostFacts) -> dict[str, dict[str, int]]:
    """Return the texts behind each value."""
    keys = ("counterfactual.flip-rate", "counterfactual.score-difference")
    return {name: dict.fromkeys(keys, round(n)) for name, (n, _) in _sizes(facts).items()}


def _sizes(facts: CostFacts) -> dict[str, tuple[float, float]]:
    """Return data set → texts that are compared, and model calls for each."""
    options: Options = facts.options
    of, found = twins_name(options.pairs, facts.sets), {}
    for name, one in facts.sets.items():
        if options.pairs and name == options.pairs.dataset:
            found[name] = (0.0, 0.0)
        elif one.rows is None:  # nothing is known of the texts
            found[name] = (float(min(options.rows, one.n_rows)), float(options.swaps_per_text))
        elif name == of:
            found[name] = _pair_size(facts, one, one.rows)
        else:
            found[name] = _swap_size(facts, one, one.rows)
    return found


def _swap_size(facts: CostFacts, one: SetFacts, rows: Dataset) -> tuple[float, float]:
    if not rows.has_inputs or not rows.n:
        return 0.0, 0.0
    options: Options = facts.options
    eligible = np.flatnonzero(_symmetric(rows, options))
    picked = np.unique(np.linspace(0, len(eligible) - 1, min(len(eligible), LOOKED_AT)).round())
    inputs = tuple(rows.inputs[eligible[at]] for at in picked.astype(int).tolist())
    swapper = swapper_of(options, facts.base)
    found = _counted(swapper, inputs, options.categories, options.swaps_per_text)
    if not found:
        return 0.0, 0.0
    searched = min(len(eligible) * one.n_rows / rows.n, SEARCHED)
    n_texts = min(options.rows, searched * len(found) / len(inputs))
    return n_texts, float(np.mean(found))


def _pair_size(facts: CostFacts, one: SetFacts, rows: Dataset) -> tuple[float, float]:
    options: Options = facts.options
    pairs = options.pairs
    assert pairs is not None
    if pairs.path is None:
        return float(one.n_rows), 0.0
    twins = read_twins(twins_spec(pairs, rows, _path(pairs.path, facts.base)), rows)
    kept = _kept(rows, twins.position, twins.inputs, options)
    n = float(kept.sum()) * one.n_rows / max(1, rows.n)
    return n, 0.0 if pairs.has_answers else 1.0


@lru_cache(maxsize=8)
def _counted(
    swapper: Swapper, inputs: tuple[Text, ...], categories: tuple[str, ...], most: int
) -> tuple[int, ...]:
    """Return how many counterfactuals each text that has some would be given."""
    made = (len(_allowed(swapper.counterfactuals(text), categories)) for text in inputs)
    return tuple(min(n, most) for n in made if n)


def _from_lists(ctx: AuditContext, dataset: str) -> Comparison | Message:
    rows, seen, options = ctx.rows(dataset), ctx.predictions(dataset), ctx.options
    swapper = swapper_of(options, ctx.base)
    drawn, n_searched = _drawn(ctx, rows, swapper)
    if not drawn:
        return Message.of(
            "counterfactual.no-identity",
            "Not measured: none of the {n_searched} texts that were searched holds an identity word that "
            "could be swapped.",
            n_searched=n_searched,
        )
    row = np.array([at for at, _, _ in drawn], dtype=np.int64)
    variant = [f"{dataset}/swap-{number}" for _, number, _ in drawn]
    made = [one for _, _, one in drawn]
    after = _asked(ctx, seen, row, [one.text for one in made], variant)
    unit, unit_is = _unit(rows, seen, row, swapper)
    return Comparison(
        row=row,
        removed=[((one.category, one.source),) for one in made],
        added=[((one.category, one.target),) for one in made],
        variant=variant,
        before=_known(seen, row),
        after=after,
        unit=unit,
        unit_is=unit_is,
        notes=[_searched(len(np.unique(row)), n_searched, rows.n), _lists(swapper)],
    )


def _drawn(
    ctx: AuditContext, rows: Dataset, swapper: Swapper
) -> tuple[list[tuple[int, int, Counterfactual]], int]:
    """Draw (row, number, counterfactual), rows ascending, and count the rows that were searched."""
    options: Options = ctx.options
    eligible = np.flatnonzero(_symmetric(rows, options))
    order = ctx.rng.permutation(eligible)[:SEARCHED]
    drawn: list[tuple[int, int, Counterfactual]] = []
    n_texts = n_searched = 0
    for row in order.tolist():
        if n_texts == options.rows:
            break
        n_searched += 1
        made = _allowed(swapper.counterfactuals(rows.inputs[row]), options.categories)
        if made:
            n_texts += 1
            chosen = _shared_out(made, ctx.rng)[: options.swaps_per_text]
            drawn += [(row, number, one) for number, one in enumerate(chosen)]
    return sorted(drawn, key=lambda one: one[:2]), n_searched


def _shared_out(made: Sequence[Counterfactual], rng: np.random.Generator) -> list[Counterfactual]:
    """Return counterfactuals in random order, one of each category in turn."""
    turn: dict[str, int] = {}
    order = []
    for at in rng.permutation(len(made)).tolist():
        number = turn[made[at].category] = turn.get(made[at].category, -1) + 1
        order.append((number, at))
    first = {at: position for position, (_, at) in enumerate(order)}
    return [made[at] for _, at in sorted(order, key=lambda one: (one[0], first[one[1]]))]


def _allowed(made: list[Counterfactual], categories: tuple[str, ...]) -> list[Counterfactual]:
    return [one for one in made if one.category in categories] if categories else made


def _asked(
    ctx: AuditContext,
    seen: GuardedPredictions,
    row: IntArray,
    texts: Sequence[Text],
    variant: Sequence[str],
) -> Answers:
    """Ask the model about new texts; one variant holds a row once."""
    items = ctx.prepare(texts)
    logits = np.zeros((len(row), seen.n_classes), dtype=np.float32)
    for name in dict.fromkeys(variant):
        at = [i for i, one in enumerate(variant) if one == name]
        ids = [str(seen.example_id[row[i]]) for i in at]
        logits[at] = ctx.ask(ids, [items[i] for i in at], name)
    return Answers.of_logits(logits)


def _from_pairs(ctx: AuditContext, dataset: str) -> Comparison | Message:
    pairs, rows, seen = ctx.options.pairs, ctx.rows(dataset), ctx.predictions(dataset)
    if pairs.path is None:
        position, twin_row, inputs = _matched(rows, ctx.rows(pairs.dataset))
        origin = _test_set(pairs.dataset)
    else:
        path = _path(pairs.path, ctx.base)
        twins = read_twins(twins_spec(pairs, rows, path), rows)
        position, inputs = twins.position, twins.inputs
        twin_row = np.arange(len(position))
        origin = _file(path)
    kept = _kept(rows, position, inputs, ctx.options)
    if not kept.any():
        return Message.of(
            "counterfactual.no-pairs",
            "Not measured: none of the {n} pairs differs, so that there is nothing to compare.",
            n=len(position),
        )
    row, twin_row = position[kept], twin_row[kept]
    texts = [inputs[i] for i in np.flatnonzero(kept).tolist()] if inputs else []
    variant = [f"{dataset}/twin"] * len(row)
    if pairs.path is None:
        after = _known(ctx.predictions(pairs.dataset), twin_row)
    elif pairs.has_answers:
        after = _stored(ctx, rows, row)
    else:
        after = _asked(ctx, seen, row, texts, variant)
    swapper = swapper_of(ctx.options, ctx.base)
    unit, unit_is = _unit(rows, seen, row, swapper)
    removed, added = _changed(swapper, [rows.inputs[i] for i in row.tolist()], texts)
    return Comparison(
        row=row,
        removed=removed,
        added=added,
        variant=variant,
        before=_known(seen, row),
        after=after,
        unit=unit,
        unit_is=unit_is,
        notes=[_left_out(rows, position, kept, texts=texts, row=row), origin, _lists(swapper)],
    )


def _kept(rows: Dataset, position: IntArray, inputs: Sequence[Text], options: Options) -> BoolArray:
    """Return which pairs belong in the denominator: symmetric ones whose texts differ, shape [k]."""
    kept = _symmetric(rows, options)[position]
    if inputs and rows.has_inputs:
        differs = [
            rows.inputs[i] != twin for i, twin in zip(position.tolist(), inputs, strict=True)
        ]
        kept = kept & np.array(differs, dtype=np.bool_)
    return kept


def _matched(rows: Dataset, twins: Dataset) -> tuple[IntArray, IntArray, list[Text]]:
    """Match two data sets by id: rows of both, ascending in the first, and the twins' inputs."""
    entry = {id: i for i, id in enumerate(twins.example_id.tolist())}
    both = [(i, entry[id]) for i, id in enumerate(rows.example_id.tolist()) if id in entry]
    position, twin_row = np.array(both, dtype=np.int64).reshape(-1, 2).T
    inputs = [twins.inputs[i] for i in twin_row.tolist()] if twins.has_inputs else []
    return position, twin_row, inputs


def _stored(ctx: AuditContext, rows: Dataset, row: IntArray) -> Answers:
    pairs = ctx.options.pairs
    spec = PredictionsSpec(
        path=_path(pairs.path, ctx.base),
        id=pairs.id,
        scores=pairs.scores,
        decision=pairs.decision,
        encoding=pairs.encoding,
        label_values=pairs.label_values,
        where=f"{WHERE}.pairs",
    )
    found = load_predictions_table(spec, take(rows, row), ctx.task)
    return Answers(found.decision, found.scores)


def _known(seen: GuardedPredictions, row: IntArray) -> Answers:
    return Answers(seen.decision[row], None if seen.scores is None else seen.scores[row])


def _changed(
    swapper: Swapper, originals: Sequence[Text], twins: Sequence[Text]
) -> tuple[list[tuple[Name, ...]], list[tuple[Name, ...]]]:
    """Return which identities only the original names, and which only the twin."""
    if not twins:
        return [()] * len(originals), [()] * len(originals)
    sets = [
        (swapper.identities(one), swapper.identities(other))
        for one, other in zip(originals, twins, strict=True)
    ]
    return (
        [tuple(sorted(one - other)) for one, other in sets],
        [tuple(sorted(other - one)) for one, other in sets],
    )


def _symmetric(rows: Dataset, options: Options) -> BoolArray:
    """Return which rows are compared, shape [n]."""
    symmetric = options.symmetric
    if not isinstance(symmetric, Symmetric):
        return np.ones(rows.n, dtype=np.bool_)
    values = {**rows.control, **rows.groups}[symmetric.column]
    return np.isin(values.astype(str), symmetric.values)


def _unit(
    rows: Dataset, seen: GuardedPredictions, row: IntArray, swapper: Swapper
) -> tuple[NDArray[Any], str]:
    """Return what each comparison belongs to: the cluster, else the text with identities masked."""
    if seen.cluster is not None:
        return seen.cluster[row], "cluster"
    if not rows.has_inputs:
        return row.astype(object), "row"
    skeleton = {at: swapper.skeleton(rows.inputs[at]) for at in set(row.tolist())}
    found = np.empty(len(row), dtype=object)
    found[:] = [skeleton[at] for at in row.tolist()]
    return found, "template"


def _path(name: str, base: Path | None) -> Path:
    return (base or Path()) / Path(name).expanduser()


def _searched(n_texts: int, n_searched: int, n_rows: int) -> Message:
    return Message.of(
        "counterfactual.searched",
        "{n_texts} of {n_searched} texts that were drawn, out of {n_rows} rows, hold an identity word that "
        "could be swapped.",
        n_texts=n_texts,
        n_searched=n_searched,
        n_rows=n_rows,
    )


def _lists(swapper: Swapper) -> Message:
    shown = ", ".join(f"{one.name} (SHA-256 {one.sha256[:12]})" for one in swapper.lists)
    return Message.of("counterfactual.lists", "Identity words are those of {lists}.", lists=shown)


def _left_out(
    rows: Dataset, position: IntArray, kept: BoolArray, *, texts: Sequence[Text], row: IntArray
) -> Message:
    n_case = (
        sum(
            _folded(rows.inputs[i]) == _folded(twin)
            for i, twin in zip(row.tolist(), texts, strict=True)
        )
        if texts
        else 0
    )
    return Message.of(
        "counterfactual.pairs-left-out",
        "{n_kept} of {n_pairs} pairs are compared; {n_left_out} are left out because both texts are equal "
        "or not said to be symmetric, and {n_without} rows have no twin. Of those compared, {n_case} "
        "differ in upper and lower case only.",
        n_kept=int(kept.sum()),
        n_pairs=len(position),
        n_left_out=int((~kept).sum()),
        n_without=rows.n - len(position),
        n_case=n_case,
    )


def _folded(text: Text) -> object:
    return text.casefold() if isinstance(text, str) else tuple(one.casefold() for one in text)


def _file(path: Path) -> Message:
    return Message.of(
        "counterfactual.file",
        "Twins are those of {file}, SHA-256 {sha256}.",
        file=path.name,
        sha256=sha256_file(path),
    )


def _test_set(name: str) -> Message:
    return Message.of(
        "counterfactual.test-set", "Twins are the rows of data set {dataset}.", dataset=name
    )
