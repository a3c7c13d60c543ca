"""``assay keys``, and where private keys are looked for."""

import json
import os
import stat

import pytest

from harness.cli import invoke
from harness.errors import UsageError
from harness.redaction import redact
from harness.signing import find_key, new_key, read_trust
from harness.signing.keyfolder import is_open_to_others, save_key


def run(capsys, *argv):
    code = invoke(["keys", *map(str, argv)])
    out, err = capsys.readouterr()
    return code, out, err


def made(capsys, name, *more):
    code, out, _ = run(capsys, "new", name, "--json", *more)
    assert code == 0
    return json.loads(out)


def test_a_new_key_lies_in_the_key_folder_for_its_owner_alone(key_folder, capsys):
    code, out, err = run(capsys, "new", "ci", "--role", "ci")
    path = key_folder / "ci.pem"
    keyid = find_key("ci").keyid
    assert code == 0
    assert out.splitlines()[0] == keyid
    assert out.splitlines()[1] == "  - user: user:ci"
    assert str(path) in err
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(key_folder.stat().st_mode) == 0o700
    body = path.read_text().splitlines()[1]
    assert body not in out + err


def test_a_key_is_never_overwritten_and_the_trust_file_then_stays(key_folder, capsys, tmp_path):
    trust = tmp_path / "trust.yaml"
    made(capsys, "ci")
    before = (key_folder / "ci.pem").read_bytes()
    code, _, err = run(capsys, "new", "ci", "--role", "ci", "--trust", trust)
    assert code == 2
    assert "never overwritten" in err
    assert (key_folder / "ci.pem").read_bytes() == before
    assert not trust.exists()


def test_two_processes_that_draw_one_name_do_not_overwrite_each_other(key_folder):
    save_key("ci", new_key())
    with pytest.raises(UsageError, match="be a free place"):
        save_key("ci", new_key())


def test_the_block_that_is_shown_makes_a_trust_file(key_folder, capsys, tmp_path):
    found = made(capsys, "anna", "--user", "user:anna", "--role", "legal", "--role", "compliance")
    trust = tmp_path / "trust.yaml"
    trust.write_text("apiVersion: modelassay/v1\nkind: Trust\nkeys:\n" + found["block"])
    (key,) = read_trust(trust).keys
    assert (key.keyid, key.user) == (found["keyid"], "user:anna")
    assert key.roles == {"legal", "compliance"}


def test_keys_are_entered_listed_and_revoked_in_one_file(key_folder, capsys, tmp_path):
    trust = tmp_path / "trust.yaml"
    first = made(capsys, "ci", "--user", "service:ci", "--role", "ci", "--trust", trust)
    second = made(capsys, "anna", "--role", "legal", "--trust", trust)
    made(capsys, "stranger")
    (key_folder / "broken.pem").write_text("no key")
    assert run(capsys, "revoke", "ci", "--trust", trust, "--reason", "superseded")[0] == 0
    code, out, _ = run(
        capsys, "revoke", second["keyid"][:8], "--trust", trust, "--reason", "compromised", "--json"
    )
    assert code == 0
    assert json.loads(out)["reason"] == "compromised"
    listed = json.loads(run(capsys, "list", "--trust", trust, "--json")[1])["keys"]
    state = {tuple(one["names"]): (one["user"], one["state"]) for one in listed}
    assert state == {
        ("broken",): (None, "unreadable"),
        ("ci",): ("service:ci", "revoked: superseded"),
        ("anna",): ("user:anna", "revoked: compromised"),
        ("stranger",): (None, "not-trusted"),
    }
    assert first["keyid"][:16] in run(capsys, "list", "--trust", trust)[1]


def test_without_a_key_the_list_says_how_to_make_one(key_folder, capsys):
    code, out, err = run(capsys, "list")
    assert (code, out) == (0, "")
    assert "assay keys new" in err


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("new", "../ci"), "be a word"),
        (("new", "ci.pem"), "Leave .pem out"),
        (("new", "ci", "--trust", "t.yaml"), "--role must be given"),
        (("new", "ci", "--role", "a b"), "--role must be a word"),
        (("new", "ci", "--role", "ci", "--user", "anna", "--trust", "t.yaml"), "keys.0.user"),
        (("revoke", "ci", "--trust", "none.yaml", "--reason", "superseded"), "readable file"),
        (("revoke", "ci", "--trust", "t.yaml", "--reason", "lost"), "--reason"),
    ],
)
def test_what_cannot_work_is_said_and_leaves_no_key_behind(
    key_folder, capsys, tmp_path, monkeypatch, argv, says
):
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, *argv)
    assert code == 2
    assert says in err
    assert not list(tmp_path.rglob("*.pem"))
    assert not (tmp_path / "t.yaml").exists()


