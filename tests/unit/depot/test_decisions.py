"""Decisions about a gate of a store: who may, what stands, what voids it, and that a kill loses nothing."""

import base64
import json
import multiprocessing
import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from harness.commands.submitting import submit_to
from harness.depot import StoreAddress, get_run, open_store
from harness.depot.actors import LOCAL, Actor, actor_of_key
from harness.depot.decisions import Decided, Moved, Refused, Wish, complaints, decide, standing
from harness.depot.decisions import trust_of as trust_in
from harness.depot.drafts import draft_of, drop_draft, new_draft, save_draft
from harness.depot.listing import list_reviews
from harness.depot.looked import log_view
from harness.depot.review import head_of
from harness.depot.threads import Remark, add_remark, resolve, threads
from harness.depot.waiver_draft import draft_waiver, joined
from harness.errors import IncompleteError, IntegrityError, UsageError
from harness.evidence import verify_run
from harness.evidence.decisions import finding_key, must_be_accepted, verdict_digest
from harness.policy import parse_waivers
from harness.signing import new_key, parse_trust
from harness.wording.language import phrase, speaking

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
WHY = "All rules were met on the held out rows."
SYSTEM = {"owner": "user:olga", "authors": ["Li Wei"], "materiality": "high"}
ISSUER = "https://id.acme.test"
ANNA = Actor(ISSUER, "11", "Anna Berg", frozenset({"approver"}), NOW)
BEN = Actor(ISSUER, "12", "Ben Aalto", frozenset({"approver"}), NOW)
RITA = Actor(ISSUER, "13", "Rita Ruiz", frozenset({"reviewer"}), NOW)

Setting = SimpleNamespace


@pytest.fixture
def made(
    tmp_path: Path, shared_runs: ModuleType, folder: StoreAddress
) -> Iterator[Callable[..., Setting]]:
    """Makes a store with one submitted run, a service key and the trust file that names it."""
    opened: list[Any] = []

    def make(
        address: StoreAddress = folder, verdict: str = "pass", *, single: bool = False,
        system: Any = SYSTEM, more: str = "", **changes: Any,
    ) -> Setting:  # fmt: skip
        run = shared_runs.seal(tmp_path / "runs", name="screen", weights="a" * 64, system=system)
        shared_runs.gate(run, verdict, **changes)
        context = open_store(address, is_made=True, now=lambda: NOW)
        store = context.__enter__()
        opened.append(context)
        service, own = new_key(), new_key()
        text = shared_runs.trust_text(
            {"desk": (service, ["service"]), "okafor": (own, ["approver"])}
        )
        text = text.replace("user:desk", "service:desk")
        trust = text + f"single_person: {str(single).lower()}\n" + more
        store.place.add("trust.yaml", trust.encode())
        submit_to(store, run)
        bundle = get_run(store, run.id)
        return Setting(
            store=store, local=run, bundle=bundle, gate=bundle.gate(), service=service, own=own
        )

    yield make
    for context in opened:
        context.__exit__(None, None, None)


def wish(at: Setting, kind: Any = "approve", **changes: Any) -> Wish:
    """A wish to which nothing can be objected."""
    ticks = tuple(finding_key(one) for one in at.gate.verdict.findings if must_be_accepted(one))
    return replace(Wish(kind, WHY, accepted=ticks, seen=verdict_digest(at.gate)), **changes)


def say(at: Setting, actor: Actor = ANNA, kind: Any = "approve", *, head: str | None = None,
        key: str | None = None, now: datetime = NOW, **changes: Any) -> Decided:  # fmt: skip
    seen = head_of(at.store.events(), at.bundle.id) if head is None else head
    return decide(
        at.store, at.bundle, at.gate, wish(at, kind, **changes), actor, head=seen,
        key=key or f"{actor.id}-{kind}-{len(at.store.events())}", signer=at.service, now=now,
    )  # fmt: skip


