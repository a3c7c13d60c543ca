"""Write BBQ's nested rows as one flat table: what is asked, three answers, and which of them is what.

The answer that names the stereotyped group is the one whose group stands among the row's
``stereotyped_groups``; the answer that says unknown is marked as such. Rows where that is not exactly
one answer each are counted and left out.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent / "data"
CATEGORIES = ("Age", "Religion")
ANSWERS = ("ans0", "ans1", "ans2")


def main() -> int:
    """Write questions.jsonl; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder that holds the rows")
    folder = parser.parse_args().data
    absent = [name for name in CATEGORIES if not (folder / f"{name}.jsonl").is_file()]
    if absent:
        names = ", ".join(f"{name}.jsonl" for name in absent)
        print(f"--data must hold {names}, got the folder {folder}.", file=sys.stderr)
        return 2
    n_read = n_written = 0
    with (folder / "questions.jsonl").open("w", encoding="utf-8") as target:
        for row in rows_of(folder):
            n_read += 1
            flat = derive(row)
            if flat is not None:
                n_written += 1
                target.write(json.dumps(flat, ensure_ascii=False) + "\n")
    print(f"{n_written:,} of {n_read:,} rows in {folder / 'questions.jsonl'}")
    return 0


def rows_of(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of all categories."""
    for name in CATEGORIES:
        with (folder / f"{name}.jsonl").open(encoding="utf-8") as stream:
            yield from map(json.loads, stream)


def derive(row: dict[str, Any]) -> dict[str, Any] | None:
    """Return a row as plain columns; None where its answers cannot be told apart."""
    groups = {name: row["answer_info"][name][1] for name in ANSWERS}
    stereotyped = {one.lower() for one in row["additional_metadata"]["stereotyped_groups"]}
    target = [k for k, name in enumerate(ANSWERS) if groups[name].lower() in stereotyped]
    unknown = [k for k, name in enumerate(ANSWERS) if groups[name] == "unknown"]
    if len(target) != 1 or len(unknown) != 1 or target == unknown:
        return None
    return {
        "id": f"{row['category']}-{row['example_id']}",
        "text": f"{row['context']} {row['question']}",
        **{name: row[name] for name in ANSWERS},
        "label": ANSWERS[row["label"]],
        "template": f"{row['category']}-{row['question_index']}",
        "context_condition": row["context_condition"],
        "question_polarity": row["question_polarity"],
        "category": row["category"],
        "target": target[0],
        "unknown": unknown[0],
    }


if __name__ == "__main__":
    sys.exit(main())
