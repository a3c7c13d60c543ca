"""Text from data, models and configs, made inert for what Streamlit reads as Markdown."""

from __future__ import annotations

import re

from harness.errors import AssayError
from harness.wording.language import phrase
from harness.wording.text import clip, visible

LIMIT = 400
"""Characters of one text in a line of Markdown; the whole stands where it is plain text."""

_MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&^=])")
_WWW = re.compile(r"(?i)\b(www)(\\\.)")
_JOINER = "\u2060"


def md(value: object, limit: int = LIMIT) -> str:
    """Return a value as Markdown that Streamlit shows as the same plain text, on one line.

    Nothing of it becomes markup, an image, a link, an icon, a colour or a formula. Marks are escaped;
    a word joiner breaks what is linked without any mark: addresses, ``www.`` and e-mail addresses.
    """
    text = visible(clip(str(value), limit)).replace("\t", " ").replace("\n", " ⏎ ")
    text = _MARKS.sub(r"\\\1", text)
    text = text.replace("\\://", f"\\:{_JOINER}//").replace("@", f"{_JOINER}@")
    return _WWW.sub(rf"\1{_JOINER}\2", text)


def refusal(err: AssayError) -> str:
    """Return why something was not done, in the language of the page where that is written."""
    return md(" ".join(map(phrase, err.problems)), 2000)


def bold(value: object, limit: int = LIMIT) -> str:
    """Return a value as bold text; spaces at its ends, which would undo that, are left out."""
    text = md(str(value).strip(), limit)
    return f"**{text}**" if text else ""