def stands(at: Setting, now: datetime = NOW) -> Any:
    return standing(at.store.events(), at.bundle, at.gate, trust_in(at.store), now)


def why_not(at: Setting, actor: Actor = ANNA, kind: Any = "approve", **changes: Any) -> set[str]:
    found = complaints(
        at.store, at.bundle, at.gate, wish(at, kind, **changes), actor, signer=at.service, now=NOW
    )
    return {one.id for one in found}


def test_the_whole_way_from_submission_to_approval(made: Callable[..., Setting]) -> None:
    at = made()
    assert stands(at).state == "submitted"
    say(at, RITA, "start")
    assert stands(at).state == "in_review"
    say(at, RITA, "request-changes")
    assert stands(at).state == "changes_requested"
    assert why_not(at) == {"decide.state"}
    say(at, RITA, "start")
    done = say(at, conditions=("Only English texts",), expires="2027-01-31")
    assert done.is_enough
    assert done.words is not None
    assert done.words.text == "recorded by the service for Anna Berg"
    found = stands(at)
    assert (found.state, found.is_approved, found.n_needed) == ("approved", True, 1)
    assert (found.conditions, found.expires) == (("Only English texts",), "2027-01-31")
    assert verify_run(at.bundle.path).problems == ()
    assert "Anna" not in json.dumps([one.body for one in at.store.events()])
    assert at.store.tables.people()[ANNA.id] == "Anna Berg"
    assert stands(at, datetime(2027, 1, 31, 23, tzinfo=UTC)).is_approved
    over = stands(at, datetime(2027, 2, 1, tzinfo=UTC))
    assert (over.state, over.is_approved) == ("in_review", False)
    say(at, kind="withdraw")
    assert stands(at).state == "in_review"
    assert "taken back" in stands(at).voided[-1].text


@pytest.mark.parametrize("verdict", ["blocked", "incomplete"])
@pytest.mark.parametrize("single", [False, True])
def test_nobody_approves_over_a_verdict_that_does_not_pass(
    made: Callable[..., Setting], verdict: str, single: bool
) -> None:
    at = made(verdict=verdict, single=single)
    everything = replace(ANNA, roles=frozenset({"admin", "approver", "reviewer"}))
    for actor in (ANNA, everything, LOCAL):
        assert f"decide.{verdict}" in why_not(at, actor)
    with pytest.raises(Refused) as caught:
        say(at)
    assert caught.value.exit_code == {"blocked": 1, "incomplete": 3}[verdict]
    assert say(at, kind="reject").kind == "reject"


def test_every_reason_is_told_at_once(made: Callable[..., Setting]) -> None:
    at = made()
    author = Actor(ISSUER, "99", "li.wei@acme.test", frozenset({"reviewer"}))
    found = complaints(
        at.store, at.bundle, at.gate,
        Wish("approve", "short", ("c",), None, (), "0" * 64), author, signer=None, now=NOW,
    )  # fmt: skip
    assert {one.id for one in found} >= {
        "decide.unseen", "decide.role", "decide.requester", "decide.rationale", "decide.no-expiry",
        "decide.unticked", "decide.no-key",
    }  # fmt: skip
    assert why_not(at, expires="2026-11-26") == {"decide.expired"}
    assert why_not(at, expires="soon") == {"decide.expiry-form"}
    assert why_not(at, rationale="\u200b" * 30 + "ok") == {"decide.rationale"}
    assert why_not(at, rationale=WHY + " \udcff") == {"decide.not-text"}
    long = {"conditions": ("c" * 6000, "d" * 6000), "expires": "2027-01-31"}
    assert why_not(at, **long) == {"decide.conditions-long"}
    assert why_not(at, kind="reject", expires="2027-01-31") == {"decide.only-approval"}
    assert why_not(at, kind="request-changes", conditions=("c",)) == {"decide.only-approval"}


