"""What happens to a decision as more and more words go: comprehensiveness and sufficiency.

Two variants, never mixed:

    eraser      the top 1, 5, 10, 20 and 50 % of the words are taken away, or alone are left,
                rounded up to at least one word; AOPC is the mean over these five points and the
                point where no word is named
    every-word  words are taken away one after another, from the highest rank down
                (comprehensiveness) and from the lowest rank up (sufficiency); AOPC is the mean over
                all p points

Values are probabilities of the target class. All rankings of all rows are asked in one packed call.

Source: DeYoung et al. 2020 (ERASER), arXiv:1911.03429; Edin et al. 2024, arXiv:2408.08137

Legend of shapes: k rows, p parts of a row, q points of a row, c classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.engines.perturbation.gaps import ask_gaps
from harness.engines.perturbation.scores import Curve, Variant
from harness.engines.perturbation.units import MAX_UNITS, units_of
from harness.engines.prediction import decide, softmax64
from harness.errors import MethodRefused, ShapeError, must, raise_all

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.engines.perturbation.asker import Ask
    from harness.engines.perturbation.orders import Order
    from harness.modelling import HasParts, Item, Removal

    Ints = NDArray[np.int64]

ERASER_SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)
"""Shares of the words in the variant ``eraser``."""

_N_NAMED = 5


def points_of(n: int, variant: Variant) -> Ints:
    """Return how many of n words are taken at each point, shape [q], ascending; none for n == 0."""
    if variant == "every-word":
        return np.arange(1, n + 1)
    # 0.1 * 30 is a little more than 3 in floating point, and would be rounded up to 4
    taken = [max(1, int(np.ceil(round(share * n, 9)))) for share in ERASER_SHARES]
    return np.array(taken if n else [], dtype=np.int64)


def removal_scores(
    model: HasParts,
    items: Sequence[Item],
    orders: Mapping[str, Sequence[Order]],
    *,
    logits: NDArray[np.floating[Any]],
    ask: Ask,
    target: Ints | None = None,
    variant: Variant = "eraser",
    removal: Removal = "mask",
) -> dict[str, Curve]:
    """Take words away along many rankings of many rows, all in one packed call.

    Args:
        model: Takes inputs apart.
        items: k of them.
        orders: Name of a ranking → for each row the positions of its parts, first the one that is
            taken away first; ``orders_of`` and ``random_orders`` make them.
        logits: Of the whole items, shape [k, c].
        ask: Answers items with logits; an ``Asker`` shares them with occlusion and other curves.
        target: Class whose probability is followed, shape [k]; the decided one when None.
        variant: Which points; see the module.
        removal: What stands where words stood.

    Returns:
        Name of each ranking → its curve; rows without parts have no points; nothing for no rows.

    Raises:
        ShapeError: If an order does not name each part of its row once.
        MethodRefused: If a row has too many words to take away every one of them in turn.
    """
    if not items:
        return {}
    units = units_of(model, items, most=max((item.length for item in items), default=1))
    n_parts = np.array([each.n for each in units], dtype=np.int64)
    _check(orders, n_parts, variant)
    taken = [points_of(n, variant) for n in n_parts.tolist()]
    absent = [
        _gaps([rankings[row] for rankings in orders.values()], taken[row], n, variant)
        for row, n in enumerate(n_parts.tolist())
    ]
    answers = ask_gaps(model, units, absent, ask=ask, removal=removal)
    own = decide(logits) if target is None else np.asarray(target, dtype=np.int64)
    scores = [softmax64(each)[:, cls] for each, cls in zip(answers, own.tolist(), strict=True)]
    decisions = [decide(each) for each in answers]
    starts = np.cumsum([0, *(len(each) for each in taken)]).astype(np.int64)
    return {
        name: Curve(
            variant=variant,
            removal=removal,
            starts=starts,
            taken=np.concatenate(taken),
            without=_line(scores, taken, 2 * number),
            decision=_line(decisions, taken, 2 * number),
            kept=_line(scores, taken, 2 * number + 1),
            whole=softmax64(logits)[np.arange(len(items)), own],
            nothing=np.array([each[-1] for each in scores]),
            target=own,
            n_parts=n_parts,
        )
        for number, name in enumerate(orders)
    }


def _line(rows: Sequence[NDArray[Any]], taken: Sequence[Ints], block: int) -> NDArray[Any]:
    """Return the answers of one ranking and side, in the order of ``_gaps``."""
    return np.concatenate(
        [
            row[block * len(points) : (block + 1) * len(points)]
            for row, points in zip(rows, taken, strict=True)
        ]
    )


def _gaps(orders: Sequence[Order], taken: Ints, n: int, variant: Variant) -> NDArray[np.bool_]:
    """Return which parts of a row are gone: by ranking, side and point, and at last all of them."""
    gaps = [np.zeros((0, n), dtype=np.bool_)]
    for order in orders:
        rank = np.argsort(order)[None, :]
        first_gone = taken if variant == "eraser" else n - taken
        gaps += [rank < taken[:, None], rank >= first_gone[:, None]]
    return np.vstack([*gaps, np.ones((1, n), dtype=np.bool_)])


def _check(orders: Mapping[str, Sequence[Order]], n_parts: Ints, variant: Variant) -> None:
    most = int(n_parts.max(initial=0))
    if variant == "every-word" and most > MAX_UNITS:
        do = "Take the variant eraser, whose cost does not grow with the length of a text."
        what = f"have at most {MAX_UNITS} words for the curve every-word"
        raise MethodRefused(must("Each text", what, most, do=do))
    problems = []
    for name, rankings in orders.items():
        if len(rankings) != len(n_parts):
            problems.append(must(f"orders[{name!r}]", f"hold k={len(n_parts)} rows", len(rankings)))
            continue
        for row, (order, n) in enumerate(zip(rankings, n_parts.tolist(), strict=True)):
            if sorted(order.tolist()) != list(range(n)):
                what = f"name each of {n} parts once"
                problems.append(must(f"orders[{name!r}][{row}]", what, order.tolist()))
    raise_all(ShapeError, problems[:_N_NAMED])
