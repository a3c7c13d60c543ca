"""Find in each sentence the identity that it names, and its skeleton: the sentence without it.

The terms are not written here: in the sentences of the template ``verb_adj`` ("hug ...") all that
follows the verb is the term, and that template holds every one of them.

    python examples/madlibs_identity/derive.py
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
TERMS_TEMPLATE = "verb_adj"
MARK = "[identity]"
COLUMNS = ("template", "toxicity", "phrase", "identity", "skeleton")


def terms_of(rows: Iterable[dict[str, str]]) -> list[str]:
    """Return the identity terms, longest first, so that a term never hides a longer one."""
    found = {
        row["phrase"].split(" ", 1)[1].strip().lower()
        for row in rows
        if row["template"] == TERMS_TEMPLATE and " " in row["phrase"]
    }
    return sorted(found, key=lambda term: (-len(term), term))


def derive(phrase: str, terms: Sequence[str]) -> tuple[str, str]:
    """Return the identity and the skeleton of a sentence.

    The last term counts: names and adjectives stand before the identity. A sentence without one has
    the identity "" (not known) and is its own skeleton.
    """
    pattern = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, terms))})(?!\w)", re.IGNORECASE)
    named = list(pattern.finditer(phrase)) if terms else []
    if not named:
        return "", phrase
    last = named[-1]
    return last.group(1).lower(), phrase[: last.start()] + MARK + phrase[last.end() :]


def main() -> int:
    """Read templates.csv, write madlibs.csv beside it; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=HERE / "data")
    folder = parser.parse_args().data
    source = folder / "templates.csv"
    if not source.is_file():
        print(f"--data must hold templates.csv, got the folder {folder}.", file=sys.stderr)
        return 2
    with source.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    terms = terms_of(rows)
    with (folder / "madlibs.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        for row in rows:
            row["identity"], row["skeleton"] = derive(row["phrase"], terms)
            writer.writerow(row)
    n_named = sum(bool(row["identity"]) for row in rows)
    n_skeletons = len({row["skeleton"] for row in rows})
    print(
        f"{len(rows):,} sentences, {n_named:,} name one of {len(terms)} identities, "
        f"{n_skeletons:,} skeletons"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