def test_admin_reviewer_owner_and_nobody_do_not_approve(made: Callable[..., Setting]) -> None:
    at = made()
    assert why_not(at, replace(ANNA, roles=frozenset({"admin"}))) == {"decide.role"}
    assert why_not(at, RITA) == {"decide.role"}
    assert why_not(at, replace(ANNA, name="Olga")) == {"decide.requester"}
    assert why_not(at, replace(ANNA, aliases=("li_wei@acme.test",))) == {"decide.requester"}
    assert why_not(at, LOCAL) == {"decide.nobody"}


def test_where_one_person_may_do_everything_it_is_said(made: Callable[..., Setting]) -> None:
    at = made(single=True)
    say(at, LOCAL)
    assert stands(at).is_approved
    assert stands(at).is_single_person
    assert "nobody authenticated" in stands(at).approvals[0].words.text


def test_a_run_that_names_no_author_has_no_approver(made: Callable[..., Setting]) -> None:
    assert why_not(made(system={})) == {"decide.requester"}


def waived(shared_runs: ModuleType) -> dict[str, Any]:
    """Changes of a gate whose blocking rule a waiver lets pass."""
    findings = shared_runs.GOLDEN.verdict("0" * 64).findings
    return {
        "findings": tuple(
            replace(one, outcome="waived", waiver="W-1", waived_outcome="failed")
            if one.severity == "block" else one
            for one in findings
        ),
        "counts": {"not-measured": 1, "waived": sum(one.severity == "block" for one in findings)},
    }  # fmt: skip


def test_a_waived_blocking_rule_needs_two_people(
    made: Callable[..., Setting], shared_runs: ModuleType
) -> None:
    at = made(verdict="pass-with-warnings", **waived(shared_runs))
    assert not say(at).is_enough
    assert (stands(at).state, len(stands(at).approvals)) == ("in_review", 1)
    assert why_not(at) == {"decide.twice"}
    assert "decide.same-person" in why_not(at, replace(BEN, name="Anna Berg"))
    assert say(at, BEN).is_enough
    assert stands(at).is_approved


def test_any_new_gate_voids_an_approval(
    made: Callable[..., Setting], shared_runs: ModuleType
) -> None:
    at = made()
    say(at)
    later = shared_runs.gate(at.local, now="2026-11-27T11:00:00Z")
    submit_to(at.store, at.local)
    old = stands(at)
    assert (old.is_approved, old.is_newest, old.state) == (False, False, "submitted")
    assert "decide.old-gate" in why_not(at, BEN)
    at.gate = at.bundle.gate(later.id)
    new = stands(at)
    assert (new.state, new.approvals) == ("submitted", ())
    assert "is about the gate" in new.voided[0].text


def test_a_newer_gate_of_what_stands_released_is_reviewed_like_any_other(
    made: Callable[..., Setting], shared_runs: ModuleType
) -> None:
    at = made()
    say(at)
    body = {"run": at.bundle.id, "model": "screen", "release": "0" * 64}
    at.store.append("run-released", at.gate.digest, body, actor="local", key="released")
    assert stands(at).state == "released"
    later = shared_runs.gate(at.local, now="2026-11-27T11:00:00Z")
    submit_to(at.store, at.local)
    (line,) = list_reviews(at.store, now=NOW)
    assert (line.state, line.is_released, line.gate) == ("submitted", True, later.id)
    assert stands(at).state == "released"
    at.bundle = get_run(at.store, at.bundle.id)
    at.gate = at.bundle.gate(later.id)
    assert stands(at).state == "submitted"
    say(at, RITA, "start")
    say(at, RITA, "reject")
    assert stands(at).state == "rejected"


