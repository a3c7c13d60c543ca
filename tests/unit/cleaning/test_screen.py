"""``assay data screen`` counts what a table or the data of a config holds, and shows none of it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.commands.cleaning import screen_path, screening
from harness.errors import DataError, UsageError

TABLE = """id,text,phone,label
1,write to bob.li@gmail.com and BOB.LI@gmail.com,9498777106,a
2,bob.li@gmail.com 的卡号4539148803436467,,b
3,password: hunter2abc,,a
4,nothing here at all,,b
5,nothing here at all,,b
6,nothing here at all!,,b
"""
CONFIG = """apiVersion: modelassay/v1
kind: Run
name: story
seed: 1
task: {kind: text-classification, labels: [a, b], favourable: a}
data:
  train: {path: rows.csv, text: text, label: label}
  test: {path: rows.csv, text: text, label: label}
model: {predictions: {path: rows.csv, id: id, scores: [a, b]}}
audits: {suite: quick}
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_kinds_rows_and_repeats_are_counted(table: Path) -> None:
    [one] = screen_path(table)
    data = one.as_data()
    kinds = {kind["kind"]: kind for kind in data["kinds"]}
    assert kinds["email"]["n_values"] == 3
    assert kinds["email"]["n_different"] == 1
    assert kinds["email"]["n_repeated"] == 1
    assert kinds["email"]["n_rows"] == 2
    assert kinds["email"]["rows_per_1000_low"] < 1000 / 3 < kinds["email"]["rows_per_1000_high"]
    assert (kinds["email"]["n_known_found"], kinds["email"]["n_known"]) == (49, 49)
    assert kinds["phone"]["n_values"] == 1  # a bare number, told by its column
    assert kinds["secret"]["n_known"] is None
    assert (data["n_personal_rows"], data["n_secret_rows"]) == (3, 1)
    assert (data["n_repeated_rows"], data["n_near_repeated_rows"]) == (1, 2)
    assert data["most_copies"] == 2


def test_chosen_columns_alone_are_read(table: Path) -> None:
    [one] = screen_path(table, columns=["text"])
    assert "phone" not in {kind.kind for kind in one.found.kinds}
    with pytest.raises(UsageError, match="--text must be one of id, text, phone, label"):
        screen_path(table, columns=["body"])


def test_of_a_large_table_a_sample_is_compared(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screening, "NEAR_ROWS", 3)
    [one] = screen_path(table)
    assert one.as_data()["n_compared_rows"] == 3


Assay = Callable[..., tuple[int, str, str]]


@pytest.fixture
def assay(capsys: pytest.CaptureFixture[str]) -> Assay:
    from harness.cli import invoke

    def call(*argv: str) -> tuple[int, str, str]:
        code = invoke(argv)
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_the_command_shows_counts_and_no_value(table: Path, assay: Assay) -> None:
    code, out, err = assay("data", "screen", str(table))
    assert code == 0
    assert "6 rows; 3 hold a personal value or a secret, 1 a password" in out
    assert "49 of 49" in out
    assert "not measured" in out
    for secret in ("bob.li", "4539", "hunter2", "9498777106"):
        assert secret not in out + err.lower()
    _, out, _ = assay("data", "screen", str(table), "--json")
    assert json.loads(out)["tables"][0]["n_rows"] == 6


def test_a_config_has_each_of_its_data_sets_screened(table: Path, assay: Assay) -> None:
    (table.parent / "assay.yaml").write_text(CONFIG.replace("scores: [a, b]", "decision: label"))
    code, out, err = assay("data", "screen", str(table.parent / "assay.yaml"), "--json")
    assert code == 0, err
    assert [one["name"] for one in json.loads(out)["tables"]] == ["train", "test"]


def test_a_missing_file_and_an_unknown_detector_are_usage_errors(table: Path, assay: Assay) -> None:
    assert assay("data", "screen", "gone.csv")[0] == 2
    code, _, err = assay("data", "screen", str(table), "--detector", "paterns")
    assert code == 2
    assert "Did you mean 'patterns'" in err
    (table.parent / "bad.csv").write_bytes(b"")
    with pytest.raises(DataError, match="empty"):
        screen_path(table.parent / "bad.csv")
