"""A tiny sealed run, and places where a store can lie."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from harness.depot import StoreAddress, find_address
from harness.evidence import Bundle


@pytest.fixture
def bundle(tmp_path: Path, shared_runs: ModuleType) -> Bundle:
    """A sealed run with one gate, free to be damaged."""
    made = shared_runs.seal(tmp_path / "runs", name="screen", weights="a" * 64)
    shared_runs.gate(made)
    return made


@pytest.fixture
def folder(tmp_path: Path) -> StoreAddress:
    """A folder that is no store yet."""
    found = find_address(str(tmp_path / "store"), environ={})
    assert found is not None
    return found


@pytest.fixture(scope="session")
def s3_server(helper_s3: ModuleType) -> Iterator[str]:
    """Address of an S3 server on 127.0.0.1."""
    with helper_s3.running() as url:
        yield url


@pytest.fixture
def s3(
    s3_server: str, helper_s3: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> StoreAddress:
    """A bucket that is no store yet, with its index in an SQLite file."""
    bucket = helper_s3.use(s3_server, monkeypatch, cache=tmp_path / "cache")
    found = find_address(
        f"s3://{bucket}/team/assay",
        environ={"ASSAY_INDEX": f"sqlite:///{tmp_path / 'index.db'}"},
    )
    assert found is not None
    return found


@pytest.fixture(params=["folder", "s3"])
def address(request: pytest.FixtureRequest) -> StoreAddress:
    """Each kind of store in turn."""
    found: StoreAddress = request.getfixturevalue(request.param)
    return found