def test_who_submitted_by_key_does_not_approve_under_any_name(
    made: Callable[..., Setting], shared_runs: ModuleType
) -> None:
    at = made()
    trust = trust_in(at.store)
    assert trust is not None
    who = actor_of_key(at.own, trust, NOW)
    assert who is not None
    shared_runs.gate(at.local, now="2026-11-26T00:00:00Z")
    submit_to(at.store, at.local, actor=who)
    at.bundle = get_run(at.store, at.bundle.id)
    at.gate = at.bundle.gate()
    assert list_reviews(at.store, now=NOW)[0].submitter == "okafor"
    assert why_not(at) == set()
    assert why_not(at, replace(ANNA, name="Okafor")) == {"decide.submitter"}
    found = complaints(at.store, at.bundle, at.gate, wish(at), who, signer=at.own, now=NOW)
    assert {one.id for one in found} == {"decide.submitter"}


def test_a_statement_that_is_copied_to_another_gate_does_not_verify(
    made: Callable[..., Setting], shared_runs: ModuleType
) -> None:
    at = made()
    done = say(at)
    later = shared_runs.gate(at.bundle, now="2026-11-27T11:00:00Z")
    assert done.file is not None
    assert done.raw is not None
    target = later.path / "statements" / Path(done.file).name
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(done.raw)
    assert any("be about gates/" in one for one in verify_run(at.bundle.path).problems)


@pytest.mark.parametrize("name", ["run.json", "measurements.json", "gate verdict", "gate policy"])
def test_a_changed_byte_of_the_evidence_stops_every_decision(
    made: Callable[..., Setting], name: str
) -> None:
    at = made()
    files = {"gate verdict": "verdict.json", "gate policy": "policy.yaml"}
    path = at.gate.path / files[name] if name in files else at.bundle.path / name
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"e", b"f", 1))
    assert "decide.not-intact" in why_not(at, kind="reject")
    with pytest.raises((Refused, IntegrityError)) as caught:
        say(at)
    assert caught.value.exit_code == 5
    assert head_of(at.store.events(), at.bundle.id) == at.store.events()[-1].digest


def test_a_key_that_is_not_the_services_records_nothing_and_is_not_believed(
    made: Callable[..., Setting],
) -> None:
    at = made()
    at.service = at.own
    assert why_not(at) == {"decide.not-service"}
    at.service = new_key()
    assert why_not(at) == {"decide.key-unknown"}


def test_a_service_decides_nothing_by_itself_and_a_key_only_for_its_owner(
    made: Callable[..., Setting],
) -> None:
    at = made()
    trust = trust_in(at.store)
    assert trust is not None
    itself = actor_of_key(at.service, trust, NOW)
    assert itself is not None
    assert {"decide.role", "decide.service-key"} <= why_not(at, itself)
    owner = actor_of_key(at.own, trust, NOW)
    assert owner is not None
    at.service = at.own
    assert why_not(at, owner) == set()
    done = say(at, owner)
    assert done.words is not None
    assert done.words.text == "signed by okafor"
    assert stands(at).is_approved


def test_a_believed_approval_is_void_once_its_key_is_compromised(
    made: Callable[..., Setting],
) -> None:
    at = made()
    say(at)
    trust = trust_in(at.store)
    assert trust is not None
    lost = tuple(replace(one, revoked_for="compromised") for one in trust.keys)
    found = standing(at.store.events(), at.bundle, at.gate, replace(trust, keys=lost), NOW)
    assert (found.state, found.approvals) == ("in_review", ())
    assert standing(at.store.events(), at.bundle, at.gate, None, NOW).approvals == ()


def test_who_has_not_seen_the_last_event_is_told(made: Callable[..., Setting]) -> None:
    at = made()
    head = head_of(at.store.events(), at.bundle.id)
    say(at, RITA, "reject", head=head)
    with pytest.raises(Moved):
        say(at, head=head)
    log_view(at.store, at.bundle, ANNA, "examples", key="view-1")
    assert say(at, RITA, "reject", head=head, key=f"{RITA.id}-reject-4").is_new is False


