"""The demo's second act, from the command line: both verdicts, its time, and no secret anywhere."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from harness.canaries import read_canaries
from harness.commands.demo.privacy.tickets import make_tickets
from harness.detectors import default_detector

pytestmark = pytest.mark.slow

ASSAY = "from harness.cli import main; main()"
MAX_SECONDS = 120
SEEDS = (0, 1, 2)


def told_secrets(out: Path, seed: int) -> list[str]:
    """Return what must stand nowhere but in the tables, the models and ``personal/``."""
    texts = [one.text for one in make_tickets(seed).train[:200]]
    values = [
        text[span.start : span.stop]
        for text, spans in zip(texts, default_detector().find(texts), strict=True)
        for span in spans
    ]
    for path in sorted((out / "runs" / "models").glob("*/lineage.json")):
        canaries = read_canaries(path.parent, json.loads(path.read_bytes())) or ()
        values += [one.secret for one in canaries if one.n_planted > 1]
    return values


def disguised(secret: str) -> list[bytes]:
    """Return how a secret looks raw, in hex, in an address, and in base64 wherever it begins."""
    raw = secret.encode()
    found = [raw, raw.hex().encode(), quote(secret, safe="").encode()]
    for shift, first in enumerate((0, 2, 3)):
        whole = (shift + len(raw)) * 8 // 6  # signs that nothing behind the secret changes
        found.append(base64.b64encode(b"x" * shift + raw)[first:whole])
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell what a child used")
@pytest.mark.parametrize("seed", SEEDS)
def test_the_leak_is_blocked_the_protected_model_passes_and_no_secret_is_shown(
    tmp_path: Path, seed: int
) -> None:
    with (tmp_path / "out").open("wb") as out, (tmp_path / "err").open("wb") as err:
        child = subprocess.Popen(
            [
                sys.executable, "-P", "-c", ASSAY, "demo", "--privacy",
                "--out", "there", "--seed", str(seed), "--json",
            ],
            cwd=tmp_path,
            stdout=out,
            stderr=err,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        )  # fmt: skip
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, (tmp_path / "err").read_text(encoding="utf-8")
    told = json.loads((tmp_path / "out").read_text(encoding="utf-8"))
    assert told["is_right"]
    assert told["models"][0]["verdict"]["verdict"] == "blocked"
    assert told["models"][1]["verdict"]["verdict"] in ("pass", "pass-with-warnings")
    assert used.ru_utime + used.ru_stime <= MAX_SECONDS
    there = tmp_path / "there"
    marks = [one for secret in told_secrets(there, seed) for one in disguised(secret)]
    assert len(marks) > 1000
    looked_at = 0
    for path in [tmp_path / "out", tmp_path / "err", *(there / "runs").rglob("*")]:
        if not path.is_file() or "models" in path.parts or "personal" in path.parts:
            continue
        looked_at += 1
        raw = path.read_bytes()
        assert not [mark for mark in marks if mark in raw], path
    assert looked_at > 20
