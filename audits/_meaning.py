"""What a word can be expected to say by itself: words that should carry no decision come first.

No dictionary and no tagger: short lists of English and Chinese function words, and what shows in the
word itself and in where it stands. A word that is none of it is ``content``, which is no praise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CONTENT = "content"

_GRAMMAR = (
    "a about after again all also am an and any are as at be because been before being both but by can "
    "could did do does doing down during each few for from further had has have having he her here hers "
    "him his how i if in into is it its itself just me more most my myself no nor not now of off on once "
    "only or other our ours out over own same she should so some such than that the their theirs them then "
    "there these they this those through to too under until up very was we were what when where which while "
    "who whom why will with would you your yours "
    "的 了 着 过 是 在 和 与 及 或 也 都 就 还 又 很 太 更 最 不 没 有 我 你 他 她 它 们 这 那 哪 谁 什 么 "
    "个 只 把 被 让 给 对 从 到 向 以 于 而 但 则 之 其 所 吗 呢 吧 啊 呀 嘛 得 地 要 会 能 可 "
    "我们 你们 他们 她们 它们 这个 那个 什么 怎么 因为 所以 但是 而且 如果 虽然 没有 不是 就是 可以 一个"
)
"""Function words of English and Chinese, apart by blanks."""

_FUNCTION_WORDS = frozenset(_GRAMMAR.split())
_LETTER = re.compile(r"[^\W\d_]")
_CLOSE_TO_ALL = 0.5
_FIXED = 0.9


@dataclass(frozen=True, slots=True)
class Habits:
    """Where a word stands in the rows that were looked at.

    Attributes:
        row_share: Share of the rows that hold it.
        edge_share: Share of its rows in which it is the first or the last part.
        n_rows: Rows that hold it.
        letters_per_token: Characters for each token that it is read as.
    """

    row_share: float
    edge_share: float
    n_rows: int
    letters_per_token: float


def kind_of(word: str, habits: Habits) -> str:
    """Say why a word should carry no decision, the plainest reason first; ``content`` for none.

    Returns:
        ``punctuation``, ``number``, ``identifier``, ``function-word``, ``boiler-plate`` (in most rows),
        ``fixed-place`` (first or last in nearly all of its rows), ``fragments`` (the tokenizer knows it
        only in pieces of one or two letters), or ``content``.
    """
    has_letter, has_digit = bool(_LETTER.search(word)), any(char.isdigit() for char in word)
    found = {
        "punctuation": not has_letter and not has_digit,
        "number": has_digit and not has_letter,
        "identifier": has_letter and (has_digit or any(char in "@/_\\" for char in word)),
        "function-word": word.lower() in _FUNCTION_WORDS,
        "boiler-plate": habits.row_share > _CLOSE_TO_ALL,
        "fixed-place": habits.n_rows >= 10 and habits.edge_share >= _FIXED,
        "fragments": len(word) > 2 and habits.letters_per_token <= 2,
    }
    return next((kind for kind, holds in found.items() if holds), CONTENT)


def weight_of(kind: str) -> float:
    """Return how much more a word of low meaning counts in the ranks."""
    return 1.0 if kind == CONTENT else 3.0