def test_the_same_key_is_the_same_decision_and_no_other(made: Callable[..., Setting]) -> None:
    at = made()
    head = head_of(at.store.events(), at.bundle.id)
    first = say(at, key="button-1", head=head)
    again = say(at, key="button-1", head=head)
    assert (again.is_new, again.event, again.raw) == (False, first.event, first.raw)
    with pytest.raises(UsageError, match="one decision"):
        say(at, BEN, key="button-1")
    for changes in ({"rationale": WHY + " Not quite."}, {"conditions": ("Mail",)}):
        with pytest.raises(UsageError, match="says something else"):
            say(at, key="button-1", head=head, expires="2027-01-31", **changes)


def test_nothing_is_written_that_could_not_be_read_again(made: Callable[..., Setting]) -> None:
    at = made()
    head = head_of(at.store.events(), at.bundle.id)
    for key in (" " * 9, "short", "k\udcff" * 9, "k" * 201):
        with pytest.raises(UsageError, match="idempotency key"):
            decide(
                at.store, at.bundle, at.gate, wish(at), ANNA,
                head=head, key=key, signer=at.service, now=NOW,
            )  # fmt: skip
    for name in ("name", "subject"):
        with pytest.raises(UsageError, match=f"got something empty in: {name}"):
            say(at, replace(ANNA, **{name: " "}), head=head)
    assert verify_run(at.bundle.path).is_intact
    assert not list((at.gate.path / "statements").glob("*"))


