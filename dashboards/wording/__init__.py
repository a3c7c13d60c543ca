"""Every sentence of the dashboard, in English and in Simplified Chinese.

Each page has a file of its own with both languages side by side; what reports say too comes from
``harness.wording``.
"""

from __future__ import annotations

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
from harness.wording import messages
from harness.wording.language import (
    Catalogue,
    language,
    measure_words,
    remember,
    remembered,
    said,
    speaking,
)

__all__ = [
    "LANGUAGES", "language", "measure_words", "plural", "remember", "remembered", "said", "speaking", "t",
]  # fmt: skip

LANGUAGES = {"en": "English", "zh": "简体中文"}
PAGES = (shell, compare, decision, examples, inbox, measurements, requirements, verdict)
"""Files with the dicts ``EN`` and ``ZH``."""

EN: dict[str, str] = {id: text for page in PAGES for id, text in page.EN.items()}
ZH: dict[str, str] = {id: text for page in PAGES for id, text in page.ZH.items()}

CATALOGUE = Catalogue(EN, ZH)


def t(id: str, /, **params: object) -> str:
    """Return the sentence of a message id, of the dashboard or of the reports.

    Raises:
        KeyError: If no sentence has this id, or a parameter is missing.
    """
    return CATALOGUE.t(id, **params) if id in EN else messages.t(id, **params)


def plural(id: str, n: int, /, **params: object) -> str:
    """Return the form of a sentence that fits a count; ``{n}`` is the count with separators."""
    form = "one" if n == 1 else "other"
    return t(f"{id}.{form}", **{"n": f"{n:,}", **params})
