"""YAML 1.2 files with line numbers: read safely, strictly, and with every number kept exact.

libyaml (through PyYAML) turns text into events; the values are resolved here by the core schema of
YAML 1.2.2 (section 10.3), so ``NO`` is a word, ``1e-3`` a number, and a key that stands twice is
an error. Why not PyYAML's own values or ruamel.yaml: ``docs/decisions/0002-yaml.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from harness.errors import AssayError, UsageError, nearest

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails
    from yaml import Event

Shape = TypeVar("Shape", bound="BaseModel")
Path_ = tuple[str | int, ...]

_MAX_BYTES = 2_000_000
_MAX_NODES = 200_000
_MAX_DEPTH = 50
_MAX_DIGITS = 100
_NULL = re.compile(r"null|Null|NULL|~|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)
_CORE_TAGS = {None, "!", *(f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "map"))}


_SPELT: dict[str, str] = {r"\S": "hold words", r"^\S+$": "hold no spaces"}


def spelt(pattern: str, words: str) -> str:
    """Return a pattern after telling how a value that does not match it must be spelt.

    Args:
        pattern: Of a field of a file.
        words: What stands behind "must" where a value does not match.
    """
    _SPELT[pattern] = words
    return pattern


class Decimal64(float):
    """A float that remembers how it was written, so that ``0.80`` stays exactly 4/5."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Decimal64:
        """Read a YAML 1.2 float."""
        number = super().__new__(cls, text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        number.text = text
        return number


@dataclass(frozen=True, slots=True)
class YamlFile:
    """A file as plain values, with the line on which each of them stands.

    Attributes:
        name: Name of the file as messages show it.
        data: Dicts, lists, strings, ints, floats, bools and None.
        lines: Path of keys and positions → line, counted from 1.
        raw: The bytes that were read.
    """

    name: str
    data: Any
    raw: bytes
    lines: dict[Path_, int] = field(default_factory=dict)

    def line(self, path: Sequence[str | int]) -> int:
        """Return the line of the value at a path, or of its nearest parent."""
        steps = tuple(path)
        while steps and steps not in self.lines:
            steps = steps[:-1]
        return self.lines.get(steps, 1)

    def place(self, path: Sequence[str | int]) -> str:
        """Return ``file:line`` of the value at a path, or of its nearest parent."""
        return f"{self.name}:{self.line(path)}"


def read_yaml(path: Path, *, error: type[AssayError] = UsageError) -> YamlFile:
    """Read a YAML file.

    Raises:
        AssayError: Of the given kind, when the file is missing, too large, not UTF-8, not YAML,
            holds a key twice, or uses tags or merge keys.
    """
    try:
        raw = read_limited(path)
    except OSError as err:
        raise error(f"{path} must be a readable file, got {err.strerror or err}.") from err
    return parse_yaml(raw, name=path.name, error=error)


def read_limited(path: Path) -> bytes:
    """Read a file, and of one that is too large just enough for ``parse_yaml`` to refuse it.

    Raises:
        OSError: If it cannot be read.
    """
    with path.open("rb") as file:
        return file.read(_MAX_BYTES + 1)


def parse_yaml(raw: bytes, *, name: str, error: type[AssayError] = UsageError) -> YamlFile:
    """Parse YAML bytes; see ``read_yaml``."""
    import yaml

    if len(raw) > _MAX_BYTES:
        raise error(f"{name} must be at most {_MAX_BYTES} bytes, got more.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        raise error(
            f"{name} must be UTF-8, got byte {raw[err.start]:#04x} at {err.start}."
        ) from err
    reader = _Reader(text, name, error)
    try:
        data = reader.document()
    except yaml.YAMLError as err:
        mark = getattr(err, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(err, "problem", None) or str(err)
        raise error(f"{name}:{line} must be YAML: {problem}.") from err
    finally:
        reader.close()
    return YamlFile(name=name, data=data, raw=raw, lines=reader.lines)


def read_list(
    ref: str | Path,
    model: type[Shape],
    *,
    packaged: Mapping[str, Path],
    base: Path | None,
    error: type[AssayError],
) -> tuple[Shape, YamlFile, str]:
    """Read a list of words that comes with the package under a short name, or one of the user's.

    Args:
        ref: Name of a packaged list, or path of a YAML file.
        model: Shape of the file.
        packaged: Name → file.
        base: Folder that a relative path starts from.
        error: What is raised.

    Returns:
        The content, the file, and what the list is called.

    Raises:
        AssayError: Of the kind ``error``, with everything that is wrong in the file's shape.
    """
    from pydantic import ValidationError

    own = packaged.get(str(ref))
    path = own or (base or Path()) / Path(ref).expanduser()
    file = read_yaml(path, error=error)
    try:
        content = model.model_validate(file.data)
    except ValidationError as err:
        problems = validation_problems(err, file, known=list(model.model_fields))
        raise error(*problems) from err
    return content, file, str(ref) if own else path.name


def validation_problems(
    err: ValidationError,
    file: YamlFile | None,
    *,
    prefix: Path_ = (),
    known: Sequence[str] = (),
    unwritten: Path_ = (),
) -> list[str]:
    """Write every problem that pydantic found in the house grammar, each with ``file:line``.

    Args:
        err: What pydantic raised for ``file.data`` (or for the part of it at ``prefix``).
        file: Where the data came from; None for values from Python, which have no place.
        prefix: Path of the validated part.
        known: Words to suggest for an unknown key.
        unwritten: Path of a key that validation added and the file does not have; its last step is
            left out of the paths below it.
    """
    items = [_as_written(item, unwritten) for item in err.errors()]
    if file is not None:
        items = sorted(items, key=lambda item: file.line((*prefix, *item["loc"])))
    return [_one_problem(item, file, prefix, known) for item in items]


def _as_written(item: ErrorDetails, unwritten: Path_) -> ErrorDetails:
    loc, n = item["loc"], len(unwritten)
    if n and loc[:n] == unwritten:
        item["loc"] = (*loc[: n - 1], *loc[n:])
    return item


def _one_problem(
    item: ErrorDetails, file: YamlFile | None, prefix: Path_, known: Sequence[str]
) -> str:
    is_unknown = item["type"] == "extra_forbidden"
    steps = (*prefix, *item["loc"])
    # an unknown key is one of the file, whatever it looks like
    named = steps[-1:] if is_unknown else ()
    loc = (*(step for step in steps[: len(steps) - len(named)] if _stands_in(step)), *named)
    where = ".".join(str(step) for step in loc) or "the file"
    at = f" ({file.place(loc)})" if file is not None else ""
    if is_unknown:
        key = str(loc[-1])  # one that is known in another place is no slip of the pen
        return f"{where} is not a known key{at}.{'' if key in known else nearest(key, known)}"
    if item["type"] == "missing":
        return f"{where} must be given{at}."
    message = item["msg"].removeprefix("Value error, ").removeprefix("Input should ")
    if item["type"] == "value_error":
        return f"{where}: {message}{at}."
    if item["type"] in ("too_short", "too_long"):
        message = _length_words(item)
    elif item["type"] == "string_pattern_mismatch":
        pattern = item["ctx"]["pattern"]
        message = _SPELT.get(pattern, f"match {pattern}")
    elif item["type"] == "tuple_type":  # no word of YAML
        message = "be a list"
    elif item["type"] in ("model_type", "dict_type"):
        message = "be a mapping"
    elif not message.startswith("be "):
        message = f"be valid: {message}"
    return f"{where} must {message}, got {_shown(item['input'])}{at}."


def _length_words(item: ErrorDetails) -> str:
    limits = item.get("ctx", {})
    if item["type"] == "too_short":
        return f"hold at least {limits['min_length']} item(s)"
    return f"hold at most {limits['max_length']} item(s)"


def _stands_in(step: str | int) -> bool:
    # pydantic puts the names of union members and validators into the location
    return isinstance(step, int) or not re.fullmatch(
        r"[a-z]+\[.*\]|[A-Z]\w*|str|int|float|bool|list|dict", step
    )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"


class _Reader:
    """Builds values from the events of a parser.

    Not from the nodes that a parser composes: it does that by recursion in C, which a file of nothing but
    brackets ends with a crash of the process.
    """

    def __init__(self, text: str, name: str, error: type[AssayError]) -> None:
        import yaml

        self.name = name
        self.error = error
        self.lines: dict[Path_, int] = {}
        self.n_nodes = 0
        self._parser = getattr(yaml, "CBaseLoader", yaml.BaseLoader)(text)
        # anchor → events of what it names; None as long as that is being read
        self._named: dict[str, list[Event] | None] = {}
        self._recorded: list[list[Event]] = []
        self._replayed: list[Iterator[Event]] = []

    def document(self) -> Any:
        """Return the value of the one document that the text must hold."""
        self._next()  # the start of the stream
        if self._next().__class__.__name__ == "StreamEndEvent":
            raise self.error(f"{self.name} must hold a mapping, got an empty file.")
        value = self._value(self._next(), ())
        self._next()  # the end of the document
        following = self._next()
        if following.__class__.__name__ != "StreamEndEvent":
            line = following.start_mark.line + 1
            raise self.error(f"{self.name}:{line} must hold one document, got a second one.")
        return value

    def close(self) -> None:
        """Let the parser go."""
        self._parser.dispose()

    def _next(self) -> Event:
        if self._replayed:
            return next(self._replayed[-1])
        event = self._parser.get_event()
        for record in self._recorded:
            record.append(event)
        return event

    def _value(self, event: Event, path: Path_) -> Any:
        kind = event.__class__.__name__
        self.n_nodes += 1
        line = event.start_mark.line + 1
        if len(path) > _MAX_DEPTH:
            raise self._too_deep(line)
        if self.n_nodes > _MAX_NODES:
            raise self.error(
                f"{self.name} must expand to at most {_MAX_NODES} values. Use fewer aliases."
            )
        if kind == "AliasEvent":
            return self._alias(event.anchor, path, line)
        self.lines.setdefault(path, line)
        if event.tag not in _CORE_TAGS:
            raise self.error(f"{self.name}:{line} must not use the tag {event.tag!r}.")
        if event.anchor is None or self._replayed:
            return self._content(event, kind, path)
        self._named[event.anchor] = None
        record = [event]
        self._recorded.append(record)
        value = self._content(event, kind, path)
        self._recorded.remove(record)
        self._named[event.anchor] = record
        return value

    def _content(self, event: Event, kind: str, path: Path_) -> Any:
        if kind == "ScalarEvent":
            return self._scalar(event)
        if kind == "SequenceStartEvent":
            return self._sequence(path)
        return self._mapping(path)

    def _alias(self, anchor: str, path: Path_, line: int) -> Any:
        if anchor not in self._named:
            raise self.error(f"{self.name}:{line} must be YAML: found undefined alias {anchor!r}.")
        events = self._named[anchor]
        if events is None:
            raise self._too_deep(line)
        self._replayed.append(iter(events))
        value = self._value(self._next(), path)
        self._replayed.pop()
        return value

    def _scalar(self, event: Event) -> Any:
        if event.style in ("'", '"', "|", ">"):
            return event.value
        if len(event.value) > _MAX_DIGITS and _INT.fullmatch(event.value):
            line = event.start_mark.line + 1
            raise self.error(
                f"{self.name}:{line} must be a number of at most {_MAX_DIGITS} digits, got "
                f"{len(event.value)}."
            )
        return _plain(event.value)

    def _sequence(self, path: Path_) -> list[Any]:
        result: list[Any] = []
        while (event := self._next()).__class__.__name__ != "SequenceEndEvent":
            result.append(self._value(event, (*path, len(result))))
        return result

    def _mapping(self, path: Path_) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        while (event := self._next()).__class__.__name__ != "MappingEndEvent":
            line = event.start_mark.line + 1
            if event.__class__.__name__ != "ScalarEvent" or event.value == "<<":
                raise self.error(
                    f"{self.name}:{line} must be a plain key, got a merge or a nested key."
                )
            key = self._value(event, (*path, "<key>"))
            steps = (*path, str(key))
            if key in result:
                first = next(one for one in result if one == key)  # 1 and 1.0 are one key
                raise self.error(
                    f"{self.name}:{line} must not repeat the key {key!r}, which stands on line "
                    f"{self.lines[*path, str(first)]}. Keep one of the two."
                )
            self.lines[steps] = line
            result[key] = self._value(self._next(), steps)
        return result

    def _too_deep(self, line: int) -> AssayError:
        return self.error(
            f"{self.name}:{line} must nest at most {_MAX_DEPTH} levels, got more. "
            "An alias must not stand inside what it names."
        )


def _plain(text: str) -> Any:
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text):
        return True
    if _FALSE.fullmatch(text):
        return False
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return Decimal64(text)
    return text
