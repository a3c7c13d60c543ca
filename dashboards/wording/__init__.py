"""Every sentence of the dashboard, in English and in Simplified Chinese.

Each page has a file of its own with both languages side by side; what reports say too comes from
``harness.wording``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from dashboards.wording import (
    compare,
    decision,
    examples,
    inbox,
    measurements,
    requirements,
    shell,
    verdict,
)
from harness.records import Message
from harness.wording import messages

LANGUAGES = {"en": "English", "zh": "简体中文"}
PAGES = (shell, compare, decision, examples, inbox, measurements, requirements, verdict)
"""Files with the dicts ``EN`` and ``ZH``."""

EN: dict[str, str] = {id: text for page in PAGES for id, text in page.EN.items()}
ZH: dict[str, str] = {id: text for page in PAGES for id, text in page.ZH.items()}

_spoken: ContextVar[str] = ContextVar("dashboard_language", default="en")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language until the block ends."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def language() -> str:
    """Return the language that is spoken now."""
    return _spoken.get()


def t(id: str, /, **params: object) -> str:
    """Return the sentence of a message id, of the dashboard or of the reports.

    Raises:
        KeyError: If no sentence has this id, or a parameter is missing.
    """
    catalogue = ZH if _spoken.get() == "zh" else EN
    if id in EN:
        return catalogue[id].format(**params)
    return messages.t(id, **params)


def plural(id: str, n: int, /, **params: object) -> str:
    """Return the form of a sentence that fits a count; ``{n}`` is the count with separators."""
    form = "one" if n == 1 else "other"
    return t(f"{id}.{form}", **{"n": f"{n:,}", **params})


def said(message: Message) -> str:
    """Return a sentence of a record."""
    return message.text
