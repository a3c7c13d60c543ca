"""Cut the novel into passages, and write a second table in which made-up people can be reached.

    python examples/prepare.py gatsby --data DIR && python examples/gatsby/derive.py

``passages.csv`` holds passages of up to about a hundred words with their chapter. In
``passages_people.csv`` one passage in eight ends with a sentence that names a made-up person and an
address, a telephone or a card number; some of them stand there 4 or 16 times. Nobody has them.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from harness.detectors import replacement

DATA = Path(__file__).resolve().parent / "data"
WORDS = 100
ONE_IN = 8
COPIES = (1, 1, 4, 16)
"""How often the passages with people stand in the table, in turn."""

KINDS = {"email": "writes from", "phone": "answers at", "card": "pays with"}
GIVEN = ("Alma", "Bruno", "Celia", "Duncan", "Edith", "Felix", "Greta", "Hugo", "Irene", "Jasper")
FAMILY = (
    "Ashby",
    "Brook",
    "Carver",
    "Delmar",
    "Eaves",
    "Frost",
    "Gable",
    "Harrow",
    "Ives",
    "Joyner",
)


def main() -> int:
    """Write both tables; returns the exit code."""
    source = DATA / "gatsby.txt"
    if not source.is_file():
        print(f"{source} must be there. Run examples/prepare.py gatsby first.", file=sys.stderr)
        return 2
    passages = list(cut(source.read_text(encoding="utf-8")))
    write(
        DATA / "passages.csv", [(f"p{i:04d}", f"p{i:04d}", *one) for i, one in enumerate(passages)]
    )
    write(DATA / "passages_people.csv", list(with_people(passages)))
    print(f"{len(passages)} passages: assay run examples/gatsby/assay.yaml")
    return 0


def cut(text: str) -> Iterator[tuple[str, str]]:
    """Yield passage and chapter; the front matter and the licence are left out."""
    body = text.split("*** START", 1)[1].split("*** END", 1)[0]
    chapters = re.split(r"^ {20,}([IVX]+)\s*$", body, flags=re.MULTILINE)
    for chapter, words in zip(chapters[1::2], chapters[2::2], strict=True):
        held: list[str] = []
        for paragraph in re.split(r"\n\s*\n", words):
            held += paragraph.split()
            if len(held) >= WORDS:
                yield " ".join(held), chapter
                held = []
        if held:
            yield " ".join(held), chapter


def with_people(passages: list[tuple[str, str]]) -> Iterator[tuple[str, str, str, str]]:
    """Yield id, passage, text and chapter of every row, made-up people among them."""
    rng = np.random.default_rng(0)
    for i, (text, chapter) in enumerate(passages):
        number, rest = divmod(i, ONE_IN)
        if rest:
            yield f"p{i:04d}", f"p{i:04d}", text, chapter
            continue
        kind = list(KINDS)[number % len(KINDS)]
        name = f"{GIVEN[int(rng.integers(10))]} {FAMILY[int(rng.integers(10))]}"
        told = f"{text} {name} {KINDS[kind]} {replacement(kind, rng)}."
        for copy in range(COPIES[number % len(COPIES)]):
            yield f"p{i:04d}-{copy:02d}", f"p{i:04d}", told, chapter


def write(path: Path, rows: list[tuple[str, str, str, str]]) -> None:
    """Write a table."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "passage", "text", "chapter"])
        writer.writerows(rows)


if __name__ == "__main__":
    sys.exit(main())
