"""The inputs that are explained: a text, or a pair of texts, with a name for readers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from harness.commands.explaining.rows import Wanted
from harness.commands.explaining.values import Input
from harness.errors import Phrase, UsageError, must, raise_all
from harness.records import TARGET

if TYPE_CHECKING:
    from harness.commands.explaining.subject import Subject

_WAYS = "Give it as the second argument, - for stdin, --file FILE, or --id EXAMPLE."


@dataclass(frozen=True, slots=True)
class _Given:
    """What a command was given."""

    text: str | None
    pair: str | None
    source: Path | None
    ids: tuple[str, ...]
    dataset: str | None
    against: str | None


def inputs_given(
    text: str | None,
    pair: str | None,
    *,
    source: Path | None,
    ids: tuple[str, ...],
    dataset: str | None,
    against: str | None,
    stdin: TextIO,
) -> Callable[[Subject], list[Input]]:
    """Check what a command was given, and return what reads its inputs once there is a model.

    Args:
        text: The text; ``-`` for stdin.
        pair: Second text of a pair.
        source: File that holds the text.
        ids: Rows of test sets.
        dataset: Test set that they are looked for in.
        against: Text that the first one is compared with.
        stdin: Where ``-`` is read from.

    Raises:
        UsageError: With every problem, before any model is loaded.
    """
    given = _Given(text, pair, source, ids, dataset, against)
    raise_all(UsageError, _problems(given))
    if ids:
        return lambda subject: _with_other(subject.rows(Wanted(ids, dataset)), given)
    one = Input(_read(given, stdin), pair, name=source.name if source else "text")
    check_input(one)
    found = _with_other([one], given)
    return lambda subject: found


def check_input(one: Input, *, where: str = "TEXT") -> None:
    """Refuse an input without anything in it.

    Raises:
        UsageError: If no text of it holds more than blanks.
    """
    if not any(text.strip() for text in one.texts):
        got = Phrase("blanks only" if any(one.texts) else "an empty text")
        do = "An empty text has no part that a decision could rest on."
        raise UsageError(must(where, "hold at least one word", got, do=do))


def check_followed(classes: Sequence[str], inputs: Sequence[Input]) -> None:
    """Refuse a text that nothing follows where the log-probability of what follows is explained.

    Raises:
        UsageError: Naming the first of them.
    """
    alone = [one for one in inputs if one.pair is None]
    if tuple(classes) == (TARGET,) and alone:
        got = Phrase("a text alone")
        do = "Name what follows it with --pair, or a row of prompt and completion."
        raise UsageError(must(f"{alone[0].name}", "be a prompt and what follows it", got, do=do))


def _problems(given: _Given) -> list[str]:
    ways = {
        "TEXT": given.text is not None,
        "--file": given.source is not None,
        "--id": bool(given.ids),
    }
    named = [name for name, is_given in ways.items() if is_given]
    problems = []
    if len(named) != 1:
        got = Phrase(" and ".join(named) if named else "none")
        problems.append(must("The text", "be given in one way", got, do=_WAYS))
    if given.dataset is not None and not given.ids:
        problems.append(must("--data", "come with --id", given.dataset))
    if given.ids and given.pair is not None:
        do = "A row brings its own second text."
        problems.append(must("--pair", "come with a text", given.pair, do=do))
    if given.against is not None and len(given.ids) > 1:
        got = Phrase(f"{len(given.ids)} of them")
        problems.append(must("--against", "come with one text", got))
    return problems


def _read(given: _Given, stdin: TextIO) -> str:
    if given.source is not None:
        return _decoded(given.source.read_bytes())
    if given.text == "-":
        raw = getattr(stdin, "buffer", None)  # text that stands in memory has none
        return stdin.read() if raw is None else _decoded(raw.read())
    return given.text or ""


def _decoded(raw: bytes) -> str:
    # what is no UTF-8 is shown as such, and read as the model's tokenizer reads it
    return raw.decode("utf-8-sig", "replace")


def _with_other(inputs: list[Input], given: _Given) -> list[Input]:
    for one in inputs:
        check_input(one, where=f"Row {one.name}" if given.ids else "TEXT")
    if given.against is None:
        return inputs
    first = inputs[0]
    other = replace(first, text=given.against, name="--against", label=None)
    check_input(Input(other.text), where="--against")
    return [*inputs, other]
