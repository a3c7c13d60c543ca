"""The page Decision: every write is asked for again, and nothing that somebody wrote is lost."""

import json
import os
import re
import shutil
import sqlite3
import time
from dataclasses import replace

import pytest

from dashboards import desk as desks
from dashboards.access import Person
from dashboards.settings import Settings
from dashboards.source import Opened
from harness.commands.proving import prove
from harness.depot import find_address, get_run, open_store
from harness.depot.actors import Actor
from harness.depot.decisions import Wish, decide
from harness.depot.drafts import Draft
from harness.depot.review import head_of
from harness.depot.threads import resolve, threads
from harness.errors import IncompleteError
from harness.evidence import open_run
from harness.evidence.decisions import verdict_digest
from harness.signing import new_key

RUN = "20260301-000000-aaaaaa"
BLOCKED = "20260302-000000-bbbbbb"
WHY = "The harms were weighed and are acceptable."


@pytest.fixture
def desk(tmp_path, shared_runs, monkeypatch):
    """A store with a passing and a blocked run, a service key, and settings with login."""
    from harness.commands.storing import make_store
    from harness.commands.submitting import submit_to

    key = new_key()
    (tmp_path / "service.pem").write_bytes(key.pem())
    (tmp_path / "service.pem").chmod(0o600)
    trust = tmp_path / "trust.yaml"
    trust.write_text(shared_runs.trust_text({"service": (key, ["service"])}))
    make_store(str(tmp_path / "store"), trust=trust)
    system = {"owner": "user:olga", "authors": ["user:ada"]}
    for id, verdict in ((RUN, "pass"), (BLOCKED, "blocked")):
        one = shared_runs.seal(tmp_path / "runs", run_id=id, system=system)
        shared_runs.gate(one, verdict)
        with open_store(find_address(str(tmp_path / "store"))) as store:
            submit_to(store, one)
    monkeypatch.setenv("TEST_CLIENT", "client-secret-of-a-test")
    monkeypatch.setenv("TEST_COOKIE", "cookie-secret-" + 32 * "x")
    config = {
        "apiVersion": "modelassay/v1", "kind": "Dashboard", "store": str(tmp_path / "store"),
        "key": str(tmp_path / "service.pem"),
        "login": {
            "redirect_uri": "http://localhost:8501/oauth2callback",
            "server_metadata_url": "https://id.example.org/x",
            "client_id": "assay", "client_secret": "${env:TEST_CLIENT}",
            "cookie_secret": "${env:TEST_COOKIE}",
            "roles": {"v": ["viewer"], "r": ["reviewer"], "a": ["approver"], "ad": ["admin"]},
        },
    }  # fmt: skip
    path = tmp_path / "assay-dashboard.yaml"
    path.write_text(json.dumps(config))
    return {"config": str(path)}


def user(role="a", name="Mo Okafor", age=0):
    return {
        "is_logged_in": True, "iss": "https://id.example.org", "sub": name, "name": name,
        "iat": int(time.time()) - age, "roles": [role],
    }  # fmt: skip


def words(at):
    kinds = (at.markdown, at.header, at.info, at.warning, at.error, at.success, at.code)
    return " ".join(str(one.value) for kind in kinds for one in kind).replace("\\", "")


def look(show, desk, who, run=RUN, **query):
    return show("decision", settings=desk, user=who, run=run, **query)


def again(at, who, run=RUN):
    at.user = who
    at.query_params["run"] = run
    at.run()
    assert not at.exception
    return at


def choose(at, kind, why=WHY):
    at.radio[0].set_value(kind)
    at.query_params["run"] = RUN
    at.run()
    if at.text_area:
        at.text_area[0].set_value(why).run()
    return at


def press(at, label):
    (button,) = [one for one in at.button if one.label == label]
    button.click().run()
    assert not at.exception
    return at


def events(tmp_path, kind):
    with open_store(find_address(str(tmp_path / "store"))) as store:
        return [one for one in store.events() if one.kind == kind]


