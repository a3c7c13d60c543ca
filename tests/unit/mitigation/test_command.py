"""``assay mitigate`` as a person calls it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.cli import invoke


def test_without_a_method_it_lists_and_runs_nothing(
    planted: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(path.name for path in planted.runs.iterdir())
    assert invoke(["mitigate", "latest", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["schema_version"] == "modelassay/mitigation-offers/v1"
    assert data["methods"][0]["id"] == "threshold"
    assert sorted(path.name for path in planted.runs.iterdir()) == before
    assert not planted.learner.requests


def test_with_a_method_it_prints_the_table_and_says_where_it_lies(
    planted: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    code = invoke(
        ["mitigate", planted.first, "--method", "threshold", "--constraint", "fpr", "--quiet"]
    )
    told = capsys.readouterr()
    assert code == 0
    assert "fpr-difference" in told.out
    assert "comparison  runs" in told.out
    assert not told.err
    pages = list((planted.runs / "mitigations").glob("*/comparison-*.html"))
    assert len(pages) == 1


def test_json_is_one_document(planted: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["mitigate", planted.first, "--method", "threshold", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["mitigation"]["of_run"] == planted.first
    assert data["mitigation"]["constraint"] == "error-rate"


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["nothing"], "RUN must be a path"),
        (["latest", "--method", "thresholt"], "Did you mean 'threshold'?"),
        (["latest", "--method", "threshold", "--option", "x=1"], "threshold has positive"),
        (["latest", "--config", "none.yaml"], "does not exist"),
    ],
)
def test_wrong_input_is_answered_with_a_sentence_and_exit_2(
    planted: Any, capsys: pytest.CaptureFixture[str], argv: list[str], words: str
) -> None:
    assert invoke(["mitigate", *argv]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told
