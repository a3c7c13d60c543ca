"""Folders that ``datasets`` wrote and folders of Parquet are read as the same rows in a file are."""

import json
import warnings

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.data import PredictionsSpec, load_predictions_table, table_digest
from harness.errors import DataError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import datasets

ROWS = {
    "text": ["a bad one", "a good one", "", "another"],
    "label": [1, 0, 1, -1],
    "region": [1, 2, 1, None],
    "share": [0.25, 1.0, 0.5, 0.1],
}
FEATURES = {
    "text": datasets.Value("string"),
    "label": datasets.ClassLabel(names=["benign", "toxic"]),
    "region": datasets.Value("int64"),
    "share": datasets.Value("float32"),
}
CSV = "text,label,region,share\na bad one,toxic,1,0.25\na good one,benign,2.0,1\n,toxic,1,0.5\nanother,,,0.1\n"


@pytest.fixture
def made():
    return datasets.Dataset.from_dict(ROWS, features=datasets.Features(FEATURES))


def saved(data, folder, **options):
    datasets.disable_progress_bars()
    data.save_to_disk(folder, **options)
    return folder


def refused(load, path, **options):
    with pytest.raises(DataError) as caught:
        load(path, **options)
    return str(caught.value)


def test_a_saved_data_set_gives_the_rows_of_the_same_csv(made, tmp_path, write, load):
    found = load(saved(made, tmp_path / "rows"), groups=("region", "share"))
    same = load(write("rows.csv", CSV), groups=("region", "share"))
    assert found.ref.content_digest == same.ref.content_digest
    assert found.inputs == ["a bad one", "a good one"]
    assert found.label.tolist() == [1, 0]
    assert [(row.line, row.reason) for row in found.quarantined] == [
        (3, "empty-text"),
        (4, "missing-label"),
    ]
    assert found.ref.file == "rows"
    assert found.ref.file_digest == table_digest(tmp_path / "rows")


def test_names_of_classes_count_and_not_their_ids(tmp_path, load):
    features = FEATURES | {"label": datasets.ClassLabel(names=["toxic", "benign"])}
    data = datasets.Dataset.from_dict(ROWS, features=datasets.Features(features))
    assert load(saved(data, tmp_path / "rows")).label.tolist() == [0, 1]


def test_several_shards_are_one_table(tmp_path, load):
    rows = {"text": [f"t{i}" for i in range(90)], "label": [i % 2 for i in range(90)]}
    data = datasets.Dataset.from_dict(rows)
    whole = load(saved(data, tmp_path / "one"))
    cut = load(saved(data, tmp_path / "three", num_shards=3))
    assert cut.ref.content_digest == whole.ref.content_digest
    assert cut.row_number.tolist() == list(range(90))


def test_a_split_is_named_or_the_only_one(made, tmp_path, load):
    both = datasets.DatasetDict({"train": made, "test": made.select([1, 0])})
    folder = saved(both, tmp_path / "both")
    found = load(folder, split="test")
    assert found.inputs == ["a good one", "a bad one"]
    assert found.ref.file == "both (test)"
    assert "data.test.split must be one of train, test, got none" in refused(load, folder)
    message = refused(load, folder, split="tset")
    assert "got 'tset' (assay.yaml:12). Did you mean 'test'?" in message
    only = saved(datasets.DatasetDict({"test": made}), tmp_path / "only")
    assert load(only).n == 2


def test_a_split_of_what_has_none_is_refused(made, tmp_path, write, load):
    folder = saved(made, tmp_path / "rows")
    assert "data.test.split must be left out, got 'test'" in refused(load, folder, split="test")
    path = write("rows.csv", CSV)
    assert "data.test.split must be left out" in refused(load, path, split="test")


def test_a_column_that_is_missing_is_named(made, tmp_path, load):
    folder = saved(made, tmp_path / "rows")
    assert "must name a column of rows, got 'regin'" in refused(load, folder, groups=("regin",))


@pytest.mark.parametrize("damage", ["cut", "gone", "state", "info"])
def test_a_damaged_folder_is_an_error(made, tmp_path, load, damage):
    folder = saved(made, tmp_path / "rows")
    data = next(folder.glob("*.arrow"))
    if damage == "cut":
        data.write_bytes(data.read_bytes()[:200])
    elif damage == "gone":
        data.unlink()
    else:
        (folder / {"state": "state.json", "info": "dataset_info.json"}[damage]).write_text("{")
    assert "data.test.path must" in refused(load, folder)


def test_names_in_the_state_lead_nowhere_else(made, tmp_path, load):
    folder = saved(made, tmp_path / "rows")
    state = json.loads((folder / "state.json").read_text())
    state["_data_files"] = [{"filename": "../../etc/passwd"}]
    (folder / "state.json").write_text(json.dumps(state))
    assert "got no passwd in rows" in refused(load, folder)


def test_shards_of_parquet_are_one_table_in_the_order_of_their_names(tmp_path, load):
    for i, texts in enumerate((["b", "a"], ["d"], ["c", ""])):
        table = pa.table({"text": texts, "label": ["toxic"] * len(texts)})
        pq.write_table(table, tmp_path / f"train-0000{i}.parquet")
    pq.write_table(pa.table({"text": ["x"], "label": ["benign"]}), tmp_path / "test-00000.parquet")
    found = load(tmp_path, split="train")
    assert found.inputs == ["b", "a", "d", "c"]
    assert found.quarantined[0].line == 5
    assert load(tmp_path, split="test").inputs == ["x"]
    assert "data.test.split must be one of test, train" in refused(load, tmp_path, split="dev")


def test_a_shard_that_lacks_a_column_is_refused(tmp_path, load):
    pq.write_table(pa.table({"text": ["a"], "label": [1]}), tmp_path / "0.parquet")
    pq.write_table(pa.table({"text": ["b"]}), tmp_path / "1.parquet")
    said = refused(load, tmp_path)
    assert "data.test.label must name a column" in said
    assert said.endswith("That is the file 1.parquet.")


def test_a_second_shard_of_another_type_reads_the_same(tmp_path, load):
    pq.write_table(pa.table({"text": ["a"], "label": [1], "g": [7]}), tmp_path / "0.parquet")
    other = pa.table({"text": ["b"], "label": ["benign"], "g": [7.0]})
    pq.write_table(other, tmp_path / "1.parquet")
    found = load(tmp_path, groups=("g",))
    assert found.label.tolist() == [1, 0]
    assert found.groups["g"].tolist() == ["7", "7"]


def test_predictions_may_stand_in_the_folder_of_the_rows(made, tmp_path, load, task):
    folder = saved(made, tmp_path / "rows")
    spec = PredictionsSpec(folder, scores=("share",))
    found = load_predictions_table(spec, load(folder), task)
    assert found.scores[:, 1].tolist() == [0.25, 1.0]
    assert found.file_digest == table_digest(folder)


def test_the_digest_is_that_of_the_files(made, tmp_path):
    one, two = saved(made, tmp_path / "one"), saved(made, tmp_path / "two")
    assert table_digest(one) == table_digest(two)
    info = two / "dataset_info.json"
    info.write_text(info.read_text().replace("benign", "fine"))
    assert table_digest(one) != table_digest(two)
