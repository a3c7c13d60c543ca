"""Training texts that a model continues word for word, or nearly.

A text counts as known by heart when every one of its next n tokens is the likeliest one after the true
tokens before it: then, and only then, a greedy continuation writes exactly them.

Legend of shapes: r texts, n tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audits._language_items import Asked, last_tokens, prompt_item
from harness.modelling import GREEDY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._extraction_options import Options
    from audits._extraction_scoring import Pair
    from audits._extraction_targets import Reader
    from harness.data import Dataset

    BoolArray = NDArray[np.bool_]
    IntArray = NDArray[np.int64]

NEAR = 0.9
"""Edit similarity from which on a continuation is nearly the true one."""


@dataclass(frozen=True, slots=True)
class Continued:
    """What became of some texts.

    Attributes:
        rows: Positions of the texts, shape [r].
        is_known: Prefix → whether the next tokens are written exactly, shape of those asked.
        asked: Prefix → positions among the rows that have so long a prefix.
        by_base: The same by the reference for the main prefix, shape [r]; None without one.
        is_near: Whether they are written at least nearly, shape [r]; None without generation.
    """

    rows: IntArray
    is_known: dict[int, BoolArray]
    asked: dict[int, IntArray]
    by_base: BoolArray | None
    is_near: BoolArray | None


def continued(pair: Pair, train: Dataset, options: Options, *, can_write: bool) -> Continued:
    """Try training texts that are long enough, each at one place that is drawn."""
    texts = _texts(pair, train, options)
    rows = np.array(sorted(texts), dtype=np.int64)
    starts = [texts[row][1] for row in rows.tolist()]
    known, asked = {}, {}
    for k in options.all_prefixes():
        at = np.flatnonzero([start >= k for start in starts])
        asked[k] = at
        known[k] = _is_known(pair, pair.own, [texts[rows[i]] for i in at], k, options)
    main = [texts[row] for row in rows.tolist()]
    by_base = near = None
    if pair.base is not None and _same_tokens(pair, train, rows):
        by_base = _is_known(pair, pair.base, main, options.prefix, options)
    if can_write:
        near = _is_near(pair, main, known[options.prefix], options)
    return Continued(rows, known, asked, by_base, near)


def edit_similarity(first: IntArray, second: IntArray) -> float:
    """Return 1 minus the edits from one to the other, divided by the longer length."""
    longest = max(len(first), len(second))
    if not longest:
        return 1.0
    row = np.arange(len(second) + 1)
    for number, token in enumerate(first.tolist(), start=1):
        changed = np.minimum(row[:-1] + (second != token), row[1:] + 1)
        # insertions run along the row: the least of what stands before, one more for each step
        whole = np.concatenate([[number], changed])
        row = np.minimum.accumulate(whole - np.arange(len(whole))) + np.arange(len(whole))
    return 1 - float(row[-1]) / longest


Text = tuple["IntArray", int]
"""Tokens of a row, and where the tokens that are to be written begin."""


def _texts(pair: Pair, train: Dataset, options: Options) -> dict[int, Text]:
    """Return rows with room for the main prefix and the tokens behind it."""
    order = pair.ctx.rng.permutation(train.n)
    least = options.prefix + options.text_tokens
    found: dict[int, Text] = {}
    seen: set[object] = set()
    for start in range(0, train.n, options.text_rows):
        part = order[start : start + options.text_rows].tolist()
        for row, item in zip(part, pair.own.prepare([train.inputs[k] for k in part]), strict=True):
            ids = item.arrays["input_ids"]
            is_copy = train.inputs[row] in seen
            seen.add(train.inputs[row])
            has_choices = int(item.arrays["segment"].max(initial=0)) > 1
            if is_copy or has_choices or len(ids) < least or len(found) == options.text_rows:
                continue
            last = len(ids) - options.text_tokens
            found[row] = ids, int(pair.ctx.rng.integers(options.prefix, last + 1))
        if len(found) == options.text_rows:
            break
    return found


def _is_known(
    pair: Pair, model: Reader, texts: Sequence[Text], k: int, options: Options
) -> BoolArray:
    asked = [
        Asked(last_tokens(model, ids[:start], k), ids[start : start + options.text_tokens])
        for ids, start in texts
    ]
    scores = pair.score(model, asked, GREEDY)
    return np.array([is_greedy for _, is_greedy in scores], dtype=np.bool_)


def _is_near(pair: Pair, texts: Sequence[Text], is_known: BoolArray, options: Options) -> BoolArray:
    """Write what is not known exactly and compare it."""
    left = np.flatnonzero(~is_known).tolist()
    prompts = [
        prompt_item(last_tokens(pair.own, ids[:start], options.prefix))
        for ids, start in (texts[i] for i in left)
    ]
    made = pair.generate(pair.own, prompts, GREEDY, new_tokens=options.text_tokens, seed=0)
    found = is_known.copy()
    for i, one in zip(left, made, strict=True):
        ids, start = texts[i]
        found[i] = edit_similarity(ids[start : start + options.text_tokens], one.tokens) >= NEAR
    return found


def _same_tokens(pair: Pair, train: Dataset, rows: IntArray) -> bool:
    """Return whether both models read some rows as the same tokens."""
    inputs = [train.inputs[row] for row in rows[:20].tolist()]
    first, second = ([one.arrays["input_ids"] for one in m.prepare(inputs)] for m in pair.both)
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
