"""A run over rows that hold secrets writes none of them, in no encoding, outside of ``personal/``."""

import base64
import csv
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import numpy as np
import pytest

from harness.detectors import replacement

KINDS = ("email", "phone", "card", "iban", "ssn", "cn-id", "cn-mobile", "secret", "cloud-key", "ip")
CONFIG = """apiVersion: modelassay/v1
kind: Run
name: story
seed: 1
task: {{kind: text-classification, labels: [routine, urgent], favourable: urgent}}
data:
  train: {{path: train.csv, text: text, label: label}}
  test: {{path: rows.csv, {id}text: text, label: label, groups: [region]}}
model:
  predictions: {{path: rows.csv, id: id, scores: [p_routine, p_urgent]}}
audits: {{suite: standard}}
policy: {{pack: builtin/standard}}
system: {{purpose: Sort messages, domain: service, owner: desk@owner.example, limits_of_use: A person reads.}}
"""


def forms(secret: str) -> list[bytes]:
    raw = secret.encode()
    found = [raw, raw.hex().encode(), raw.hex().upper().encode()]
    found += [quote(secret, safe="").encode(), quote_plus(secret).encode()]
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + raw).rstrip(b"=")
        found.append(whole[(0, 2, 3)[before] : -1])
    return found


def write(path: Path, secrets: list[str], n: int, *, id_of: str = "m{i}") -> None:
    rng = random.Random(n)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "text", "label", "region", "p_routine", "p_urgent"])
        for i in range(n):
            label = rng.choice(("routine", "urgent"))
            score = rng.uniform(0.6, 0.9) if label == "urgent" else rng.uniform(0.1, 0.4)
            text = f"please note {secrets[i % len(secrets)]} and call {i}"
            given = id_of.format(i=i, secret=secrets[i % len(secrets)])
            writer.writerow(
                [given, text, label, rng.choice("ew"), f"{1 - score:.4f}", f"{score:.4f}"]
            )


@pytest.fixture
def secrets() -> list[str]:
    rng = np.random.default_rng(7)
    return [replacement(kind, rng) for kind in KINDS for _ in range(2)]


