"""The file of canaries: closed to others, bound to its lineage, and silent about what it holds."""

import json
from pathlib import Path

import pytest

from harness.canaries import CANARIES, Canary, CanarySpec, plan_canaries, read_canaries
from harness.canaries.sheet import write_canaries
from harness.errors import IntegrityError
from harness.files import sha256_bytes


def planned() -> tuple[Canary, ...]:
    return plan_canaries(CanarySpec(per_level=3, n_drawn=4), seed=5, texts=())


def test_what_is_written_is_read_again_and_closed_to_others(tmp_path: Path) -> None:
    canaries = planned()
    digest = write_canaries(tmp_path, canaries)
    assert read_canaries(tmp_path, {"canaries": {"digest": digest}}) == canaries
    assert (tmp_path / CANARIES).stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == [CANARIES]


def test_a_file_that_stood_open_is_closed_when_it_is_written_again(tmp_path: Path) -> None:
    (tmp_path / CANARIES).write_text("old", encoding="utf-8")
    (tmp_path / CANARIES).chmod(0o644)
    write_canaries(tmp_path, planned())
    assert (tmp_path / CANARIES).stat().st_mode & 0o077 == 0


def test_a_training_without_canaries_has_none(tmp_path: Path) -> None:
    assert read_canaries(tmp_path, {}) is None
    assert read_canaries(tmp_path, {"canaries": None}) is None


def test_a_file_of_another_training_or_none_is_an_integrity_failure(tmp_path: Path) -> None:
    digest = write_canaries(tmp_path, planned())
    other = plan_canaries(CanarySpec(per_level=3), seed=6, texts=())
    write_canaries(tmp_path, other)
    with pytest.raises(IntegrityError, match=r"the file of canaries that its lineage names") as err:
        read_canaries(tmp_path, {"canaries": {"digest": digest}})
    assert not any(canary.secret in str(err.value) for canary in other)
    (tmp_path / CANARIES).unlink()
    with pytest.raises(IntegrityError, match="got none"):
        read_canaries(tmp_path, {"canaries": {"digest": digest}})


@pytest.mark.parametrize("planted", [{"n": 4}, ["x"], "yes"])
def test_a_lineage_that_names_no_digest_is_an_integrity_failure(
    tmp_path: Path, planted: object
) -> None:
    write_canaries(tmp_path, planned())
    with pytest.raises(IntegrityError, match="name the digest"):
        read_canaries(tmp_path, {"canaries": planted})


@pytest.mark.parametrize(
    "damage", ["cut", "format", "field", "type", "index", "secret", "negative"]
)
def test_a_damaged_file_is_refused_without_a_word_of_its_secrets(
    tmp_path: Path, damage: str
) -> None:
    canaries = planned()
    write_canaries(tmp_path, canaries)
    path = tmp_path / CANARIES
    data = json.loads(path.read_bytes())
    one = data["canaries"][0]
    match damage:
        case "format":
            data["format"] = "modelassay/canaries/v9"
        case "field":
            one["extra"] = 1
        case "type":
            one["n_planted"] = "1"
        case "index":
            one["index"] = 9
        case "secret":
            one["secret"] += "0"
        case "negative":
            one["n_planted"] = -1
    raw = json.dumps(data).encode()
    raw = raw[: len(raw) // 2] if damage == "cut" else raw
    path.write_bytes(raw)
    with pytest.raises(IntegrityError) as err:
        read_canaries(tmp_path, {"canaries": {"digest": sha256_bytes(raw)}})
    assert not any(canary.secret in str(err.value) for canary in canaries)
    assert err.value.__suppress_context__ or err.value.__context__ is None
