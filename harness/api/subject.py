"""What is audited: a folder or hub id, a live model, or predictions that are stored somewhere.

No library is imported to recognise its objects: what was never imported cannot be handed over.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.data import SUFFIXES, MemoryTable, memory_table
from harness.data.preview import preview
from harness.errors import AssayError, Phrase, must

SUBJECTS = (
    "a folder or hub id, a transformers model with tokenizer=, a (model, tokenizer) pair, a "
    "text-classification pipeline, or predictions: an array [n, c] of scores or [n] of decisions, "
    "a table, or the path of one"
)
"""What can be audited, for messages."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is audited, as the config names it.

    Attributes:
        section: The ``model`` section of the config, as far as it is known.
        predictions: Stored predictions that are in memory.
        live: A model in memory and its tokenizer, which must be saved first.
    """

    section: dict[str, Any]
    predictions: MemoryTable | None = None
    live: tuple[Any, Any] | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """What a caller says of the columns of stored predictions.

    Attributes:
        classes: Names of the classes in the order of their ids.
        scores, decision: Columns.
        id: Id column of the data set.
        label_values: Raw value → class name.
    """

    classes: Sequence[str]
    scores: str | Sequence[str] | None = None
    decision: str | None = None
    id: str | None = None
    label_values: dict[str, str] | None = None

    def section(self, path: str, header: Sequence[str]) -> dict[str, Any]:
        """Return the ``model`` section; rows are matched by id where both tables have one."""
        columns = {
            "path": path,
            "id": self.id if self.id in header else None,
            "scores": list(self.scores) if isinstance(self.scores, tuple) else self.scores,
            "decision": self.decision,
            "label_values": self.label_values if self.decision else None,
        }
        return {"predictions": {key: one for key, one in columns.items() if one is not None}}


def subject_of(model: Any, tokenizer: Any, stored: Stored, problems: list[str]) -> Subject:
    """Recognise what was handed over; what cannot be used goes to ``problems``."""
    if isinstance(model, str | Path):
        path = Path(model).expanduser()
        is_table = path.suffix.lower() in SUFFIXES and not path.is_dir()
        return _file(path, stored, problems) if is_table else Subject({"base": str(model)})
    live = live_of(model, tokenizer, problems)
    if live is not None:
        return Subject({"base": "a model in memory"}, live=live)
    array = _as_array(model)
    if array is not None:
        return _array(array, stored, problems)
    try:
        table = memory_table(model, where="model")
    except AssayError:
        problems.append(must("model", f"be {SUBJECTS}", Phrase(f"an object {type(model)!r}")))
        return Subject({"base": "nothing"})
    chosen = _chosen(table.header, stored, problems)
    return Subject(chosen.section(table.label, table.header), table)


_PIPELINES = ("text-classification", "text-generation")


def live_of(model: Any, tokenizer: Any, problems: list[str]) -> tuple[Any, Any] | None:
    """Return a live model with its tokenizer; None for anything else, problems told apart."""
    pipelines = sys.modules.get("transformers.pipelines.base")
    if isinstance(model, tuple | list) and len(model) == 2 and _is_network(model[0]):
        model, tokenizer = model
    elif pipelines is not None and isinstance(model, pipelines.Pipeline):
        if model.task not in _PIPELINES:
            what = f"be a pipeline of {' or '.join(_PIPELINES)}"
            problems.append(must("model", what, model.task))
        model, tokenizer = model.model, model.tokenizer
    if not _is_network(model):
        return None
    if tokenizer is None:
        got = Phrase(f"{type(model).__name__} without one")
        do = "Give tokenizer=, or the pair (model, tokenizer)."
        problems.append(must("model", "come with its tokenizer", got, do=do))
    return model, tokenizer


def _is_network(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.nn.Module)


def _as_array(value: Any) -> Any:
    """Return an array, a tensor, a series or a list of numbers as an array, else None."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    if isinstance(value, list | tuple) and any(isinstance(one, dict) for one in value):
        return None
    if isinstance(value, list | tuple) or (
        hasattr(value, "__array__")
        and getattr(value, "ndim", 0) in (1, 2)
        and not hasattr(value, "columns")
    ):
        try:
            return np.asarray(value)
        except ValueError:  # rows of different lengths
            return None
    return value if isinstance(value, np.ndarray) else None


def _array(found: Any, stored: Stored, problems: list[str]) -> Subject:
    classes = tuple(stored.classes)
    widths = {len(classes): classes} | ({1: classes[1:]} if len(classes) == 2 else {})
    if found.ndim == 1 and len(found) and found.dtype.kind in "biufUSO":
        chosen = Stored(classes, decision="decision", label_values=stored.label_values)
        table = MemoryTable("array", ("decision",), len(found), lambda _: found.tolist())
        return Subject(chosen.section(table.label, table.header), table)
    if found.ndim == 2 and found.dtype.kind in "biuf" and found.shape[1] in widths:
        names = widths[found.shape[1]]
        table = MemoryTable("array", names, len(found), lambda i: found[:, i].tolist())
        return Subject(Stored(classes, scores=names).section(table.label, names), table)
    what = (
        f"hold scores of shape [n, {len(classes)}], one column for each class, or decisions of "
        "shape [n]"
    )
    got = Phrase(f"an array of {found.dtype} of shape {list(found.shape)}")
    problems.append(must("model", what, got))
    return Subject({"base": "nothing"})


def _file(path: Path, stored: Stored, problems: list[str]) -> Subject:
    try:
        header = list(preview(path, limit=1).columns)
    except AssayError:  # the reader of tables says more about it
        chosen = Stored(stored.classes, stored.scores, stored.decision or "decision")
        return Subject(chosen.section(str(path), ()))
    return Subject(_chosen(header, stored, problems).section(str(path), header))


def _chosen(header: Sequence[str], stored: Stored, problems: list[str]) -> Stored:
    """Choose the columns that were named, else those that speak for themselves."""
    from dataclasses import replace

    if stored.scores is not None or stored.decision is not None:
        return stored
    scores = tuple(stored.classes) if set(stored.classes) <= set(header) else None
    decision = "decision" if "decision" in header else None
    if scores is None and decision is None:
        named = ", ".join(stored.classes[:6])
        what = f"have a column of scores for each class ({named}), or one called 'decision'"
        got = Phrase(f"the columns {', '.join(map(repr, header[:12]))}")
        do = "Name its columns with scores= or decision=."
        problems.append(must("model", what, got, do=do))
        decision = "decision"
    return replace(stored, scores=scores, decision=decision)
