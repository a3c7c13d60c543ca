"""Whoever may edit every file of a bundle: each change is said, with exit code 5 and never 70."""

import json
import os
import shutil
import unicodedata
from pathlib import Path

import pytest

from harness.cli import invoke
from harness.commands.proving import prove
from harness.evidence import open_run, verify_run
from harness.evidence.manifest import build_manifest, write_manifest

pytestmark = pytest.mark.filterwarnings("error")


def files_of(run: Path) -> list[str]:
    return sorted(one.relative_to(run).as_posix() for one in run.rglob("*") if one.is_file())


def code(run: Path, *more: str) -> int:
    return invoke(["verify", str(run), "--runs", str(run.parent), *more])


def test_the_run_with_one_of_everything_verifies(full):
    assert verify_run(full.path).problems == ()
    assert prove(str(full.path), full.path.parent, is_recomputed=True, trust=full.trust).is_intact
    folders = {name.split("/")[0] for name in files_of(full.path)}
    assert {"documents", "erasures", "holds", "gates", "personal", "audits"} <= folders


@pytest.mark.slow
def test_one_changed_bit_is_found_at_every_byte_of_every_file(full, run, full_bundle):
    # what a seal names is tried in a run without statements, which takes less time to verify
    sealed = full_bundle.flips(run, every=1)
    assert [found for found in sealed if verify_run(run).is_intact] == []
    others = [name for name in files_of(full.path) if name not in files_of(run)]
    signed = full_bundle.flips(full.path, every=1, names=others)
    assert [found for found in signed if verify_run(full.path).is_intact] == []


def test_files_that_are_gone_cut_extended_swapped_or_renamed_are_found(full, full_bundle):
    # a tombstone or statement that is gone is found by what it explained, or by its missing signature
    damages = full_bundle.damages(full.path)
    assert [what for what in damages if prove_is_intact(full)] == []


def prove_is_intact(full) -> bool:
    from harness.errors import UsageError

    try:
        found = prove(str(full.path), full.path.parent, is_recomputed=False, trust=full.trust)
    except UsageError:  # without MANIFEST.json and run.json a folder is no run at all
        return False
    return found.is_intact


# --- names ---------------------------------------------------------------------------------------

NAMES = {
    "climbs out": "../outside.txt",
    "climbs out later": "audits/../../outside.txt",
    "absolute": "/etc/hostname",
    "with a drive": "C:/windows/win.ini",
    "backslashes": "..\\outside.txt",
    "a folder": "audits",
    "itself": "MANIFEST.json",
    "nothing": "",
    "a dot": ".",
    "a dot in front": "./run.json",
    "two slashes": "audits//accuracy/confusion.json",
    "a slash at the end": "run.json/",
    "a null": "run.json\x00",
    "a new line": "run.json\n",
    "right to left": "run\u202enosj.exe",
    "no width": "run\u200b.json",
    "too long": "a" * 5000,
    "half a character": "run\ud800.json",
    "another form of a letter": unicodedata.normalize("NFD", "é.txt"),
    "looks like another": "r\u0443n.json",
}


