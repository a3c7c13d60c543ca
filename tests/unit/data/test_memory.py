"""Tables in memory are read as the same rows in a file are."""

from pathlib import Path

import datasets
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from harness.data import TableSpec, load_dataset, memory_table
from harness.errors import DataError
from harness.records import Task

TASK = Task(kind="text-classification", modality="text", classes=("benign", "toxic"))
ROWS = [
    {"key": "a1", "text": "good day", "label": "benign", "region": "north", "age": 31, "w": 1.0},
    {"key": "a2", "text": "你好", "label": "toxic", "region": "south", "age": 7, "w": 0.5},
    {"key": "a3", "text": "go, away", "label": "toxic", "region": "north", "age": 55, "w": 2.0},
]


def spec(memory=None, path: Path = Path("rows"), **roles) -> TableSpec:
    return TableSpec(
        path=Path(memory.label) if memory else path,
        memory=memory,
        where="data.test",
        **{"text": "text", "label": "label", "id": "key", "groups": ("region", "age"), **roles},
    )


def read(data, **roles):
    return load_dataset(spec(memory_table(data, where="data"), **roles), TASK, name="test", seed=0)


KINDS = {
    "list of dicts": lambda rows: rows,
    "DataFrame": pd.DataFrame,
    "DataFrame of categories": lambda rows: pd.DataFrame(rows).astype({"region": "category"}),
    "DataFrame of objects": lambda rows: pd.DataFrame(rows).astype(object),
    "Dataset": datasets.Dataset.from_list,
    "pyarrow": pa.Table.from_pylist,
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_content_digest_is_that_of_the_same_rows_in_a_csv(kind: str, tmp_path: Path) -> None:
    pd.DataFrame(ROWS).to_csv(tmp_path / "rows.csv", index=False)
    roles = {"weight": "w"}
    file = load_dataset(spec(path=tmp_path / "rows.csv", **roles), TASK, name="test", seed=0)
    memory = read(KINDS[kind](ROWS), **roles)
    assert memory.ref.content_digest == file.ref.content_digest
    assert memory.ref.file_digest is None
    assert file.ref.file_digest is not None
    assert memory.ref.file.endswith("(memory)")


def test_a_selected_and_shuffled_dataset_gives_its_rows_in_its_order() -> None:
    shuffled = datasets.Dataset.from_list(ROWS).select([2, 0])
    assert read(shuffled).example_id.tolist() == ["a3", "a1"]


def test_ids_of_a_class_label_mean_what_its_names_say() -> None:
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["toxic", "benign"])}
    )
    data = datasets.Dataset.from_dict({"text": ["a", "b"], "label": [0, 1]}, features=features)
    label = read(data, id=None, groups=()).label
    assert label.tolist() == [1, 0]  # not 0 and 1, which the ids alone would say


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
def test_missing_cells_are_missing_whatever_stands_for_them(missing: object) -> None:
    frame = pd.DataFrame(
        {
            "text": ["a", missing, "c", "d"],
            "label": ["benign", "toxic", missing, "toxic"],
            "region": ["n", "s", "n", missing],
        },
        dtype=object,
    )
    data = read(frame, id=None, groups=("region",))
    assert data.n == 2
    assert {(row.line, row.reason) for row in data.quarantined} == {
        (2, "empty-text"),
        (3, "missing-label"),
    }
    assert data.groups["region"].tolist() == ["n", ""]


def test_a_column_of_several_kinds_is_read_cell_by_cell() -> None:
    frame = pd.DataFrame({"text": ["a", "b", 3], "label": [0, "toxic", 1.0]}, dtype=object)
    data = read(frame, id=None, groups=())
    assert data.label.tolist() == [0, 1]
    assert [row.reason for row in data.quarantined] == ["not-text"]


def test_a_missing_column_is_named_with_the_nearest() -> None:
    with pytest.raises(DataError) as caught:
        read(pd.DataFrame(ROWS), text="txt", label="lable")
    assert len(caught.value.problems) == 2
    assert "data.test.text must name a column of DataFrame (memory), got 'txt'" in str(caught.value)
    assert "Did you mean 'text'?" in str(caught.value)
    assert "Did you mean 'label'?" in str(caught.value)


def test_a_name_that_stands_twice_is_refused() -> None:
    frame = pd.DataFrame([["a", "b", "benign"]], columns=["text", "text", "label"])
    with pytest.raises(DataError, match="name each column once"):
        read(frame, id=None, groups=())


@pytest.mark.parametrize(
    ("data", "got"),
    [
        (3, "got an int"),
        ([1, 2], "got a list of int"),
        (["a text"], "got a list of str"),
        ([{"text": "a"}, 3], r"data\[1\] must be a dict"),
        (datasets.IterableDataset.from_generator(lambda: iter(ROWS)), "got an IterableDataset"),
    ],
    ids=["int", "list of int", "list of str", "mixed rows", "stream"],
)
def test_what_is_no_table_is_refused(data: object, got: str) -> None:
    with pytest.raises(DataError, match=got):
        memory_table(data, where="data")


@pytest.mark.parametrize("data", [[], pd.DataFrame({"text": [], "label": []})], ids=["list", "df"])
def test_a_table_without_rows_is_refused(data: object) -> None:
    with pytest.raises(DataError):
        read(data, id=None, groups=())
