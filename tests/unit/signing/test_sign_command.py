"""``assay sign`` and ``assay verify --trust --model`` as people call them."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from harness.cli import invoke
from harness.commands.identity import model_problems
from harness.errors import UsageError
from harness.modelling.weights import weights_digest
from harness.records import ModelRef
from harness.signing import new_key
from harness.signing.keyfolder import save_key

GOLDEN = Path(__file__).parents[2] / "golden" / "bundle"
RUN = "20261123-184000-ab12cd"


@pytest.fixture
def place(tmp_path, key_folder, monkeypatch):
    """A working directory with one run, two keys and a trust file."""
    shutil.copytree(GOLDEN, tmp_path / "runs" / RUN)
    monkeypatch.chdir(tmp_path)
    for name, role in (("ci", "ci"), ("anna", "compliance")):
        assert invoke(["keys", "new", name, "--role", role, "--trust", "trust.yaml"]) == 0
    with Path("trust.yaml").open("a") as stream:
        stream.write("thresholds: {gate: {ci: 1, compliance: 1}}\n")
    return tmp_path


def call(capsys, *argv):
    capsys.readouterr()
    code = invoke(list(argv))
    out, err = capsys.readouterr()
    return code, out, err


def test_two_people_sign_and_verify_believes_them(place, capsys):
    assert call(capsys, "verify", "latest", "--trust", "trust.yaml")[0] == 5
    for name, role in (("ci", "ci"), ("anna", "compliance")):
        code, out, _ = call(
            capsys, "sign", "latest", "--key", name, "--role", role, "--trust", "trust.yaml"
        )
        assert code == 0
        assert f"signed  {RUN}@968fd141980d, pass-with-warnings  by user:{name} as {role}" in out
    code, out, _ = call(capsys, "verify", "latest", "--trust", "trust.yaml", "--json")
    assert code == 0
    said = json.loads(out)["signatures"]
    assert {(one["user"], one["role"], one["state"]) for one in said if one["kind"] == "gate"} == {
        ("user:ci", "ci", "counts"),
        ("user:anna", "compliance", "counts"),
    }


def test_without_a_trust_file_nobody_is_believed(place, capsys):
    call(capsys, "sign", "latest", "--key", "ci", "--role", "ci")
    code, out, _ = call(capsys, "verify", "latest")
    assert code == 0
    assert out.count("not believed: no trust file was given") == 2
    said = json.loads(call(capsys, "verify", "latest", "--json")[1])
    assert {one["state"] for one in said["signatures"]} == {"not-believed"}
    assert {one["user"] for one in said["signatures"]} == {None}


def test_a_damaged_signature_exits_5_with_and_without_a_trust_file(place, capsys):
    call(capsys, "sign", "latest", "--key", "ci", "--role", "ci")
    path = next(Path("runs").rglob("gate-*.dsse.json"))
    path.write_bytes(path.read_bytes().replace(b'"sig":"', b'"sig":"AAAA', 1))
    assert call(capsys, "verify", "latest")[0] == 5
    assert call(capsys, "verify", "latest", "--trust", "trust.yaml")[0] == 5
    # and nobody signs, gates or reports what does not verify
    assert call(capsys, "sign", "latest", "--key", "anna", "--role", "compliance")[0] == 5
    assert call(capsys, "gate", "latest", "--policy", "builtin/standard")[0] == 5


def test_a_trust_file_that_cannot_be_read_exits_2(place, capsys):
    Path("trust.yaml").write_text("kind: Trust\n")
    code, _, err = call(capsys, "verify", "latest", "--trust", "trust.yaml")
    assert code == 2
    assert "apiVersion must be given" in err


def test_the_key_may_come_from_the_environment_and_stays_there(place, capsys, monkeypatch):
    pem = new_key().pem().decode()
    monkeypatch.setenv("SIGNING_KEY", pem)
    code, out, err = call(capsys, "sign", "latest", "--key", "env:SIGNING_KEY", "--role", "ci")
    assert code == 0
    body = pem.splitlines()[1]
    written = b"".join(path.read_bytes() for path in Path("runs").rglob("*") if path.is_file())
    assert body not in out + err
    assert body.encode() not in written
    assert b"SIGNING_KEY" not in written


def test_json_tells_what_was_signed(place, capsys):
    argv = ("sign", "latest", "--key", "ci", "--role", "ci", "--trust", "trust.yaml", "--json")
    first = json.loads(call(capsys, *argv)[1])
    again = json.loads(call(capsys, *argv)[1])
    assert (first["is_new"], again["is_new"]) == (True, False)
    assert first["user"] == "user:ci"
    assert all(Path(name).is_file() for name in first["files"])


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("--role", "ci"), "--key must be given"),
        (("--key", "ci"), "--role must be given"),
        (("--key", "ci", "--role", "a b"), "--role must be a word"),
        (("--key", "nobody", "--role", "ci"), "--key must name a private key"),
        (("--key", "ci", "--role", "compliance", "--trust", "trust.yaml"), "that user:ci has: ci"),
        (("--key", "ci", "--role", "ci", "--evidence", "x.pdf"), "--evidence and --document"),
        (("--key", "ci", "--role", "ci", "--document", "x"), "--evidence and --document"),
        (("--key", "ci", "--role", "ci", "--waiver", "W"), "--waiver and --waivers"),
        (("--key", "ci", "--role", "ci", "--expires", "2027-01-01"), "Add --evidence FILE"),
        (("--key", "ci", "--role", "ci", "--sample-n", "3"), "Add --evidence FILE"),
        (
            (
                "--key",
                "ci",
                "--role",
                "ci",
                "--evidence",
                "trust.yaml",
                "--document",
                "x",
                "--expires",
                "tomorrow",
            ),
            "--expires must be a day such as 2027-01-31, got 'tomorrow'",
        ),
        (
            ("--key", "ci", "--role", "ci", "--evidence", "no.pdf", "--document", "x"),
            "--evidence must be a readable file",
        ),
    ],
)
def test_what_cannot_work_exits_2_and_signs_nothing(place, capsys, argv, says):
    code, _, err = call(capsys, "sign", "latest", *argv)
    assert code == 2
    assert says in err
    assert not list(Path("runs").rglob("*.dsse.json"))


@pytest.mark.parametrize("reason", ["compromised", "superseded"])
def test_a_revoked_key_may_not_sign_and_what_it_signs_anyway_does_not_count(place, capsys, reason):
    call(capsys, "keys", "revoke", "ci", "--trust", "trust.yaml", "--reason", reason)
    argv = ("sign", "latest", "--key", "ci", "--role", "ci")
    code, _, err = call(capsys, *argv, "--trust", "trust.yaml")
    assert code == 2
    assert "revoked, expired or not yet valid, of user:ci" in err
    assert call(capsys, *argv)[0] == 0
    code, out, _ = call(capsys, "verify", "latest", "--trust", "trust.yaml")
    assert code == 5
    assert "the key" in out
    assert "revoked" in out


def test_a_key_outside_of_the_trust_file_is_refused_when_one_is_given(place, capsys):
    save_key("stranger", new_key())
    argv = ("sign", "latest", "--key", "stranger", "--role", "ci", "--trust", "trust.yaml")
    code, _, err = call(capsys, *argv)
    assert code == 2
    assert "--key must be a key of the trust file" in err


# --- waivers ---------------------------------------------------------------------------------------

WAIVERS = """apiVersion: modelassay/v1
kind: Waivers
waivers:
  - id: W-1   # the first
    rule: ONE-WORD
    scope: {model: golden}
    reason: A second look at every answer until the retraining lands.
    ticket: T-1
    owner: user:li
    starts: 2026-11-20
    expires: 2026-12-31
