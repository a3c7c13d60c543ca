"""A table is read by pieces, and where a piece ends changes nothing."""

import json
import warnings

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.data import PredictionsSpec, load_predictions_table, with_duplicates
from harness.data.source import Source
from harness.data.tables import open_table
from harness.errors import DataError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import datasets

N = 40
MODULES = ("delimited", "jsonlines", "parquet", "folders")
ROWS = [
    {
        # every sort of row that is set aside, repeated texts, groups and ids
        "id": "" if i == 11 else f"i{4 if i == 9 else 23 if i == 24 else i}",
        "text": "" if i == 6 else f"text {'3' if i in (23, 24) else i % 30}",
        "label": "spam" if i == 17 else str(i % 2),
        "g": f"g{i % 3}",
        "w": "-1" if i == 21 else "1.5",
        "p": f"0.{i:02}",
    }
    for i in range(N)
]
ROLES = {"id": "id", "groups": ("g",), "cluster": "g", "weight": "w"}


def csv_file(folder):
    lines = [",".join(row.values()) for row in ROWS]
    lines.insert(12, "ragged,row")
    path = folder / "rows.csv"
    path.write_text("\n".join(["id,text,label,g,w,p", *lines]) + "\n")
    return path


def json_lines(folder):
    lines = [json.dumps(row) for row in ROWS]
    lines.insert(12, "{broken")
    path = folder / "rows.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


def parquet_file(folder):
    pq.write_table(pa.Table.from_pylist(ROWS), folder / "rows.parquet", row_group_size=9)
    return folder / "rows.parquet"


def saved_folder(folder):
    datasets.disable_progress_bars()
    datasets.Dataset.from_list(ROWS).save_to_disk(folder / "rows", num_shards=3)
    return folder / "rows"


KINDS = [csv_file, json_lines, parquet_file, saved_folder]


@pytest.fixture
def pieces_of(monkeypatch):
    def _pieces_of(size):
        for name in MODULES:
            monkeypatch.setattr(f"harness.data.{name}.PIECE", size)

    return _pieces_of


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 7, 13, N])
def test_the_size_of_a_piece_changes_nothing(kind, size, tmp_path, load, pieces_of):
    path = kind(tmp_path)
    whole = load(path, **ROLES)
    pieces_of(size)
    found = load(path, **ROLES)
    assert found.ref == whole.ref
    assert found.quarantined == whole.quarantined
    assert {row.reason for row in whole.quarantined} >= {
        "empty-text",
        "missing-id",
        "duplicate-id",
        "label-outside-task",
        "invalid-weight",
    }
    for name in ("example_id", "label", "row_number", "cluster"):
        assert getattr(found, name).tolist() == getattr(whole, name).tolist()
    assert found.inputs == whole.inputs
    assert with_duplicates(found, None).ref == with_duplicates(whole, None).ref


@pytest.mark.parametrize("kind", KINDS)
def test_stored_predictions_are_matched_across_pieces(kind, tmp_path, load, task, pieces_of):
    path = kind(tmp_path)
    pieces_of(7)
    dataset = load(path, **ROLES)
    for key in ({}, {"id": "id"}):
        found = load_predictions_table(PredictionsSpec(path, scores=("p",), **key), dataset, task)
        expected = [float(ROWS[int(one[1:])]["p"]) for one in dataset.example_id]
        assert found.scores[:, 1].tolist() == expected


@pytest.mark.parametrize("kind", KINDS)
def test_no_piece_is_larger_than_it_may_be(kind, tmp_path, pieces_of):
    path = kind(tmp_path)
    pieces_of(7)
    sizes = [
        len(piece.line)
        for piece in open_table(Source(path, "utf-8", "data", "", {"data.text": "text"})).pieces
    ]
    assert max(sizes) <= 7
    assert sum(sizes) == N


def test_a_quote_that_is_never_closed_is_found_behind_the_first_piece(write, load, pieces_of):
    pieces_of(2)
    path = write("rows.csv", 'text,label\na,0\nb,1\nc,0\n"d,1\ne,0\n')
    with pytest.raises(DataError, match="starts on line 5"):
        load(path)


def test_a_name_that_appears_late_in_json_lines_counts(write, load, pieces_of):
    pieces_of(2)
    lines = [{"text": f"t{i}", "label": 0} for i in range(5)] + [{"text": "x", "label": 1, "g": 7}]
    found = load(write("rows.jsonl", "\n".join(map(json.dumps, lines)) + "\n"), groups=("g",))
    assert found.groups["g"].tolist() == ["", "", "", "", "", "7"]
