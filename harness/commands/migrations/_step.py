"""One step from a version of a format to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.commands.migrations._editing import Document


@dataclass(frozen=True, slots=True)
class Step:
    """How one kind of file is led from a version to the next.

    Attributes:
        kind: The key ``kind`` of the file, e.g. ``PolicyPack``.
        before, after: Values of ``apiVersion``; the step itself need not change that key.
        does: What changes, one sentence for whoever reads the diff.
        change: A pure function; raises ``UsageError`` for what it cannot lead over.
    """

    kind: str
    before: str
    after: str
    does: str
    change: Callable[[Document], Document]