@pytest.mark.parametrize("step", ["before", "after-statement", "before-commit"])
def test_a_kill_between_statement_and_event_loses_nothing(
    made: Callable[..., Setting], step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import harness.depot.decisions as module

    at = made()
    real = module.add_or_compare

    log = type(at.store.log)
    known = log._refuse_cut

    def dies(*given: Any) -> bool:
        if step == "after-statement":
            real(*given)
        raise KeyboardInterrupt

    head = head_of(at.store.events(), at.bundle.id)
    if step == "before-commit":

        def noted(*given: Any) -> None:
            known(*given)
            monkeypatch.setattr("harness.store.log._NOTE_HEAD", "NO SUCH STATEMENT")

        monkeypatch.setattr(log, "_refuse_cut", noted)
    else:
        monkeypatch.setattr(module, "add_or_compare", dies)
    with pytest.raises((KeyboardInterrupt, IncompleteError, IntegrityError)):
        say(at, key="button-1", head=head)
    monkeypatch.undo()
    assert not stands(at).is_approved
    done = say(at, key="button-1", head=head, now=NOW + timedelta(minutes=3))
    assert done.is_enough
    folder = at.gate.path / "statements"
    assert len(list(folder.glob("decision-*"))) == 1
    assert stands(at, NOW + timedelta(minutes=5)).is_approved


@pytest.mark.parametrize("changed", ["conditions", "expires", "key of the service"])
def test_after_a_kill_what_is_recorded_is_what_was_written_last(
    made: Callable[..., Setting], changed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import harness.depot.decisions as module

    at = made()
    real = module.add_or_compare

    def dies(*given: Any) -> bool:
        real(*given)
        raise KeyboardInterrupt

    head = head_of(at.store.events(), at.bundle.id)
    more = {"conditions": ("Mail only",), "expires": "2027-01-31"}
    monkeypatch.setattr(module, "add_or_compare", dies)
    before: dict[str, Any] = {
        "conditions": {"conditions": ()},
        "expires": {"expires": "2027-06-30"},
    }
    with pytest.raises(KeyboardInterrupt):
        say(at, key="button-1", head=head, **(more | before.get(changed, {})))
    monkeypatch.undo()
    if changed == "key of the service":
        at.service = new_key()
        text = (at.store.read("trust.yaml") or b"").decode()
        public = base64.b64encode(at.service.public_der).decode()
        entry = f"keys:\n  - {{user: 'service:new', roles: [service], public_key: {public}}}"
        (Path(at.store.address.url) / "trust.yaml").write_text(text.replace("keys:", entry, 1))
    done = say(at, key="button-1", head=head, now=NOW + timedelta(minutes=3), **more)
    assert done.is_new
    found = stands(at, NOW + timedelta(minutes=5))
    assert (found.conditions, found.expires) == (("Mail only",), "2027-01-31")
    assert len(list((at.gate.path / "statements").glob("decision-*"))) == 2
    assert found.approvals[0].place == done.file


def _killed(url: str, run: str, service: Any, head: str) -> None:
    import harness.depot.decisions as module
    from harness.depot import find_address
    from harness.signing import load_key

    real = module.add_or_compare

    def dies(*given: Any) -> bool:
        real(*given)
        os.kill(os.getpid(), signal.SIGKILL)
        return True

    module.add_or_compare = dies
    address = find_address(url, environ={})
    assert address is not None
    with open_store(address, now=lambda: NOW) as store:
        bundle = get_run(store, run)
        at = Setting(gate=bundle.gate())
        decide(
            store, bundle, at.gate, wish(at), ANNA, head=head, key="button-1",
            signer=load_key(service, where="k"), now=NOW,
        )  # fmt: skip


def test_a_killed_process_leaves_a_store_in_which_the_same_key_completes_it(
    made: Callable[..., Setting],
) -> None:
    at = made()
    head = head_of(at.store.events(), at.bundle.id)
    given = (at.store.address.url, at.bundle.id, at.service.pem(), head)
    child = multiprocessing.get_context("fork").Process(target=_killed, args=given)
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    assert len(list((at.gate.path / "statements").glob("decision-*"))) == 1
    assert not stands(at).is_approved
    assert say(at, key="button-1", head=head).is_enough
    assert stands(at).is_approved
    assert verify_run(at.bundle.path).problems == ()


def _race(at: Setting, address: StoreAddress) -> list[str]:
    head = head_of(at.store.events(), at.bundle.id)
    start, told = threading.Barrier(2), []

    def work(actor: Actor, kind: Any) -> None:
        with open_store(address, now=lambda: NOW) as store:
            mine = Setting(store=store, bundle=at.bundle, gate=at.gate, service=at.service)
            start.wait()
            try:
                say(mine, actor, kind, head=head, key=f"race-{actor.id}")
                told.append("won")
            except Moved:
                told.append("moved")

    pairs = [(ANNA, "approve"), (BEN, "reject")]
    people = [threading.Thread(target=work, args=one) for one in pairs]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert len(list((at.gate.path / "statements").glob("decision-*"))) == 1
    return sorted(told)


def test_of_two_who_decide_at_once_one_wins_and_the_other_is_told(
    made: Callable[..., Setting], folder: StoreAddress
) -> None:
    assert _race(made(), folder) == ["moved", "won"]


def test_of_two_who_decide_at_once_in_postgresql_one_wins(
    made: Callable[..., Setting], folder: StoreAddress, postgres: Callable[[], str]
) -> None:
    address = StoreAddress(folder.url, postgres(), "--store")
    assert _race(made(address), address) == ["moved", "won"]


def test_a_decision_goes_into_a_bucket_and_is_read_from_there(
    made: Callable[..., Setting], s3: StoreAddress
) -> None:
    at = made(s3)
    say(at)
    at.bundle = get_run(at.store, at.bundle.id)
    assert stands(at).is_approved


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM assay_events WHERE seq = (SELECT max(seq) FROM assay_events)",
        "UPDATE assay_events SET actor = 'x' WHERE seq = 2",
    ],
)
def test_nothing_is_recorded_in_a_log_that_was_cut_or_edited(
    made: Callable[..., Setting], statement: str
) -> None:
    at = made()
    head = head_of(at.store.events(), at.bundle.id)
    raw = sqlite3.connect(Path(str(at.store.address.url)) / "index.db", isolation_level=None)
    for verb in ("update", "delete"):
        raw.execute(f"DROP TRIGGER assay_events_no_{verb}")
    raw.execute(statement)
    n = raw.execute("SELECT count(*) FROM assay_events").fetchone()
    with pytest.raises(IntegrityError):
        say(at, head=head)
    with pytest.raises(IntegrityError):
        at.store.log.append("k", "a" * 64, body={}, actor="x") if "DELETE" in statement else (
            add_remark(at.store, at.bundle, at.gate, Remark("Why so few rows?"), RITA, key="c-1")
        )
    assert raw.execute("SELECT count(*) FROM assay_events").fetchone() == n
    raw.close()
    assert not list(at.gate.path.glob("statements/decision-*"))


