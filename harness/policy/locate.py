"""Find a policy file: one that ships with Modelassay, or one of the user's own."""

from __future__ import annotations

import importlib
from pathlib import Path

from harness.errors import PolicyError, must, nearest

BUILTIN = "builtin/"
"""Starts the reference of a policy that ships."""


def locate_policy(ref: str, base: Path) -> Path:
    """Return the file that a reference names.

    Args:
        ref: ``builtin/standard``, or a path relative to ``base``.
        base: Folder of the file that holds the reference, or the working directory.

    Raises:
        PolicyError: If there is no such file; with the nearest name.
    """
    if ref.startswith(BUILTIN):
        shipped_file: Path = importlib.import_module("policies").builtin(ref.removeprefix(BUILTIN))
        return shipped_file
    path = base / ref
    if path.is_file():
        return path
    folder = path.parent
    beside = [item.name for item in folder.iterdir()] if folder.is_dir() else []
    shipped = [f"{BUILTIN}{name}" for name in builtin_names()]
    hint = nearest(path.name, beside) or nearest(ref, [*shipped, *_bare(shipped)])
    raise PolicyError(
        must(
            "policy",
            "be a file, or builtin/<name>",
            ref,
            do=f"Policies that ship: {', '.join(shipped)}.{hint}",
        )
    )


def builtin_names() -> list[str]:
    """Return the names of the policies that ship with Modelassay."""
    names: list[str] = importlib.import_module("policies").names()
    return names


def _bare(shipped: list[str]) -> list[str]:
    return [name.removeprefix(BUILTIN) for name in shipped]
