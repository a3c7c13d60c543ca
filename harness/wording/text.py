"""Text from data, models, file names and configs is hostile: made visible, short and inert here."""

from __future__ import annotations

import re
import unicodedata

from harness.records import ALL, slice_columns
from harness.wording.language import kept_in_english
from harness.wording.messages import t

LIMIT = 600
"""Characters of one sentence that a reader is shown; the whole stands in the JSON beside it."""

NAME_LIMIT = 80
"""Characters of one name: a class, a group, a file, a key."""

# controls, bidi, zero-width, tags, surrogates, private use, line separators
_HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#!|~$^])")
_LIST_MARK = re.compile(r"^[-+=]")
_NUMBERED = re.compile(r"^(\d+)\.(?=\s|$)")
_PLAIN_CODE = re.compile(r"[A-Za-z0-9._:/=+ \\-]+")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_CLOSING = "，。；：、）”！？》"
_OPENING = "（“《"
_WORD_JOINER = "\u2060"


def visible(text: str) -> str:
    """Return the text with every character that cannot be seen written as ``<U+202E>``.

    Line breaks and tabs stay. What comes back holds no terminal escape, no bidirectional override
    and nothing that XML 1.0 forbids.
    """
    if text.isprintable():
        return text
    return "".join(
        c if c in "\n\t" or unicodedata.category(c) not in _HIDDEN else f"<U+{ord(c):04X}>"
        for c in text
    )


def clip(text: str, limit: int = LIMIT) -> str:
    """Return at most ``limit`` characters, the last one ``…`` where something was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def one_line(value: object, limit: int = LIMIT) -> str:
    """Return a value as one visible line: a line break becomes ``⏎``, a tab a space."""
    text = str(value)
    if len(text) <= limit and text.isprintable():
        return text
    text = visible(clip(text, limit))
    return text.replace("\n", " ⏎ ").replace("\t", " ")


def markdown(value: object, limit: int = LIMIT) -> str:
    """Return a value as Markdown that renders as the same plain text.

    No markup, table cell, HTML, link, autolink, mention, issue reference, emoji or formula can come
    of it: marks are escaped, and a word joiner breaks what is linked without any mark.
    """
    text = one_line(value, limit)
    text = re.sub(r"(?i)\b(www)\.", rf"\1{_WORD_JOINER}.", text)
    text = re.sub(r"(?i)\b(mailto|xmpp|gh)([:-])", rf"\1{_WORD_JOINER}\2", text)
    text = text.replace("://", f":{_WORD_JOINER}//")
    text = text.replace("@", f"@{_WORD_JOINER}").replace("#", f"#{_WORD_JOINER}")
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = _MARKDOWN.sub(r"\\\1", text.strip())
    return _LIST_MARK.sub(r"\\\g<0>", text) if text[:1] in "-+=" else _NUMBERED.sub(r"\1\\.", text)


def markdown_code(value: object, limit: int = LIMIT) -> str:
    """Return a value as a Markdown code span, or as plain text where it could end the span."""
    text = one_line(value, limit)
    return f"`{text}`" if _PLAIN_CODE.fullmatch(text) else markdown(value, limit)


def formula_safe(text: str) -> str:
    """Return a text for a cell of CSV: what a spreadsheet would run as a formula begins with ``'``."""
    return f"'{text}" if text[:1] in _FORMULA else text


@kept_in_english
def slice_words(name: str, everything: str) -> str:
    """Return the name of a slice for a reader: ``gender = female, religion = none``.

    Args:
        name: Canonical slice name, percent-encoded.
        everything: Words for the slice that holds every example.
    """
    if name == ALL:
        return everything
    try:
        columns = slice_columns(name)
    except ValueError:
        return one_line(name, NAME_LIMIT)
    pairs = (
        t("slice.whole", column=one_line(column, NAME_LIMIT))
        if value == "*"
        else f"{one_line(column, NAME_LIMIT)} = {one_line(value, NAME_LIMIT) or t('slice.empty')}"
        for column, value in columns.items()
    )
    return t("list.comma").join(pairs)


def cells(text: str) -> int:
    """Return how many columns of a terminal a text fills; Chinese characters fill two."""
    return len(text) if text.isascii() else sum(_cell(c) for c in text)


def fit(text: str, width: int) -> str:
    """Return the text cut with ``…`` or filled with spaces to exactly ``width`` columns."""
    return cut(text, width) + " " * max(0, width - cells(cut(text, width)))


def cut(text: str, width: int) -> str:
    """Return the text, cut with ``…`` where it fills more than ``width`` columns."""
    return text if cells(text) <= width else _head(text, width - 1) + "…"


def _head(text: str, width: int) -> str:
    used = 0
    for i, c in enumerate(text):
        used += _cell(c)
        if used > width:
            return text[:i]
    return text


def wrap(text: str, width: int) -> list[str]:
    """Return lines of at most ``width`` columns, broken at spaces, or anywhere without one.

    Chinese has no spaces: a line ends behind any of its characters, but never before a mark that closes.
    """
    lines: list[str] = []
    while cells(text) > width:
        head = _head(text, width)
        at = head.rfind(" ") if text[len(head) : len(head) + 1] != " " else len(head)
        at = at if text.isascii() else max(at, _wide_break(text, len(head)))
        at = at if at > 0 else len(head)
        lines.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return [*lines, text]


def _wide_break(text: str, end: int) -> int:
    """Return the last place up to ``end`` at which Chinese may break; -1 without one."""
    for at in range(end, 0, -1):
        before, after = text[at - 1], text[at : at + 1]
        if _cell(before) == 2 and before not in _OPENING and after not in _CLOSING:
            return at
    return -1


def _cell(c: str) -> int:
    if unicodedata.category(c) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(c) in {"W", "F"} else 1
