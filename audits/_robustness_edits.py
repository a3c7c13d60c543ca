"""Edited texts beside their originals: which there are, and what the model says of both.

Legend: m comparisons, c classes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from audits._counterfactual_values import Table, distance, flip_rate
from harness.edits import edit_input
from harness.engines.prediction import decide, softmax64
from harness.records import Estimate, Measurement, Message
from harness.stats import few_clusters, highest_of, undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._clusters import Clusters
    from harness.auditing import AuditContext
    from harness.edits import Edit, Text

    IntArray = NDArray[np.int64]

SHOWN = 8
"""Edits that a sentence lists, at most."""


@dataclass(slots=True)
class Edited:
    """Edited texts that the model can tell from their originals, and its answers.

    Attributes:
        row: Row of each original, shape [m].
        edit: Edit of each, shape [m].
        before, after: Logits about the originals and the edited texts, shape [m, c].
        n_made: Edit → texts that it changes, those included that the model reads as before.
        n_unseen: Edit → texts among them that the model reads exactly as before.
        n_cut: Edited texts of which the model reads another stretch, since they are longer or shorter.
    """

    row: IntArray
    edit: NDArray[np.object_]
    before: NDArray[np.float32]
    after: NDArray[np.float32]
    n_made: dict[str, int] = field(default_factory=dict)
    n_unseen: dict[str, int] = field(default_factory=dict)
    n_cut: int = 0

    def table(self, cluster: Clusters) -> Table:
        """Return the comparisons as numbers; the versions of one text, or one cluster, are one unit."""
        named = self.row if cluster is None else cluster[self.row].astype(str)
        moved = softmax64(self.after) - softmax64(self.before)
        return Table(
            is_flip=decide(self.before) != decide(self.after),
            unit=np.unique(named, return_inverse=True)[1],
            row=self.row,
            distance=np.clip(np.abs(moved).sum(axis=1) / 2, 0.0, 1.0),
            change=None,
        )


def versions(
    inputs: Sequence[Text], rows: Sequence[int], edits: Sequence[Edit], seed: int
) -> Iterator[tuple[int, str, Text]]:
    """Yield (row, edit, edited text) of everything that an edit changes."""
    for row in rows:
        for edit in edits:
            made = edit_input(edit, inputs[row], seed)
            if made is not None:
                yield row, edit.id, made


def compare(
    ctx: AuditContext, dataset: str, rows: Sequence[int], edits: Sequence[Edit], seed: int
) -> Edited:
    """Edit some rows and ask the model about every version that it reads differently."""
    seen, inputs = ctx.predictions(dataset), ctx.rows(dataset).inputs
    assert seen.logits is not None  # the data set was offered because it has logits
    originals = dict(zip(rows, ctx.prepare([inputs[row] for row in rows]), strict=True))
    made = list(versions(inputs, rows, edits, seed))
    items = ctx.prepare([text for _, _, text in made])
    kept, n_made, n_unseen, n_cut = [], Counter[str](), Counter[str](), 0
    for at, ((origin, name, _), item) in enumerate(zip(made, items, strict=True)):
        n_made[name] += 1
        if item.key == originals[origin].key:
            n_unseen[name] += 1
            continue
        kept.append(at)
        n_cut += item.is_truncated or originals[origin].is_truncated
    row = np.array([made[at][0] for at in kept], dtype=np.int64)
    edit = np.array([made[at][1] for at in kept], dtype=object)
    ids = [str(one) for one in seen.example_id[row]]
    after = ctx.ask(ids, [items[at] for at in kept], [f"{dataset}/edit-{one}" for one in edit])
    return Edited(row, edit, seen.logits[row], after, dict(n_made), dict(n_unseen), n_cut)


def measured(
    ctx: AuditContext, dataset: str, found: Edited, edits: Sequence[Edit], cluster: Clusters
) -> Iterator[Measurement]:
    """Yield flip rate and score change of all edits and of each, and the worst edit's flip rate."""
    if not len(found.row):
        why = _nothing(sum(found.n_unseen.values()))
        for name, unit in (
            ("flip-rate", "share"),
            ("score-change", "probability"),
            ("worst-edit-flip-rate", "share"),
        ):
            yield ctx.measurement(name, undefined(why, unit=unit), dataset=dataset)
        return
    table, n_rows = found.table(cluster), ctx.predictions(dataset).n
    by_edit = {one.id: np.flatnonzero(found.edit == one.id) for one in edits}
    shown = {name: at for name, at in by_edit.items() if len(at) >= ctx.options.min_texts}
    everything = np.arange(len(found.row))
    caveats = [_ours(edits), *_cut(found.n_cut)]
    does = {one.id: [_does(one)] for one in edits}
    notes = _notes(found, table, by_edit, shown)
    rates: dict[str, Estimate] = {}
    for name, at in {"": everything, **shown}.items():
        # the parts of the worst one keep their tables in themselves
        rate = flip_rate(table, at, None if name else ctx.keep)
        rates[name] = rate
        for measure, estimate in (("flip-rate", rate), ("score-change", distance(table, at))):
            yield ctx.measurement(
                measure,
                estimate,
                dataset=dataset,
                where={"edit": name} if name else None,
                share=table.n_texts(at) / n_rows,
                caveats=[*([] if name else caveats), *few_clusters(len(np.unique(table.unit[at])))],
                notes=does.get(name, ()) if name or measure != "flip-rate" else notes,
            )
    del rates[""]
    yield ctx.measurement(
        "worst-edit-flip-rate",
        worst_of_edits(rates, n=sum(map(len, shown.values())), least=ctx.options.min_texts),
        dataset=dataset,
        caveats=[*caveats, *few_clusters(int(table.unit.max()) + 1)],
        notes=_worst_note(rates, edits),
    )


