"""``assay release`` and ``assay admit``: what stands released, and what is let through."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from harness.cli import invoke
from harness.depot import StoreAddress, find_address, last_release, open_store
from harness.evidence import Bundle, Gate
from harness.modelling.weights import weights_digest
from harness.signing import new_key
from harness.store import sign_checkpoint

NOW = "2026-11-27T12:00:00Z"
MOMENT = datetime(2026, 11, 27, 12, tzinfo=UTC)


@dataclass
class Desk:
    """A model, its sealed run, keys, a trust file and a store, in one folder."""

    root: Path
    runs: ModuleType
    call: Callable[..., tuple[int, str, str]]
    bundle: Bundle
    model: Path

    @property
    def store(self) -> Path:
        return self.root / "store"

    @property
    def trust(self) -> Path:
        return self.root / "trust.yaml"

    def key(self, name: str) -> Path:
        return self.root / f"{name}.pem"

    def trusts(self, roles: dict[str, list[str]], **thresholds: dict[str, int]) -> None:
        """Draw a key for each user and write a trust file that knows all of them."""
        keys = {user: (new_key(), names) for user, names in roles.items()}
        for user, (key, _) in keys.items():
            self.key(user).write_bytes(key.pem())
            self.key(user).chmod(0o600)
        self.trust.write_text(self.runs.trust_text(keys, **thresholds), encoding="utf-8")

    def gate(self, verdict: str = "pass", **changes: Any) -> Gate:
        return self.runs.gate(self.bundle, verdict, **changes)

    def release(
        self, *more: object, user: str = "anna", role: str = "release", run: object = None
    ) -> Any:
        argv = [run or self.bundle.path, "--store", self.store, "--trust", self.trust]
        return self.call(
            "release", *argv, "--key", self.key(user), "--role", role, "--now", NOW, *more
        )

    def admit(self, *more: object, model: Path | None = None, now: str = NOW) -> Any:
        where = more if "--evidence" in more else ("--store", self.store, *more)
        return self.call("admit", model or self.model, "--trust", self.trust, "--now", now, *where)

    def stands(self) -> str | None:
        with open_store(find_address(str(self.store), environ={})) as store:
            found = last_release(store, "screen")
        return found.run_id if found else None


@pytest.fixture
def desk(
    tmp_path: Path,
    shared_runs: ModuleType,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Desk:
    monkeypatch.delenv("ASSAY_STORE", raising=False)
    monkeypatch.setattr("harness.depot.store.utc_now", lambda: MOMENT)
    model = tmp_path / "model"
    model.mkdir()
    (model / "model.safetensors").write_bytes(b"weights of no model")
    (model / "config.json").write_text("{}")

    def call(*argv: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = invoke([str(one) for one in argv])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        assert "PRIVATE KEY" not in out + err
        return code, out, err

    system = {"authors": ["user:maker"], "owner": "user:owner"}
    bundle = shared_runs.seal(
        tmp_path / "runs", name="screen", weights=weights_digest(model), system=system
    )
    made = Desk(tmp_path, shared_runs, call, bundle, model)
    made.trusts({"anna": ["release"], "maker": ["release"]}, release={"release": 1})
    call("store", "new", made.store)
    return made


def test_a_released_model_is_admitted(desk: Desk) -> None:
    gate = desk.gate(valid_until="2027-01-31T00:00:00Z")
    code, out, _ = desk.release("--json")
    done = json.loads(out)
    assert (code, done["stands"], done["gate"]) == (0, True, gate.id)
    assert done["signed_by"] == ["user:anna"]
    assert desk.stands() == desk.bundle.id
    code, out, _ = desk.admit("--json")
    found = json.loads(out)
    assert (code, found["admitted"], found["run"]) == (0, True, desk.bundle.id)
    assert found["valid_until"] == "2027-01-31T00:00:00Z"
    code, out, _ = desk.admit("--evidence", desk.store / "bundles" / desk.bundle.id)
    assert (code, out.split()[0]) == (0, "admitted")
    assert desk.admit("--evidence", desk.store)[0] == 0
    assert desk.admit("--evidence", desk.root / "runs")[0] == 0


def test_weights_that_no_digest_covers_are_said(desk: Desk) -> None:
    desk.gate()
    desk.release()
    (desk.model / "pytorch_model.bin").write_bytes(b"may run code when it is opened")
    code, _, err = desk.admit()
    assert code == 0
    assert "pytorch_model.bin" in err


def test_a_file_of_the_model_stands_for_its_folder(desk: Desk) -> None:
    desk.gate()
    desk.release()
    assert desk.admit(model=desk.model / "model.safetensors")[0] == 0


def test_releasing_again_changes_nothing(desk: Desk) -> None:
    desk.gate()
    desk.release()
    files = sorted(desk.store.rglob("*.dsse.json"))
    code, _, err = desk.release()
    assert code == 0
    assert "already" in err
    assert sorted(desk.store.rglob("*.dsse.json")) == files


@pytest.mark.parametrize(
    ("verdict", "changes", "code", "words"),
    [
        ("blocked", {}, 1, "got blocked"),
        ("incomplete", {}, 3, "got incomplete"),
        ("pass", {"is_exploratory": True}, 3, "exploratory"),
        ("pass", {"is_exploratory": None}, 3, "exploratory"),
        ("pass", {"policy_status": "draft"}, 3, "draft"),
        ("pass", {"valid_until": "2026-11-26T00:00:00Z"}, 3, "one that ended"),
        ("pass", {"now": "2026-11-28T00:00:00Z"}, 3, "be judged by now"),
        ("pass-with-warnings", {}, 4, "--accept-warnings"),
    ],
)
def test_what_cannot_stand_is_not_released(
    desk: Desk, verdict: str, changes: dict[str, Any], code: int, words: str
) -> None:
    desk.gate(verdict, **changes)
    found, _, err = desk.release()
    assert found == code
    assert words in err
    assert desk.stands() is None
    assert desk.admit()[0] in (1, 3)


def test_a_gate_that_the_store_has_not_heard_of_is_released_like_the_first(desk: Desk) -> None:
    desk.gate()
    desk.call("submit", desk.bundle.path, "--store", desk.store)
    later = desk.gate(now="2026-11-25T00:00:00Z")
    code, out, err = desk.release()
    assert code == 0, err
    assert f"@{later.id}  released" in out


def test_a_signature_in_a_role_that_no_release_needs_is_refused_and_not_stored(desk: Desk) -> None:
    desk.gate()
    desk.trusts({"ci": ["ci"], "anna": ["release", "ci"]}, release={"release": 1})
    for user in ("ci", "anna"):
        code, _, err = desk.release(user=user, role="ci")
        assert code == 5
        assert "--role must be a role that the release needs: release, got 'ci'" in err
    assert not list(desk.store.rglob("release-*"))
    assert not list((desk.root / "runs").rglob("release-*"))


def test_warnings_that_somebody_took_are_released(desk: Desk) -> None:
    desk.gate("pass-with-warnings")
    assert desk.release("--accept-warnings")[0] == 0
    code, _, err = desk.admit()
    assert code == 0
    assert "pass-with-warnings" in err


def test_a_later_blocked_gate_of_the_same_policy_stops_release_and_deployment(desk: Desk) -> None:
    first = desk.gate()
    assert desk.release()[0] == 0
    desk.gate("blocked", now="2026-11-25T00:00:00Z")
    code, _, err = desk.release(run=f"{desk.bundle.path}@{first.id}")
    assert code == 1
    assert "later gate" in err
    assert desk.admit()[0] == 0  # the store has not heard of it yet
    desk.call("submit", desk.bundle.path, "--store", desk.store)
    code, out, err = desk.admit()
    assert (code, out.strip()) == (1, "not admitted")
    assert "newest verdict" in err


def test_two_roles_are_two_people(desk: Desk) -> None:
    desk.trusts(
        {"anna": ["release", "legal"], "ben": ["legal"]}, release={"release": 1, "legal": 1}
    )
    desk.gate()
    code, out, err = desk.release()
    assert code == 3
    assert "signed, not released" in out
    assert "1 in the role" in err
    assert desk.stands() is None
    assert desk.admit()[0] == 3
    # the second signs what lies in the store, from a machine that has no run
    shutil.rmtree(desk.root / "runs")
    code, _, _ = desk.release(user="ben", role="legal", run=desk.bundle.id)
    assert code == 0
    assert desk.stands() == desk.bundle.id
    assert desk.admit()[0] == 0


def test_one_who_signs_twice_is_still_one(desk: Desk) -> None:
    desk.trusts({"anna": ["release"], "ben": ["release"]}, release={"release": 2})
    desk.gate()
    assert desk.release()[0] == 3
    assert desk.release()[0] == 3
    assert desk.release(user="ben")[0] == 0


def test_whoever_made_the_model_does_not_release_it(desk: Desk) -> None:
    desk.gate()
    code, _, err = desk.release(user="maker")
    assert code == 5
    assert "did not make the model" in err


def test_a_key_that_is_not_trusted_or_has_another_role_is_refused(desk: Desk) -> None:
    desk.gate()
    desk.key("mallory").write_bytes(new_key().pem())
    assert desk.release(user="mallory")[0] == 5
    assert desk.release(role="legal")[0] == 5
    assert not list(desk.bundle.path.rglob("release-*"))


def test_without_a_trust_file_nothing_is_released(desk: Desk) -> None:
    desk.gate()
    desk.call("submit", desk.bundle.path, "--store", desk.store)
    argv = (desk.bundle.path, "--store", desk.store, "--key", desk.key("anna"), "--role", "release")
    code, _, err = desk.call("release", *argv)
    assert code == 2
    assert "trust file" in err
    desk.call("store", "new", desk.store, "--trust", desk.trust)
    code, _, err = desk.call("release", *argv, "--now", NOW)
    assert code == 0
    assert "trust.yaml of the store" in err


def test_a_gate_without_the_signatures_that_trust_asks_for_is_not_released(desk: Desk) -> None:
    desk.trusts({"anna": ["release"], "ci": ["ci"]}, gate={"ci": 1}, release={"release": 1})
    desk.gate()
    code, _, err = desk.release()
    assert code == 3
    assert "role ci" in err
    assert desk.call("sign", desk.bundle.path, "--key", desk.key("ci"), "--role", "ci")[0] == 0
    assert desk.release("--now", "2027-01-01")[0] == 0


def test_a_decision_is_asked_for_where_the_trust_file_says_so(desk: Desk) -> None:
    desk.trusts(
        {"anna": ["release"], "ben": ["model-risk"]},
        release={"release": 1},
        decision={"model-risk": 1},
    )
    desk.gate("pass-with-warnings")
    code, _, err = desk.release("--accept-warnings")
    assert code == 3
    assert "signed decision in the role model-risk" in err
    desk.call("sign", desk.bundle.path, "--key", desk.key("ben"), "--role", "model-risk")
    assert desk.release("--accept-warnings", "--now", "2027-01-01")[0] == 0


def test_a_release_that_was_withdrawn_is_not_admitted(desk: Desk) -> None:
    desk.gate()
    desk.release()
    code, _, err = desk.release("--withdraw")
    assert code == 2
    assert "--reason" in err
    code, out, _ = desk.release("--withdraw", "--reason", "wrong labels")
    assert (code, "withdrawn" in out) == (0, True)
    assert desk.stands() is None
    code, _, err = desk.admit()
    assert code == 3
    assert "withdrawn" in err
    # the folder holds the withdrawal too
    code, _, err = desk.admit("--evidence", desk.store / "bundles")
    assert code == 3
    assert "wrong labels" in err
    assert "nothing was changed" in desk.release("--withdraw", "--reason", "again")[2]
    # it can be released anew, by a statement of its own, and only by who knows that it was withdrawn
    later = ("--now", "2026-11-27T13:00:00Z")
    code, _, err = desk.release(*later)
    assert (code, "wrong labels. Say --again" in err) == (1, True)
    assert desk.admit(now="2026-11-27T14:00:00Z")[0] == 3
    assert desk.release(*later, "--again")[0] == 0
    assert "nothing was changed" in desk.release(*later)[2]
    assert desk.admit(now="2026-11-27T14:00:00Z")[0] == 0


def test_who_withdraws_one_of_two_gates_is_told_that_the_other_stands(desk: Desk) -> None:
    first = desk.gate(now="2026-11-26T10:00:00Z")
    desk.release()
    desk.gate(now="2026-11-26T11:00:00Z")
    assert desk.release()[0] == 0
    _, _, err = desk.release("--withdraw", "--reason", "wrong labels")
    other = f"{desk.bundle.id}@{first.id}"
    assert f"{other} still stands released" in err
    assert desk.admit()[0] == 0
    argv = ("--withdraw", "--reason", "wrong labels")
    assert "still stands" not in desk.release(*argv, run=f"{desk.bundle.path}@{first.id}")[2]
    assert desk.admit()[0] == 3


def test_a_withdrawal_whose_file_was_deleted_still_holds_by_the_log(desk: Desk) -> None:
    desk.gate()
    desk.release()
    desk.release("--withdraw", "--reason", "wrong labels")
    for path in desk.store.rglob("withdrawal-*"):
        path.unlink()
    code, _, err = desk.admit()
    assert code == 3
    assert "log of the store" in err


def test_what_was_never_released_cannot_be_withdrawn(desk: Desk) -> None:
    desk.gate()
    desk.call("submit", desk.bundle.path, "--store", desk.store)
    assert desk.release("--withdraw", "--reason", "x")[0] == 2


@pytest.mark.parametrize(
    "name",
    [
        "model.safetensors",
        "config.json",
        "tokenizer.json",
        "code.py",
        "model.safetensors.index.json",
        "generation_config.json",
    ],
)
def test_another_byte_is_another_model(desk: Desk, name: str) -> None:
    desk.gate()
    desk.release()
    (desk.model / name).write_text("something else")
    code, _, err = desk.admit()
    assert code == 3
    assert "no run of it" in err
    code, _, err = desk.admit("--evidence", desk.store / "bundles" / desk.bundle.id)
    assert code == 5
    assert "be about this model" in err


def test_a_release_that_is_copied_to_another_run_is_refused(desk: Desk) -> None:
    desk.gate()
    desk.release()
    (statement,) = (desk.bundle.gate().path / "statements").iterdir()
    other_model = Path(shutil.copytree(desk.model, desk.root / "other-model"))
    (other_model / "model.safetensors").write_bytes(b"a model that nobody released")
    other = desk.runs.seal(
        desk.root / "more",
        run_id="20261125-000000-abcdef",
        name="screen",
        weights=weights_digest(other_model),
    )
    gate = desk.runs.gate(other)
    (gate.path / "statements").mkdir()
    shutil.copy(statement, gate.path / "statements")
    code, _, err = desk.admit("--evidence", other.path, model=other_model)
    assert code == 5
    assert "be about" in err


@pytest.mark.parametrize("name", ["run.json", "measurements.json", "gates/{}/verdict.json"])
def test_evidence_that_was_changed_is_an_integrity_failure(desk: Desk, name: str) -> None:
    gate = desk.gate()
    desk.release()
    path = desk.store / "bundles" / desk.bundle.id / name.format(gate.id)
    path.write_bytes(path.read_bytes().replace(b"screen", b"scream").replace(b"0.9", b"0.8"))
    path.write_bytes(path.read_bytes() + b" ")
    assert desk.admit()[0] == 5
    assert desk.admit("--evidence", desk.store)[0] == 5


def test_a_release_by_an_untrusted_key_is_an_integrity_failure(desk: Desk) -> None:
    desk.gate()
    desk.release()
    desk.trusts({"anna": ["release"]}, release={"release": 1})  # other keys under the same names
    code, _, err = desk.admit()
    assert code == 5
    assert "no such signature" in err


def test_a_revoked_key_releases_nothing(desk: Desk) -> None:
    desk.gate()
    desk.release()
    text = (
        desk.trust.read_text()
        .replace(
            "{user: 'user:anna'",
            "{revoked: {at: '2026-11-28', reason: compromised}, user: 'user:anna'",
        )
        .replace(
            '{user: "user:anna"',
            '{revoked: {at: "2026-11-28", reason: compromised}, user: "user:anna"',
        )
    )
    assert "compromised" in text
    desk.trust.write_text(text)
    assert desk.admit()[0] == 5


@pytest.mark.parametrize(
    ("now", "words"),
    [("2027-02-01T00:00:00Z", "one that ended"), ("2026-11-27T11:00:00Z", "clock")],
    ids=["expired", "clock set back"],
)
def test_the_clock_decides_whether_a_release_stands(desk: Desk, now: str, words: str) -> None:
    desk.gate(valid_until="2027-02-01T00:00:00Z")
    desk.release()
    code, _, err = desk.admit("--evidence", desk.store, now=now)
    assert code == 3
    assert words in err


def test_a_clock_before_the_last_event_of_the_store_is_not_believed(desk: Desk) -> None:
    desk.gate()
    desk.release("--now", "2026-11-24")
    code, _, err = desk.admit(now="2026-11-25")
    assert code == 3
    assert "last event of the store" in err


def _cut(desk: Desk, n: int) -> None:
    """Take the last events out of the log, as whoever can write its database can."""
    with closing(sqlite3.connect(desk.store / "index.db")) as base, base:
        for name in [
            row[0] for row in base.execute("SELECT name FROM sqlite_master WHERE type='trigger'")
        ]:
            base.execute(f"DROP TRIGGER {name}")
        last = base.execute("SELECT max(seq) FROM assay_events").fetchone()[0]
        base.execute("DELETE FROM assay_events WHERE seq > ?", (last - n,))
        base.execute("DELETE FROM assay_head")


def test_a_release_leaves_a_checkpoint_and_a_log_that_was_cut_is_not_believed(desk: Desk) -> None:
    desk.gate()
    done = json.loads(desk.release("--json")[1])
    assert done["checkpoint"].startswith("checkpoints/checkpoint-")
    assert (desk.store / done["checkpoint"]).is_file()
    argv = (
        desk.bundle.path,
        "--store",
        desk.store,
        "--trust",
        desk.trust,
        "--key",
        desk.key("anna"),
    )
    more = ("--role", "release", "--withdraw", "--reason", "wrong labels", "--now", NOW)
    assert desk.call("release", *argv, *more)[0] == 0
    assert len(list((desk.store / "checkpoints").iterdir())) == 2
    assert desk.admit()[0] == 3
    for path in (*desk.store.rglob("withdrawal-*"),):
        path.unlink()
    _cut(desk, 1)
    code, _, err = desk.admit()
    assert code == 5
    assert "Its end was cut off" in err


def test_a_checkpoint_that_was_kept_elsewhere_finds_what_the_store_forgot(
    desk: Desk, tmp_path: Path
) -> None:
    desk.gate()
    done = json.loads(desk.release("--json")[1])
    own = tmp_path / "kept.dsse.json"
    shutil.copy(desk.store / done["checkpoint"], own)
    assert desk.admit("--checkpoint", own)[0] == 0
    shutil.rmtree(desk.store / "checkpoints")
    assert desk.admit("--checkpoint", own)[0] == 0
    _cut(desk, 1)
    assert desk.admit()[0] == 0  # nobody can tell: the release lies in the gate
    code, _, err = desk.admit("--checkpoint", own)
    assert code == 5
    assert "kept.dsse.json" in err
    assert desk.admit("--checkpoint", own, "--evidence", desk.store)[0] == 2
    assert desk.admit("--checkpoint", tmp_path / "none")[0] == 2


def test_a_checkpoint_of_nobody_who_is_trusted_neither_stops_nor_vouches(desk: Desk) -> None:
    desk.gate()
    done = json.loads(desk.release("--json")[1])
    with open_store(find_address(str(desk.store), environ={})) as store:
        events = store.events()
    forged = sign_checkpoint([*events, *events], new_key(), MOMENT)
    path = desk.store / "checkpoints" / f"checkpoint-{2 * len(events)}-{'0' * 12}.dsse.json"
    path.write_bytes(forged)
    assert desk.admit()[0] == 0
    code, _, err = desk.admit("--checkpoint", path)
    assert code == 5
    assert "no such signature" in err
    (desk.store / done["checkpoint"]).write_bytes(b"{}")
    assert desk.admit()[0] == 5


def test_a_store_that_cannot_be_reached_releases_and_admits_nothing(desk: Desk) -> None:
    desk.gate()
    shutil.rmtree(desk.store)
    assert desk.release()[0] == 3
    code, out, _ = desk.admit("--json")
    assert (code, json.loads(out)["admitted"]) == (3, False)


def test_a_model_that_nobody_released_is_not_found(desk: Desk) -> None:
    desk.gate()
    desk.call("submit", desk.bundle.path, "--store", desk.store)
    code, _, err = desk.admit()
    assert code == 3
    assert "none released" in err


def test_a_model_whose_only_verdict_is_blocked_says_so(desk: Desk) -> None:
    desk.gate("blocked")
    desk.call("submit", desk.bundle.path, "--store", desk.store)
    assert desk.admit()[0] == 1


@pytest.mark.parametrize(
    "argv", [("--evidence", "nowhere"), ("--evidence", ".", "--store", "x")], ids=["none", "both"]
)
def test_a_command_that_cannot_work_is_a_usage_error(desk: Desk, argv: tuple[str, ...]) -> None:
    assert desk.call("admit", desk.model, "--trust", desk.trust, *argv)[0] == 2


def test_a_folder_without_safetensors_is_no_model(desk: Desk) -> None:
    empty = desk.root / "empty"
    empty.mkdir()
    assert desk.admit(model=empty)[0] == 2
    assert desk.admit(model=desk.root / "nowhere")[0] == 2


def test_an_adapter_is_admitted_only_on_the_base_that_was_audited(desk: Desk) -> None:
    from dataclasses import replace

    adapter = desk.root / "adapter"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text("{}")
    (adapter / "adapter_model.safetensors").write_bytes(b"a little more")
    model = replace(
        desk.bundle.record.model,
        weights_digest=weights_digest(desk.model),
        adapter_digest=weights_digest(adapter),
    )
    desk.bundle = desk.runs.seal(
        desk.root / "adapted", run_id="20261125-000000-abcdef", name="screen", model=model
    )
    desk.gate()
    assert desk.release()[0] == 0
    assert desk.admit(model=adapter)[0] == 2
    assert desk.admit("--base", desk.model, model=adapter)[0] == 0
    # the base alone is another model, and so is the adapter on another base
    assert desk.admit()[0] == 3
    (desk.model / "config.json").write_text('{"other": true}')
    assert desk.admit("--base", desk.model, model=adapter)[0] == 3


@pytest.mark.slow
def test_a_bucket_with_its_index_in_postgresql_serves_release_and_deployment(
    desk: Desk,
    s3: StoreAddress,
    postgres: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ASSAY_STORE", str(s3.url))
    monkeypatch.setenv("ASSAY_INDEX", postgres())
    desk.gate()
    trust = ("--trust", desk.trust)
    key = ("--key", desk.key("anna"), "--role", "release", "--now", NOW)
    assert desk.call("admit", desk.model, *trust, "--now", NOW)[0] == 3
    assert desk.call("store", "new", s3.url, *trust)[0] == 0
    assert desk.call("submit", desk.bundle.path)[0] == 0
    shutil.rmtree(desk.root / "runs")
    assert desk.call("release", desk.bundle.id, *key)[0] == 0
    code, out, err = desk.call("admit", desk.model, *trust, "--now", NOW)
    assert code == 0, err
    assert out.startswith("admitted")
    assert desk.call("release", desk.bundle.id, *key, "--withdraw", "--reason", "x")[0] == 0
    assert desk.call("admit", desk.model, *trust, "--now", NOW)[0] == 3
