"""The same rows from another kind of place give the same figures: folders, shards, the hub's cache."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

Assay = Callable[..., tuple[int, str, str]]


def measured(folder: Path) -> list[object]:
    run = max(path for path in (folder / "runs").iterdir() if (path / "MANIFEST.json").is_file())
    return json.loads((run / "measurements.json").read_text(encoding="utf-8"))["measurements"]


def record(folder: Path) -> dict[str, object]:
    run = max(path for path in (folder / "runs").iterdir() if (path / "MANIFEST.json").is_file())
    found: dict[str, object] = json.loads((run / "run.json").read_text(encoding="utf-8"))
    return found


def columns(folder: Path) -> dict[str, list[object]]:
    with (folder / "rows.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    found: dict[str, list[object]] = {name: [row[name] for row in rows] for name in rows[0]}
    for name in ("p_routine", "p_urgent"):
        found[name] = [float(str(value)) for value in found[name]]
    return found


def save_with_datasets(folder: Path) -> None:
    import datasets

    datasets.disable_progress_bars()
    datasets.Dataset.from_dict(columns(folder)).save_to_disk(folder / "rows", num_shards=2)


def save_shards(folder: Path) -> None:
    (folder / "rows").mkdir()
    table = pa.table(columns(folder))
    pq.write_table(table.slice(0, 500), folder / "rows" / "0.parquet")
    pq.write_table(table.slice(500), folder / "rows" / "1.parquet")


@pytest.mark.parametrize("save", [save_with_datasets, save_shards])
def test_a_folder_gives_the_same_measurements_as_the_file(
    story: Path, assay: Assay, save: Callable[[Path], None]
) -> None:
    assert assay("audit", "--quiet", "--runs", "one/runs")[0] == 0
    save(story)
    config = (story / "assay.yaml").read_text(encoding="utf-8")
    (story / "assay.yaml").write_text(config.replace("rows.csv", "rows"), encoding="utf-8")
    assert assay("audit", "--quiet", "--runs", "two/runs")[0] == 0
    assert measured(story / "two") == measured(story / "one")
    one, two = record(story / "one")["datasets"], record(story / "two")["datasets"]
    assert two[0]["file"] == "rows"
    assert two[0]["content_digest"] == one[0]["content_digest"]
    assert assay("verify", "latest", "--runs", "two/runs")[0] == 0


def test_a_hub_data_set_that_cannot_be_had_is_an_error_with_its_line(
    story: Path, assay: Assay, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets

    def no_hub(*args: object, **options: object) -> None:
        raise ConnectionError("no route to host")

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", story / "cache")
    monkeypatch.setattr(datasets, "load_dataset_builder", no_hub)
    config = (story / "assay.yaml").read_text(encoding="utf-8")
    config = config.replace("test: {path: rows.csv,", "test: {hub: owner/rows, split: test,")
    (story / "assay.yaml").write_text(config, encoding="utf-8")
    code, _, err = assay("run")
    assert code == 2
    assert "data.test.hub must name a data set of the hub that can be read" in err
    assert "(assay.yaml:7)" in err