def test_without_a_store_the_page_says_what_it_takes(show, golden_run):
    at = show("decision", run=golden_run)
    assert "assay submit" in words(at)
    assert not at.radio


def test_an_approval_is_signed_by_the_service_for_the_person_and_verified(show, desk, tmp_path):
    at = choose(look(show, desk, user()), "approve")
    assert "must be ticked" in words(press(at, "Sign approval"))
    for one in at.checkbox:
        one.check()
    at = press(at, "Sign approval")
    assert "recorded by the service for Mo Okafor" in words(at)
    assert "Approved" in words(at)
    (event,) = events(tmp_path, "run-approved")
    assert "Mo Okafor" not in json.dumps(event.body)
    report = prove(RUN, tmp_path / "store" / "bundles", is_recomputed=False)
    assert report.is_intact
    assert [one.said.name for one in report.decisions] == ["Mo Okafor"]


def test_what_is_decided_or_said_stands_in_the_log_of_the_server(show, desk, monkeypatch):
    told = []
    monkeypatch.setattr(desks._log, "info", lambda what, extra: told.append((what, extra["facts"])))
    at = look(show, desk, user("r"), RUN)
    press(at, "Start review")
    (said,) = [one for one in told if "recorded" in one[0]]
    assert said[0] == "decision recorded"
    assert said[1]["kind"] == "start"
    assert (said[1]["run"], said[1]["subject"]) == (RUN, "Mo Okafor")
    assert set(said[1]) == {"run", "gate", "kind", "seq", "issuer", "subject"}
    at = look(show, desk, user("r"), part="threads")
    at.text_area[0].set_value("Please measure the second language too.")
    press(at, "Open thread")
    assert told[-1][0] == "remark recorded"
    assert "second language" not in json.dumps(told)


def test_every_complaint_is_shown_at_once_and_nothing_is_recorded(show, desk, tmp_path):
    at = press(choose(look(show, desk, user("r")), "reject", why="no"), "Reject")
    assert "at least 20 characters" in words(at)
    assert not events(tmp_path, "run-rejected")


@pytest.mark.parametrize(
    ("role", "has_form"), [("v", False), ("r", True), ("a", True), ("ad", False)]
)
def test_only_those_who_may_decide_see_a_form(show, desk, role, has_form):
    at = look(show, desk, user(role))
    assert bool(at.radio) == has_form
    assert ("you need the role" in words(at)) != has_form


def test_who_made_the_model_is_told_before_writing_and_not_offered_to_approve(show, desk):
    at = look(show, desk, user(name="Ada"))
    assert "Approve" not in at.radio[0].options
    assert "authors and owner of the model do not approve it" in words(at)


def test_why_an_approval_does_not_count_is_chinese_on_chinese_pages(show, desk):
    assert "模型的作者和负责人不得批准" in words(look(show, desk, user(name="Ada"), lang="zh"))
    at = choose(look(show, desk, user()), "approve")
    for one in at.checkbox:
        one.check()
    press(at, "Sign approval")
    press(choose(look(show, desk, user("r", name="Rui")), "reject"), "Reject")
    told = words(look(show, desk, user("r"), lang="zh"))
    assert "Rui 之后作出了其他决定" in told
    assert "decided otherwise" not in told


@pytest.mark.parametrize("role", ["a", "r"])
def test_a_key_that_is_not_the_services_is_told_before_anybody_writes(show, desk, tmp_path, role):
    trust = tmp_path / "store" / "trust.yaml"
    trust.write_text(trust.read_text().replace("service", "ci").replace("user:ci", "user:x"))
    at = look(show, desk, user(role))
    assert "must have the role service" in words(at)
    assert "Approve" not in at.radio[0].options


