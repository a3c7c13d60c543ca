"""``--lang``: in which language a person reads what a command shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from harness.errors import UsageError, must
from harness.wording.language import LANGUAGES

F = TypeVar("F", bound=Callable[..., Any])


def lang_option(command: F) -> F:
    """Add ``--lang``."""
    return click.option(
        "--lang",
        type=click.Choice(LANGUAGES),
        default=LANGUAGES[0],
        show_default=True,
        envvar="ASSAY_LANG",
        show_envvar=True,
        help="Language of what people read; machines read English.",
    )(command)


def language_of(lang: str, form: str, spoken: tuple[str, ...]) -> str:
    """Return the language that a form is written in: English for what machines read.

    Args:
        lang: What ``--lang`` says, or the environment.
        form: What ``--format`` says.
        spoken: Forms that people read.

    Raises:
        UsageError: If ``--lang`` asks for a form in a language that it is never written in.
    """
    if form in spoken or lang == LANGUAGES[0]:
        return lang
    source = click.get_current_context().get_parameter_source("lang")
    if source == ParameterSource.COMMANDLINE:
        do = f"Machines read it. Other languages: --format {' or '.join(spoken)}."
        raise UsageError(must("--lang", f"be en for --format {form}", lang, do=do))
    return LANGUAGES[0]
