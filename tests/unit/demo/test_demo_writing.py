"""The demo's files: whole, ready to run, and never written over what is not the demo's."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.commands.demo.messages import make_tables
from harness.commands.demo.writing import (
    CONFIG,
    CONFIG_REPAIRED,
    demo_files,
    render,
    write_demo_files,
)
from harness.config import load_config
from harness.data import TableSpec, load_dataset
from harness.errors import UsageError

NAMES = {"train.csv", "train_repaired.csv", "test.csv", CONFIG, CONFIG_REPAIRED}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("data")
    write_demo_files(target, 0)
    return target


def snapshot(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_seed_writes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    write_demo_files(tmp_path, 0)
    assert snapshot(folder) == snapshot(tmp_path)


def test_exactly_the_named_files_are_written(folder: Path) -> None:
    assert set(snapshot(folder)) == NAMES == set(demo_files(0))


@pytest.mark.parametrize("name", [CONFIG, CONFIG_REPAIRED])
def test_the_configs_can_be_read_and_judge_by_the_standard_policy(folder: Path, name: str) -> None:
    loaded = load_config(folder / name)
    assert loaded.task.classes == ("routine", "urgent")
    assert loaded.config.policy.pack == "builtin/standard"
    assert loaded.config.seed == 0
    assert loaded.config.device == "cpu"


def test_the_two_configs_differ_in_name_and_training_data_only(folder: Path) -> None:
    recorded = load_config(folder / CONFIG).resolved()
    repaired = load_config(folder / CONFIG_REPAIRED).resolved()
    assert recorded["data"]["train"].pop("path") == "train.csv"
    assert repaired["data"]["train"].pop("path") == "train_repaired.csv"
    assert recorded.pop("name") != repaired.pop("name")
    assert recorded == repaired


def test_every_row_of_the_tables_is_read_back_as_it_was_made(folder: Path) -> None:
    task = load_config(folder / CONFIG).task
    for name, rows in (
        ("train.csv", make_tables(0).train),
        ("test.csv", make_tables(0).test),
    ):
        spec = TableSpec(
            path=folder / name,
            text="message",
            label="label",
            id="id",
            groups=("region", "channel"),
            cluster="customer",
        )
        dataset = load_dataset(spec, task, name="test", seed=0)
        assert not dataset.quarantined
        assert dataset.inputs == [one.text for one in rows]
        assert dataset.example_id.tolist() == [one.id for one in rows]
        assert dataset.groups["region"].tolist() == [one.region for one in rows]
        assert dataset.label is not None
        assert [task.classes[i] for i in dataset.label] == [one.label for one in rows]


def test_files_of_an_earlier_demo_are_replaced_for_another_seed(tmp_path: Path) -> None:
    write_demo_files(tmp_path, 1)
    write_demo_files(tmp_path, 2)
    assert snapshot(tmp_path) == {name: text.encode() for name, text in demo_files(2).items()}


def test_a_file_that_somebody_changed_is_refused_and_left_alone(tmp_path: Path) -> None:
    write_demo_files(tmp_path, 1)
    (tmp_path / "train.csv").write_text("mine", encoding="utf-8")
    (tmp_path / "test.csv").write_bytes(b"\xff\xfe")
    before = snapshot(tmp_path)
    with pytest.raises(UsageError) as caught:
        write_demo_files(tmp_path, 2)
    assert [("train.csv" in text, "test.csv" in text) for text in caught.value.problems] == [
        (True, False),
        (False, True),
    ]
    assert snapshot(tmp_path) == before


def test_a_strangers_config_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / CONFIG).write_text("name: mine\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"assay\.yaml must be absent or as `assay demo` wrote it"):
        write_demo_files(tmp_path, 0)
    assert set(snapshot(tmp_path)) == {CONFIG}


def test_other_files_in_the_folder_stay(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    write_demo_files(tmp_path, 0)
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_tables_of_one_defect_can_be_written_too() -> None:
    assert "zq7" not in render(make_tables(0, defects=("flipped-labels",)), 0)["train.csv"]
