"""What an audit can say about its options before a run begins: files that are lacking, ids that do not fit.

``@audit(check=...)`` takes such a function. What it says stops the run as a mistake in the config does;
what it reads through ``OptionFacts.file`` becomes part of the run's plan digest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.data import Dataset
    from harness.records import Task


@dataclass(frozen=True, slots=True)
class OptionFacts:
    """What is known when options are checked.

    Attributes:
        options: Of the audit, validated.
        task: What is decided.
        tests: Test set → its rows.
        has_model: Whether the run has a model, and not stored predictions only.
        base: Folder that paths in options are relative to.
        place: Key path in the audit's options → ``file:line``.
        files: Files that were asked for so far, as the options name them → path.
    """

    options: Any
    task: Task
    tests: Mapping[str, Dataset]
    has_model: bool
    base: Path | None
    place: Callable[..., str]
    files: dict[str, Path] = field(default_factory=dict)

    def file(self, name: str) -> Path:
        """Return the path of a file that the options name, and note that the run depends on it."""
        path = (self.base or Path()) / Path(name).expanduser()
        self.files[name] = path
        return path


Check = Callable[[OptionFacts], "list[str]"]
"""Facts → problems, each a whole sentence in the house grammar; empty where there is none."""
