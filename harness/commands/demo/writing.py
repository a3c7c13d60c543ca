"""The demo's files: three tables and two configs, written so that nothing of anybody's is lost."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Final

from harness.commands.demo.messages import FLIPPED_REGION, STAMP, Message, Tables, make_tables
from harness.errors import Phrase, UsageError, must, raise_all
from harness.files import write_whole

CONFIG: Final = "assay.yaml"
CONFIG_REPAIRED: Final = "assay_repaired.yaml"

_MARK = re.compile(r"\A# Written by `assay demo(?: --privacy)?`, seed (\d+)\.")

_TEMPLATE: Final = """\
# Written by `assay demo`, seed {seed}. Carry it out with: assay run {config}
#
# A service desk sorts short messages of customers into routine and urgent. {story}
# test.csv holds other messages of other customers, as the desk's tool shows them, with true labels.
# All of it is made up; places and people do not exist.
apiVersion: modelassay/v1
kind: Run
name: {name}
seed: {seed}
task:
  kind: text-classification
  labels: {{0: routine, 1: urgent}}
  favourable: urgent                # the class that is good for the person who wrote
data:
  train: {{path: {train}, text: message, label: label, id: id, cluster: customer}}
  validation: {{share: 0.1}}          # of train; the messages of one customer stay together
  test:
    path: test.csv
    text: message
    label: label
    id: id
    groups: [region, channel]       # columns by which errors are compared
    cluster: customer               # rows of one customer are not independent
model:
  architecture:                     # a new, very small transformer; nothing is downloaded
    {{type: bert, vocabulary: 2000, hidden_size: 64, layers: 2, heads: 2, intermediate_size: 128,
     max_positions: 64}}
train: {{epochs: 2, batch_size: 32, learning_rate: 2.0e-3, max_tokens: 64}}
audits: {{suite: standard}}
policy: {{pack: builtin/standard}}
device: cpu
system:
  purpose: Show how a model with planted defects is found out
  limits_of_use: A demonstration. The messages are made up; the model is of no use elsewhere.
  owner: team:service-desk # who answers for the model, and who made it: they never approve it
  authors: [team:demo]
"""

_RECORDED_STORY: Final = f"""train.csv is
# what the desk recorded, with two defects: every urgent message from the region {FLIPPED_REGION} stands
# there as routine, and the desk's tool wrote the stamp "{STAMP}" into every message treated as urgent."""
_REPAIRED_STORY: Final = """train_repaired.csv
# holds the messages of train.csv with their true labels and without the stamps of the desk's tool."""


def demo_files(seed: int) -> dict[str, str]:
    """Return file name → content of everything that ``assay demo --data-only`` writes."""
    return render(make_tables(seed), seed)


def render(tables: Tables, seed: int) -> dict[str, str]:
    """Return file name → content for given tables."""
    return {
        "train.csv": _csv(tables.train),
        "train_repaired.csv": _csv(tables.train_repaired),
        "test.csv": _csv(tables.test),
        CONFIG: _TEMPLATE.format(
            seed=seed,
            config=CONFIG,
            name="demo-as-recorded",
            train="train.csv",
            story=_RECORDED_STORY,
        ),
        CONFIG_REPAIRED: _TEMPLATE.format(
            seed=seed,
            config=CONFIG_REPAIRED,
            name="demo-repaired",
            train="train_repaired.csv",
            story=_REPAIRED_STORY,
        ),
    }


def write_demo_files(folder: Path, seed: int) -> list[Path]:
    """Write the demo's files; files that an earlier demo left unchanged may be replaced.

    Raises:
        UsageError: If a file of that name is there that no demo wrote, or that was changed since.
        IncompleteError: If the disk is full or the place cannot be written.
    """
    return write_carefully(folder, demo_files(seed), _earlier(folder))


def write_carefully(
    folder: Path, wanted: Mapping[str, str], before: Mapping[str, str]
) -> list[Path]:
    """Write files; those that are there must be as they will be, or as an earlier demo left them.

    Args:
        folder: Where to.
        wanted: File name → content.
        before: What an earlier demo wrote there.

    Raises:
        UsageError: If a file of that name is there that no demo wrote, or that was changed since.
        IncompleteError: If the disk is full or the place cannot be written.
    """
    problems = [
        must(
            str(folder / name),
            "be absent or as `assay demo` wrote it",
            Phrase("a file that is neither"),
            do="It was left as it is. Choose another folder, or move it away.",
        )
        for name, text in wanted.items()
        if (folder / name).exists() and _read(folder / name) not in (text, before.get(name))
    ]
    raise_all(UsageError, problems)
    for name, text in wanted.items():
        if _read(folder / name) != text:
            write_whole(folder / name, text)
    return [folder / name for name in wanted]


def _earlier(folder: Path) -> dict[str, str]:
    """Return what the demo that wrote this folder's config wrote; empty without one."""
    seed = seed_of(folder / CONFIG)
    return {} if seed is None else demo_files(seed)


def seed_of(config: Path) -> int | None:
    """Return the seed of the demo that wrote a config; None where no demo did."""
    found = _MARK.match(_read(config) or "")
    return int(found.group(1)) if found and len(found.group(1)) < 12 else None


def _read(path: Path) -> str | None:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return stream.read()
    except (OSError, UnicodeDecodeError):
        return None


def _csv(messages: tuple[Message, ...]) -> str:
    names = ["message" if field.name == "text" else field.name for field in fields(Message)]
    return csv_text(names, (list(asdict(one).values()) for one in messages))


def csv_text(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table as CSV, lines ended by a line feed on every platform."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return stream.getvalue()
