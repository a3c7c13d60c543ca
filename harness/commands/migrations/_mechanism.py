"""Find the steps that lead a file to the version of today, take them, and see that it can be read."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff

from pydantic import ValidationError

from harness.commands.migrations._editing import Document
from harness.commands.migrations._step import Step
from harness.commands.schemas import model_of
from harness.errors import Phrase, UsageError, must
from harness.yamlfile import validation_problems

VERSION = "modelassay/v1"
"""Version of every kind of file that this release reads."""
KINDS = {
    "Run": "assay-yaml",
    "PolicyPack": "policy-pack",
    "PolicyTests": "policy-tests",
    "Waivers": "waivers",
    "Trust": "trust",
}
"""Kind of file → name of its schema."""
_NEVER = "Nothing was written."


@dataclass(frozen=True, slots=True)
class Migration:
    """A file before and after.

    Attributes:
        before, after: Versions; equal where there was nothing to do.
        steps: What was changed, one sentence for each step.
        old, new: The text.
    """

    name: str
    kind: str
    before: str
    after: str
    steps: tuple[str, ...]
    old: str
    new: str

    @property
    def diff(self) -> str:
        """What changes, as a unified diff; empty where nothing does."""
        lines = unified_diff(
            self.old.splitlines(keepends=True),
            self.new.splitlines(keepends=True),
            f"{self.name} ({self.before})",
            f"{self.name} ({self.after})",
        )
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def shipped_steps() -> tuple[Step, ...]:
    """Return the steps that ship, of every file of this folder."""
    package = importlib.import_module("harness.commands.migrations")
    found: list[Step] = []
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda one: one.name):
        if not module.name.startswith("_"):
            found += importlib.import_module(f"{package.__name__}.{module.name}").STEPS
    return tuple(found)


def migrate(
    raw: bytes, name: str, *, steps: Sequence[Step] | None = None, target: str = VERSION
) -> Migration:
    """Lead a file to the version of today.

    Args:
        raw: The file.
        name: How messages call it.
        steps: Steps that may be taken; None takes those that ship.
        target: The version that is wanted.

    Raises:
        UsageError: If it is no file of ours, comes from a later version, no steps lead on from its version,
            or it could not be read afterwards.
    """
    document = _opened(raw, name)
    kind, before = _identity(document)
    way = _way(kind, before, target, shipped_steps() if steps is None else steps, document)
    changed = document
    for step in way:
        changed = step.change(changed)
        changed = changed.changed(("apiVersion",), step.after)
    if way:
        _check(changed, kind)
    return Migration(
        name=name,
        kind=kind,
        before=before,
        after=target,
        steps=tuple(step.does for step in way),
        old=document.text,
        new=changed.text,
    )


def _opened(raw: bytes, name: str) -> Document:
    try:
        document = Document(name, raw.decode("utf-8"))
    except UnicodeDecodeError as err:
        got = f"byte {raw[err.start]:#04x} at {err.start}"
        raise UsageError(must(name, "be UTF-8", Phrase(got))) from err
    if not isinstance(document.data, dict):
        do = "A list of clauses has no version and needs no migration."
        raise UsageError(
            must(name, "hold a mapping with apiVersion and kind", Phrase("none"), do=do)
        )
    return document


def _identity(document: Document) -> tuple[str, str]:
    file = document.file
    kind, version = file.data.get("kind"), file.data.get("apiVersion")
    if kind not in KINDS:
        what = f"be one of {', '.join(KINDS)}"
        raise UsageError(must("kind", what, kind, place=file.place(("kind",)), do=_NEVER))
    if not isinstance(version, str):
        what = f"be a version such as {VERSION}"
        place = file.place(("apiVersion",))
        raise UsageError(must("apiVersion", what, version, place=place, do=_NEVER))
    return kind, version


def _way(
    kind: str, before: str, target: str, steps: Sequence[Step], document: Document
) -> list[Step]:
    way: list[Step] = []
    version = before
    by_version = {step.before: step for step in steps if step.kind == kind}
    while version != target:
        step = by_version.get(version)
        if step is None or step in way:
            known = " or ".join(sorted({*by_version, target}))
            place = document.file.place(("apiVersion",))
            do = f"No step leads from there to {target}; a later Modelassay may know it. {_NEVER}"
            raise UsageError(
                must(f"apiVersion of {kind}", f"be {known}", before, place=place, do=do)
            )
        way.append(step)
        version = step.after
    return way


def _check(document: Document, kind: str) -> None:
    try:
        model_of(KINDS[kind]).model_validate(document.data)
    except ValidationError as err:
        problems = validation_problems(err, document.file)
        first = f"{document.name} could not be read after its migration. {_NEVER} Lines are of the new text."
        raise UsageError(first, *problems) from err
