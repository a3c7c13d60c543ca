"""What an audit costs, said before it runs: model calls as a function of what is known by then.

``@audit(calls=...)`` takes such a function. ``assay plan`` prints what it says, a budget is shared out
by it, and progress is shown against it. Conformance holds it to what the audit really asks.

Legend of shapes: n examples, k examples that were looked at, p parts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from harness.records import names_of

if TYPE_CHECKING:
    from harness.auditing.context import AuditContext
    from harness.data import Dataset
    from harness.modelling import HasParts, Item, Model

LOOKED_AT = 2048
"""Rows of a data set whose lengths and parts are looked at before a run; evenly spaced, always the
same ones."""

SLACK = 1.1
"""An audit may ask this many times what it declared: rows drawn at random differ from their mean."""


@dataclass(frozen=True, slots=True)
class SetFacts:
    """What is known of one test set before a run.

    Attributes:
        n_rows: Rows, n.
        n_distinct: Rows with different inputs; equal inputs are asked about once.
        n_groups: Known group values, summed over the group columns.
        label_rows: Rows of each class that occurs as a label; empty without labels.
        lengths: Tokens of the rows that were looked at, shape [k]; empty without a model.
        n_parts: Parts of the same rows, shape [k]; empty where the model takes no inputs apart.
        part_rows: For each distinct part how many of the n rows hold it, most frequent first;
            scaled up from the k rows.
        rows: The rows themselves, before any was cut; None where only predictions are known.
    """

    n_rows: int
    n_distinct: int = 0
    n_groups: int = 0
    label_rows: tuple[int, ...] = ()
    lengths: tuple[int, ...] = ()
    n_parts: tuple[int, ...] = ()
    part_rows: tuple[float, ...] = ()
    rows: Dataset | None = field(default=None, compare=False, repr=False)

    @property
    def mean_parts(self) -> float:
        """Parts of a row on average; 0 where the model takes no inputs apart."""
        return float(np.mean(self.n_parts)) if self.n_parts else 0.0

    def of_size(self, n_rows: int) -> SetFacts:
        """Return the facts of a sample of the rows; lengths and parts stay as they are on average."""
        share = n_rows / self.n_rows if self.n_rows else 0.0
        return replace(
            self,
            n_rows=n_rows,
            n_distinct=round(self.n_distinct * share),
            label_rows=tuple(round(rows * share) for rows in self.label_rows),
            part_rows=tuple(rows * share for rows in self.part_rows),
        )


@dataclass(frozen=True, slots=True)
class CostFacts:
    """What an audit may reckon with when it says how often it will ask the model.

    Attributes:
        sets: Test set → what is known of it; only those that offer what the audit needs.
        n_train, n_validation: Rows of the training and the validation set; 0 without one.
        n_classes: c.
        options: The audit's options, validated; None when it has none.
        base: Folder that paths in options are relative to.
        has_reference: Whether what the model was fine-tuned from can be asked too.
        train: The training rows, before any was cut; None without.
        canary_levels: How often secrets were planted → how many of them.
        n_drawn_canaries: Further secrets, that a coin decided about.
    """

    sets: Mapping[str, SetFacts]
    n_train: int
    n_validation: int
    n_classes: int
    options: Any
    base: Path | None = None
    has_reference: bool = False
    train: Dataset | None = field(default=None, compare=False, repr=False)
    canary_levels: Mapping[int, int] = field(default_factory=dict)
    n_drawn_canaries: int = 0

    @property
    def n_rows(self) -> int:
        """Rows of all test sets together."""
        return sum(one.n_rows for one in self.sets.values())


Calls = Callable[[CostFacts], Mapping[str, int]]
"""Facts → data set (a test set, ``train`` or ``validation``) → inputs that the model is asked about."""


Units = Callable[[CostFacts], Mapping[str, Mapping[str, int]]]
"""Facts → test set → measure key → units behind its value over all rows, at most."""


def set_facts(dataset: Dataset, model: Model | None) -> SetFacts:
    """Look at evenly spaced rows of a data set: how long they are and what parts they have."""
    n_groups = sum(len(names_of(values.tolist())) for values in dataset.groups.values())
    labels = () if dataset.label is None else np.unique(dataset.label, return_counts=True)[1]
    facts = SetFacts(
        dataset.n,
        dataset.n - (dataset.ref.n_duplicates or 0),
        n_groups,
        tuple(int(rows) for rows in labels),
        rows=dataset,
    )
    if model is None or dataset.n == 0:
        return facts
    looked_at = np.unique(np.linspace(0, dataset.n - 1, min(dataset.n, LOOKED_AT)).round())
    items = model.prepare([dataset.inputs[row] for row in looked_at.astype(int).tolist()])
    facts = replace(facts, lengths=tuple(item.length for item in items))
    if "parts" not in model.capabilities:
        return facts
    return _with_parts(facts, items, cast("HasParts", model))


def facts_of(context: AuditContext) -> CostFacts:
    """Return the facts of a context as a plan would have known them."""
    train, validation = context._train, context._validation
    planted = context._canaries or ()
    return CostFacts(
        sets={
            name: set_facts(context._rows[name], context._model)
            if name in context._rows
            else SetFacts(context._predictions[name].n)
            for name in context.datasets
        },
        n_train=0 if train is None else train.n,
        n_validation=0 if validation is None else validation.n,
        n_classes=len(context.task.classes),
        options=context.options,
        base=context.base,
        train=train,
        has_reference=context._reference is not None,
        canary_levels=Counter(one.n_planted for one in planted if not one.is_drawn),
        n_drawn_canaries=sum(one.is_drawn for one in planted),
    )


def _with_parts(facts: SetFacts, items: list[Item], model: HasParts) -> SetFacts:
    rows: Counter[str] = Counter()
    n_parts = []
    for item in items:
        contents = [part.content for part in model.parts(item)]
        n_parts.append(len(contents))
        rows.update(set(contents))
    scale = facts.n_rows / len(items)
    return replace(
        facts,
        n_parts=tuple(n_parts),
        part_rows=tuple(n * scale for n in sorted(rows.values(), reverse=True)),
    )
