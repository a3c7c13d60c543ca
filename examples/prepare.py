"""Bring downloaded data and a pretrained model to where the example configs look for them.

For wiki_toxicity it also derives groups: which identities a comment names, found by a word list.
Naming a group is not belonging to it: the groups are the subject of a comment, not its author.
"""

from __future__ import annotations

import argparse
import csv
import re
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

# Words that name an identity. Short on purpose: each is frequent in ordinary comments.
IDENTITY_TERMS = {
    "religion": "atheist atheists buddhist buddhists catholic catholics christian christians "
    "christianity hindu hindus islam islamic jew jewish jews judaism mormon mormons muslim muslims "
    "protestant protestants sikh sikhs",
    "gender": "female females feminist feminists girl girls lady ladies male males man men woman women "
    "boy boys transgender",
    "sexuality": "bisexual gay gays heterosexual homosexual homosexuals lesbian lesbians lgbt lgbtq queer straight",
    "origin": "african africans american americans arab arabs asian asians black blacks british chinese "
    "english european europeans french german germans greek greeks hispanic indian indians irish "
    "italian italians japanese latino mexican mexicans polish russian russians turkish white whites",
}

FILES = {
    "wiki_toxicity": {
        "toxicity_nonfuzzed_testset.csv": "comments.csv",
        "toxicity_fuzzed_testset.csv": "twins.csv",
    },
    "banking77": {
        "train.csv": "train.csv",
        "test.csv": "test.csv",
        "categories.json": "categories.json",
    },
    "cold_zh": {"train.csv": "train.csv", "dev.csv": "dev.csv", "test.csv": "test.csv"},
    "madlibs_identity": {"en_sentence_templates.csv": "templates.csv"},
    "gatsby": {"gatsby.txt": "gatsby.txt"},
    "gsm8k": {"test.jsonl": "test.jsonl"},
    "bbq": {"Age.jsonl": "Age.jsonl", "Religion.jsonl": "Religion.jsonl"},
}

BASES = dict.fromkeys(("gatsby", "gsm8k", "bbq"), "aidreams260k")
"""Example → what its config calls the base; the others look for an encoder, ``minilm``."""


def main() -> int:
    """Prepare one example; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("example", choices=sorted(FILES))
    parser.add_argument(
        "--data", type=Path, required=True, help="folder that holds the downloaded files"
    )
    parser.add_argument("--base", type=Path, help="folder that holds a pretrained model")
    given = parser.parse_args()
    absent = [name for name in FILES[given.example] if not (given.data / name).is_file()]
    if absent:
        print(
            f"--data must hold {', '.join(absent)}, got the folder {given.data}.", file=sys.stderr
        )
        return 2
    folder = HERE / given.example / "data"
    folder.mkdir(exist_ok=True)
    for name, target in FILES[given.example].items():
        bring(given.data / name, folder / target)
    if given.base is not None:
        bring(given.base, HERE / BASES.get(given.example, "minilm"))
    if given.example == "wiki_toxicity":
        write_groups(folder / "comments.csv", folder / "groups.csv")
    derive = HERE / given.example / "derive.py"
    first = f"python examples/{given.example}/derive.py && " if derive.is_file() else ""
    print(f"{given.example} is ready: {first}assay run examples/{given.example}/assay.yaml")
    return 0


def bring(source: Path, target: Path) -> None:
    """Link a file or folder, or copy it where links are not allowed."""
    if target.is_symlink() or target.is_file():
        target.unlink()
    elif target.is_dir():
        shutil.rmtree(target)
    try:
        target.symlink_to(source.resolve(), target_is_directory=source.is_dir())
    except OSError:
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, target)


def write_groups(comments: Path, groups: Path) -> None:
    """Write one row for each comment: its id, and for each identity whether it is named."""
    patterns = {
        name: re.compile(rf"\b({'|'.join(words.split())})\b", re.IGNORECASE)
        for name, words in IDENTITY_TERMS.items()
    }
    with (
        comments.open(encoding="utf-8", newline="") as source,
        groups.open("w", encoding="utf-8", newline="") as target,
    ):
        writer = csv.writer(target)
        writer.writerow(["rev_id", *patterns])
        for row in csv.DictReader(source):
            named = [
                "named" if one.search(row["comment"]) else "not named" for one in patterns.values()
            ]
            writer.writerow([row["rev_id"], *named])


if __name__ == "__main__":
    sys.exit(main())