def worst_of_edits(rates: dict[str, Estimate], *, n: int, least: int) -> Estimate:
    """Return the highest of the flip rates of edits, each over all its n versions together.

    Undefined when: no edit changes at least ``least`` texts.
    """
    if not rates:
        why = Message.of(
            "robustness.no-edit",
            "Not measured: no edit changes at least min_texts = {least} texts.",
            least=least,
        )
        return undefined(why, unit="share")
    return highest_of(list(rates), list(rates.values()), n=n)


def _worst_note(rates: dict[str, Estimate], edits: Sequence[Edit]) -> list[Message]:
    known = {name: one.value for name, one in rates.items() if one.value}
    if not known:
        return []
    worst = max(sorted(known), key=lambda name: known[name])
    return [
        Message.of(
            "robustness.worst-edit",
            "It is highest for {edit} ({does}): {per_cent} % of {n} texts.",
            edit=worst,
            does=next(one.does for one in edits if one.id == worst),
            per_cent=f"{100 * known[worst]:.1f}",
            n=rates[worst].n,
        )
    ]


def _notes(
    found: Edited, table: Table, by_edit: dict[str, IntArray], shown: dict[str, IntArray]
) -> list[Message]:
    notes = [
        Message.of(
            "robustness.design",
            "{n} edited versions of {n_texts} texts are compared; they are {n_units} independent units.",
            n=len(found.row),
            n_texts=table.n_texts(np.arange(len(found.row))),
            n_units=int(table.unit.max()) + 1,
        )
    ]
    n_unseen = sum(found.n_unseen.values())
    if n_unseen:
        notes.append(
            Message.of(
                "robustness.unseen",
                "{n_unseen} of {n_made} edited versions are left out: the model reads them exactly as the "
                "original, so that no decision could change ({edits}).",
                n_unseen=n_unseen,
                n_made=sum(found.n_made.values()),
                edits=_listed([f"{name}: {n}" for name, n in sorted(found.n_unseen.items())]),
            )
        )
    few = [name for name, at in by_edit.items() if name not in shown and len(at)]
    if few:
        notes.append(
            Message.of(
                "robustness.few-texts",
                "Edits that change few texts have no slice of their own; the figures over all hold them: "
                "{edits}.",
                edits=_listed(few),
            )
        )
    never = [name for name in by_edit if not found.n_made.get(name)]
    if never:
        notes.append(
            Message.of(
                "robustness.never",
                "Edits that apply to none of the texts: {edits}.",
                edits=_listed(never),
            )
        )
    return notes


def _does(edit: Edit) -> Message:
    return Message.of("robustness.edit", "What is done: {does}.", does=edit.does)


def _ours(edits: Sequence[Edit]) -> Message:
    return Message.of(
        "robustness.edits",
        "The edits are those of this package and no sample of what people write: {edits}. Whether a text "
        "still means the same to a reader was not asked of any.",
        edits=", ".join(one.id for one in edits),
    )


def _cut(n_cut: int) -> list[Message]:
    if not n_cut:
        return []
    return [
        Message.of(
            "robustness.cut-off",
            "{n_cut} edited versions, or their originals, are longer than what the model reads: an edit then "
            "also moves what is cut off.",
            n_cut=n_cut,
        )
    ]


def _nothing(n_unseen: int) -> Message:
    if n_unseen:
        return Message.of(
            "robustness.all-unseen",
            "Not measured: the model reads all {n_unseen} edited versions exactly as the originals, so that "
            "no decision could change.",
            n_unseen=n_unseen,
        )
    return Message.of(
        "robustness.nothing-edited",
        "Not measured: no edit changes any of the texts that were drawn.",
    )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
