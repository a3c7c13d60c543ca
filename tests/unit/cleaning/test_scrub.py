"""A scrubbed copy holds none of the values that were found, in any format and encoding."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.commands.cleaning import scrub_file
from harness.commands.cleaning.tables import read_whole
from harness.detectors import default_detector
from harness.errors import DataError, IncompleteError, UsageError

ROWS: list[dict[str, Any]] = [
    {"id": "1", "text": "write to bob.li@gmail.com today", "phone": "9498777106", "label": "a"},
    {"id": "2", "text": "BOB.LI@gmail.com 的卡号4539148803436467已冻结", "phone": "", "label": "b"},
    {"id": "3", "text": "password: hunter2abc", "phone": "", "label": "a"},
    {
        "id": "4",
        "text": "he said hunter2abc again, and 身份证11010519491231002X",
        "phone": "",
        "label": "b",
    },
    {"id": "5", "text": "nothing here, nothing at all", "phone": "", "label": "a"},
    {"id": "6", "text": "nothing here, nothing at all", "phone": "", "label": "b"},
    {"id": "7", "text": "nothing here, nothing at all!", "phone": "", "label": "b"},
]
SECRETS = ("bob.li", "4539148803436467", "hunter2abc", "11010519491231002X", "9498777106")


def write_csv(path: Path, rows: list[dict[str, Any]], encoding: str, newline: str) -> None:
    with path.open("w", encoding=encoding, newline="") as stream:
        delimiter = "\t" if path.suffix == ".tsv" else ","
        writer = csv.DictWriter(stream, list(rows[0]), delimiter=delimiter, lineterminator=newline)
        writer.writeheader()
        writer.writerows(rows)


def write(
    path: Path, rows: list[dict[str, Any]], encoding: str = "utf-8", newline: str = "\n"
) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist([{**row, "n": 1.5} for row in rows]), path)
    elif path.suffix == ".jsonl":
        lines = [
            json.dumps({**row, "tags": [row["text"]], "n": 3}, ensure_ascii=False) for row in rows
        ]
        path.write_text("\n".join(lines), encoding=encoding)
    else:
        write_csv(path, rows, encoding, newline)
    return path


@pytest.mark.parametrize("method", ["replace", "mask"])
@pytest.mark.parametrize(
    ("suffix", "encoding"),
    [
        (".csv", "utf-8"),
        (".csv", "gb18030"),
        (".csv", "utf-16"),
        (".tsv", "utf-8"),
        (".jsonl", "utf-8"),
        (".parquet", "utf-8"),
    ],
)
def test_no_value_is_left_and_all_else_stays(
    tmp_path: Path, suffix: str, encoding: str, method: str
) -> None:
    source = write(tmp_path / f"rows{suffix}", ROWS, encoding)
    before = source.read_bytes()
    done = scrub_file(source, tmp_path / f"clean{suffix}", method=method, encoding=encoding)
    table = read_whole(done.out, encoding)
    shown = json.dumps(table.rows, ensure_ascii=False).lower()
    assert not [one for one in SECRETS if one.lower() in shown]
    assert [row["id"] for row in table.rows] == [row["id"] for row in ROWS]
    assert [row["label"] for row in table.rows] == [row["label"] for row in ROWS]
    assert table.rows[4]["text"] == ROWS[4]["text"]
    assert source.read_bytes() == before
    report = done.report.read_text(encoding="utf-8")
    assert not [one for one in SECRETS if one in report]
    assert json.loads(report)["n_changed_rows"] == 4


def test_one_value_is_replaced_by_one_of_its_kind_everywhere(tmp_path: Path) -> None:
    done = scrub_file(write(tmp_path / "rows.csv", ROWS), tmp_path / "clean.csv")
    rows = read_whole(done.out).rows
    [first], [second, card] = default_detector().find([rows[0]["text"], rows[1]["text"]])
    new = rows[0]["text"][first.start : first.stop]
    assert new == rows[1]["text"][second.start : second.stop]
    assert (first.kind, card.kind, card.is_checked) == ("email", "card", True)
    assert new.endswith(".example")


def test_masks_number_the_values_of_a_kind(tmp_path: Path) -> None:
    done = scrub_file(write(tmp_path / "rows.csv", ROWS), tmp_path / "clean.csv", method="mask")
    rows = read_whole(done.out).rows
    assert rows[0]["text"] == "write to [EMAIL-1] today"
    assert rows[1]["text"] == "[EMAIL-1] 的卡号[CARD-1]已冻结"
    assert rows[2]["text"] == "password: [SECRET-1]"
    assert rows[3]["text"].startswith("he said [SECRET-1] again")  # without its word, too
    assert rows[0]["phone"] == "[PHONE-1]"  # a bare number, told by its column


@pytest.mark.parametrize(("repeats", "kept"), [("none", 7), ("exact", 6), ("near", 5)])
def test_repeats_are_left_out_on_request(tmp_path: Path, repeats: str, kept: int) -> None:
    done = scrub_file(write(tmp_path / "rows.csv", ROWS), tmp_path / "clean.csv", repeats=repeats)
    assert len(read_whole(done.out).rows) == kept
    assert done.data["dropped"] == {"repeats": repeats, "n_rows": 7 - kept}


def test_the_same_table_and_seed_give_the_same_bytes(tmp_path: Path) -> None:
    source = write(tmp_path / "rows.csv", ROWS)
    copies = [scrub_file(source, tmp_path / f"{k}.csv").out.read_bytes() for k in range(2)]
    assert copies[0] == copies[1]
    assert scrub_file(source, tmp_path / "other.csv", seed=1).out.read_bytes() != copies[0]


def test_line_ends_and_types_stay(tmp_path: Path) -> None:
    source = write(tmp_path / "rows.csv", ROWS, newline="\r\n")
    assert scrub_file(source, tmp_path / "clean.csv").out.read_bytes().count(b"\r\n") == 8
    parquet = write(tmp_path / "rows.parquet", ROWS)
    clean = scrub_file(parquet, tmp_path / "clean.parquet").out
    assert pq.read_schema(clean) == pq.read_schema(parquet)


def test_nothing_is_overwritten_and_the_format_stays(tmp_path: Path) -> None:
    source = write(tmp_path / "rows.csv", ROWS)
    with pytest.raises(UsageError, match="name a file that is not there"):
        scrub_file(source, source)
    (tmp_path / "clean.csv.report.json").write_text("mine")
    with pytest.raises(UsageError, match=r"report\.json"):
        scrub_file(source, tmp_path / "clean.csv")
    with pytest.raises(UsageError, match=r"end in \.csv"):
        scrub_file(source, tmp_path / "clean.tsv")
    assert not (tmp_path / "clean.csv").exists()


def test_a_value_in_a_column_that_is_left_out_stops_the_copy(tmp_path: Path) -> None:
    rows = [{"id": "bob.li@gmail.com", "text": "write to bob.li@gmail.com", "label": "a"}] * 2
    source = write(tmp_path / "rows.csv", rows)
    with pytest.raises(
        IncompleteError, match=r"clean.csv must hold no personal value .*email 1"
    ) as caught:
        scrub_file(source, tmp_path / "clean.csv", columns=["text"])
    assert "bob.li" not in str(caught.value)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["rows.csv"]
    scrub_file(source, tmp_path / "clean.csv")


@pytest.mark.parametrize(
    ("name", "raw", "match"),
    [
        ("a.csv", b"id,text\n1,x\n2\n", "Row 3 of a.csv must have 2 cells"),
        ("a.csv", b"id,id\n1,2\n", "name each column once"),
        ("a.csv", b"", "empty file"),
        ("a.jsonl", b'{"a": 1}\nbob.li@gmail.com\n', "Line 2 of a.jsonl must be a JSON object"),
        ("a.parquet", b"no", "must be Parquet"),
        ("a.txt", b"no", "must end in one of"),
        ("a.json", b'[{"text": "x"}]', "one JSON object on each line"),
    ],
)
def test_a_table_that_cannot_be_read_whole_is_refused(
    tmp_path: Path, name: str, raw: bytes, match: str
) -> None:
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(DataError, match=match) as caught:
        scrub_file(tmp_path / name, tmp_path / f"clean{Path(name).suffix}")
    assert "bob.li" not in str(caught.value)


def test_a_wrong_encoding_and_an_unknown_column_are_named(tmp_path: Path) -> None:
    source = write(tmp_path / "rows.csv", ROWS, "gb18030")
    with pytest.raises(DataError, match="utf-8"):
        scrub_file(source, tmp_path / "clean.csv", encoding="utf-8")
    with pytest.raises(DataError, match=r"encoding must be a text codec .* got 'klingon'"):
        scrub_file(source, tmp_path / "clean.csv", encoding="klingon")
    with pytest.raises(UsageError, match="Did you mean 'text'"):
        scrub_file(source, tmp_path / "clean.csv", columns=["txt"])


Assay = Callable[..., tuple[int, str, str]]


@pytest.fixture
def assay(capsys: pytest.CaptureFixture[str]) -> Assay:
    from harness.cli import invoke

    def call(*argv: str) -> tuple[int, str, str]:
        code = invoke(argv)
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_the_command_scrubs_and_says_what_it_did(tmp_path: Path, assay: Assay) -> None:
    source = write(tmp_path / "rows.csv", ROWS)
    code, out, err = assay("data", "scrub", str(source), "-o", str(tmp_path / "clean.csv"))
    assert (code, "7 rows; 7 in clean.csv" in out) == (0, True)
    assert "known values found: 49 of 49" in out
    assert "clean.csv.report.json" in err
    assert "not read" not in out
    assert not [one for one in SECRETS if one in out + err]
    code, out, _ = assay("data", "scrub", str(source), "-o", str(tmp_path / "b.csv"), "--json")
    assert json.loads(out)["format"] == "modelassay/scrub/v1"
    assert assay("data", "scrub", str(source), "-o", str(tmp_path / "b.csv"))[0] == 2


def test_columns_that_are_not_read_are_named(tmp_path: Path, assay: Assay) -> None:
    rows = [{"id": "a", "text": "nothing here", "contact": "bob.li@gmail.com"}] * 2
    source = write(tmp_path / "rows.csv", rows)
    clean = tmp_path / "clean.csv"
    code, out, _ = assay("data", "scrub", str(source), "-o", str(clean), "--text", "text")
    assert (code, "not read stay as they are: id, contact" in out) == (0, True)
    report = json.loads((tmp_path / "clean.csv.report.json").read_text(encoding="utf-8"))
    assert report["columns_not_read"] == ["id", "contact"]
