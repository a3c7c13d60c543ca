"""The OpenSSF signature of a model's files, made and verified by their own library."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec

from harness.cli import invoke
from harness.evidence import add_gate, open_run, verify_run
from harness.evidence.manifest import build_manifest, write_manifest
from harness.files import sha256_bytes
from harness.modelling.weights import weights_digest
from harness.records import to_json
from harness.signing import new_key

pytest.importorskip("model_signing", reason="the extra model-signing is not installed")

GOLDEN = Path(__file__).parents[2] / "golden" / "bundle"
RUN = "20261123-184000-ab12cd"


def write_key(path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    path.write_bytes(
        key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    )
    public = key.public_key().public_bytes(
        form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo
    )
    path.with_suffix(".pub").write_bytes(public)
    return path


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A run that audited the model in the folder ``model``, gated once."""
    monkeypatch.chdir(tmp_path)
    model = tmp_path / "model"
    model.mkdir()
    (model / "model.safetensors").write_bytes(b"weights" * 1000)
    (model / "config.json").write_text("{}")
    run = Path(shutil.copytree(GOLDEN, tmp_path / "runs" / RUN))
    gate = open_run(run).gate()
    verdict, policy = gate.verdict, gate.read_bytes("policy.yaml")
    shutil.rmtree(run / "gates")
    record = open_run(run).record
    known = replace(record.model, kind="given", weights_digest=weights_digest(model))
    (run / "run.json").write_text(to_json(replace(record, model=known)))
    old = open_run(run).manifest
    seal = build_manifest(
        run, kind="run", id=old.id, without={"personal"}, personal_manifest=old.personal_manifest
    )
    digest = write_manifest(run, seal)
    add_gate(open_run(run), replace(verdict, run_digest=digest), policy, {})
    write_key(tmp_path / "ec.pem")
    return tmp_path


def call(capsys, *argv):
    capsys.readouterr()
    code = invoke(list(argv))
    out, err = capsys.readouterr()
    return code, out, err


def sign(capsys, key="ec.pem", model="model"):
    return call(capsys, "sign", "latest", "--model-signing", "--model", model, "--key", key)


def verify(capsys, key="ec.pub"):
    return call(capsys, "verify", "latest", "--model", "model", "--model-key", key)


def test_the_files_of_the_audited_model_are_signed_and_verified(place, capsys):
    code, out, err = sign(capsys)
    assert code == 0, err
    (kept,) = Path("runs").rglob("model-*.sigstore.json")
    assert Path("model.sig").read_bytes() == kept.read_bytes()
    assert str(kept) in out
    code, out, _ = verify(capsys)
    assert code == 0, out
    assert "The model is the one that was audited (weights)" in out


def test_the_library_alone_verifies_what_lies_beside_the_model(place, capsys):
    import model_signing

    sign(capsys)
    config = model_signing.verifying.Config().use_elliptic_key_verifier(public_key=Path("ec.pub"))
    config.verify(Path("model"), Path("model.sig"))


def test_a_file_that_no_digest_of_ours_covers_is_covered_by_the_signature(place, capsys):
    sign(capsys)
    Path("model", "README.md").write_text("added later")
    code, out, _ = verify(capsys)
    assert code == 5
    assert "README.md" in out


def test_another_key_or_a_missing_signature_exits_5(place, capsys):
    code, out, _ = verify(capsys)
    assert code == 5
    assert "no signature of it in the run" in out
    sign(capsys)
    write_key(Path("other.pem"))
    code, out, _ = verify(capsys, "other.pub")
    assert code == 5
    assert "must be signed as a model by the key other.pub" in out


def test_a_model_that_was_not_audited_is_not_signed(place, capsys):
    Path("model", "config.json").write_text("{ }")
    code, _, err = sign(capsys)
    assert code == 5
    assert "that were audited" in err
    assert not list(Path("runs").rglob("model-*"))


def test_a_changed_signature_exits_5(place, capsys):
    sign(capsys)
    (kept,) = Path("runs").rglob("model-*.sigstore.json")
    data = json.loads(kept.read_bytes())
    sig = data["dsseEnvelope"]["signatures"][0]["sig"]
    data["dsseEnvelope"]["signatures"][0]["sig"] = ("B" if sig[20] != "B" else "C").join(
        (sig[:20], sig[21:])
    )
    raw = json.dumps(data).encode()
    kept.write_bytes(raw)
    assert not verify_run(Path("runs") / RUN).is_intact
    kept.unlink()
    kept.with_name(f"model-{sha256_bytes(raw)[:12]}.sigstore.json").write_bytes(raw)
    assert verify(capsys)[0] == 5


def test_an_ed25519_key_is_refused_with_what_to_do(place, capsys):
    Path("ed.pem").write_bytes(new_key().pem())
    code, _, err = sign(capsys, "ed.pem")
    assert code == 2
    assert "openssl ecparam -name prime256v1" in err


@pytest.mark.parametrize("argv", [("--model", "model"), ("--key", "ec.pem")])
def test_model_and_key_must_be_given(place, capsys, argv):
    code, _, err = call(capsys, "sign", "latest", "--model-signing", *argv)
    assert code == 2
    assert "must be given with --model-signing" in err


@pytest.mark.parametrize("missing", ["model_signing", "OpenSSL"])
def test_without_the_library_it_says_what_to_install(place, capsys, monkeypatch, missing):
    from importlib.util import find_spec

    monkeypatch.setattr(
        "harness.commands.model_signing.find_spec",
        lambda name: None if name == missing else find_spec(name),
    )
    code, _, err = sign(capsys)
    assert code == 2
    assert "pip install 'modelassay[model-signing]'" in err
