"""Small inputs for whole stories: a table, a table of predictions, a config."""

import csv
import random
from collections.abc import Callable
from pathlib import Path

import pytest

URGENT = (
    "please send help now",
    "the system is down",
    "we need someone today",
    "water everywhere here",
)
ROUTINE = (
    "just a question",
    "thank you for the invoice",
    "nice service indeed",
    "when do you open",
)

CONFIG = """apiVersion: modelassay/v1
kind: Run
name: story
seed: 1
task: {kind: text-classification, labels: [routine, urgent], favourable: urgent}
data:
  test: {path: rows.csv, id: id, text: text, label: label, groups: [region]}
model:
  predictions: {path: rows.csv, id: id, scores: [p_routine, p_urgent]}
audits: {suite: quick}
policy: {pack: builtin/standard}
system: {purpose: Sort messages, domain: service, limits_of_use: A person reads every answer.}
"""


def rows(n: int, *, errors: dict[str, float], seed: int = 0) -> list[dict[str, str]]:
    """Messages with stored scores; ``errors`` is the error rate per region."""
    rng = random.Random(seed)
    found = []
    for i in range(n):
        region = rng.choice(sorted(errors))
        label = rng.choice(("routine", "urgent"))
        wrong = rng.random() < errors[region]
        score = rng.uniform(0.6, 0.99) if (label == "urgent") != wrong else rng.uniform(0.01, 0.4)
        text = f"{rng.choice(URGENT if label == 'urgent' else ROUTINE)} {i}"
        found.append(
            {
                "id": f"m{i}",
                "text": text,
                "label": label,
                "region": region,
                "p_routine": f"{1 - score:.6f}",
                "p_urgent": f"{score:.6f}",
            }
        )
    return found


def write_rows(path: Path, content: list[dict[str, str]], *, encoding: str = "utf-8") -> Path:
    """Write a CSV file."""
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(content[0]))
        writer.writeheader()
        writer.writerows(content)
    return path


@pytest.fixture(scope="session")
def story_rows() -> Callable[..., None]:
    """Write a config and rows with stored predictions into a folder, for runs that several tests share."""

    def write(folder: Path, *, errors: dict[str, float]) -> None:
        write_rows(folder / "rows.csv", rows(900, errors=errors))
        config = CONFIG.replace("system: {", "system: {authors: [user:lee], ")
        (folder / "assay.yaml").write_text(config, encoding="utf-8")

    return write


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a config and 900 rows with stored predictions; the working folder."""
    write_rows(tmp_path / "rows.csv", rows(900, errors={"east": 0.05, "south": 0.05, "west": 0.05}))
    (tmp_path / "assay.yaml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def assay(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command in this process; returns exit code, stdout, stderr."""
    from harness.cli import invoke

    def call(*argv: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = invoke(argv)
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return call


@pytest.fixture
def rewrite(story: Path) -> Callable[..., None]:
    """Write the story's rows again, with an error rate for each region."""

    def again(n: int, **errors: float) -> None:
        write_rows(story / "rows.csv", rows(n, errors=errors))

    return again
