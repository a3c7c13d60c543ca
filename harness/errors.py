"""Every error that Modelassay raises on purpose, and the one grammar they are written in.

    AssayError                    something a user can mend; printed without a traceback
    ├── UsageError       exit 2   a command, option or argument that cannot work
    │   ├── ConfigError           assay.yaml
    │   ├── PolicyError           a policy, waiver or policy test file
    │   ├── DataError             a table of examples or predictions
    │   ├── ModelError            a model folder, its files, or what it returned
    │   ├── ShapeError            arrays whose shapes do not belong together
    │   └── MissingExtra          a command whose optional packages are not installed
    ├── PluginError      exit 2   an audit, modality or policy that cannot be discovered
    ├── ContractError    exit 3   an audit or modality that breaks its contract
    ├── IncompleteError  exit 3   the work could not be finished (disk full, out of memory)
    ├── GateError        exit of the verdict: a policy that is not met, where that was to stop work
    ├── IntegrityError   exit 5   evidence that is not what it says it is
    └── Interrupted      exit 130 or 143

Grammar: **where** must be **what**, got **value** at **place**; then what to do.
"""

from __future__ import annotations

from collections.abc import Sequence

EXIT_PASS = 0
EXIT_BLOCKED = 1
EXIT_USAGE = 2
EXIT_INCOMPLETE = 3
EXIT_WARNINGS = 4
EXIT_INTEGRITY = 5
EXIT_BUG = 70
EXIT_SIGINT = 130
EXIT_SIGTERM = 143


class AssayError(Exception):
    """An error that the reader can act on.

    Args:
        text: The first problem, a whole sentence.
        more: Further independent problems, found in the same pass.
    """

    exit_code = EXIT_USAGE

    def __init__(self, text: str, *more: str) -> None:
        super().__init__("\n".join((text, *more)))
        self.problems: tuple[str, ...] = (text, *more)

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows: the sentences, without the frames below."""
        return [f"{type(self).__name__}: {self}"]


class UsageError(AssayError):
    """A command, option or argument that cannot work."""


class ConfigError(UsageError):
    """A run configuration that cannot be carried out."""


class PolicyError(UsageError):
    """A policy file that cannot be judged by."""


class DataError(UsageError):
    """A table that cannot be read or does not fit its configuration."""


class ModelError(UsageError):
    """A model that cannot be loaded, does not fit the task, or returned what cannot be used."""


class MethodRefused(UsageError):
    """An attribution method that is refused, or that a model does not offer the means for."""


class ShapeError(UsageError):
    """Arrays whose shapes do not belong together."""


class MissingExtra(UsageError):
    """A command whose optional packages are not installed."""


class PluginError(AssayError):
    """A plug-in that cannot be discovered."""


class ContractError(AssayError):
    """An audit or modality that breaks its contract."""

    exit_code = EXIT_INCOMPLETE


class IncompleteError(AssayError):
    """Work that could not be finished; nothing half-written was taken for whole."""

    exit_code = EXIT_INCOMPLETE


class GateError(AssayError):
    """A policy that is not met, where the caller asked to be stopped by that.

    Args:
        text: Why.
        exit_code: That of the verdict.
    """

    def __init__(self, text: str, *, exit_code: int) -> None:
        super().__init__(text)
        self.exit_code = exit_code


class IntegrityError(AssayError):
    """Evidence that is not what it says it is."""

    exit_code = EXIT_INTEGRITY


class Interrupted(AssayError):
    """The process was asked to stop.

    Args:
        signal_name: ``SIGINT`` or ``SIGTERM``.
    """

    def __init__(self, signal_name: str) -> None:
        super().__init__(f"Stopped by {signal_name}. The same command resumes where it stopped.")
        self.exit_code = EXIT_SIGTERM if signal_name == "SIGTERM" else EXIT_SIGINT


def must(where: str, what: str, got: object, *, place: str = "", do: str = "") -> str:
    """Write one problem in the house grammar.

    Args:
        where: The thing that is wrong: a key path, a column, a file.
        what: What it must be, starting with a verb phrase such as ``be an integer >= 1``.
        got: What was found; shown with ``repr`` unless it is a plain phrase wrapped in ``Phrase``.
        place: ``file:line`` when it is known.
        do: One sentence that says how to go on.

    Returns:
        For example ``audits.group-error.min_group must be an integer >= 1, got 0 (assay.yaml:14).
        Remove the line to use 30.``
    """
    shown = str(got) if isinstance(got, Phrase) else _short(repr(got))
    at = f" ({place})" if place else ""
    return f"{where} must {what}, got {shown}{at}." + (f" {do}" if do else "")


class Phrase(str):
    """Words for ``must(got=...)`` that are shown as they are, without quotes."""

    __slots__ = ()


def raise_all(kind: type[AssayError], problems: Sequence[str]) -> None:
    """Raise one error that carries all independent problems; do nothing when there is none."""
    if problems:
        raise kind(*problems)


def nearest(word: str, known: Sequence[str]) -> str:
    """Return `` Did you mean 'x'?`` for the closest known word, or nothing."""
    from difflib import get_close_matches

    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""


def _short(text: str, limit: int = 120) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