def run(folder: Path, *argv: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-P", "-m", "harness.cli", *argv]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False)


def test_every_output_of_a_run_is_free_of_planted_secrets(
    tmp_path: Path, secrets: list[str]
) -> None:
    (tmp_path / "assay.yaml").write_text(CONFIG.format(id="id: id, "), encoding="utf-8")
    write(tmp_path / "train.csv", secrets[10:], 200)
    write(tmp_path / "rows.csv", secrets, 300)
    done = run(tmp_path, "run")
    assert done.returncode in {0, 1, 3}, done.stderr
    for name in ("json",):  # the gate wrote the others
        done.stdout += run(tmp_path, "report", "latest", "--format", name).stdout
    said = {"stdout": done.stdout, "stderr": done.stderr}
    files = [path for path in (tmp_path / "runs").rglob("*") if path.is_file()]
    said |= {str(path): path.read_bytes() for path in files if "personal" not in path.parts}
    assert any(path.endswith("report.html") for path in said)
    held = [
        (name, form)
        for name, raw in said.items()
        for secret in secrets
        for form in forms(secret)
        if form in raw
    ]
    assert held == []
    # the owner wrote an address into the config to be shown
    assert any(b"desk@owner.example" in raw for raw in said.values())


def test_an_id_column_of_addresses_stops_the_seal_without_quoting_them(
    tmp_path: Path, secrets: list[str]
) -> None:
    config = CONFIG.format(id="id: id, ").replace("suite: standard", "suite: quick")
    (tmp_path / "assay.yaml").write_text(config, encoding="utf-8")
    write(tmp_path / "train.csv", secrets, 60)
    write(tmp_path / "rows.csv", secrets, 60, id_of="{i} {secret}")
    done = run(tmp_path, "run")
    assert done.returncode == 3
    assert b"predictions.parquet must hold no personal value of the data" in done.stderr
    assert not any(secret.encode() in done.stderr for secret in secrets)
    assert not [path for path in (tmp_path / "runs").iterdir() if not path.name.startswith(".")]


def test_ids_that_are_addresses_are_refused_before_anything_is_computed(
    tmp_path: Path,
    secrets: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from harness.cli import invoke

    monkeypatch.chdir(tmp_path)
    (tmp_path / "assay.yaml").write_text(CONFIG.format(id="id: id, "), encoding="utf-8")
    write(tmp_path / "train.csv", secrets, 60)
    write(tmp_path / "rows.csv", secrets, len(secrets), id_of="{secret}")
    assert invoke(["audit"]) == 2
    said = capsys.readouterr().err
    assert "data.test.id must hold no personal values that also stand in its rows, got" in said
    assert "2 of kind email" in said
    assert not any(secret in said for secret in secrets)


def test_an_audit_that_writes_a_value_ends_in_error_and_the_run_is_sealed_without_it(
    tmp_path: Path,
    secrets: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from audits.accuracy import accuracy
    from harness.cli import invoke
    from harness.pipeline import audit_stage

    def telling(audit: Any, context: Any) -> list[Any]:
        found = run_audit(audit, context)
        if audit.id == accuracy.id:
            context.artifact("rows.json").write_text(json.dumps(context.rows("test").inputs))
        return found

    run_audit = audit_stage.run_audit
    monkeypatch.setattr(audit_stage, "run_audit", telling)
    monkeypatch.setattr("harness.auditing.context.AuditContext._require", lambda self, need: None)
    monkeypatch.chdir(tmp_path)
    config = CONFIG.format(id="id: id, ").replace("suite: standard", "suite: quick")
    (tmp_path / "assay.yaml").write_text(config, encoding="utf-8")
    write(tmp_path / "train.csv", secrets, 60)
    write(tmp_path / "rows.csv", secrets, 60)
    assert invoke(["audit", "--quiet"]) == 3
    sealed = Path(capsys.readouterr().out.strip())
    record = json.loads((sealed / "run.json").read_bytes())
    [told] = [one for one in record["audits"] if one["id"] == "accuracy"]
    assert told["status"] == "error"
    assert "must hold no personal value of the data" in told["because"]["text"]
    assert [one["id"] for one in record["audits"] if one["status"] == "error"] == ["accuracy"]
    assert not (sealed / "audits" / "accuracy" / "rows.json").exists()
    assert invoke(["verify", str(sealed)]) == 0


def test_an_error_that_quotes_a_row_is_said_with_masks(tmp_path: Path) -> None:
    script = (
        "import sys, warnings, logging\n"
        "from harness.cli.said import Said\n"
        "from harness.pipeline.masking import mask_what_is_said\n"
        "sys.stderr = Said(sys.stderr)\n"
        "mask_what_is_said()\n"
        "logging.warning('row bob.li@gmail.com')\n"
        "warnings.warn('card 4539148803436467')\n"
        "raise ValueError('身份证11010519491231002X')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    said = done.stderr.decode()
    for secret in ("bob.li@gmail.com", "4539148803436467", "11010519491231002X"):
        assert secret not in said
    for shown in ("EMAIL#<16c>", "CARD#<16d>", "CN-ID#<18c>", "ValueError"):
        assert shown in said


def test_a_vault_is_named_by_its_run_opened_with_a_reason_and_forgotten(
    tmp_path: Path,
    secrets: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from harness.cli import invoke

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MODELASSAY_KEYS", str(tmp_path / "keys"))
    config = CONFIG.format(id="id: id, ").replace("suite: standard", "suite: quick")
    (tmp_path / "assay.yaml").write_text(config, encoding="utf-8")
    write(tmp_path / "train.csv", secrets, 60)
    write(tmp_path / "rows.csv", secrets, 60)
    assert invoke(["audit", "--vault", "vaults", "--quiet"]) == 0
    record = json.loads((Path(capsys.readouterr().out.strip()) / "run.json").read_bytes())
    [vault] = (tmp_path / "vaults").glob("*.vault")
    content = json.loads(vault.read_bytes())
    assert record["vault"]["id"] == content["id"] == vault.stem
    assert record["vault"]["expires"] == content["expires"]
    assert content["run"] == record["run_id"]
    assert invoke(["data", "vault", str(vault)]) == 2  # without a reason
    assert invoke(["data", "vault", str(vault), "--reason", "a look"]) == 0
    assert "a look" in vault.with_suffix(".access.jsonl").read_text()
    assert invoke(["data", "forget", "latest"]) == 0
    assert "is destroyed" in capsys.readouterr().out
    assert invoke(["data", "forget", "latest"]) == 2  # a script must not believe it twice
    assert "nothing was destroyed" in capsys.readouterr().err
    assert invoke(["data", "vault", str(vault), "--reason", "again"]) == 2
    assert list((tmp_path / "keys").iterdir()) == []
    assert invoke(["verify", "latest"]) == 0