"""


def approve(capsys, name, role="compliance", *more):
    argv = ("--waiver", "W-1", "--waivers", "waivers.yaml", "--key", name, "--role", role, *more)
    return call(capsys, "sign", *argv)


def test_two_people_approve_a_waiver_and_every_other_line_stays(place, capsys):
    from harness.clock import utc_now
    from harness.policy import approval_envelope, read_waivers
    from harness.signing import read_trust, signers_of

    Path("waivers.yaml").write_text(WAIVERS)
    assert approve(capsys, "ci", "ci", "--trust", "trust.yaml")[0] == 0
    assert approve(capsys, "anna", "compliance", "--trust", "trust.yaml")[0] == 0
    text = Path("waivers.yaml").read_text()
    assert text.startswith(WAIVERS)
    (waiver,) = read_waivers(Path("waivers.yaml")).waivers
    trust = read_trust(Path("trust.yaml"))
    found = [
        signer.user
        for one in waiver.approvals
        for signer in signers_of(approval_envelope(waiver, one), trust, utc_now())
    ]
    assert found == ["user:ci", "user:anna"]
    code, out, _ = approve(capsys, "ci", "ci")
    assert code == 0
    assert "was signed before" in out
    assert Path("waivers.yaml").read_text() == text


def test_a_waiver_that_was_changed_since_must_be_approved_anew(place, capsys):
    Path("waivers.yaml").write_text(WAIVERS)
    approve(capsys, "anna")
    text = Path("waivers.yaml").read_text().replace("2026-12-31", "2027-01-31")
    Path("waivers.yaml").write_text(text)
    code, _, err = approve(capsys, "anna")
    assert code == 2
    assert "The waiver was changed since" in err
    assert Path("waivers.yaml").read_text() == text


def test_an_owner_does_not_approve_his_own_waiver_nor_a_role_that_may_not(place, capsys):
    Path("waivers.yaml").write_text(WAIVERS.replace("user:li", "user:anna"))
    code, _, err = approve(capsys, "anna", "compliance", "--trust", "trust.yaml")
    assert code == 2
    assert "another one than the owner" in err
    with Path("trust.yaml").open("a") as stream:
        stream.write("waivers: {roles: [legal]}\n")
    code, _, err = approve(capsys, "ci", "ci", "--trust", "trust.yaml")
    assert code == 2
    assert "be a role that may approve waivers: legal" in err


def test_a_waiver_that_is_not_there_exits_2(place, capsys):
    Path("waivers.yaml").write_text(WAIVERS.replace("W-1", "W-2"))
    assert approve(capsys, "anna")[0] == 2
    Path("waivers.yaml").unlink()
    assert approve(capsys, "anna")[0] == 2


# --- the model -------------------------------------------------------------------------------------


def model_folder(path: Path, weights: bytes = b"weights") -> Path:
    path.mkdir()
    (path / "model.safetensors").write_bytes(weights)
    (path / "config.json").write_text("{}")
    return path


def test_the_audited_folder_is_told_from_one_with_a_changed_byte(tmp_path):
    folder = model_folder(tmp_path / "m")
    ref = ModelRef("given", "m", weights_digest=weights_digest(folder))
    assert model_problems(ref, [folder])[0] == []
    (folder / "config.json").write_text("{ }")
    (problem,) = model_problems(ref, [folder])[0]
    assert "that were audited" in problem


def test_pickled_weights_beside_the_audited_ones_are_told(tmp_path):
    folder = model_folder(tmp_path / "m")
    (folder / "pytorch_model.bin").write_bytes(b"x")
    ref = ModelRef("given", "m", weights_digest=weights_digest(folder))
    problems, notes = model_problems(ref, [folder])
    assert problems == []
    assert "pytorch_model.bin: no digest covers them" in notes[0]


def test_the_base_alone_is_not_the_model_that_an_adapter_made(tmp_path):
    base, adapter = model_folder(tmp_path / "base"), tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text("{}")
    (adapter / "adapter_model.safetensors").write_bytes(b"low rank")
    ref = ModelRef(
        "given",
        "m",
        weights_digest=weights_digest(base),
        adapter_digest=weights_digest(adapter),
    )
    assert model_problems(ref, [base, adapter])[0] == []
    assert "include the adapter" in model_problems(ref, [base])[0][0]
    problems, notes = model_problems(ref, [adapter])
    assert problems == []
    assert "was not compared" in notes[0]


def test_a_run_of_stored_predictions_vouches_for_no_model(place, capsys):
    model_folder(place / "m")
    code, out, _ = call(capsys, "verify", "latest", "--model", "m")
    assert code == 5
    assert "have a digest, got none" in out
    with pytest.raises(UsageError):
        model_problems(ModelRef("predictions", "p"), [place / "no"])
    assert call(capsys, "verify", "latest", "--model", "no")[0] == 2


def test_the_digest_of_a_folder_is_the_one_that_modalities_record(tiny_bert):
    from models._folder import identify
    from models._hub import Source

    source = Source(tiny_bert, tiny_bert.name, None, trust_code=False)
    ref = identify(source, "float32")
    assert ref.weights_digest == weights_digest(tiny_bert)
    assert model_problems(ref, [tiny_bert])[0] == []


@pytest.mark.parametrize("argv", [("sign", RUN, "--key", "ci", "--role", "ci"), ("verify", RUN)])
def test_signing_and_verifying_load_nothing_heavy(place, argv):
    import subprocess

    probe = (
        "import sys\nfrom harness.cli import invoke\n"
        f"code = invoke({[*argv, '--runs', str(place / 'runs')]!r})\n"
        "heavy = ('torch', 'transformers', 'numpy', 'scipy', 'pyarrow', 'sqlalchemy')\n"
        "print([code, [name for name in heavy if name in sys.modules]])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[0, []]"
