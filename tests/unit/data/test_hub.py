"""Data sets of the hub: the cache first, no code of theirs, and every failure in one grammar.

Nothing here reaches a network: a prepared copy is put where ``datasets`` keeps its own, and what the
hub would answer is put in the place of the one call that asks it.
"""

import shutil
import warnings

import pytest

from harness.data import HubTable
from harness.errors import DataError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import datasets
    from datasets.exceptions import DatasetNotFoundError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
OLDER = "f" * 40


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of ``datasets``; the hub does not answer."""
    folder = tmp_path / "cache"
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", folder)
    answers(monkeypatch, ConnectionError("no route"))
    return folder


def answers(monkeypatch, err):
    """Let the hub answer with an error, or with a builder."""

    def load_dataset_builder(path, name=None, revision=None):
        if isinstance(err, Exception):
            raise err
        return err

    monkeypatch.setattr(datasets, "load_dataset_builder", load_dataset_builder)


def prepare(cache, tmp_path, rows, *, subset="default", commit=COMMIT, name="owner___my_rows"):
    """Put a prepared copy of a data set with one split where a download would leave it."""
    source = tmp_path / "rows.jsonl"
    datasets.Dataset.from_dict(rows).to_json(source)
    datasets.disable_progress_bars()
    built = datasets.load_dataset(
        "json", data_files={"test": str(source)}, cache_dir=str(tmp_path / "made")
    )
    made = next((tmp_path / "made").glob("json/*/*/*/dataset_info.json")).parent
    target = cache / name / subset / "0.0.0" / commit
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(made, target)
    (target / "json-test.arrow").rename(target / f"{name.split('___')[-1]}-test.arrow")
    info = target / "dataset_info.json"
    text = info.read_text().replace('"dataset_name": "json"', '"dataset_name": "my_rows"')
    wanted = made.parts[-3]
    info.write_text(text.replace(f'"config_name": "{wanted}"', f'"config_name": "{subset}"'))
    shutil.rmtree(tmp_path / "made")
    return built


ROWS = {"text": ["a", "b", "c"], "label": ["toxic", "benign", "toxic"], "g": [1, 2, 2]}


def opened(load, tmp_path, *, id="owner/my_rows", subset=None, revision=None, **roles):
    return load(tmp_path, hub=HubTable(id, subset, revision), groups=("g",), **roles)


def refused(load, tmp_path, **options):
    with pytest.raises(DataError) as caught:
        opened(load, tmp_path, **options)
    return str(caught.value)


def test_a_copy_in_the_cache_is_used_and_the_record_names_id_commit_and_digest(
    cache, tmp_path, load
):
    prepare(cache, tmp_path, ROWS)
    found = opened(load, tmp_path)
    assert found.inputs == ["a", "b", "c"]
    assert found.label.tolist() == [1, 0, 1]
    assert found.groups["g"].tolist() == ["1", "2", "2"]
    assert found.ref.file == f"owner/my_rows@{COMMIT}"
    assert len(found.ref.file_digest) == 64


def test_split_and_subset_are_named_in_the_record(cache, tmp_path, load):
    prepare(cache, tmp_path, ROWS, subset="small")
    found = opened(load, tmp_path, subset="small", split="test")
    assert found.ref.file == f"owner/my_rows@{COMMIT} (small, test)"
    message = refused(load, tmp_path, subset="small", split="train")
    assert "data.test.split must be one of test, got 'train' (assay.yaml:12)." in message


def test_a_pinned_commit_takes_only_its_own_copy(cache, tmp_path, load):
    prepare(cache, tmp_path, ROWS, commit=OLDER)
    assert opened(load, tmp_path, revision=OLDER).ref.file == f"owner/my_rows@{OLDER}"
    message = refused(load, tmp_path, revision=COMMIT)
    assert "which is not in the cache, and no answer from the hub" in message
    assert f"at revision {COMMIT}" in message


@pytest.mark.parametrize("revision", [COMMIT, "main"])
def test_offline_no_other_commit_stands_in_for_the_one_that_was_asked_for(
    tmp_path, load, monkeypatch, revision
):
    cache = tmp_path / "cache"
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", cache)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    prepare(cache, tmp_path, ROWS, commit=OLDER)
    # the library itself would read the older copy here
    assert datasets.load_dataset_builder("owner/my_rows", revision=revision).hash == OLDER
    assert "no answer from the hub" in refused(load, tmp_path, revision=revision)


def test_offline_without_a_copy_says_what_to_do(cache, tmp_path, load):
    message = refused(load, tmp_path)
    assert message == (
        "data.test.hub must name a data set of the hub that can be read, got 'owner/my_rows', which "
        "is not in the cache, and no answer from the hub (assay.yaml:12). Check the network, "
        "HF_ENDPOINT and HF_HUB_OFFLINE, or save it to a folder and give path."
    )


@pytest.mark.parametrize(
    ("err", "expected"),
    [
        (DatasetNotFoundError("Dataset 'owner/my_rows' doesn't exist"), "which is not there"),
        (DatasetNotFoundError("'owner/my_rows' is a gated dataset"), "which is gated"),
        (RuntimeError("Dataset scripts are no longer supported, but found x.py"), "needs a script"),
        (
            ValueError(
                "Config name is missing.\nPlease pick one among the available configs: ['a', 'b']"
            ),
            "data.test.subset must be one of a, b, got none",
        ),
        (
            ValueError("BuilderConfig 'c' not found. Available: ['a', 'b']"),
            "data.test.subset must be one of a, b",
        ),
        (ValueError("odd"), "got 'owner/my_rows': odd"),
        (OSError("broken pipe"), "and OSError while it was read"),
    ],
)
def test_what_the_hub_answers_is_said_in_the_one_grammar(
    cache, tmp_path, load, monkeypatch, err, expected
):
    answers(monkeypatch, err)
    message = refused(load, tmp_path)
    assert expected in message
    assert "(assay.yaml:12)" in message


def test_what_is_downloaded_is_read(cache, tmp_path, load, monkeypatch):
    class Builder:
        hash = COMMIT

        def download_and_prepare(self):
            self.is_prepared = True

        def as_dataset(self):
            assert self.is_prepared
            return datasets.DatasetDict({"test": datasets.Dataset.from_dict(ROWS)})

    answers(monkeypatch, Builder())
    found = opened(load, tmp_path)
    assert found.inputs == ["a", "b", "c"]
    assert (found.ref.file, found.ref.file_digest) == (f"owner/my_rows@{COMMIT}", None)


@pytest.mark.parametrize("id", ["csv", "pandas", "../up", "a/b/c", "https://x.y/z", ""])
def test_what_is_no_id_of_the_hub_is_refused_before_anything_is_asked(cache, tmp_path, load, id):
    assert "data.test.hub must be a data set of the hub, owner/name" in refused(
        load, tmp_path, id=id
    )


def test_a_folder_of_that_name_is_not_taken_for_a_data_set_of_the_hub(
    cache, tmp_path, load, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owner" / "my_rows").mkdir(parents=True)
    assert "which is a folder here" in refused(load, tmp_path)


def test_missing_datasets_names_the_extra(cache, tmp_path, load, monkeypatch):
    import sys

    from harness.errors import MissingExtra

    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtra, match=r"data\.test\.hub needs the package 'datasets'"):
        opened(load, tmp_path)
