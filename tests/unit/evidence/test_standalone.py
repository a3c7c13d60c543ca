"""One file that needs nothing but cryptography comes to the same answer as ``assay verify``."""

import ast
import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli import invoke
from harness.clock import parse_moment
from harness.commands.proving import prove
from harness.commands.verifier import trust_data, write_verifier
from harness.errors import UsageError
from harness.evidence import Wish, erase, standalone, verify_run
from harness.evidence.standalone import Check
from harness.signing import new_key, parse_trust

SOURCE = Path(standalone.__file__)
LATER = parse_moment("2026-11-24T13:00:00Z")
ALONE = """
import runpy, sys
class OnlyCryptography:
    def find_spec(self, name, path=None, target=None):
        top = name.partition('.')[0]
        if top not in sys.stdlib_module_names and top not in ('cryptography', '_cffi_backend'):
            raise ImportError(name + ' must not be needed')
sys.meta_path.insert(0, OnlyCryptography())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')
"""


def alone(*args: object) -> subprocess.CompletedProcess:
    """Run the copy with nothing of ours, and no other package, within reach."""
    argv = [sys.executable, "-I", "-c", ALONE, *map(str, args)]
    return subprocess.run(argv, capture_output=True, text=True, check=False, cwd="/")


def both(full, trust=None) -> tuple[bool, bool]:
    """Whether ``assay verify`` and the single file find the bundle intact."""
    try:
        mine = prove(str(full.path), full.path.parent, is_recomputed=False, trust=trust).is_intact
    except UsageError:
        mine = False
    plain = None if trust is None else json.loads(json.dumps(trust_data(trust)))
    return mine, not Check(full.path, plain).all()


def test_it_can_be_read_in_ten_minutes():
    text = SOURCE.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 265  # 250, and what it says of decisions
    imported = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
        )
    }
    assert imported - set(sys.stdlib_module_names) == {"cryptography"}


def test_the_copy_that_is_written_checks_a_bundle_where_nothing_else_is_installed(full, tmp_path):
    (tmp_path / "trust.yaml").write_text(full.trust_text)
    copy = tmp_path / "check.py"
    args = ["verify", "--write-verifier", str(copy), "--trust", str(tmp_path / "trust.yaml")]
    assert invoke(args) == 0
    for more in ((), ("--trust", tmp_path / "check.trust.json")):
        done = alone(copy, full.path, *more)
        assert (done.returncode, done.stderr) == (0, "")
        assert "erased on 2026-11-24T12:00:00Z: 'request 17'" in done.stdout
        assert done.stdout.rstrip().endswith("files")
    (full.path / "measurements.json").write_text("{}")
    done = alone(copy, full.path)
    assert (done.returncode, done.stderr) == (5, "")
    assert "measurements.json: changed" in done.stdout


def test_what_is_no_run_is_a_usage_error_of_the_copy_that_says_how_to_use_it(full, tmp_path):
    copy = tmp_path / "check.py"
    assert invoke(["verify", "--write-verifier", str(copy)]) == 0
    (tmp_path / "trust.yaml").write_text(full.trust_text)
    (tmp_path / "null.json").write_text("null")
    files = ("nowhere.json", tmp_path / "trust.yaml", tmp_path / "null.json", copy)
    other = [(full.path, "--trust", file) for file in files]
    for argv in (
        (),
        ("--help",),
        ("nowhere",),
        (copy,),
        ("--trust", copy),
        (full.path, "--trust"),
        *other,
    ):
        done = alone(copy, *argv)
        assert (done.returncode, done.stdout) == (2, ""), argv
        assert done.stderr.startswith("usage: python FILE RUN [--trust JSON]")
        assert "Exit 0 when everything is as it was sealed" in done.stderr


def test_both_find_one_flipped_bit_in_every_file(full, full_bundle):
    differ = [
        found for found in full_bundle.flips(full.path, every=151) if both(full) != (False, False)
    ]
    assert differ == []


def spare_bits(text: str) -> str:
    """Return another base64 text that stands for the same bytes; none ends without spare bits here."""
    order = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    body = text.rstrip("=")
    other = body[:-1] + order[order.index(body[-1]) ^ 1] + "=" * (len(text) - len(body))
    assert base64.b64decode(other, validate=True) == base64.b64decode(text, validate=True)
    return other


