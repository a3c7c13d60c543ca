"""What ``assay doctor`` looks at."""

from __future__ import annotations

import importlib.metadata
import os
from dataclasses import dataclass
from typing import Literal

from harness import registry
from harness.detectors import has_prefilter
from harness.detectors.choosing import GROUP
from harness.pipeline.environment import package_versions, platform_name, python_version
from harness.redaction import redact

TOP_LEVEL = ("harness", "audits", "models", "policies", "dashboards")
_ADDRESSES = (
    "HF_ENDPOINT", "HF_HOME", "HF_HUB_OFFLINE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
    "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE",
)  # fmt: skip
_EXTRAS = {
    "audit": ("torch", "transformers", "evaluate", "scikit-learn"),
    "dashboard": ("streamlit",),
    "store": ("SQLAlchemy",),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at.

    Attributes:
        state: ``ok``, ``note``, or ``problem`` (must be mended).
        about: What it concerns.
        text: What was found and, for a problem, what to do.
    """

    state: Literal["ok", "note", "problem"]
    about: str
    text: str


def examine() -> list[Line]:
    """Look at everything; never raises for what it finds."""
    return [*_machine(), *_extras(), *_owners(), *_plugins(), *_detectors(), *_addresses()]


def _machine() -> list[Line]:
    versions = ", ".join(f"{name} {version}" for name, version in package_versions().items())
    return [
        Line("ok", "python", f"{python_version()} on {platform_name()}"),
        Line("ok", "packages", versions),
    ]


def _extras() -> list[Line]:
    lines = []
    for extra, packages in _EXTRAS.items():
        absent = [name for name in packages if not _is_installed(name)]
        if absent:
            text = f"[{extra}] is not complete: {', '.join(absent)} missing. pip install 'modelassay[{extra}]'"
            lines.append(Line("note", "extras", text))
        else:
            lines.append(Line("ok", "extras", f"[{extra}] is installed"))
    if _is_installed("torch"):
        lines.append(Line("ok", "device", _device()))
    return lines


def _owners() -> list[Line]:
    owners = importlib.metadata.packages_distributions()
    lines = []
    for name in TOP_LEVEL:
        others = sorted({one for one in owners.get(name, []) if one.lower() != "modelassay"})
        if others:
            text = f"the import name {name!r} is also owned by {', '.join(others)}. Use an environment without it."
            lines.append(Line("problem", "names", text))
    return lines or [Line("ok", "names", f"{', '.join(TOP_LEVEL)} belong to modelassay alone")]


def _plugins() -> list[Line]:
    lines = []
    for kind in registry.KINDS:
        found = registry.discover(kind)
        lines += [Line("problem", kind, text) for text in found.problems]
        lines.append(Line("ok", kind, ", ".join(found.items) or "none"))
    return lines


def _detectors() -> list[Line]:
    foreign = sorted(one.name for one in importlib.metadata.entry_points(group=GROUP))
    lines = [Line("ok", "detectors", ", ".join(["patterns", "lists", *foreign]))]
    if has_prefilter():
        lines.append(Line("ok", "detectors", "Hyperscan says which patterns occur"))
    else:
        text = (
            "Hyperscan is not installed: patterns are read one by one, which finds the same and takes "
            "about 10 times as long. pip install 'modelassay[privacy]' (Linux on x86_64)"
        )
        lines.append(Line("note", "detectors", text))
    return lines


def _addresses() -> list[Line]:
    given = [(name, os.environ[name]) for name in _ADDRESSES if os.environ.get(name)]
    if not given:
        return [
            Line(
                "ok",
                "network",
                "no hub, proxy or CA variable is set; nothing is sent unless a hub id is asked for",
            )
        ]
    return [Line("note", "network", f"{name}={redact(value)}") for name, value in given]


def _device() -> str:
    import torch

    if torch.cuda.is_available():
        return f"{torch.cuda.get_device_name(0)}, {torch.cuda.device_count()} in all"
    if torch.backends.mps.is_available():
        return "mps"
    return f"cpu, {torch.get_num_threads()} threads"


def _is_installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