def test_a_request_must_be_resolved_by_another_person_before_anybody_approves(
    made: Callable[..., Setting],
) -> None:
    at = made()
    about = finding_key(at.gate.verdict.findings[0])
    remark = Remark("<script>Explain group B</script>", about, is_blocking=True, due="2026-12-01")
    first = add_remark(at.store, at.bundle, at.gate, remark, RITA, key="c-1")
    assert add_remark(at.store, at.bundle, at.gate, remark, RITA, key="c-1") == first
    (thread,) = threads(at.store, "screen")
    assert (thread.about, thread.is_blocking, thread.comments[0].name) == (about, True, "Rita Ruiz")
    add_remark(at.store, at.bundle, at.gate, Remark("See W-1", thread=thread.id), ANNA, key="c-2")
    assert why_not(at) == {"decide.threads"}
    with pytest.raises(UsageError, match="another person"):
        resolve(at.store, at.bundle, at.gate, thread.id, RITA, key="r-1")
    resolve(at.store, at.bundle, at.gate, thread.id, BEN, key="r-2")
    assert why_not(at) == set()
    (thread,) = threads(at.store, "screen")
    assert (thread.is_open, len(thread.comments)) == (False, 2)
    at.store.tables.erase_text(thread.comments[0].sha256)
    at.store.tables.erase_person(RITA.id)
    (thread,) = threads(at.store, "screen")
    assert (thread.comments[0].text, thread.comments[0].name) == (None, RITA.id)
    assert at.store.events()


def test_a_comment_says_every_reason_why_it_cannot_be_made(made: Callable[..., Setting]) -> None:
    at = made()
    viewer = replace(RITA, roles=frozenset({"viewer"}))
    remark = Remark(" ", about="NO-RULE//", due="soon")
    with pytest.raises(UsageError) as caught:
        add_remark(at.store, at.bundle, at.gate, remark, viewer, key="c-1")
    assert len(caught.value.problems) == 4
    refused = [*caught.value.problems]
    add_remark(at.store, at.bundle, at.gate, Remark("x", is_blocking=True), RITA, key="comment-1")
    (thread,) = threads(at.store, "screen")
    long = Remark("x" * 20_000, thread="none", owner="x" * 2000)
    for work in (
        lambda: add_remark(at.store, at.bundle, at.gate, long, RITA, key="comment-2"),
        lambda: resolve(at.store, at.bundle, at.gate, thread.id, RITA, key="comment-3"),
        lambda: resolve(at.store, at.bundle, at.gate, "none", RITA, key="comment-4"),
    ):
        with pytest.raises(UsageError) as caught:
            work()
        refused += caught.value.problems
    assert len(refused) == 9
    with speaking("zh"):
        assert [text for text in refused if phrase(text) == text] == []


def test_drafts_of_waivers_are_one_file_that_is_read(made: Callable[..., Setting]) -> None:
    at = made()
    findings = [replace(one, outcome="failed") for one in at.gate.verdict.findings]
    drafts = [
        draft_waiver(one, at.bundle, now=NOW, id=f"W-{i}").replace(
            "owner: user:fill.in", "owner: user:li"
        )
        for i, one in enumerate((*findings, *findings), 1)
    ]
    found = parse_waivers(joined(drafts).replace("FILL IN", "known").encode(), "waivers.yaml")
    assert [one.id for one in found.waivers] == [f"W-{i}" for i in range(1, 2 * len(findings) + 1)]
    assert joined(drafts[:1]) == drafts[0]


