from pathlib import Path

import pytest

import harness
from harness import registry
from harness.commands.explaining import Input, Loading, Question, explain, open_subject
from harness.errors import UsageError

FAST = Question(method="gradient-x-input", has_check=False)


@pytest.fixture(scope="module")
def sealed(tiny_bert: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs with one run whose training rows are known."""
    folder = tmp_path_factory.mktemp("behind")
    lines = ["id,text,label", *(f"t{i},great service number {i},benign" for i in range(6))]
    lines += [f"u{i},my box was broken {i},toxic" for i in range(6)]
    for name in ("train", "test"):
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    skip = [id for id in registry.audits() if id != "accuracy"]
    harness.audit(
        tiny_bert,
        folder / "test.csv",
        task=["benign", "toxic"],
        id="id",
        train=folder / "train.csv",
        suite="quick",
        skip=skip,
        runs=folder / "runs",
    )
    return folder / "runs"


def test_training_rows_are_named_with_the_words_they_share(sealed: Path) -> None:
    subject = open_subject("latest", sealed, Loading())
    found = explain(subject, [Input("the box was broken")], FAST, n_training_rows=3)
    (rows,) = found.training_rows
    assert len(rows) == 3
    assert [row.influence for row in rows] == sorted((row.influence for row in rows), reverse=True)
    assert all(row.label in ("benign", "toxic") for row in rows)
    broken = [row for row in rows if row.example_id.startswith("u")]
    assert all({"box", "was", "broken"} >= set(row.shared) for row in broken)


def test_a_folder_has_no_training_rows_and_says_so(tiny) -> None:
    with pytest.raises(UsageError, match="--evidence must come with training rows"):
        explain(tiny, [Input("the box")], FAST, n_training_rows=3)
