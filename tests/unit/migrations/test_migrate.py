"""Files of earlier versions are led on, with their comments; what cannot be is refused, and never written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli import invoke
from harness.commands import migrations
from harness.commands.migrations import Document, Step, migrate, shipped_steps
from harness.commands.migrations import _mechanism as mechanism
from harness.errors import UsageError

OLD = """\
# our policy, 诚实 first
apiVersion: modelassay/v0   # the first one
kind: PolicyPack
metadata: {id: acme.old, version: 1.0.0, title: "Old: ünïcode"}
rules:
  - id: ACC            # never rename
    title: Accuracy
    level: must        # was the severity
    measure: accuracy.accuracy
    require: {at_least: 0.80}  # four fifths
    basis: policy_choice
"""


def _severity(document: Document) -> Document:
    for position in range(len(document.data["rules"])):
        path = ("rules", position, "level")
        words = {"must": "block", "should": "warn"}
        if document.has(*path):
            word = document.data["rules"][position]["level"]
            if word not in words:
                raise UsageError(f"rules.{position}.level must be must or should, got {word!r}.")
            document = document.changed(path, words[word]).renamed(path, "severity")
    return document


STEPS = (
    Step("PolicyPack", "modelassay/v00", "modelassay/v0", "nothing", lambda one: one),
    Step("PolicyPack", "modelassay/v0", "modelassay/v1", "level is called severity", _severity),
    Step("Run", "modelassay/v0", "modelassay/v1", "of another kind", lambda one: one),
)


def test_a_step_changes_what_it_says_and_keeps_every_comment():
    found = migrate(OLD.encode(), "old.policy.yaml", steps=STEPS)
    assert found.steps == ("level is called severity",)
    expected = OLD.replace("modelassay/v0 ", "modelassay/v1 ").replace(
        "level: must", "severity: block"
    )
    assert found.new == expected
    assert found.diff.startswith(
        "--- old.policy.yaml (modelassay/v0)\n+++ old.policy.yaml (modelass"
    )
    changed = [
        line for line in found.diff.splitlines() if line[:1] in "+-" and line[:3] not in "---+++"
    ]
    assert len(changed) == 4


def test_steps_are_taken_one_after_the_other():
    found = migrate(OLD.replace("/v0 ", "/v00 ").encode(), "x.yaml", steps=STEPS)
    assert found.steps == ("nothing", "level is called severity")
    assert (found.before, found.after) == ("modelassay/v00", "modelassay/v1")


def test_line_ends_and_a_missing_last_one_stay_as_they_are():
    text = OLD.replace("\n", "\r\n").rstrip()
    found = migrate(text.encode(), "x.yaml", steps=STEPS)
    assert found.new.count("\r\n") == text.count("\r\n")
    assert found.new.replace("\r\n", "\n") == migrate(OLD.encode(), "x", steps=STEPS).new.rstrip()
    assert found.diff.endswith("\n")


def test_a_file_of_today_has_nothing_to_do():
    text = migrate(OLD.encode(), "x.yaml", steps=STEPS).new
    found = migrate(text.encode(), "x.yaml", steps=STEPS)
    assert (found.steps, found.diff, found.new) == ((), "", text)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (OLD.replace("/v0 ", "/v9 ").encode(), "No step leads from there to modelassay/v1"),
        (OLD.replace("modelassay/v0 ", "1 ").encode(), "apiVersion must be a version"),
        (OLD.replace("apiVersion", "version").encode(), "apiVersion must be a version"),
        (OLD.replace("PolicyPack", "PolicyPak").encode(), "kind must be one of Run, PolicyPack"),
        (OLD.replace("level: must", "level: perhaps").encode(), "must be must or should"),
        (OLD.replace("level: must", "leavel: must").encode(), "could not be read after its migr"),
        (OLD.encode() + b"kind: PolicyPack\n", "repeat the key 'kind'"),
        (b"- a\n", "hold a mapping with apiVersion and kind"),
        (b"\xff\xfe", "be UTF-8"),
        (b"a: [", "must be YAML"),
    ],
)
def test_what_cannot_be_led_on_is_refused(raw, expected):
    with pytest.raises(UsageError) as caught:
        migrate(raw, "x.yaml", steps=STEPS)
    assert expected in str(caught.value)


def test_steps_in_a_circle_end():
    steps = (
        Step("PolicyPack", "modelassay/v0", "modelassay/v00", "", lambda one: one),
        Step("PolicyPack", "modelassay/v00", "modelassay/v0", "", lambda one: one),
    )
    with pytest.raises(UsageError, match="No step leads"):
        migrate(OLD.encode(), "x.yaml", steps=steps)


def test_a_version_is_added_by_one_file(tmp_path, monkeypatch):
    step = (
        "from harness.commands.migrations import Step\n"
        "STEPS = (Step('Run', 'modelassay/v0', 'modelassay/v1', 'd', lambda one: one),)\n"
    )
    (tmp_path / "run_v9.py").write_text(step)
    monkeypatch.setattr(migrations, "__path__", [*migrations.__path__, str(tmp_path)])
    assert [one.kind for one in shipped_steps()] == ["Run"]


def test_what_ships_leads_every_kind_from_one_version_to_the_next_only():
    steps = shipped_steps()
    assert len({(one.kind, one.before) for one in steps}) == len(steps)
    assert {one.kind for one in steps} <= set(mechanism.KINDS)


def test_a_value_that_is_no_plain_one_is_not_overwritten():
    with pytest.raises(UsageError, match=r"a must be one plain value, got 'mapping' \(x:1\)"):
        Document("x", "a: {b: 1}\n").changed(("a",), "2")
    assert Document("x", "a: 1\n").changed(("b",), "2").text == "a: 1\n"
    assert Document("x", "a: [1, 2]\n").changed(("a", 1), "3").text == "a: [1, 3]\n"


@pytest.fixture
def old(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.setattr(mechanism, "shipped_steps", lambda: STEPS)
    path = tmp_path / "old.policy.yaml"
    path.write_bytes(OLD.encode())
    return path


def test_the_command_shows_and_writes_only_when_told(old, capsys):
    assert invoke(["migrate", str(old)]) == 0
    told = capsys.readouterr()
    assert "-apiVersion: modelassay/v0   # the first one\n" in told.out
    assert "Nothing was written. Write it with --write." in told.err
    assert old.read_bytes() == OLD.encode()
    assert invoke(["migrate", str(old), "--write"]) == 0
    assert "Its digest is another one" in capsys.readouterr().err
    assert invoke(["policy", "explain", str(old)]) == 0
    capsys.readouterr()
    assert invoke(["migrate", str(old), "--write"]) == 0
    told = capsys.readouterr()
    assert (told.out, "Nothing to do." in told.err) == ("", True)


def test_the_command_answers_in_json(old, capsys):
    assert invoke(["migrate", str(old), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["kind"], data["from"], data["to"], data["written"]) == (
        "PolicyPack",
        "modelassay/v0",
        "modelassay/v1",
        False,
    )
    assert data["steps"] == ["level is called severity"]


def test_a_refused_file_is_left_alone(old, capsys):
    broken = OLD.replace("level: must", "leavel: must").encode()
    old.write_bytes(broken)
    assert invoke(["migrate", str(old), "--write"]) == 2
    assert "rules.0.severity must be given" in capsys.readouterr().err
    assert old.read_bytes() == broken
