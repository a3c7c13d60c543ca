"""In which language a reader is spoken to.

The language belongs to the context (a thread, a task), never to the process: two readers of one
server are spoken to in two languages. Evidence is written in English whatever is spoken; only what
is shown is translated, from message ids and parameters. Chinese is imported when it is spoken first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from harness.records import Measure, Message

if TYPE_CHECKING:
    from harness.wording.zh import Chinese

LANGUAGES = ("en", "zh")
"""Languages that sentences exist in; the first is what every sentence has."""

TAGS = {"en": "en", "zh": "zh-CN"}
"""Language → tag of BCP 47, for ``<html lang>``."""

_spoken: ContextVar[str] = ContextVar("spoken", default="en")
_known: ContextVar[Mapping[str, Message]] = ContextVar("known")
_depth: ContextVar[int] = ContextVar("depth", default=0)
_DEEPEST = 3
_BY_GROUP = "（按群体）"
"""How the Chinese title of a by-group measure ends."""

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def speaking(language: str, known: Iterable[Message] = ()) -> Iterator[None]:
    """Speak a language until the block ends.

    Args:
        language: One of ``LANGUAGES``.
        known: Sentences of the evidence at hand. Where one stands in English inside another, as a
            reason does, it is recognised by its text and translated too.

    Raises:
        ValueError: If nothing is written in this language.
    """
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {', '.join(LANGUAGES)}, got {language!r}")
    token = _spoken.set(language)
    remembered = _known.set({} if language == "en" else {one.text: one for one in known})
    try:
        yield
    finally:
        _known.reset(remembered)
        _spoken.reset(token)


def remember(known: Iterable[Message]) -> None:
    """Recognise more sentences until the block ends in which a language is spoken."""
    if _spoken.get() != "en":
        _known.set({**_known.get({}), **{one.text: one for one in known}})


def remembered() -> tuple[Message, ...]:
    """Return the sentences that are recognised now, for a block that goes on elsewhere."""
    return tuple(_known.get({}).values())


def language() -> str:
    """Return the language that is spoken now."""
    return _spoken.get()


def kept_in_english(words: Callable[P, T]) -> Callable[P, T]:
    """Remember what a function of plain values says in English; a report says most things many times.

    In another language it is asked each time, because what it says there depends on the evidence at hand.
    """
    kept = lru_cache(maxsize=8192)(words)

    @wraps(words)
    def say(*args: P.args, **kwargs: P.kwargs) -> T:
        return (kept if _spoken.get() == "en" else words)(*args, **kwargs)  # type: ignore[arg-type]

    return say


def tag() -> str:
    """Return the language that is spoken now as a tag for ``<html lang>``."""
    return TAGS[_spoken.get()]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Sentences by id, in every language.

    Attributes:
        en: English. Has every id; the two forms of a sentence that counts end in ``.one`` and ``.other``.
        zh: Chinese, or what gives it when it is first spoken. It has one form, ``.other``.
    """

    en: Mapping[str, str]
    zh: Mapping[str, str] | Callable[[], Mapping[str, str]]

    def t(self, id: str, /, **params: object) -> str:
        """Return the sentence of an id in the language that is spoken, parameters filled in.

        Raises:
            KeyError: If no sentence has this id, or a parameter is missing.
        """
        english = self.en[id]
        if _spoken.get() == "en":
            return english.format(**params)
        chinese = self.zh() if callable(self.zh) else self.zh
        template = chinese.get(id) or chinese.get(f"{id.removesuffix('.one')}.other")
        return english.format(**params) if template is None else _chinese().fill(template, params)

    def plural(self, id: str, n: int, /, **params: object) -> str:
        """Return the form of a sentence that fits a count; ``{n}`` is the count with separators."""
        form = "one" if n == 1 else "other"
        return self.t(f"{id}.{form}", **{"n": f"{n:,}", **params})


def said(message: Message) -> str:
    """Return a sentence of a record in the language that is spoken; in English where it must be."""
    if _spoken.get() == "en":
        return message.text
    template = _chinese().said.get(message.id)
    if template is None:
        return message.text
    try:
        return _chinese().fill(template, message.params)
    except (KeyError, ValueError, TypeError):  # the parameters are those of another version
        return message.text


def phrase(text: str) -> str:
    """Return a fragment that English code wrote, such as ``all examples``, in the language spoken."""
    return text if _spoken.get() == "en" else _chinese().phrase(text)


def recognised(text: str) -> str | None:
    """Return what the sentence of the evidence at hand with this English text says; None without one.

    A sentence that holds itself, which only made-up evidence can, is left in English.
    """
    sentence, depth = _known.get({}).get(text), _depth.get()
    if sentence is None or depth == _DEEPEST:
        return None
    token = _depth.set(depth + 1)
    try:
        return said(sentence)
    finally:
        _depth.reset(token)


def measure_words(measure: Measure) -> tuple[str, str, str]:
    """Return title, reading (with its placeholders) and blindness of a measure, as it is spoken."""
    english = (measure.title, measure.reads_as, measure.blind_to)
    return english if _spoken.get() == "en" else _chinese().measures.get(measure.key, english)


def without_group(title: str) -> str:
    """Return the title of a by-group measure without the words that say so."""
    if _spoken.get() == "en":
        return title.removesuffix(" by group")
    return title.replace(_BY_GROUP, "")


def _chinese() -> Chinese:
    from harness.wording.zh import chinese

    return chinese()
