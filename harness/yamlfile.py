"""YAML 1.2 files with line numbers: read safely, strictly, and with every number kept exact.

libyaml (through PyYAML) turns text into nodes; the values are resolved here by the core schema of
YAML 1.2.2 (section 10.3), so ``NO`` is a word, ``1e-3`` a number, and a key that stands twice is
an error. Why not PyYAML's own values or ruamel.yaml: ``docs/decisions/0002-yaml.md``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from harness.errors import AssayError, UsageError, nearest

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails
    from yaml import Node

Shape = TypeVar("Shape", bound="BaseModel")
Path_ = tuple[str | int, ...]

_MAX_BYTES = 2_000_000
_MAX_NODES = 200_000
_MAX_DEPTH = 50
_NULL = re.compile(r"null|Null|NULL|~|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)
_CORE_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "map")}


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
        raw = path.read_bytes()
    except OSError as err:
        raise error(f"{path} must be a readable file, got {err.strerror or err}.") from err
    return parse_yaml(raw, name=path.name, error=error)


def parse_yaml(raw: bytes, *, name: str, error: type[AssayError] = UsageError) -> YamlFile:
    """Parse YAML bytes; see ``read_yaml``."""
    import yaml

    if len(raw) > _MAX_BYTES:
        raise error(f"{name} must be at most {_MAX_BYTES} bytes, got {len(raw)}.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        raise error(
            f"{name} must be UTF-8, got byte {raw[err.start]:#04x} at {err.start}."
        ) from err
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        root = yaml.compose(text, Loader=loader)
    except yaml.YAMLError as err:
        mark = getattr(err, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(err, "problem", None) or str(err)
        raise error(f"{name}:{line} must be YAML: {problem}.") from err
    if root is None:
        raise error(f"{name} must hold a mapping, got an empty file.")
    reader = _Reader(name, error)
    data = reader.value(root, ())
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
    loc = tuple(step for step in (*prefix, *item["loc"]) if _stands_in(step))
    where = ".".join(str(step) for step in loc) or "the file"
    at = f" ({file.place(loc)})" if file is not None else ""
    if item["type"] == "extra_forbidden":
        return f"{where} is not a known key{at}.{nearest(str(loc[-1]), known)}"
    if item["type"] == "missing":
        return f"{where} must be given{at}."
    message = item["msg"].removeprefix("Value error, ").removeprefix("Input should ")
    if item["type"] == "value_error":
        return f"{where}: {message}{at}."
    if item["type"] in ("too_short", "too_long"):
        message = _length_words(item)
    elif item["type"] == "tuple_type":  # no word of YAML
        message = "be a list"
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
    def __init__(self, name: str, error: type[AssayError]) -> None:
        self.name = name
        self.error = error
        self.lines: dict[Path_, int] = {}
        self.n_nodes = 0

    def value(self, node: Node, path: Path_) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(path, line)
        self.n_nodes += 1
        if len(path) > _MAX_DEPTH:
            raise self.error(
                f"{self.name}:{line} must nest at most {_MAX_DEPTH} levels, got more. "
                "An alias must not stand inside what it names."
            )
        if self.n_nodes > _MAX_NODES:
            raise self.error(
                f"{self.name} must expand to at most {_MAX_NODES} values. Use fewer aliases."
            )
        if node.tag not in _CORE_TAGS:
            raise self.error(f"{self.name}:{line} must not use the tag {node.tag!r}.")
        if node.id == "scalar":
            return node.value if node.style in ("'", '"', "|", ">") else _plain(node.value)
        if node.id == "sequence":
            return [self.value(child, (*path, i)) for i, child in enumerate(node.value)]
        return self._mapping(node, path)

    def _mapping(self, node: Node, path: Path_) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        for key_node, child in node.value:
            line = key_node.start_mark.line + 1
            if key_node.id != "scalar" or key_node.value == "<<":
                raise self.error(
                    f"{self.name}:{line} must be a plain key, got a merge or a nested key."
                )
            key = self.value(key_node, (*path, "<key>"))
            if key in result:
                raise self.error(
                    f"{self.name}:{line} must not repeat the key {key!r}, which stands on line "
                    f"{self.lines[(*path, str(key))]}. Keep one of the two."
                )
            self.lines[(*path, str(key))] = line
            result[key] = self.value(child, (*path, str(key)))
        return result


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
