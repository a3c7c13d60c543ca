"""The figures of the privacy audits beside their targets: ``python benchmarks/privacy.py [NAME ...]``.

Each file ``privacy_<area>.py`` beside this one holds ``FIGURES``: name → function that takes the
repetitions and returns what came out. CPU seconds, one thread, contenders in turns; prints a Markdown
table and ends with 1 where a target is missed. Needs no network.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from figure import Figure, figure_lines

Measure = Callable[[int], list[Figure]]


def known_figures() -> dict[str, Measure]:
    """Return every figure of the files beside this one, by name."""
    found: dict[str, Measure] = {}
    for path in sorted(Path(__file__).parent.glob("privacy_*.py")):
        found |= importlib.import_module(path.stem).FIGURES
    return found


def main(argv: list[str] | None = None) -> int:
    """Measure and print; exit 1 where a target is missed."""
    known = known_figures()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(sorted(known))}")
    parser.add_argument("--repetitions", type=int, default=5)
    given = parser.parse_args(argv)
    if unknown := sorted(set(given.names) - set(known)):
        parser.error(f"NAME must be one of {', '.join(sorted(known))}, got {', '.join(unknown)}")
    figures = [
        one for name in given.names or sorted(known) for one in known[name](given.repetitions)
    ]
    print("\n".join(figure_lines(figures)))
    print(
        f"\n{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python "
        f"{platform.python_version()}, numpy {np.__version__}"
    )
    return 0 if all(one.is_reached for one in figures) else 1


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    sys.exit(main())
