"""How the screens of both acts are set, and how ``--json`` shows a model."""

from __future__ import annotations

import textwrap
from typing import Any, Final

from harness.commands.demo.judged import Judged
from harness.records import to_data

WIDTH: Final = 100
INDENT: Final = " " * 11


def item(word: str, text: str) -> list[str]:
    """Return the lines of one statement, the word before it in a column of its own."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"  {word:<9}",
        subsequent_indent=INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )


def wrapped(text: str) -> list[str]:
    """Return the lines of a paragraph."""
    return textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def verdict_word(model: Judged) -> str:
    """Return the verdict in capitals."""
    return f"{model.verdict.verdict.replace('-', ' ').upper()}"


def model_data(model: Judged) -> dict[str, Any]:
    """Return a model as plain data."""
    return {
        "name": model.name,
        "run": model.bundle.path.as_posix(),
        "gate": model.gate.as_posix(),
        "report": model.report.as_posix(),
        "verdict": to_data(model.verdict),
    }
