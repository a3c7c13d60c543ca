"""What a sealed run holds of attributions, as something to draw: no model is asked, no text unless wanted.

Legend of shapes: k rows, p parts of a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.attribution_store import ATTRIBUTIONS, stored
from harness.attributions import (
    COMPLETE_METHODS,
    GRADIENT_METHODS,
    METHODS_WITHOUT_BASELINE,
    PERTURBATION_METHODS,
    UNSIGNED_METHODS,
)
from harness.commands.explaining.parts import unread_spans
from harness.commands.explaining.questions import CROSS_CHECK
from harness.commands.explaining.rows import texts_of
from harness.commands.explaining.status import because_of, check_of
from harness.figures.explained import (
    Explained,
    Explanation,
    Held,
    MethodCard,
    Piece,
    Span,
    Unconverged,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.attribution_store import Placed
    from harness.evidence import Bundle
    from harness.predictions import Predictions
    from harness.records import RunRecord

_ORDER = (*COMPLETE_METHODS, *GRADIENT_METHODS, *PERTURBATION_METHODS)
"""Which method is drawn where a run holds several: the one that promises most comes first."""


@dataclass(frozen=True, slots=True)
class _Sources:
    """Where a decision is read from: two methods, the texts, and positions by id."""

    main: Placed
    check: Placed | None
    texts: Mapping[tuple[str, str], tuple[str, ...]]
    where: Mapping[str, int]


def held_by(bundle: Bundle, *, n_rows: int, has_text: bool) -> Held | None:
    """Return what a run holds of attributions; None where it holds none.

    Args:
        bundle: A run whose digests are right.
        n_rows: Decisions that are drawn: the first of the sample that the audits drew at random.
        has_text: Whether the texts of the rows are shown; else parts are named by position.

    Raises:
        UsageError: If texts are wanted and the run was parted from them.
        IntegrityError: If a shard is not what it says.
    """
    if not (bundle.path / ATTRIBUTIONS).is_dir():
        return None
    found = stored(bundle.path)
    texts = texts_of(bundle, option="--with-text") if has_text else {}
    drawn = [one for one in found if one.found.method.id in _ORDER]
    if not drawn:
        return None
    main = min(drawn, key=lambda one: _ORDER.index(one.found.method.id))
    check = next((one for one in drawn if _checks(main, one)), None)
    predictions = {one.dataset: one for one in bundle.predictions()}[main.dataset]
    where = {id: at for at, id in enumerate(predictions.example_id.tolist())}
    rows = tuple(
        _explained(bundle.record, predictions, _Sources(main, check, texts, where), index=index)
        for index in range(min(n_rows, main.found.n))
    )
    # a method that promises nothing has nothing to fail
    checked = [one for one in found if (one.found.status != "not-checked").any()]
    return Held(Explanation(rows), tuple(map(_unconverged, checked)))


def _checks(main: Placed, other: Placed) -> bool:
    mine, its = main.found.method, other.found.method
    is_same_kind = (mine.unit, mine.baseline, main.dataset) == (
        its.unit,
        its.baseline,
        other.dataset,
    )
    return its.id == CROSS_CHECK and mine.id not in PERTURBATION_METHODS and is_same_kind


def _unconverged(one: Placed) -> Unconverged:
    status = one.found.status
    ids = one.example_id[status == "unconverged"].tolist()
    n_nothing = int((status == "nothing-to-attribute").sum())
    method = one.found.method
    name = f"{method.id} (seed {method.seed})" if method.seed else method.id
    return Unconverged(name, one.dataset, one.found.n, tuple(ids), n_nothing)


def _explained(
    record: RunRecord,
    predictions: Predictions,
    sources: _Sources,
    *,
    index: int,
) -> Explained:
    main, check, texts = sources.main, sources.check, sources.texts
    found, id = main.found, str(main.example_id[index])
    at = sources.where[id]
    label = None if predictions.label is None else int(predictions.label[at])
    scores = _listed(predictions.scores, at)
    pieces = _pieces(main, check, index)
    shown = texts.get((main.dataset, id), ()) if main.spans is not None else ()
    return Explained(
        name=id,
        texts=shown,
        pieces=pieces,
        unread=unread_spans(_spans(main, index), shown, is_truncated=bool(main.truncated[index])),
        classes=record.task.classes,
        logits=_listed(predictions.logits, at) or scores,
        scores=scores,
        target=int(found.target[index]),
        runner_up=int(found.runner_up[index]),
        whole=float(found.whole[index]),
        blank=float(found.blank[index]) if found.status[index] != "not-checked" else None,
        gap=float(found.gap[index]),
        status=found.status[index],
        because=because_of(found, index),
        n_tokens=0,
        n_special=0,
        special=0.0,
        card=_card(record, main, index),
        check=None
        if check is None
        else check_of(CROSS_CHECK, pieces, is_signed=found.method.id not in UNSIGNED_METHODS),
        label=label if label is not None and label >= 0 else None,
    )


def _pieces(main: Placed, check: Placed | None, index: int) -> tuple[Piece, ...]:
    n, table = len(main.found.of(index)), _spans(main, index)
    spans = [None] * n if table is None else table.tolist()
    others: list[float | None] = [None] * n
    if check is not None:
        same = np.flatnonzero(check.example_id == main.example_id[index])
        values = check.found.of(int(same[0])) if len(same) else np.zeros(0)
        others = values.tolist() if len(values) == len(others) else others
    places: list[Span | None] = [
        None if one is None or one[1] < 0 else (one[0], one[1], one[2]) for one in spans
    ]
    is_token = main.found.method.unit == "token"
    return tuple(
        Piece(number, place, float(value), checked=other)
        for number, (place, value, other) in enumerate(
            zip(places, main.found.of(index), others, strict=True)
        )
        if not (is_token and main.spans is not None and place is None)
    )


def _spans(main: Placed, index: int) -> NDArray[np.int64] | None:
    start, stop = (int(main.found.starts[index + more]) for more in (0, 1))
    return None if main.spans is None else main.spans[start:stop]


def _card(record: RunRecord, main: Placed, index: int) -> MethodCard:
    method, found = main.found.method, main.found
    return MethodCard(
        method=method.id,
        baseline=None if method.id in METHODS_WITHOUT_BASELINE else method.baseline,
        target=method.target,
        unit=method.unit,
        engine=method.engine,
        precision=method.precision,
        n_gradients=int(found.n_gradients[index]),
        n_forwards=int(found.n_forwards[index]),
        model=record.model.name,
        weights=record.model.weights_digest,
    )


def _listed(values: Any, at: int) -> tuple[float, ...]:
    return () if values is None else tuple(map(float, values[at]))
