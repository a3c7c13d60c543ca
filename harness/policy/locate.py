"""Find a policy file: one that ships with Modelassay, or one of the user's own."""

from __future__ import annotations

import importlib
import os
from pathlib import Path

from harness.errors import PolicyError, must, nearest

_KIND = b"kind: PolicyPack"
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
    if ref.startswith(BUILTIN) and ref.removeprefix(BUILTIN) in builtin_names():
        shipped_file: Path = importlib.import_module("policies").builtin(ref.removeprefix(BUILTIN))
        return shipped_file
    path = base / ref
    if path.is_file():
        return path
    shipped = [f"{BUILTIN}{name}" for name in builtin_names()]
    is_builtin = ref.startswith(BUILTIN)
    hint = "" if is_builtin else nearest(ref, _policies_beside(path, base))
    raise PolicyError(
        must(
            "policy",
            "be one that ships" if is_builtin else "be a file, or builtin/<name>",
            ref,
            do=f"Policies that ship: {', '.join(shipped)}.{hint or _shipped_hint(ref)}",
        )
    )


def builtin_names() -> list[str]:
    """Return the names of the policies that ship with Modelassay."""
    names: list[str] = importlib.import_module("policies").names()
    return names


def _shipped_hint(ref: str) -> str:
    """Return a hint to the policy that ships whose name, or a part of it, is nearest; as it is written."""
    from difflib import get_close_matches

    names = {part: name for name in builtin_names() for part in (*name.split("-"), name)}
    close = get_close_matches(ref.removeprefix("./").removeprefix(BUILTIN), list(names), n=1)
    return f" Did you mean '{BUILTIN}{names[close[0]]}'?" if close else ""


def _policies_beside(path: Path, base: Path) -> list[str]:
    """Return the policy files in the folder that was named, as a reference names them."""
    folder = path.parent
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return [
        os.path.relpath(one, base)
        for one in files
        if one.suffix in (".yaml", ".yml") and one.is_file() and _KIND in one.read_bytes()[:4096]
    ]
