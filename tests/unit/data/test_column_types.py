"""A column of another type in the second file is read rightly, or refused in clear words."""

import datetime
import decimal
import json
import warnings

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.data import PredictionsSpec, load_predictions_table
from harness.errors import DataError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import datasets

N = 4
TEXTS = [f"text {i}" for i in range(N)]


@pytest.fixture
def parquet(tmp_path, load):
    def _parquet(columns, **roles):
        path = tmp_path / "rows.parquet"
        pq.write_table(pa.table({"text": TEXTS, "label": [0, 1, 0, 1], **columns}), path)
        return load(path, **roles)

    return _parquet


def refused(read, *args, **options):
    with pytest.raises(DataError) as caught:
        read(*args, **options)
    return str(caught.value)


def test_labels_may_be_ids_in_one_file_and_names_in_the_other(write, load):
    ids = load(write("train.csv", "text,label\na,0\nb,1\n"))
    names = load(
        write("test.jsonl", '{"text":"a","label":"benign"}\n{"text":"b","label":"toxic"}\n')
    )
    floats = load(write("floats.csv", "text,label\na,0.0\nb,1.0\n"))
    assert ids.label.tolist() == names.label.tolist() == floats.label.tolist() == [0, 1]


def test_labels_of_a_type_that_names_no_class_are_refused(parquet):
    message = refused(parquet, {"label": [0.5, 0.25, 0.5, 0.75]})
    assert "data.test.label must hold the task's classes (benign, toxic) or their ids" in message
    assert "'0.5' (2 rows)" in message


GROUPS = [1, 2, 1, 3]
SOURCES = {
    "csv of integers": lambda d: _csv(d, ["1", "2", "1", "3"]),
    "csv of floats, as a column with gaps is saved": lambda d: _csv(
        d, ["1.0", "2.0", "1.0", "3.0"]
    ),
    "json lines of integers": lambda d: _jsonl(d, GROUPS),
    "json lines of floats": lambda d: _jsonl(d, [float(one) for one in GROUPS]),
    "json lines of texts": lambda d: _jsonl(d, ["1", "2", "1", "3"]),
    "parquet int64": lambda d: _parquet(d, pa.array(GROUPS)),
    "parquet int8": lambda d: _parquet(d, pa.array(GROUPS, pa.int8())),
    "parquet float64": lambda d: _parquet(d, pa.array([1.0, 2.0, 1.0, 3.0])),
    "parquet float32": lambda d: _parquet(d, pa.array([1.0, 2.0, 1.0, 3.0], pa.float32())),
    "parquet texts": lambda d: _parquet(d, pa.array(["1", "2", "1", "3"])),
    "parquet dictionary": lambda d: _parquet(d, pa.array(GROUPS).dictionary_encode()),
    "parquet decimal": lambda d: _parquet(
        d, pa.array([decimal.Decimal(f"{one}.00") for one in GROUPS])
    ),
    "datasets integers": lambda d: _saved(d, GROUPS),
    "datasets floats": lambda d: _saved(d, [float(one) for one in GROUPS]),
}


def _csv(folder, groups):
    lines = [f"{text},0,{one}" for text, one in zip(TEXTS, groups, strict=True)]
    path = folder / "rows.csv"
    path.write_text("\n".join(["text,label,g", *lines]) + "\n")
    return path


def _jsonl(folder, groups):
    rows = [{"text": t, "label": 0, "g": g} for t, g in zip(TEXTS, groups, strict=True)]
    path = folder / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)) + "\n")
    return path


def _parquet(folder, groups):
    path = folder / "rows.parquet"
    pq.write_table(pa.table({"text": TEXTS, "label": [0] * N, "g": groups}), path)
    return path


def _saved(folder, groups):
    datasets.disable_progress_bars()
    data = datasets.Dataset.from_dict({"text": TEXTS, "label": [0] * N, "g": groups})
    data.save_to_disk(folder / "rows")
    return folder / "rows"


@pytest.mark.parametrize("source", SOURCES)
def test_a_numeric_group_is_the_same_value_from_every_kind_of_file(source, tmp_path, load):
    found = load(SOURCES[source](tmp_path), groups=("g",), cluster="g", control=("g",))
    assert found.groups["g"].tolist() == ["1", "2", "1", "3"]
    assert found.cluster.tolist() == found.control["g"].tolist() == ["1", "2", "1", "3"]


