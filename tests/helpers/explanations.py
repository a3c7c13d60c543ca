"""Explanations made by hand, as an engine would give them; no model is asked.

Loaded by path from ``tests/conftest.py`` and handed out as the fixture ``explanations``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from harness.figures.explained import (
    CrossCheck,
    Explained,
    Explanation,
    MethodCard,
    Piece,
)
from harness.records import Message

BECAUSE = {
    "converged": "The attributions miss 0.02 of the 4.61 logits.",
    "unconverged": "After 128 gradients the attributions still miss 2.1 of the 4.61 logits.",
    "nothing-to-attribute": "With every part taken away the lead changes by 0.03 logits.",
    "not-checked": "This method does not promise that its values add up.",
}
CARD = MethodCard(
    method="integrated-gradients",
    baseline="mask",
    target="lead",
    unit="word",
    engine="own",
    precision="float32",
    n_gradients=15,
    n_forwards=6,
    model="tiny",
    weights="0123456789abcdef" * 4,
)


def explained(
    text: str,
    values: dict[int, float] | Sequence[float],
    *,
    words: Sequence[str] | None = None,
    status: str = "converged",
    **more: Any,
) -> Explained:
    """Return the decision about a text whose words (or the given pieces of it) have some values.

    Args:
        text: The text.
        values: One for each word, or position → value, 0 for the others.
        words: Pieces in order, where they are not divided by blanks.
        status: One of ``STATUSES``.
        more: Fields that differ.
    """
    pieces = []
    at = 0
    for index, word in enumerate(text.split() if words is None else words):
        start = text.index(word, at)
        at = start + len(word)
        value = values.get(index, 0.0) if isinstance(values, dict) else values[index]
        pieces.append(Piece(index, (0, start, at), value))
    total = sum(piece.value for piece in pieces)
    whole, blank = total - 0.02 - 1.2, -1.2
    one = Explained(
        name="text",
        texts=(text,),
        pieces=tuple(pieces),
        unread=(),
        classes=("benign", "toxic"),
        logits=(-whole / 2, whole / 2),
        scores=(0.03, 0.97),
        target=1,
        runner_up=0,
        whole=whole,
        blank=blank,
        gap=0.02,
        status=status,
        because=Message(f"explain.because-{status}", BECAUSE[status]),
        n_tokens=len(pieces) + 2,
        n_special=2,
        special=0.0,
        card=CARD,
    )
    return replace(one, **more)


def insult(**more: Any) -> Explained:
    """Return an English insult with one strong word."""
    text = "Thank you for your edit, you complete idiot.\nPlease read the <b>rules</b> first."
    values = [-1.1, 0.2, 0.02, 0.1, 0.0, 0.3, 0.9, 3.4, -0.8, 0.0, 0.1, 0.02, 0.05]
    return explained(text, values, **more)


def chinese(**more: Any) -> Explained:
    """Return a Chinese text, a token of which is a part."""
    text = "你这个白痴，谢谢你的帮助。"
    words = ["你", "这", "个", "白", "痴", "谢", "谢", "你", "的", "帮", "助"]
    return explained(text, {0: 0.4, 3: 1.9, 4: 2.6, 5: -0.7, 6: -0.9}, words=words, **more)


def explanation(*rows: Explained, **more: Any) -> Explanation:
    """Return some decisions as one explanation."""
    return Explanation(rows or (insult(),), **more)


def checked(one: Explained) -> Explained:
    """Return a decision with a cross-check that agrees on all signs."""
    pieces = tuple(replace(piece, checked=0.5 * piece.value) for piece in one.pieces)
    return replace(one, pieces=pieces, check=CrossCheck("occlusion", 5, 4, 4))