def test_an_unknown_key_or_a_wrong_day_revokes_nothing(key_folder, capsys, tmp_path):
    trust = tmp_path / "trust.yaml"
    made(capsys, "ci", "--role", "ci", "--trust", trust)
    before = trust.read_bytes()
    for key, day in (("nobody", "2026-01-01"), ("", "2026-01-01"), ("ci", "2026-13-01")):
        code, _, _ = run(
            capsys, "revoke", key, "--trust", trust, "--reason", "superseded", "--at", day
        )
        assert code == 2
    assert trust.read_bytes() == before


def test_a_key_is_found_in_a_file_by_its_name_and_in_the_environment(
    key_folder, tmp_path, monkeypatch
):
    key = new_key()
    save_key("mine", key)
    (tmp_path / "other.pem").write_bytes(key.pem())
    monkeypatch.setenv("MY_KEY", key.pem().decode())
    monkeypatch.setenv("ONE_LINE", key.pem().decode().replace("\n", "\\n"))
    for word in ("mine", str(tmp_path / "other.pem"), "env:MY_KEY", "env:ONE_LINE"):
        assert find_key(word).keyid == key.keyid


def test_a_key_that_was_read_is_redacted_wherever_it_would_be_written(key_folder, monkeypatch):
    key = new_key()
    pem = key.pem().decode()
    monkeypatch.setenv("MY_KEY", pem)
    find_key("env:MY_KEY")
    body = pem.splitlines()[1]
    assert body not in redact(f"the body {body} of the key")
    assert body not in redact(pem)


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("env:NOT_SET", "The environment variable NOT_SET must hold"),
        ("nobody", "name a private key"),
        ("no/such/file.pem", "name a private key"),
    ],
)
def test_a_key_that_is_not_there_is_a_usage_error(key_folder, monkeypatch, word, says):
    monkeypatch.delenv("NOT_SET", raising=False)
    with pytest.raises(UsageError, match=says):
        find_key(word)


def test_a_word_that_names_two_keys_is_refused(key_folder, tmp_path, monkeypatch):
    save_key("ci", new_key())
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ci").write_bytes(new_key().pem())
    with pytest.raises(UsageError, match=r"Write \./ci"):
        find_key("ci")


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no such bits")
def test_a_key_file_that_others_may_read_is_noticed(key_folder, tmp_path):
    path = tmp_path / "k.pem"
    path.write_bytes(new_key().pem())
    path.chmod(0o640)
    assert is_open_to_others(str(path))
    path.chmod(0o600)
    assert not is_open_to_others(str(path))
    assert not is_open_to_others("env:HOME")
    save_key("loose", new_key()).chmod(0o644)
    assert is_open_to_others("loose")


def test_the_message_about_a_file_that_is_no_key_quotes_nothing_of_it(key_folder, tmp_path):
    path = tmp_path / "k.pem"
    path.write_text("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n")
    with pytest.raises(UsageError) as refused:
        find_key(str(path))
    assert "c2VjcmV0" not in str(refused.value)


def test_a_threshold_that_no_valid_key_can_meet_is_told(key_folder, capsys, tmp_path):
    trust = tmp_path / "trust.yaml"
    made(capsys, "ci", "--role", "ci", "--trust", trust)
    with trust.open("a") as stream:
        stream.write("thresholds: {gate: {ci: 1}, release: {legal: 1}}\n")
    code, _, err = run(capsys, "list", "--trust", trust)
    assert code == 0
    assert "thresholds.release asks for 1 user(s) in the role legal" in err
    assert "thresholds.gate" not in err
    run(capsys, "revoke", "ci", "--trust", trust, "--reason", "compromised")
    found = json.loads(run(capsys, "list", "--trust", trust, "--json")[1])
    assert len(found["problems"]) == 2


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_trust_file_behind_a_link_is_edited_where_it_lies(key_folder, capsys, tmp_path):
    real, link = tmp_path / "real.yaml", tmp_path / "trust.yaml"
    link.symlink_to(real)
    made(capsys, "ci", "--role", "ci", "--trust", link)
    assert link.is_symlink()
    assert len(read_trust(real).keys) == 1


def test_a_role_with_a_line_end_is_no_word(key_folder, capsys):
    assert run(capsys, "new", "ci", "--role", "ci\n")[0] == 2
