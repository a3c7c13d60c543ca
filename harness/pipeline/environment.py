"""What a run must remember of the place where it ran."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
from pathlib import Path

from harness.errors import MissingExtra

PACKAGES = (
    "modelassay", "numpy", "scipy", "pyarrow", "torch", "transformers", "tokenizers", "peft",
    "safetensors", "accelerate", "datasets", "evaluate", "captum", "fairlearn", "scikit-learn",
)  # fmt: skip
"""Packages whose version can change a number."""


def package_versions() -> dict[str, str]:
    """Return the installed version of every package that can change a number."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def python_version() -> str:
    """Return the version of the interpreter."""
    return platform.python_version()


def platform_name() -> str:
    """Return operating system and processor, without the name of the host."""
    return f"{platform.system()} {platform.machine()}"


def git_state(folder: Path) -> tuple[str | None, bool | None]:
    """Return (commit, whether something was uncommitted) of the repository around a folder."""
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None, None
    return commit.strip(), bool(changes.strip())


def device_class(device: str, *, needs_model: bool) -> str:
    """Resolve ``auto`` and return what can change a number: ``cpu``, ``mps``, or a GPU's name.

    Args:
        device: ``auto``, ``cpu``, ``cuda``, ``mps``.
        needs_model: False for stored predictions: torch is not imported then.

    Raises:
        MissingExtra: If a model is needed and torch is not installed.
    """
    if not needs_model:
        return "none"
    try:
        import torch
    except ImportError as err:
        raise MissingExtra(
            "A model needs the package 'torch', which is not installed. "
            "Run: pip install 'modelassay[audit]', or audit a table of predictions."
        ) from err

    if device.startswith("cuda") or (device == "auto" and torch.cuda.is_available()):
        if torch.cuda.is_available():
            return str(torch.cuda.get_device_name(0))
        return device
    if device == "mps" or (device == "auto" and torch.backends.mps.is_available()):
        return "mps"
    return "cpu"


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=folder, capture_output=True, text=True, timeout=10, check=True
    )
    return done.stdout
