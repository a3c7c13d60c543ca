"""Dated sections of a Markdown file of results: written again, a section replaces itself."""

from __future__ import annotations

from pathlib import Path


def put_section(path: Path, heading: str, body: str) -> None:
    """Append a section, or replace the one with the same heading.

    Args:
        path: Made when missing.
        heading: Without ``##``.
        body: What stands below it.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else "# Results\n"
    section = f"## {heading}\n\n{body.strip()}\n"
    lines = text.splitlines(keepends=True)
    starts = [i for i, line in enumerate(lines) if line.startswith("## ")]
    here = next((i for i in starts if lines[i].rstrip("\n") == f"## {heading}"), None)
    if here is None:
        path.write_text(f"{text.rstrip()}\n\n{section}", encoding="utf-8")
        return
    after = next((i for i in starts if i > here), len(lines))
    gap = "\n" if after < len(lines) else ""
    changed = [*lines[:here], section, gap, *lines[after:]]
    path.write_text("".join(changed), encoding="utf-8")
