"""Change one value or key of a YAML text and leave every other character, comments too, as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError, must
from harness.yamlfile import YamlFile, parse_yaml

if TYPE_CHECKING:
    from yaml import Node

Steps = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as text, with its values.

    Attributes:
        name: How messages call it.
        text: All of it, line ends as they are.
    """

    name: str
    text: str

    @property
    def file(self) -> YamlFile:
        """The values, with the line of each."""
        return parse_yaml(self.text.encode(), name=self.name, error=UsageError)

    @property
    def data(self) -> Any:
        """The values."""
        return self.file.data

    def has(self, *path: str | int) -> bool:
        """Tell whether there is a value at a path."""
        return self._nodes(path) is not None

    def renamed(self, path: Steps, name: str) -> Document:
        """Give the key at a path another name; nothing happens where there is none."""
        found = self._nodes(path)
        if found is None or found[0] is None:
            return self
        return self._with(found[0], name)

    def changed(self, path: Steps, value: str) -> Document:
        """Write another plain value (as YAML text) at a path; nothing happens where there is none.

        Raises:
            UsageError: If the value there is no plain one.
        """
        found = self._nodes(path)
        if found is None:
            return self
        if found[1].id != "scalar":
            where = ".".join(str(step) for step in path)
            line = found[1].start_mark.line + 1
            raise UsageError(
                must(where, "be one plain value", found[1].id, place=f"{self.name}:{line}")
            )
        return self._with(found[1], value)

    def _with(self, node: Node, written: str) -> Document:
        start, end = node.start_mark.index, node.end_mark.index
        return replace(self, text=self.text[:start] + written + self.text[end:])

    def _nodes(self, path: Steps) -> tuple[Node | None, Node] | None:
        """Return key and value at a path."""
        import yaml

        # the loader in Python: its marks count characters, whatever their width in bytes
        node: Node | None = yaml.compose(self.text, Loader=yaml.BaseLoader)
        key: Node | None = None
        for step in path:
            if node is None:
                return None
            key, node = _child(node, step)
        return None if node is None else (key, node)


def _child(node: Node, step: str | int) -> tuple[Node | None, Node | None]:
    if node.id == "mapping":
        for key, value in node.value:
            if key.id == "scalar" and key.value == str(step):
                return key, value
    elif node.id == "sequence" and isinstance(step, int) and step < len(node.value):
        return None, node.value[step]
    return None, None
