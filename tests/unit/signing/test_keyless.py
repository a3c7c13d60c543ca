"""Signing through Sigstore, against a whole one that runs on 127.0.0.1 and is drawn for these tests."""

import base64
import importlib.util
import json
import shutil
import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.cli import invoke
from harness.clock import utc_now
from harness.evidence import open_run, verify_run
from harness.files import sha256_bytes
from harness.redaction import redact

pytest.importorskip("sigstore", reason="the extra sigstore is not installed")

HELPER = Path(__file__).parents[2] / "helpers" / "mini_sigstore.py"
GOLDEN = Path(__file__).parents[2] / "golden" / "bundle"
RUN = "20261123-184000-ab12cd"
IDENTITY = "https://gitlab.example.org/acme/models//.gitlab-ci.yml@refs/heads/main"
ISSUER = "https://gitlab.example.org"
TRUST = f"""apiVersion: modelassay/v1
kind: Trust
identities:
  - {{user: service:ci, roles: [ci], identity: "{IDENTITY}", issuer: "{ISSUER}"}}
thresholds: {{gate: {{ci: 1}}}}
"""


@pytest.fixture(scope="module")
def mini(tmp_path_factory):
    spec = importlib.util.spec_from_file_location("mini_sigstore", HELPER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    server = module.MiniSigstore(tmp_path_factory.mktemp("sigstore"))
    yield SimpleNamespace(server=server, token=module.token, config=str(server.config))
    server.close()


@pytest.fixture
def job(tmp_path, monkeypatch, mini):
    """A GitLab job with an identity token, one run and a trust file."""
    shutil.copytree(GOLDEN, tmp_path / "runs" / RUN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITLAB_CI", "true")
    monkeypatch.setenv("SIGSTORE_ID_TOKEN", mini.token(IDENTITY, ISSUER))
    for name in ("GITHUB_ACTIONS", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    Path("trust.yaml").write_text(TRUST)
    return tmp_path


@pytest.fixture
def call(mini, capsys):
    def run(command, *argv):
        capsys.readouterr()
        code = invoke([command, "latest", "--sigstore-config", mini.config, *argv])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def the_bundle() -> Path:
    (path,) = Path("runs").rglob("*.sigstore.json")
    return path


def renamed(path: Path, raw: bytes) -> None:
    """What a forger does who knows how statements are named."""
    path.unlink()
    path.with_name(f"gate-{sha256_bytes(raw)[:12]}.sigstore.json").write_bytes(raw)


def test_a_job_signs_without_a_key_and_is_believed_by_identity_and_issuer(job, call):
    code, out, _ = call("sign", "--sigstore", "--role", "ci", "--trust", "trust.yaml")
    assert code == 0
    assert "by service:ci as ci" in out
    code, out, err = call("verify", "--trust", "trust.yaml")
    assert code == 0, out + err
    assert f"{the_bundle().name}  by service:ci as ci" in out
    assert "unsafe" not in err


def test_a_release_counts_the_identity_that_signed_the_gate(job, call, mini, monkeypatch):
    from harness.clock import utc_now
    from harness.commands.releases.signatures import refuse_unsigned_gate, signatures_of
    from harness.errors import IncompleteError
    from harness.signing import read_trust

    monkeypatch.setenv("ASSAY_SIGSTORE_CONFIG", mini.config)
    bundle, trust = open_run(Path("runs") / RUN), read_trust(Path("trust.yaml"))
    with pytest.raises(IncompleteError, match="in the role ci, got 0"):
        refuse_unsigned_gate(bundle, bundle.gate(), trust, signatures_of(bundle, trust, utc_now()))
    call("sign", "--sigstore", "--role", "ci")
    refuse_unsigned_gate(bundle, bundle.gate(), trust, signatures_of(bundle, trust, utc_now()))


def test_what_is_signed_is_the_same_statement_as_with_a_key_but_for_the_key(job, call):
    call("sign", "--sigstore", "--role", "ci")
    envelope = json.loads(the_bundle().read_bytes())["dsseEnvelope"]
    statement = json.loads(base64.b64decode(envelope["payload"]))
    assert statement["predicateType"] == "urn:modelassay:gate:v1"
    assert statement["subject"][0]["digest"]["sha256"] == open_run(Path("runs") / RUN).gate().digest
    assert "public_key" not in statement["predicate"]
    assert statement["predicate"]["role"] == "ci"


def test_without_a_trust_file_nobody_is_believed(job, call):
    call("sign", "--sigstore", "--role", "ci")
    code, out, _ = call("verify")
    assert code == 0
    assert "not believed: no trust file was given" in out


@pytest.mark.parametrize(
    ("identity", "issuer"),
    [
        (IDENTITY.replace("main", "fork"), ISSUER),
        (IDENTITY, "https://evil.example.org"),
        (IDENTITY + "/", ISSUER),
        (IDENTITY.upper(), ISSUER),
    ],
    ids=["another branch", "another issuer", "one character more", "another case"],
)
def test_another_identity_or_issuer_does_not_count(job, call, mini, monkeypatch, identity, issuer):
    monkeypatch.setenv("SIGSTORE_ID_TOKEN", mini.token(identity, issuer))
    code, _, err = call("sign", "--sigstore", "--role", "ci", "--trust", "trust.yaml")
    assert code == 2
    assert "Who signed must be an identity of the trust file" in err
    assert not list(Path("runs").rglob("*.sigstore.json"))
    assert call("sign", "--sigstore", "--role", "ci")[0] == 0
    code, out, _ = call("verify", "--trust", "trust.yaml")
    assert code == 5
    assert "names no such key or identity" in out
    assert "be signed by 1 user(s) in the role ci, got 0" in out


def test_a_role_that_the_identity_does_not_have_does_not_count(job, call):
    assert call("sign", "--sigstore", "--role", "compliance", "--trust", "trust.yaml")[0] == 2
    call("sign", "--sigstore", "--role", "compliance")
    Path("trust.yaml").write_text(TRUST.replace("gate: {ci: 1}", "gate: {compliance: 1}"))
    code, out, _ = call("verify", "--trust", "trust.yaml")
    assert code == 5
    assert "does not give this role" in out


@pytest.mark.parametrize(
    "entry",
    ["until: 2020-01-01", "from: 2999-01-01", "revoked: {at: 2026-01-01, reason: compromised}"],
)
def test_an_identity_that_is_not_valid_does_not_count(job, call, entry):
    call("sign", "--sigstore", "--role", "ci")
    Path("trust.yaml").write_text(TRUST.replace("user: service:ci", f"{entry}, user: service:ci"))
    assert call("verify", "--trust", "trust.yaml")[0] == 5


def test_bundles_of_another_sigstore_are_a_problem(job, call, mini, tmp_path):
    call("sign", "--sigstore", "--role", "ci")
    config = json.loads(Path(mini.config).read_text())
    other = type(mini.server)(tmp_path)
    try:
        config["trustedRoot"] = json.loads(other.config.read_text())["trustedRoot"]
    finally:
        other.close()
    Path("other.json").write_text(json.dumps(config))
    argv = ["verify", "latest", "--trust", "trust.yaml", "--sigstore-config", "other.json"]
    assert invoke(argv) == 5


def test_a_changed_byte_anywhere_in_a_bundle_is_a_problem(job, call):
    call("sign", "--sigstore", "--role", "ci")
    path = the_bundle()
    raw = path.read_bytes()
    for position in range(7, len(raw), 131):
        changed = bytearray(raw)
        changed[position] ^= 1
        path.write_bytes(changed)
        assert not verify_run(Path("runs") / RUN).is_intact, position
    path.write_bytes(raw)


def test_a_signature_that_was_changed_and_named_anew_is_a_problem(job, call):
    call("sign", "--sigstore", "--role", "ci")
    data = json.loads(the_bundle().read_bytes())
    sig = bytearray(base64.b64decode(data["dsseEnvelope"]["signatures"][0]["sig"]))
    sig[-1] ^= 1
    data["dsseEnvelope"]["signatures"][0]["sig"] = base64.b64encode(sig).decode()
    renamed(the_bundle(), json.dumps(data).encode())
    code, out, _ = call("verify", "--trust", "trust.yaml")
    assert code == 5
    assert "hold a signature that Sigstore vouches for" in out


def test_a_verdict_that_was_changed_and_named_anew_is_a_problem(job, call):
    call("sign", "--sigstore", "--role", "ci")
    data = json.loads(the_bundle().read_bytes())
    payload = base64.b64decode(data["dsseEnvelope"]["payload"])
    data["dsseEnvelope"]["payload"] = base64.b64encode(
        payload.replace(b'"pass-with-warnings"', b'"pass"')
    ).decode()
    renamed(the_bundle(), json.dumps(data).encode())
    (problem,) = verify_run(Path("runs") / RUN).problems
    assert "verdict in" in problem
    assert "be what the gate says" in problem


def test_a_time_that_the_certificate_does_not_bear_out_is_a_problem(job, call, monkeypatch):
    before = utc_now() - timedelta(hours=2)
    with monkeypatch.context() as patch:
        patch.setattr("harness.clock.utc_now", lambda: before)
        assert call("sign", "--sigstore", "--role", "ci")[0] == 0
    code, out, _ = call("verify", "--trust", "trust.yaml")
    assert code == 5
    assert "be signed when its certificate was valid" in out


def test_a_certificate_that_is_over_signs_nothing(job, call, mini):
    mini.server.backdated = timedelta(hours=2)
    try:
        assert call("sign", "--sigstore", "--role", "ci")[0] == 3
    finally:
        mini.server.backdated = timedelta()
    assert not list(Path("runs").rglob("*.sigstore.json"))


@pytest.mark.parametrize("text", ["{}", "[]", '{"dsseEnvelope": 1}', "nothing", '{"a":1,"a":1}'])
def test_what_is_no_bundle_is_a_problem(job, text):
    folder = next(Path("runs").glob("*/gates/*")) / "statements"
    folder.mkdir()
    (folder / f"gate-{sha256_bytes(text.encode())[:12]}.sigstore.json").write_text(text)
    (problem,) = verify_run(Path("runs") / RUN).problems
    assert "be a Sigstore bundle" in problem


def test_a_sigstore_that_does_not_answer_is_incomplete_and_writes_nothing(job, call, mini):
    mini.server.is_refusing = True
    try:
        code, _, err = call("sign", "--sigstore", "--role", "ci")
    finally:
        mini.server.is_refusing = False
    assert code == 3
    assert "Nothing was written" in err
    assert not list(Path("runs").rglob("*.sigstore.json"))


def test_without_a_token_and_without_a_terminal_it_says_what_the_job_needs(job, call, monkeypatch):
    monkeypatch.delenv("GITLAB_CI")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    code, _, err = call("sign", "--sigstore", "--role", "ci")
    assert code == 2
    assert "id-token: write" in err


def test_the_identity_token_is_never_written(job, call, mini, monkeypatch):
    token = mini.token(IDENTITY, ISSUER)
    monkeypatch.setenv("SIGSTORE_ID_TOKEN", token)
    code, out, err = call("sign", "--sigstore", "--role", "ci")
    assert code == 0
    written = b"".join(path.read_bytes() for path in Path("runs").rglob("*") if path.is_file())
    assert token.encode() not in written
    assert token not in out + err
    assert token not in redact(f"the token {token}")


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("--sigstore",), "--role must be given"),
        (("--sigstore", "--role", "a b"), "--role must be a word"),
        (("--sigstore", "--model-signing", "--role", "ci"), "each stand alone"),
        (
            ("--sigstore", "--role", "ci", "--waiver", "W", "--waivers", "w.yaml"),
            "each stand alone",
        ),
    ],
)
def test_what_cannot_work_exits_2(job, call, argv, says):
    code, _, err = call("sign", *argv)
    assert code == 2
    assert says in err


def test_a_configuration_that_is_none_exits_2(job, capsys):
    Path("bad.json").write_text("{}")
    argv = ["sign", "latest", "--sigstore", "--role", "ci", "--sigstore-config", "bad.json"]
    assert invoke(argv) == 2
    assert "be the configuration of a Sigstore instance" in capsys.readouterr().err


def test_without_the_library_signing_says_what_to_install_and_verifying_counts_nothing(
    job, call, monkeypatch
):
    call("sign", "--sigstore", "--role", "ci")
    monkeypatch.setattr("harness.commands.keyless.find_spec", lambda name: None)
    code, _, err = call("sign", "--sigstore", "--role", "ci")
    assert code == 2
    assert "pip install 'modelassay[sigstore]'" in err
    code, out, _ = call("verify", "--trust", "trust.yaml")
    assert code == 5
    assert "not believed: Sigstore was not asked" in out
    assert "were not checked and do not count" in out
