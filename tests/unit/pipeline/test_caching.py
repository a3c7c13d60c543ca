"""What earlier jobs predicted and measured is reused: the same bytes, and nothing that was changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.config import load_config
from harness.depot import open_cache
from harness.evidence import Bundle, open_run, verify_run
from harness.pipeline.execute import measure

NOW = datetime(2026, 11, 27, tzinfo=UTC)
LAYOUT = {"predictions", "measurements"}


@pytest.fixture
def job(toy: Any, listener: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Bundle]:
    """Run the toy in a folder of runs of its own, as another machine would."""
    monkeypatch.setattr("harness.pipeline.caching.utc_now", lambda: NOW)
    numbers = iter(range(100))

    def run(*, cache: Path | None = None, now: datetime = NOW, days: int = 30) -> Bundle:
        runs = toy.folder / f"runs-{next(numbers)}"
        found = None if cache is None else open_cache(str(cache), now, days)
        listener.notes.clear()
        sealed = measure(
            load_config(toy.config), runs=runs, argv=["assay"], reporter=listener, cache=found
        )
        assert not verify_run(sealed.path).problems
        return open_run(sealed.path)

    return run


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def sealed_bytes(bundle: Bundle) -> dict[str, str]:
    """Digests of everything but the record, which tells of clocks and of what was reused."""
    return {
        name: entry.sha256 for name, entry in bundle.manifest.files.items() if name != "run.json"
    }


def status(bundle: Bundle) -> dict[str, str]:
    return {one.name: one.status for one in bundle.record.stages}


def entries(cache: Path, kind: str = "*") -> list[Path]:
    return sorted(cache.glob(f"{kind}/*/*.bin"))


def test_what_is_reused_has_the_bytes_of_what_is_computed(toy, job, cache) -> None:
    plain = job()
    first = job(cache=cache)
    assert set(status(first).values()) == {"done"}
    assert {path.parts[-3] for path in entries(cache)} == LAYOUT
    toy.model.n_rows = 0
    second = job(cache=cache)
    assert sealed_bytes(first) == sealed_bytes(plain)
    assert sealed_bytes(second) == sealed_bytes(plain)
    assert status(second)["predict"] == "reused"
    assert status(second)["audit accuracy"] == "reused"


def test_a_model_is_not_asked_again_for_what_is_reused(toy, job, cache) -> None:
    job(cache=cache)
    asked = toy.model.n_rows
    job(cache=cache)
    assert asked > 600
    assert toy.model.n_rows == asked


def test_the_record_says_from_which_run_and_lock_a_result_comes(job, cache) -> None:
    first = job(cache=cache)
    second = job(cache=cache)
    made = {one.stage: (one.run, one.lock) for one in second.record.reused}
    assert {"predict", "audit accuracy", "audit occlusion"} <= set(made)
    assert set(made.values()) == {(first.id, first.record.lock_digest)}
    (said,) = [one.text for one in second.record.caveats if one.id == "run.reused"]
    assert first.id in said
    # a third job is told of the first run, not of the second
    third = job(cache=cache)
    assert {one.run for one in third.record.reused} == {first.id}


def test_without_a_cache_the_record_has_no_word_of_it(job) -> None:
    data = json.loads((job().path / "run.json").read_bytes())
    assert "reused" not in data


@pytest.mark.parametrize("kind", sorted(LAYOUT))
def test_an_entry_that_was_changed_is_said_and_not_used(job, cache, listener, kind) -> None:
    plain = job(cache=cache)
    for path in entries(cache, kind):
        raw = bytearray(path.read_bytes())
        raw[-5] ^= 1
        path.write_bytes(bytes(raw))
    again = job(cache=cache)
    assert sealed_bytes(again) == sealed_bytes(plain)
    assert any("changed or damaged" in note for note in listener.notes)


def test_an_entry_under_the_key_of_another_is_not_used(toy, job, cache, listener) -> None:
    job(cache=cache)
    (old,) = entries(cache, "predictions")
    toy.rows(500)
    fresh = job(cache=cache)
    (new,) = [path for path in entries(cache, "predictions") if path != old]
    new.write_bytes(old.read_bytes())
    again = job(cache=cache)
    assert sealed_bytes(again) == sealed_bytes(fresh)
    assert any("changed or damaged" in note for note in listener.notes)


def test_what_is_too_old_or_from_the_future_is_not_used(job, cache, listener) -> None:
    job(cache=cache)
    for now in (NOW + timedelta(days=31), NOW - timedelta(days=1)):
        late = job(cache=cache, now=now)
        assert set(status(late).values()) == {"done"}
        assert any("not within 30 days" in note for note in listener.notes)
    assert status(job(cache=cache, now=NOW + timedelta(days=31), days=60))["predict"] == "reused"


def test_other_rows_another_seed_or_another_model_reuse_nothing(toy, job, cache) -> None:
    job(cache=cache)
    text = toy.config.read_text()
    toy.config.write_text(text.replace("seed: 3", "seed: 4"))
    assert "reused" not in status(job(cache=cache)).values()
    toy.config.write_text(text)
    toy.rows(501)
    assert "reused" not in status(job(cache=cache)).values()


def test_other_options_of_an_audit_reuse_all_but_that_audit(toy, job, cache) -> None:
    job(cache=cache)
    text = toy.config.read_text()
    toy.config.write_text(
        text.replace("{suite: quick,", "{suite: quick, accuracy: {}, calibration: {},")
    )
    assert status(job(cache=cache))["audit accuracy"] == "reused"
    toy.config.write_text(text.replace("name: toy", "name: other"))
    assert status(job(cache=cache))["audit accuracy"] == "reused"


def test_a_cache_that_cannot_be_reached_is_said_and_the_run_goes_on(
    job, tmp_path, listener
) -> None:
    place = tmp_path / "a-file"
    place.write_text("no folder")
    bundle = job(cache=place / "below")
    assert set(status(bundle).values()) == {"done"}
    assert any("cache is not used" in note for note in listener.notes)


def test_a_file_name_that_leaves_the_folder_is_not_written(toy, job, cache, tmp_path) -> None:
    from harness.depot import Entry
    from harness.depot.cache import packed

    job(cache=cache)
    (path,) = entries(cache, "predictions")
    key = path.parent.name
    evil = Entry("run", None, NOW, {}, {"../../../../evil": b"x"})
    path.write_bytes(packed(evil, kind="predictions", key=key))
    again = job(cache=cache)
    assert status(again)["predict"] == "done"
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.slow
def test_blocks_of_attributions_are_reused_and_what_rests_on_them_is_measured_anew(
    toy, job, cache
) -> None:
    text = toy.config.read_text()
    audits = (
        "audits: {suite: quick, skip: [faithfulness, robustness, occlusion], attribution: {}}\n"
    )
    toy.config.write_text(text[: text.index("audits:")] + audits)
    plain = job()
    assert (plain.path / "attributions").is_dir()
    first = job(cache=cache)
    assert len(entries(cache, "attributions")) == 1
    asked = toy.model.n_rows
    second = job(cache=cache)
    assert toy.model.n_rows - asked < asked / 4
    assert sealed_bytes(first) == sealed_bytes(second) == sealed_bytes(plain)
    assert {one.stage for one in second.record.reused} >= {"predict", "attributions"}
    assert status(second)["audit attribution"] == "done"