def test_what_stands_released_is_approved_again_only_once_its_approval_is_over(
    show, desk, tmp_path
):
    at = choose(look(show, desk, user()), "approve")
    for one in at.checkbox:
        one.check()
    press(at, "Sign approval")
    body = {"run": RUN, "model": "screen", "release": "0" * 64}
    with open_store(find_address(str(tmp_path / "store"))) as store:
        gate = get_run(store, RUN).gate()
        store.append("run-released", gate.digest, body, actor="local", key="released")
    at = look(show, desk, user())
    assert "Released" in words(at)
    assert list(at.radio[0].options) == ["Withdraw my approval"]
    press(choose(at, "withdraw"), "Withdraw")
    assert list(look(show, desk, user()).radio[0].options) == ["Approve"]


def test_the_start_of_a_review_is_not_called_a_signature(show, desk):
    at = look(show, desk, user("r"))
    assert "Nothing is signed yet" in words(at)
    assert "What is signed" in words(choose(at, "reject"))


def test_who_has_approved_is_not_offered_to_approve_again(show, desk, tmp_path):
    trust = tmp_path / "store" / "trust.yaml"
    trust.write_text(trust.read_text() + "decisions: {required: true, approvals: 2}\n")
    at = choose(look(show, desk, user()), "approve")
    for one in at.checkbox:
        one.check()
    press(at, "Sign approval")
    assert "Approve" not in look(show, desk, user()).radio[0].options
    assert "Approve" in look(show, desk, user(name="Li Na")).radio[0].options


def test_a_reviewer_is_not_offered_to_approve(show, desk):
    assert "approve" not in look(show, desk, user("r")).radio[0].options
    assert "Approve" in look(show, desk, user("a")).radio[0].options


def test_nobody_is_offered_to_approve_over_a_blocked_verdict_and_a_waiver_is_drafted(show, desk):
    at = look(show, desk, user(), run=BLOCKED)
    assert "Approve" not in at.radio[0].options
    said = words(at)
    assert "Nobody can approve over it" in said
    assert "kind: Waivers" in said
    assert "--trust trust.yaml" in said  # without it no approval of a waiver counts
    assert "assay submit" in said
    assert "--store " in said
    ids = re.findall(r'id: "(W-[^"]+)"', said)
    assert ids
    assert len(set(ids)) == len(ids)


def test_an_old_login_is_asked_to_log_in_again_and_records_nothing(show, desk, tmp_path):
    at = choose(look(show, desk, user(age=3600)), "reject")
    assert not [one for one in at.button if one.label == "Reject"]
    assert "Log in once more" in words(at)


def test_a_login_that_grew_old_while_the_page_was_open_records_nothing(show, desk, tmp_path):
    at = choose(look(show, desk, user()), "reject")
    (button,) = [one for one in at.button if one.label == "Reject"]
    at.user = user(age=3600)
    button.click().run()
    assert not events(tmp_path, "run-rejected")


def test_the_second_of_two_reviewers_is_told_and_records_nothing(show, desk, tmp_path):
    at = choose(look(show, desk, user()), "approve")
    with open_store(find_address(str(tmp_path / "store"))) as store:
        from harness.depot import get_run
        from harness.depot.actors import Actor
        from harness.signing import load_key

        bundle = get_run(store, RUN)
        gate = bundle.gate()
        wish = Wish("reject", "Somebody else was faster here.", seen=verdict_digest(gate))
        other = Actor("https://id.example.org", "x", "Li Na", frozenset({"reviewer"}))
        signer = load_key((tmp_path / "service.pem").read_bytes(), where="key")
        head = head_of(store.events(), RUN)
        decide(store, bundle, gate, wish, other, head=head, key="other-press", signer=signer)
    (button,) = [one for one in at.button if one.label == "Sign approval"] or [None]
    if button is not None:
        button.click().run()
    assert not at.exception
    assert not events(tmp_path, "run-approved")
    assert len(events(tmp_path, "run-rejected")) == 1


def test_a_draft_survives_a_new_session(show, desk):
    choose(look(show, desk, user()), "reject", why="Half a thought that must not be lost.")
    at = look(show, desk, user())
    assert at.radio[0].value == "reject"
    assert at.text_area[0].value == "Half a thought that must not be lost."
    assert not look(show, desk, user(name="Li Na")).text_area


