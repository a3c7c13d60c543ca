"""Waivers files: what is read, what every mistake is answered with, and what an approval signs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from harness.errors import PolicyError
from harness.files import sha256_bytes
from harness.policy import (
    Approval,
    approval_envelope,
    parse_waivers,
    waiver_content,
    waiver_payload,
    with_approval,
)
from harness.signing import new_key, pae
from harness.signing.keys import is_signed_by

TEXT = """\
apiVersion: modelassay/v1
kind: Waivers
waivers:
  # the second look is described in the runbook
  - id: W-1
    rule: FAIR
    scope: {model: cv-screen, slice: "sex=F,race=A"}
    accept_until_value: 0.720
    reason: Vendor retrain lands in January.
    compensating: [runbook/second-look.md]
    ticket: MRM-481
    owner: user:li.wei
    requested_on: 2026-11-12
    starts: 2026-11-15
    expires: 2027-01-31
  - id: W-2
    rule: ACC
    scope: {model: cv-screen@2.3}
    covers: [failed, not-measured]
    reason: Another one.
    ticket: MRM-482
    owner: user:li.wei
    starts: 2026-11-15
    expires: 2026-11-15
"""
SIGNED = datetime(2026, 11, 14, 9, 30, tzinfo=UTC)


def read(text: str):
    return parse_waivers(text.encode(), "w.yaml")


def refused(text: str) -> str:
    with pytest.raises(PolicyError) as caught:
        read(text)
    return "\n".join(caught.value.problems)


def signed(text: str, waiver_id: str, key, *, moment=SIGNED, user=None) -> str:
    waiver = next(one for one in read(text).waivers if one.id == waiver_id)
    data = pae("application/vnd.in-toto+json", waiver_payload(waiver, moment))
    approval = Approval(key.keyid, moment, key.sign(data), user)
    return with_approval(text.encode(), "w.yaml", waiver_id, approval).decode()


def test_a_waiver_holds_what_the_file_says_and_where_it_says_it():
    first, second = read(TEXT).waivers
    assert (first.id, first.rule, first.model, first.owner) == (
        "W-1",
        "FAIR",
        "cv-screen",
        "user:li.wei",
    )
    assert (first.slice, first.dataset) == ("race=A,sex=F", None)  # columns in the order of bundles
    assert first.accept_until_value.text == "0.720"
    assert first.covers == ("failed", "inconclusive")
    assert second.covers == ("failed", "not-measured")
    assert (first.place, second.place) == ("w.yaml:5", "w.yaml:16")
    assert read(TEXT).digest == sha256_bytes(TEXT.encode())


def test_a_waiver_is_live_to_the_last_second_of_its_last_day():
    _, second = read(TEXT).waivers
    assert second.starts == datetime(2026, 11, 15, tzinfo=UTC)
    assert second.expires - timedelta(seconds=1) == datetime(2026, 11, 15, 23, 59, 59, tzinfo=UTC)
    assert second.first_day == second.last_day


def test_180_days_are_the_longest():
    longest = TEXT.replace("expires: 2027-01-31", "expires: 2027-05-14")
    assert (read(longest).waivers[0].last_day - read(longest).waivers[0].first_day).days == 180
    assert "at most 180 days after it starts, got 181. The latest day is 2027-05-14" in refused(
        TEXT.replace("expires: 2027-01-31", "expires: 2027-05-15")
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("    expires: 2027-01-31\n", "", "waivers.0.expires must be given (w.yaml:5)."),
        (
            "expires: 2026-11-15",
            "expires: 2026-11-14",
            "waivers.1: must not end before it starts, got 2026-11-15 to 2026-11-14 (w.yaml:16).",
        ),
        ("id: W-2", "id: W-1", "waivers.1.id must be unique, got 'W-1' (w.yaml:16). It stands at w.yaml:5"),
        (
            'slice: "sex=F,race=A"',
            "slice: women",
            "waivers.0.scope.slice: must be column=value,column=value or all, got 'women'.",
        ),
        ('slice: "sex=F,race=A"', 'slice: "sex=F,sex=M"', "waivers.0.scope.slice: must be"),
        ("reason: Another one.", "reason: ' '", "waivers.1.reason must hold words"),
        ("reason: Another one.", "reason: ''", "waivers.1.reason must"),
        ("ticket: MRM-482\n", "tickt: MRM-482\n", "waivers.1.tickt is not a known key (w.yaml:21). Did you"),
        ("owner: user:li.wei", "owner: Li Wei", "waivers.0.owner must be"),
        ("accept_until_value: 0.720", "accept_until_value: .nan", "accept_until_value: must be a finite"),
        ("covers: [failed, not-measured]", "covers: [error]", "waivers.1.covers.0 must be"),
        ("covers: [failed, not-measured]", "covers: []", "waivers.1.covers must hold at least 1"),
        ("expires: 2027-01-31", "expires: 9999-12-31", "must be a date such as 2027-01-31"),
        ("expires: 2027-01-31", "expires: 20270131", "waivers.0.expires must be"),
        ("model: cv-screen,", "", "waivers.0.scope.model must be given (w.yaml:7)."),
        ("kind: Waivers", "kind: Waivers\nkind: Waivers", "must not repeat the key 'kind'"),
        ("waivers:\n", "approvals: [{waiver: W-9}]\nwaivers:\n", "approvals.0.waiver must name a waiver"),
    ],
)  # fmt: skip
def test_every_mistake_is_named_with_its_line(old, new, expected):
    assert expected in refused(TEXT.replace(old, new, 1))


def test_independent_mistakes_come_at_once():
    broken = TEXT.replace("id: W-2", "id: W-1").replace("    expires: 2027-01-31\n", "")
    assert refused(broken).count("w.yaml:") == 3


def test_an_approval_is_a_dsse_signature_over_the_whole_waiver():
    key = new_key()
    (waiver, _) = read(signed(TEXT, "W-1", key, user="user:m.okafor")).waivers
    (approval,) = waiver.approvals
    assert (approval.user, approval.signed_at, approval.keyid) == (
        "user:m.okafor",
        SIGNED,
        key.keyid,
    )
    envelope = approval_envelope(waiver, approval)
    data = pae(envelope.payload_type, envelope.payload)
    assert is_signed_by(key.public_der, approval.sig, data)
    payload = json.loads(envelope.payload)
    assert payload["predicate"] == {
        **waiver_content(waiver),
        "signed_at": "2026-11-14T09:30:00Z",
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.720", "0.72"),
        ("January.", "January!"),
        ("sex=F,race=A", "sex=F,race=B"),
        ("model: cv-screen,", "model: cv-screem,"),
        ("expires: 2027-01-31", "expires: 2027-02-01"),
        ("starts: 2026-11-15", "starts: 2026-11-14"),
        ("MRM-481", "MRM-480"),
        ("second-look.md", "third-look.md"),
        ("rule: FAIR", "rule: FARE"),
        ("id: W-1\n", "id: W-3\n"),
        ("owner: user:li.wei\n    requested", "owner: user:li.wai\n    requested"),
        ("requested_on: 2026-11-12", "requested_on: 2026-11-13"),
        ("    accept_until_value: 0.720\n", ""),
        ("    reason: Vendor", "    covers: [failed]\n    reason: Vendor"),
    ],
)
def test_one_character_changed_changes_what_is_signed(old, new):
    assert old in TEXT
    before, after = read(TEXT).waivers[0], read(TEXT.replace(old, new, 1)).waivers[0]
    assert waiver_payload(before, SIGNED) != waiver_payload(after, SIGNED)


def test_every_field_but_place_and_approvals_is_signed():
    waiver = read(TEXT).waivers[0]
    left_out = {"place", "approvals"}
    for name in type(waiver).__dataclass_fields__:
        value = getattr(waiver, name)
        if isinstance(value, datetime):
            other = value + timedelta(days=1)
        elif name == "accept_until_value":
            other = None
        else:
            other = ("x",) if isinstance(value, tuple) else f"{value or ''}x"
        same = waiver_payload(replace(waiver, **{name: other}), SIGNED) == waiver_payload(
            waiver, SIGNED
        )
        assert same == (name in left_out), name


def test_the_file_keeps_every_line_when_an_approval_is_added():
    once = signed(TEXT, "W-1", new_key())
    twice = signed(signed(once, "W-1", new_key()), "W-2", new_key())
    assert once.startswith(TEXT)
    assert twice.startswith(once)
    assert [len(one.approvals) for one in read(twice).waivers] == [2, 1]


def test_a_key_approves_once_and_only_what_is_there():
    key = new_key()
    once = signed(TEXT, "W-1", key)
    approval = read(once).waivers[0].approvals[0]
    with pytest.raises(PolicyError, match="be approved once by each key"):
        with_approval(once.encode(), "w.yaml", "W-1", approval)
    with pytest.raises(PolicyError, match=r"must name a waiver of w.yaml \(W-1, W-2\), got 'W-7'"):
        with_approval(TEXT.encode(), "w.yaml", "W-7", approval)


def test_a_file_that_goes_on_behind_its_approvals_is_left_alone():
    approval = Approval("0" * 64, SIGNED, b"s")
    text = TEXT.replace("waivers:\n", "approvals: []\nwaivers:\n")
    with pytest.raises(PolicyError, match="must end with its list of approvals"):
        with_approval(text.encode(), "w.yaml", "W-1", approval)


@pytest.mark.parametrize("key", ["VpiVersion", "Str", "int", "list[x]"])
def test_an_unknown_key_is_named_whatever_it_looks_like(key):
    assert f"{key} is not a known key (w.yaml:2)." in refused(
        TEXT.replace("kind: Waivers", f'"{key}": x\nkind: Waivers')
    )
