"""The policies and clauses that ship with Modelassay: YAML beside this file, which only locates it."""

from __future__ import annotations

from pathlib import Path

from harness.errors import PolicyError, must, nearest

_SUFFIX = ".policy.yaml"


def names() -> list[str]:
    """Return the names of the policies here, sorted; ``builtin/<name>`` refers to them."""
    folder = Path(__file__).parent
    return sorted(path.name.removesuffix(_SUFFIX) for path in folder.glob(f"*{_SUFFIX}"))


def clause_files() -> list[Path]:
    """Return the files of the clause register, sorted."""
    return sorted((Path(__file__).parent / "clauses").glob("*.yaml"))


def builtin(name: str) -> Path:
    """Return the file of a policy that ships.

    Raises:
        PolicyError: If there is none of that name.
    """
    known = names()
    if name not in known:
        listed = ", ".join(f"builtin/{item}" for item in known)
        do = f"There is {listed}.{nearest(name, known)}"
        raise PolicyError(must("policy", "be one that ships", f"builtin/{name}", do=do))
    return Path(__file__).parent / f"{name}{_SUFFIX}"