def test_both_find_changed_spare_bits_of_the_base64_of_every_signature(full):
    files = sorted(full.path.rglob("*.dsse.json"))
    assert len(files) >= 5
    for file in files:
        raw = file.read_bytes()
        signature = json.loads(raw)["signatures"][0]["sig"]
        file.write_bytes(raw.replace(signature.encode(), spare_bits(signature).encode()))
        assert both(full) == (False, False), file.name
        file.write_bytes(raw)
    assert both(full) == (True, True)


@pytest.mark.slow
def test_one_flipped_bit_at_every_byte_of_every_file_is_found_alone_too(full, full_bundle):
    differ = [
        found for found in full_bundle.flips(full.path, every=1) if Check(full.path).all() == []
    ]
    assert differ == []


def test_both_find_the_same_damage_with_a_trust_file(full, full_bundle):
    differ = [
        what for what in full_bundle.damages(full.path) if both(full, full.trust) != (False, False)
    ]
    assert differ == []
    assert both(full, full.trust) == (True, True)


def test_both_ask_for_the_same_signatures(full):
    text = full.trust_text

    def trusting(change):
        return parse_trust(change(text).encode(), "trust.yaml")

    for change, is_enough in (
        (lambda t: t, True),
        (lambda t: t.replace("ci: 1, anna: 1", "ci: 1"), True),
        (lambda t: t.replace("ci: 1", "ci: 2"), False),
        (lambda t: t.replace("anna: 1", "legal: 1"), False),
        (lambda t: t.replace("user:anna", "user:ci"), False),
        (lambda t: t.replace("user:anna", "user:ci") + "single_person: true\n", True),
        (lambda t: t.replace("roles: [ci]", "roles: [ci], until: 2026-11-01"), False),
        (lambda t: t.replace("roles: [ci]", "roles: [ci], from: 2026-11-25"), False),
        (
            lambda t: t.replace(
                "roles: [ci]", "roles: [ci], revoked: {at: 2026-11-25, reason: superseded}"
            ),
            True,
        ),
        (
            lambda t: t.replace(
                "roles: [ci]", "roles: [ci], revoked: {at: 2026-11-25, reason: compromised}"
            ),
            False,
        ),
    ):
        assert both(full, trusting(change)) == (is_enough, is_enough), change(text)


def test_both_refuse_an_erasure_that_nobody_trusted_signed(full):
    erase(full.path, Wish("e009", "more", "anna", new_key(), LATER))
    assert both(full) == (True, True)
    assert both(full, full.trust) == (False, False)


@pytest.mark.parametrize(
    "day",
    sorted(
        one.name for one in (Path(__file__).parents[2] / "golden/frozen").iterdir() if one.is_dir()
    ),
)
def test_every_frozen_bundle_verifies_alone(day):
    frozen = Path(__file__).parents[2] / "golden/frozen" / day
    assert Check(frozen).all() == []


def test_links_and_files_outside_the_seals_are_found_by_both(full, tmp_path):
    def places():
        target = shutil.copy(full.path / "run.json", tmp_path / "run.json")
        (full.path / "audits/link").symlink_to(target)
        yield full.path / "audits/link"
        (full.path / "more.txt").write_text("more")
        yield full.path / "more.txt"
        (full.path / "erasures/notes.txt").write_text("more")
        yield full.path / "erasures/notes.txt"
        (full.path / "personal/.erasing-draft").mkdir()
        (full.path / "personal/.erasing-draft/rows.parquet").write_text("more")
        yield full.path / "personal/.erasing-draft"

    for place in places():
        assert both(full) == (False, False), place
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink()
        assert both(full) == (True, True), place


def test_it_is_written_without_a_trust_file_too(tmp_path):
    assert write_verifier(tmp_path / "check.py", None) == [tmp_path / "check.py"]
    assert (tmp_path / "check.py").read_bytes() == SOURCE.read_bytes()


def test_an_intact_run_is_intact_for_both(full):
    assert verify_run(full.path).is_intact
    assert both(full) == (True, True)