def test_a_draft_survives_and_keeps_the_key_of_its_decision(made: Callable[..., Setting]) -> None:
    at = made()
    draft = replace(new_draft(), kind="approve", rationale="so far", accepted=("A//all",))
    save_draft(at.store, ANNA, at.gate.digest, draft)
    with open_store(at.store.address) as again:
        assert draft_of(again, ANNA, at.gate.digest) == draft
        assert draft_of(again, BEN, at.gate.digest) is None
    drop_draft(at.store, ANNA, at.gate.digest)
    assert draft_of(at.store, ANNA, at.gate.digest) is None


def test_the_list_says_what_waits_and_what_was_decided(made: Callable[..., Setting]) -> None:
    at = made()
    (line,) = list_reviews(at.store)
    assert (line.run, line.gate, line.state) == (at.bundle.id, at.gate.id, "submitted")
    assert (line.verdict, line.n_blocking, line.materiality) == ("pass", 0, "high")
    assert (line.owner, line.due, line.model) == ("user:olga", "2026-12-07", "model")
    assert "olga" not in json.dumps([one.body for one in at.store.events()])
    say(at, conditions=("c",), expires="2027-01-31")
    (line,) = list_reviews(at.store)
    assert (line.state, line.decision, line.expires) == ("approved", "approve", "2027-01-31")
    (line,) = list_reviews(at.store, now=datetime(2027, 2, 1, tzinfo=UTC))
    assert line.state == "in_review"


def test_an_old_database_is_brought_up_to_date_and_keeps_its_events(
    made: Callable[..., Setting], tmp_path: Path
) -> None:
    from harness.store import open_log, verify_chain
    from harness.store.migrations.versions import v1

    at = made()
    events = at.store.events()
    path = tmp_path / "old.db"
    raw = sqlite3.connect(path, isolation_level=None)
    for statement in (*v1.TABLES, *v1.SQLITE_GUARDS, "INSERT INTO assay_log (version) VALUES (1)"):
        raw.execute(statement)
    for one in events[:2]:
        row = (
            one.seq,
            one.time,
            one.actor,
            one.kind,
            one.subject,
            json.dumps(dict(one.body)),
            one.key,
            one.previous,
            one.digest,
        )
        raw.execute("INSERT INTO assay_events VALUES (?,?,?,?,?,?,?,?,?)", row)
    raw.close()
    log = open_log(str(path))
    log.append("k", "a" * 64, body={}, actor="x")
    assert log.events()[:2] == events[:2]
    assert verify_chain(log.events()) == []
    log.close()
    log = open_log(str(path))
    assert len(log.events()) == 3
    log.close()


def test_the_trust_file_may_ask_for_more_people_and_for_fresh_approvals(
    made: Callable[..., Setting],
) -> None:
    at = made(more="decisions: {required: true, approvals: 2, max_age_days: 30}\n")
    assert not say(at).is_enough
    say(at, BEN)
    assert stands(at).is_approved
    assert not stands(at, NOW + timedelta(days=30)).is_approved
    trust = trust_in(at.store)
    assert trust is not None
    assert trust.asks_decision
    assert parse_trust(trust.raw, "t").decision_days == 30


def test_a_statement_that_is_being_written_is_no_change_of_the_evidence(
    made: Callable[..., Setting],
) -> None:
    at = made()
    folder = at.gate.path / "statements"
    folder.mkdir(exist_ok=True)
    (folder / ".decision-0123456789ab.dsse.json.x1.part").write_bytes(b"{")
    report = verify_run(at.bundle.path)
    assert report.problems == ()
    assert any("is not finished" in note for note in report.notes)
    (folder / "decision-0123456789ab.dsse.json.part").write_bytes(b"{")
    assert verify_run(at.bundle.path).problems
