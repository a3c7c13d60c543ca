"""Which store is meant, and what messages show of it."""

from pathlib import Path

import pytest

from harness.depot import find_address
from harness.errors import IncompleteError, UsageError


def test_the_command_line_wins_over_config_and_environment(tmp_path: Path) -> None:
    environ = {"ASSAY_STORE": str(tmp_path / "c")}
    config = str(tmp_path / "b")
    found = find_address(str(tmp_path / "a"), config, environ=environ)
    assert (found.url, found.source) == (str(tmp_path / "a"), "--store")
    found = find_address(None, config, environ=environ)
    assert (found.url, found.source) == (config, "store of the config")
    found = find_address(None, None, environ=environ)
    assert (found.url, found.source) == (str(tmp_path / "c"), "ASSAY_STORE")
    assert find_address(None, None, environ={}) is None


@pytest.mark.parametrize("text", ["{}", "file://{}"])
def test_a_folder_keeps_its_index_inside(tmp_path: Path, text: str) -> None:
    found = find_address(text.format(tmp_path / "s"), environ={})
    assert found.url == str(tmp_path / "s")
    assert found.index == f"sqlite:///{tmp_path / 's' / 'index.db'}"
    assert found.is_folder


def test_a_path_of_the_config_starts_at_the_config(tmp_path: Path) -> None:
    assert find_address(None, "../shared", base=tmp_path / "x", environ={}).url == str(
        tmp_path / "shared"
    )


@pytest.mark.parametrize(
    "text", ["sqlite:///events.db", "events.db", "postgresql+psycopg://u@h/db", "postgresql://h/db"]
)
def test_the_address_of_a_database_is_an_event_log_and_no_more(text: str) -> None:
    found = find_address(text, environ={})
    assert (found.url, found.index) == (None, text)


def test_a_bucket_needs_an_index() -> None:
    with pytest.raises(UsageError, match="ASSAY_INDEX"):
        find_address("s3://bucket/prefix", environ={})
    index = "postgresql+psycopg://u@h/db"
    found = find_address("s3://bucket/prefix/", environ={"ASSAY_INDEX": index})
    assert (found.url, found.index) == ("s3://bucket/prefix", index)
    config = {"url": "s3://bucket", "index": index}
    assert find_address(None, config, environ={}).index == index


@pytest.mark.parametrize("url", ["http://host/store", "https://host/store"])
def test_a_place_that_can_only_be_read_is_no_store(url: str) -> None:
    with pytest.raises(UsageError, match="be a folder or s3://bucket/prefix, got 'http"):
        find_address(url, environ={"ASSAY_INDEX": "postgresql+psycopg://u@h/db"})


def test_a_bucket_without_a_name_is_refused() -> None:
    with pytest.raises(UsageError, match="name a bucket"):
        find_address("s3://", environ={"ASSAY_INDEX": "x"})


def test_an_address_is_shown_without_its_password() -> None:
    found = find_address("postgresql+psycopg://u:hunter2@host/db", environ={})
    assert "hunter2" not in found.shown


def test_a_password_that_the_record_does_not_keep_is_taken_from_the_environment() -> None:
    config = "postgresql+psycopg://[redacted]@host/db"
    with pytest.raises(IncompleteError, match="ASSAY_INDEX"):
        find_address(None, config, environ={})
    found = find_address(None, config, environ={"ASSAY_STORE": "postgresql://u:p123@h/db"})
    assert found.source == "ASSAY_STORE"