def test_a_log_that_was_edited_takes_no_decision(show, desk, tmp_path):
    with sqlite3.connect(tmp_path / "store" / "index.db") as connection:
        connection.execute("DROP TRIGGER assay_events_no_update")
        connection.execute("UPDATE assay_events SET actor = 'p-0000000000000000' WHERE seq = 2")
    at = look(show, desk, user())
    assert "Nothing can be recorded" in words(at)
    assert not at.radio


def test_a_flipped_byte_leaves_nothing_to_decide(show, desk, tmp_path):
    path = tmp_path / "store" / "bundles" / RUN / "measurements.json"
    path.write_bytes(path.read_bytes().replace(b"0", b"1", 1))
    at = look(show, desk, user())
    assert at.header[0].value == "This evidence was changed after it was sealed"
    assert not at.radio


def test_a_request_is_opened_and_its_opener_cannot_close_it(show, desk, tmp_path):
    at = look(show, desk, user("r"), part="threads")
    at.text_area[0].set_value("Please measure the second language too.")
    at.toggle[0].set_value(True)
    at.query_params["part"] = "threads"
    press(at, "Open thread")
    assert "Please measure the second language too." in " ".join(one.value for one in at.text)
    press(at, "Resolve")
    assert "another person" in words(at)
    assert "Open requests must be resolved first" in words(look(show, desk, user()))


def _refuses(*given, **named):
    raise IncompleteError("The store is full.")


def test_what_was_refused_stays_in_its_field_and_what_was_said_does_not(show, desk, monkeypatch):
    at = look(show, desk, user("r"), part="threads")
    at.text_area[0].set_value("Please measure the second language too.")
    at.query_params["part"] = "threads"
    with monkeypatch.context() as patched:
        patched.setattr("dashboards.desk.add_remark", _refuses)
        press(at, "Open thread")
    assert "The store is full" in words(at)
    assert at.text_area[0].value == "Please measure the second language too."
    press(at, "Open thread")
    assert "Please measure the second language too." in " ".join(one.value for one in at.text)
    assert [one.value for one in at.text_area] == ["", ""]


def test_an_answer_to_what_was_resolved_meanwhile_is_given_back(show, desk, tmp_path):
    at = look(show, desk, user("r"), part="threads")
    at.text_area[0].set_value("Please measure the second language too.")
    at.query_params["part"] = "threads"
    press(at, "Open thread")
    with open_store(find_address(str(tmp_path / "store"))) as store:
        bundle = get_run(store, RUN)
        (one,) = threads(store, bundle.record.name)
        other = Actor("https://id.example.org", "x", "Li Na", frozenset({"approver"}))
        resolve(store, bundle, bundle.gate(), one.id, other, key="resolved-elsewhere")
    at.text_area[0].set_value("It is not in the report.")
    press(at, "Answer")
    assert "was not recorded" in words(at)
    assert "It is not in the report." in " ".join(one.value for one in at.text)
    assert len(events(tmp_path, "comment-added")) == 1


def test_who_wrote_an_answer_and_resolves_has_said_both(show, desk, tmp_path):
    at = look(show, desk, user("r"), part="threads")
    at.text_area[0].set_value("Please measure the second language too.")
    at.query_params["part"] = "threads"
    press(at, "Open thread")
    at.text_area[0].set_value("It stands in the report.")
    press(at, "Resolve")
    assert "It stands in the report." in " ".join(one.value for one in at.text)
    assert "resolved" in words(at)
    assert len(events(tmp_path, "comment-added")) == 2


@pytest.mark.parametrize("part", ["decision", "threads", "evidence", "exports", "log"])
def test_every_part_is_shown_in_both_languages(show, desk, part):
    assert "Something went wrong" not in words(look(show, desk, user(), part=part))
    at = look(show, desk, user(), part=part, lang="zh")
    assert "决定与证据" in [one.value for one in at.header]


