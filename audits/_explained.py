"""What audits that read attributions share: the method of an option, the rows that count, where parts stand.

Legend: k rows, p parts of a row, t tokens of a row.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from harness.attributions import GRADIENT_METHODS, PERTURBATION_METHODS, Attributions, Method
from harness.engines.attribution import check_method, refusal
from harness.errors import MethodRefused, must, nearest
from harness.keywords import KeywordModel
from harness.modelling import HasSpans
from harness.records import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.auditing import AuditContext, OptionFacts
    from harness.modelling import Item

    BoolArray = NDArray[np.bool_]
    IntArray = NDArray[np.int64]

AUTO = "auto"
"""Integrated gradients where the model can be differentiated by its inputs, else occlusion."""

CAPTUM = "captum:"

_CONVERGED = ("converged", "not-checked")


def method_of(name: str, ctx: AuditContext | None = None) -> Method:
    """Return the method that an option names, with one value for each word.

    Args:
        name: Id of a method, or ``auto``.
        ctx: Whose model decides what ``auto`` is; None takes integrated gradients.
    """
    if name != AUTO:
        return Method(name, unit="word")
    model = None if ctx is None else ctx.model
    can_differ = model is None or "embeddings" in model.capabilities
    return Method("integrated-gradients" if can_differ else "occlusion", unit="word")


def method_problems(facts: OptionFacts, key: str, names: Sequence[str]) -> list[str]:
    """Return what is wrong with the methods that an option names.

    Args:
        facts: Of the options.
        key: Where they stand, e.g. ``audits.plausibility.methods``.
        names: Ids of methods.
    """
    # expected gradients are about a reference population, which these audits have no option for
    own = [one for one in GRADIENT_METHODS if one != "expected-gradients"]
    known = (AUTO, *own, *PERTURBATION_METHODS)
    place = facts.place(key.rsplit(".", 1)[1])
    problems: list[str] = []
    for name in names:
        if name.startswith(CAPTUM) or refusal(name):
            problems += [f"{text} ({place})" for text in _refused(name)]
        elif name not in known:
            what = f"name a method ({', '.join(known)}, {CAPTUM}<class>)"
            problems.append(must(key, what, name, place=place, do=nearest(name, known).strip()))
    return problems


def _refused(name: str) -> tuple[str, ...]:
    """Return why a method is refused whatever the model is."""
    try:
        check_method(Method(name, unit="word"), KeywordModel({}, bias=(0.0, 0.0)))
    except MethodRefused as err:
        return tuple(err.problems)
    return ()


def explain(
    ctx: AuditContext, dataset: str, rows: IntArray, method: Method
) -> Attributions | Message:
    """Return the attributions of some rows, or why the method does not explain this model."""
    try:
        return ctx.attribute(dataset, rows, method)
    except MethodRefused as err:
        return Message.of(
            "explained.refused",
            "Not measured: {why}",
            why=" ".join(err.problems),
        )


def converged(found: Attributions) -> BoolArray:
    """Return the rows whose attributions may be read, shape [k]."""
    return np.isin(found.status.astype(str), _CONVERGED)


def left_out(found: Attributions) -> tuple[Message, ...]:
    """Say how many rows are not read because their attributions did not converge."""
    status = found.status.astype(str)
    n_open, n_nothing = (int((status == s).sum()) for s in ("unconverged", "nothing-to-attribute"))
    if not n_open + n_nothing:
        return ()
    return (
        Message.of(
            "explained.left-out",
            "Of {n} rows explained by {method}, {n_open} did not converge and {n_nothing} have nothing to "
            "attribute. They are left out.",
            n=found.n,
            method=found.method.id,
            n_open=n_open,
            n_nothing=n_nothing,
        ),
    )


def part_spans(
    ctx: AuditContext, inputs: Sequence[str | tuple[str, ...]], items: Sequence[Item]
) -> list[IntArray] | Message:
    """Return for each input where its parts stand, shape [p, 3]: text, start, stop in characters.

    Undefined when: the model cannot say where its tokens stand; the reason is returned.
    """
    model: object = ctx.model
    if not isinstance(model, HasSpans):
        return Message.of(
            "explained.no-spans",
            "Not measured: the model cannot say where in a text its tokens stand.",
        )
    parts_of = ctx.parts_of
    found = []
    for table, item in zip(model.spans(inputs), items, strict=True):
        rows = [_span(table[list(part.positions)]) for part in parts_of.parts(item)]
        found.append(np.array(rows, dtype=np.int64).reshape(-1, 3))
    return found


def shared_out(kinds: Mapping[int, Collection[str]], most: int) -> list[int]:
    """Choose up to ``most`` rows, one of each kind in turn; they keep their order.

    Args:
        kinds: Row → what it is of; a row of several kinds counts for each.
        most: Rows.
    """
    waiting = {
        kind: iter([row for row, held in kinds.items() if kind in held])
        for kind in sorted({kind for held in kinds.values() for kind in held})
    }
    chosen: set[int] = set()
    while waiting and len(chosen) < most:
        for kind in list(waiting):
            row = next((one for one in waiting[kind] if one not in chosen), None)
            if row is None:
                del waiting[kind]
            elif len(chosen) < most:
                chosen.add(row)
    return [row for row in kinds if row in chosen]


def _span(tokens: IntArray) -> tuple[int, int, int]:
    """Return where a part stands from its tokens, shape [t, 3]."""
    known = tokens[tokens[:, 0] >= 0]
    if not len(known):
        return -1, -1, -1
    return int(known[0, 0]), int(known[:, 1].min()), int(known[:, 2].max())