def test_groups_that_are_held_apart_are_read_the_same(write, load):
    from harness.data import GroupsFile

    path = write("rows.csv", "id,text,label\n1,a,0\n2,b,1\n")
    apart = write("groups.csv", "id,g\n1,7.0\n2,8.0\n")
    found = load(path, id="id", groups_file=GroupsFile(apart, "id", ("g",)))
    assert found.groups["g"].tolist() == ["7", "8"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.5, 0.1, None, 2.0], ["1.5", "0.1", "", "2"]),
        (pa.array([0.1, 0.1, None, 1e-7], pa.float32()), ["0.1", "0.1", "", "1e-07"]),
        ([float("nan"), -0.0, 3e15, 1e300], ["", "0", "3000000000000000", "1e+300"]),
        ([True, False, None, True], ["true", "false", "", "true"]),
        (pa.nulls(N), ["", "", "", ""]),
        (
            [datetime.date(2026, 1, i + 1) for i in range(N)],
            [f"2026-01-0{i + 1}" for i in range(N)],
        ),
        (
            [datetime.datetime(2026, 1, 1, i) for i in range(N)],
            [f"2026-01-01 0{i}:00:00.000000" for i in range(N)],
        ),
        ([["b", "a"], [], None, ["c"]], ["a\x1fb", "\x1f", "", "c"]),
        ([b"\x01", b"", None, b"\xff"], ["01", "", "", "ff"]),
    ],
    ids=["float", "float32", "edges", "bool", "null", "date", "timestamp", "list", "bytes"],
)
def test_every_type_of_parquet_has_one_text(parquet, values, expected):
    assert parquet({"g": values}, groups=("g",)).groups["g"].tolist() == expected


def test_an_id_keeps_the_text_that_it_has(write, load):
    found = load(write("rows.csv", "id,text,label\n1.0,a,0\n1,b,1\n007,c,1\n"), id="id")
    assert found.example_id.tolist() == ["1.0", "1", "007"]


@pytest.mark.parametrize(
    "texts",
    [pa.array([1, 2, 3, 4]), pa.array([{"a": 1}] * N), pa.array([["x"]] * N), pa.nulls(N)],
    ids=["integers", "structs", "lists", "nulls"],
)
def test_a_text_column_of_another_type_is_refused_with_the_reason(parquet, texts):
    message = refused(parquet, {"text": texts})
    assert "data.test.path must hold rows that can be used, got none among the 4" in message
    assert ("empty-text 4" if texts.null_count else "not-text 4") in message


def test_nested_values_of_json_are_no_texts_but_may_be_groups(write, load):
    rows = [
        {"text": "a", "label": 0, "g": {"b": 1, "a": [2]}},
        {"text": {"deep": "b"}, "label": 1, "g": None},
    ]
    path = write("rows.jsonl", "\n".join(map(json.dumps, rows)) + "\n")
    found = load(path, groups=("g",))
    assert found.groups["g"].tolist() == ['{"a": [2], "b": 1}']
    assert [(row.line, row.reason, row.detail) for row in found.quarantined] == [
        (2, "not-text", "a dict")
    ]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array(["0.25", " 0.5", "1e-1", "1"]), [0.25, 0.5, 0.1, 1.0]),
        (pa.array([decimal.Decimal("0.25")] * N), [0.25] * N),
        (pa.array([0, 1, 1, 0]), [0.0, 1.0, 1.0, 0.0]),
        (pa.array([0.25, 0.5, 0.5, 1.0]).dictionary_encode(), [0.25, 0.5, 0.5, 1.0]),
    ],
    ids=["texts", "decimals", "integers", "dictionary"],
)
def test_scores_of_another_type_are_numbers_all_the_same(parquet, task, tmp_path, column, expected):
    dataset = parquet({"p": column})
    spec = PredictionsSpec(tmp_path / "rows.parquet", scores=("p",))
    assert load_predictions_table(spec, dataset, task).scores[:, 1].tolist() == expected


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["high", "0.5", "0.5", "0.5"]),
        pa.array([True] * N),
        pa.array([[0.5, 0.5]] * N),
        pa.nulls(N),
        pa.array([datetime.date(2026, 1, 1)] * N),
    ],
    ids=["words", "truth values", "lists", "nulls", "dates"],
)
def test_scores_that_are_no_numbers_are_refused(parquet, task, tmp_path, column):
    dataset = parquet({"p": column})
    spec = PredictionsSpec(tmp_path / "rows.parquet", scores=("p",))
    message = refused(load_predictions_table, spec, dataset, task)
    assert "model.predictions.scores must be finite numbers, got cells that are none" in message


def test_classes_that_are_numbers_are_found_whatever_type_they_were_kept_in(parquet):
    from harness.records import Task

    stars = Task("text-classification", "text", ("1", "2.0"))
    for column in ([1, 2, 1, 2], [1.0, 2.0, 1.0, 2.0], ["1", "2", "1.0", "2.0"]):
        assert parquet({"label": column}, task=stars).label.tolist() == [0, 1, 0, 1]