def test_verify_now_reads_every_byte(show, desk):
    at = look(show, desk, user("v"), part="evidence")
    assert "Intact" in words(press(at, "Verify now"))


def test_verify_now_sees_a_change_that_keeps_size_and_time(show, desk, tmp_path):
    at = look(show, desk, user("v"), part="evidence")
    path = tmp_path / "store" / "bundles" / RUN / "measurements.json"
    raw, before = bytearray(path.read_bytes()), path.stat()
    raw[-3] ^= 1
    path.write_bytes(bytes(raw))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    at.query_params["run"] = RUN
    at = press(at, "Verify now")
    assert at.header[0].value == "This evidence was changed after it was sealed"
    assert "measurements.json" in words(at)


def test_who_was_overtaken_is_told_also_where_nothing_is_left_to_decide(show, desk, tmp_path):
    at = choose(look(show, desk, user()), "approve")
    other = look(show, desk, user("r", name="Li Na"))
    press(choose(other, "reject"), "Reject")
    at.query_params["run"] = RUN
    at = press(at, "Sign approval")
    assert "Someone else recorded a decision" in words(at)
    assert not events(tmp_path, "run-approved")
    at.query_params["run"] = RUN
    assert "Someone else recorded a decision" not in words(press(at, "Look again"))


def test_ones_own_comment_is_no_decision_of_somebody_else(show, desk, tmp_path):
    at = choose(look(show, desk, user()), "reject")
    for part in ("threads", "decision"):
        at.query_params["run"] = RUN
        at.session_state["part"] = part
        at.run()
        if part == "threads":
            at.text_area[0].set_value("Noted for the next run.")
            at.query_params["run"] = RUN
            at = press(at, "Open thread")
    at.query_params["run"] = RUN
    assert "Someone else" not in words(at)
    at = press(at, "Reject")
    assert len(events(tmp_path, "run-rejected")) == 1
    assert any(one.label == "receipt.json" for one in at.get("download_button"))


def test_a_draft_whose_decision_was_recorded_is_no_draft_any_more(show, desk, tmp_path):
    press(choose(look(show, desk, user()), "reject"), "Reject")
    (event,) = events(tmp_path, "run-rejected")
    bundle = open_run(tmp_path / "store" / "bundles" / RUN)
    person = Person("https://id.example.org", "Mo Okafor", "Mo Okafor", frozenset())
    given = Settings(tmp_path, find_address(str(tmp_path / "store")))
    found = Opened(bundle, bundle.gate(), person, given)
    desks.keep_draft(found, bundle.gate(), Draft(event.key, "start", "left behind"))
    assert desks.kept_draft(found, bundle.gate()).key != event.key


def test_a_run_that_was_never_judged_shows_its_evidence(show, golden_runs, golden_run, tmp_path):
    shutil.copytree(golden_runs / golden_run, tmp_path / golden_run)
    shutil.rmtree(tmp_path / golden_run / "gates")
    at = show("decision", runs=tmp_path, run=golden_run, part="evidence")
    assert any(one.label == "Verify now" for one in at.button)
    assert "assay gate" in words(show("decision", runs=tmp_path, run=golden_run))


def test_without_a_service_key_the_page_says_what_to_do(show, desk, tmp_path):
    path = tmp_path / "assay-dashboard.yaml"
    config = json.loads(path.read_text())
    del config["key"]
    path.write_text(json.dumps(config))
    at = look(show, desk, user())
    assert "assay keys new service" in words(at)


def test_a_waiver_is_drafted_without_the_value_that_a_reader_may_not_see(show, desk, monkeypatch):
    def hidden(run, measurements, verdict, least):
        gone = tuple(replace(one, value=None, low=None, high=None) for one in verdict.findings)
        return measurements, replace(verdict, findings=gone)

    monkeypatch.setattr("dashboards.source.without_small_cells", hidden)
    said = words(look(show, desk, user(), run=BLOCKED))
    assert "kind: Waivers" in said
    assert "measured:" not in said
