"""``assay submit``: whole, once, and what it says."""

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from harness.cli import invoke
from harness.depot import StoreAddress, open_store
from harness.evidence import Bundle

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def assay(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.delenv("ASSAY_STORE", raising=False)

    def call(*argv: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = invoke([str(one) for one in argv])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return call


@pytest.fixture
def folder(folder: StoreAddress) -> StoreAddress:
    """A store in a folder, just made."""
    with open_store(folder, is_made=True):
        return folder


@pytest.fixture
def nowhere(tmp_path: Path) -> Path:
    """A place where no store was made."""
    return tmp_path / "nowhere"


def events(address: StoreAddress) -> list[str]:
    with open_store(address) as store:
        return [one.kind for one in store.events()]


def test_a_submission_opens_the_review_and_again_changes_nothing(
    assay: Call, bundle: Bundle, folder: StoreAddress
) -> None:
    code, out, _ = assay("submit", bundle.path, "--store", folder.url, "--json")
    first = json.loads(out)
    assert code == 0
    assert (first["state"], first["is_new"], first["gate"]) == (
        "submitted",
        True,
        bundle.gate().id,
    )
    known = events(folder)
    assert known == ["store-made", "run-submitted", "gate-submitted", "review-opened"]
    code, out, err = assay("submit", bundle.path, "--store", folder.url)
    assert code == 0
    assert "there already" in err
    assert events(folder) == known


def test_a_new_gate_opens_the_review_again(
    assay: Call, bundle: Bundle, folder: StoreAddress, shared_runs: ModuleType
) -> None:
    assay("submit", bundle.path, "--store", folder.url)
    later = shared_runs.gate(bundle, "blocked", now="2026-11-25T00:00:00Z")
    code, out, _ = assay("submit", bundle.path, "--store", folder.url, "--json")
    assert (code, json.loads(out)["new_gates"]) == (0, [later.id])
    assert events(folder)[4:] == ["gate-submitted", "review-opened"]


def test_a_run_that_was_never_gated_is_kept_and_has_nothing_to_review(
    assay: Call, tmp_path: Path, folder: StoreAddress, shared_runs: ModuleType
) -> None:
    run = shared_runs.seal(tmp_path / "runs", name="screen")
    code, out, err = assay("submit", run.path, "--store", folder.url)
    assert code == 0
    assert "measured" in out
    assert "never gated" in err


def test_a_damaged_run_is_not_taken(assay: Call, bundle: Bundle, folder: StoreAddress) -> None:
    (bundle.path / "measurements.json").write_bytes(b"{}")
    code, _, err = assay("submit", bundle.path, "--store", folder.url)
    assert code == 5
    assert "digest" in err
    assert events(folder) == ["store-made"]
    assert not (Path(str(folder.url)) / "bundles").exists()


def test_a_submission_makes_no_store_where_there_is_none(
    assay: Call, bundle: Bundle, nowhere: Path
) -> None:
    code, out, err = assay("submit", bundle.path, "--store", nowhere)
    assert (code, out) == (3, "")
    assert f"assay store new {nowhere}" in err
    assert not nowhere.exists()


def test_another_run_under_the_same_id_is_an_integrity_failure(
    assay: Call, bundle: Bundle, folder: StoreAddress, tmp_path: Path, shared_runs: ModuleType
) -> None:
    assay("submit", bundle.path, "--store", folder.url)
    other = shared_runs.seal(tmp_path / "elsewhere", name="screen", weights="c" * 64)
    code, _, err = assay("submit", other.path, "--store", folder.url)
    assert code == 5
    assert "Nothing was overwritten" in err


def test_a_store_that_is_not_named_is_a_usage_error(assay: Call, bundle: Bundle) -> None:
    code, _, err = assay("submit", bundle.path)
    assert code == 2
    assert "ASSAY_STORE" in err


def test_a_store_is_made_once_with_its_trust_file(
    assay: Call, tmp_path: Path, nowhere: Path
) -> None:
    trust = tmp_path / "trust.yaml"
    trust.write_text("apiVersion: modelassay/v1\nkind: Trust\n")
    assert assay("store", "new", nowhere, "--trust", trust)[1].endswith("made\n")
    assert assay("store", "new", nowhere, "--trust", trust)[1].endswith("is a store already\n")
    trust.write_text("apiVersion: modelassay/v1\nkind: Trust\nsingle_person: true\n")
    code, _, err = assay("store", "new", nowhere, "--trust", trust)
    assert code == 5
    assert "trust.yaml" in err


def test_a_store_lists_its_runs_and_where_they_stand(
    assay: Call, bundle: Bundle, folder: StoreAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    assay("submit", bundle.path, "--store", folder.url)
    monkeypatch.setenv("ASSAY_STORE", str(folder.url))
    code, out, _ = assay("store", "list", "--json")
    assert code == 0
    (row,) = json.loads(out)
    assert (row["run"], row["name"], row["state"]) == (bundle.id, "screen", "submitted")
    assert not row["is_released"]


@pytest.mark.parametrize(
    "argv", [("store", "list"), ("gate", "RUN", "--policy", "builtin/standard")]
)
def test_a_store_that_is_not_there_is_incomplete(
    assay: Call,
    bundle: Bundle,
    nowhere: Path,
    argv: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ASSAY_STORE", str(nowhere))
    code, _, err = assay(*(str(bundle.path) if word == "RUN" else word for word in argv))
    assert code == 3
    assert "assay store new" in err


def test_what_lies_in_the_store_is_taken_where_nothing_else_is_named(
    assay: Call, bundle: Bundle, nowhere: Path, tmp_path: Path
) -> None:
    trust, own = tmp_path / "trust.yaml", tmp_path / "own.yaml"
    waivers = tmp_path / "waivers.yaml"
    trust.write_text("apiVersion: modelassay/v1\nkind: Trust\n")
    own.write_text("apiVersion: modelassay/v1\nkind: Trust\n# another\n")
    waivers.write_text("apiVersion: modelassay/v1\nkind: Waivers\nwaivers: []\n")
    assay("store", "new", nowhere, "--trust", trust, "--waivers", waivers)
    argv = ("gate", bundle.path, "--policy", "builtin/standard", "--store", nowhere)
    _, _, err = assay(*argv)
    assert f"trust.yaml of the store {nowhere}" in err
    assert "waivers.yaml of the store" in err
    gate = bundle.gate()
    assert gate.read_bytes("trust.yaml") == trust.read_bytes()
    assert gate.read_bytes("waivers.yaml") == waivers.read_bytes()
    _, _, err = assay(*argv, "--trust", own, "--now", "2027-01-01")
    assert "trust.yaml of the store" not in err
    assert bundle.gate().read_bytes("trust.yaml") == own.read_bytes()