@pytest.mark.parametrize("name", list(NAMES.values()), ids=list(NAMES))
@pytest.mark.parametrize("part", ["", "personal/"])
def test_a_name_in_a_manifest_that_is_no_plain_file_below_it_exits_5(run, tmp_path, name, part):
    (tmp_path / "runs/outside.txt").write_text("outside")
    path = run / part / "MANIFEST.json"
    data = json.loads(path.read_text())
    data["files"][name] = dict(next(iter(data["files"].values())))
    text = json.dumps(data, ensure_ascii=name.isprintable() is False, indent=2, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8", errors="surrogatepass")
    assert code(run) == 5
    assert code(run, "--recompute") == 5


def test_a_line_that_stands_twice_in_a_manifest_exits_5(run):
    path = run / "MANIFEST.json"
    text = path.read_text()
    entry = json.dumps(json.loads(text)["files"]["run.json"])
    path.write_text(text.replace('"files": {', f'"files": {{\n    "run.json": {entry},', 1))
    assert code(run) == 5


def test_a_name_that_looks_like_a_sealed_one_does_not_take_its_place(run):
    for path in (run / "measurements.json", run / "personal/quarantine.json"):
        look_alike = path.with_name(path.name.replace("a", "\u0430"))  # a Cyrillic letter
        path.rename(look_alike)
        assert code(run) == 5
        look_alike.rename(path)
    assert code(run) == 0


# --- what is no plain file -------------------------------------------------------------------------


def outside(tmp_path: Path, name: str, run: Path) -> Path:
    target = tmp_path / "elsewhere"
    target.mkdir(exist_ok=True)
    return Path(shutil.copy(run / name, target / Path(name).name))


@pytest.mark.parametrize(
    "name",
    [
        "MANIFEST.json",
        "run.json",
        "measurements.json",
        "personal/rows.parquet",
        "personal/MANIFEST.json",
    ],
)
def test_a_link_to_a_file_of_the_same_content_exits_5(run, tmp_path, name):
    target = outside(tmp_path, name, run)
    (run / name).unlink()
    (run / name).symlink_to(target)
    assert code(run) == 5


@pytest.mark.parametrize("name", ["personal", "gates", "audits", "audits/accuracy"])
def test_a_link_to_a_folder_of_the_same_content_exits_5(run, tmp_path, name):
    (run / name).rename(tmp_path / "moved")
    (run / name).symlink_to(tmp_path / "moved")
    assert code(run) == 5
    assert code(run, "--recompute") == 5


@pytest.mark.parametrize(
    "folder", ["erasures", "holds", "documents", "gates/968fd141980d/statements"]
)
def test_links_among_statements_exit_5(full, tmp_path, folder):
    if folder.startswith("gates"):
        folder = next(full.path.glob("gates/*/statements")).relative_to(full.path).as_posix()
    (file, *_) = sorted((full.path / folder).iterdir())
    moved = tmp_path / file.name
    file.rename(moved)
    file.symlink_to(moved)
    assert code(full.path) == 5
    file.unlink()
    moved.rename(file)
    (full.path / folder).rename(tmp_path / "moved")
    (full.path / folder).symlink_to(tmp_path / "moved")
    assert code(full.path) == 5


def test_a_pipe_a_socket_and_a_dangling_link_exit_5_and_nobody_waits(run):
    os.mkfifo(run / "audits/pipe")
    assert code(run) == 5
    (run / "audits/pipe").unlink()
    (run / "audits/dangling").symlink_to("nowhere")
    assert code(run) == 5
    (run / "audits/dangling").unlink()
    (run / "run.json").unlink()
    os.mkfifo(run / "run.json")
    assert code(run) == 5


def test_a_hard_link_is_a_plain_file_and_its_bytes_count(run, tmp_path):
    target = outside(tmp_path, "run.json", run)
    (run / "run.json").unlink()
    os.link(target, run / "run.json")
    assert code(run) == 0
    target.write_text("{}")
    assert code(run) == 5


# --- what JSON can do ------------------------------------------------------------------------------

DEEP = "[" * 100_000 + "]" * 100_000
HUGE = "9" * 5000
DOCUMENTS = {
    "deep": DEEP,
    "deep objects": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "a huge number": HUGE,
    "an infinite number": "1e999999",
    "not a number": "NaN",
    "half a pair": '"\\ud800"',
    "a text": '"text"',
    "nothing": "",
    "null": "null",
    "bytes that are no text": "\xff\xfe",
}


@pytest.mark.parametrize("text", list(DOCUMENTS.values()), ids=list(DOCUMENTS))
@pytest.mark.parametrize("is_sealed", [False, True])
def test_a_document_that_is_no_document_exits_5(full, text, is_sealed):
    run = full.path
    raw = text.encode("latin-1")
    for name in files_of(run):
        if not name.endswith(".json") or (
            is_sealed and name not in ("run.json", "measurements.json")
        ):
            continue
        before = (run / name).read_bytes()
        (run / name).write_bytes(raw)
        if is_sealed:
            seal = (run / "MANIFEST.json").read_bytes()
            _seal_again(run)
        assert code(run, "--recompute") == 5, name
        (run / name).write_bytes(before)
        if is_sealed:
            (run / "MANIFEST.json").write_bytes(seal)


def _seal_again(run: Path) -> None:
    old = open_run(run).manifest
    new = build_manifest(
        run,
        kind="run",
        id=old.id,
        without={"personal", "gates", "erasures", "holds", "documents"},
        personal_manifest=old.personal_manifest,
    )
    write_manifest(run, new)


VALUES = {
    "huge": HUGE,
    "infinite": "1e999",
    "not a number": "NaN",
    "deep": DEEP,
    "true": "true",
    "text": '"x"',
    "negative": "-1",
}


@pytest.mark.parametrize("text", list(VALUES.values()), ids=list(VALUES))
@pytest.mark.parametrize("key", ["value", "n", "low", "successes", "trials", "alpha_low"])
def test_a_number_that_cannot_be_is_an_integrity_failure_though_its_seal_is_right(
    ungated, key, text
):
    import re

    path = ungated / "measurements.json"
    changed, n = re.subn(rf'("{key}": )[-0-9.]+', lambda m: m[1] + text, path.read_text(), count=1)
    assert n == 1
    path.write_text(changed)
    _with_outputs(ungated)
    _seal_again(ungated)
    assert code(ungated, "--recompute") == 5


def _with_outputs(run: Path) -> None:
    from harness.files import sha256_file

    data = json.loads((run / "run.json").read_text())
    data["outputs"]["measurements.json"] = sha256_file(run / "measurements.json")
    (run / "run.json").write_text(
        json.dumps(data, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    )


def test_a_parquet_file_that_is_none_exits_5_though_its_seal_is_right(ungated):
    from harness.files import sha256_file

    for name in ("predictions.parquet", "audits/accuracy/replicates.parquet"):
        before = (ungated / name).read_bytes()
        record, seal = (ungated / "run.json").read_bytes(), (ungated / "MANIFEST.json").read_bytes()
        for raw in (b"", b"PAR1PAR1", before[: len(before) // 2], before[:8] + before[9:]):
            (ungated / name).write_bytes(raw)
            data = json.loads((ungated / "run.json").read_text())
            data["outputs"][name] = sha256_file(ungated / name)
            text = json.dumps(data, ensure_ascii=False, indent=2, sort_keys=True)
            (ungated / "run.json").write_text(text + "\n")
            _seal_again(ungated)
            assert code(ungated, "--recompute") == 5, (name, raw[:4])
            (ungated / "run.json").write_bytes(record)
            (ungated / "MANIFEST.json").write_bytes(seal)
        (ungated / name).write_bytes(before)


# --- by whom, about what ---------------------------------------------------------------------------


def test_a_verdict_of_another_model_that_is_replayed_exits_5(full, golden, tmp_path):
    other = golden.build(tmp_path / "other")
    text = (other / "run.json").read_text().replace('"scores.csv"', '"worse.csv"')
    (other / "run.json").write_text(text)
    shutil.rmtree(other / "gates")
    _seal_again(other)
    assert code(other) == 0
    shutil.copytree(full.path / "gates", other / "gates")
    assert code(other) == 5


def test_tombstones_and_holds_of_another_run_exit_5(full, golden, tmp_path):
    other = golden.build(tmp_path / "other")
    (other / "run.json").write_text((other / "run.json").read_text().replace("golden", "silver", 1))
    shutil.rmtree(other / "gates")
    _seal_again(other)
    assert code(other) == 0
    for folder in ("erasures", "holds", "documents"):
        shutil.copytree(full.path / folder, other / folder)
        assert code(other) == 5, folder
        shutil.rmtree(other / folder)


def test_an_untrusted_key_under_a_tombstone_exits_5_with_a_trust_file(full, tmp_path):
    trust = tmp_path / "trust.yaml"
    trust.write_text(full.trust_text)
    assert code(full.path, "--trust", str(trust)) == 0
    lines = full.trust_text.splitlines(keepends=True)
    kept = [line for line in lines if "user:anna" not in line]
    trust.write_text("".join(kept).replace(", anna: 1", ""))
    assert code(full.path, "--trust", str(trust)) == 5
