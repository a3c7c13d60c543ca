import base64
import itertools

import pytest

from harness.clock import parse_moment
from harness.errors import UsageError
from harness.signing import envelope_of, missing_signatures, parse_trust, signers_of
from harness.signing.trustfile import key_block, with_key, with_revoked

NOW = parse_moment("2026-11-27T12:00:00Z")
VALID = """# whom we believe
apiVersion: modelassay/v1
kind: Trust   # a file of its own
keys:
  - user: user:first   # of the model risk team
    roles: [ci]
    public_key: |
      -----BEGIN PUBLIC KEY-----
      {pem}
      -----END PUBLIC KEY-----

  # the second
  - user: user:second
    roles:
      - compliance
    public_key: {second}
    until: 2027-12-31   # the last day

# asked for
thresholds:
  gate: {{ci: 1}}
"""


def b64(key):
    return base64.b64encode(key.public_der).decode()


def commented(keys):
    return VALID.format(pem=b64(keys[0]), second=b64(keys[1])).encode()


def signed(keys):
    return envelope_of("a/b", b"payload", keys)


def test_one_user_with_two_keys_counts_once(keys, trusting):
    trust = trusting.of(
        {"key": keys[0], "user": "user:a", "roles": ["ci"]},
        {"key": keys[1], "user": "user:a", "roles": ["legal"]},
        {"key": keys[2], "user": "user:b", "roles": ["ci"]},
    )
    found = signers_of(signed(keys[:3]), trust, NOW)
    assert [(one.user, one.roles) for one in found] == [
        ("user:a", {"ci", "legal"}),
        ("user:b", {"ci"}),
    ]


def test_a_key_that_the_trust_file_does_not_name_counts_for_nothing(keys, trusting):
    assert signers_of(signed(keys[1:2]), trusting.of({"key": keys[0]}), NOW) == ()
    assert signers_of(signed([]), trusting.of({"key": keys[0]}), NOW) == ()
    assert signers_of(signed(keys[:1]), trusting.of(), NOW) == ()


@pytest.mark.parametrize(
    ("entry", "at", "counts"),
    [
        ({"from": "2026-11-27"}, "2026-11-26T23:59:59Z", False),
        ({"from": "2026-11-27"}, "2026-11-27T00:00:00Z", True),
        ({"until": "2026-11-27"}, "2026-11-27T23:59:59Z", True),
        ({"until": "2026-11-27"}, "2026-11-28T00:00:00Z", False),
        ({"until": "9999-12-31"}, "2026-11-27T00:00:00Z", True),
        ({"revoked": "{at: 2026-11-27, reason: superseded}"}, "2026-11-26T23:59:59Z", True),
        ({"revoked": "{at: 2026-11-27, reason: superseded}"}, "2026-11-27T00:00:00Z", False),
        ({"revoked": "{at: 2026-11-27, reason: compromised}"}, "2020-01-01T00:00:00Z", False),
        ({"revoked": "{at: 2030-01-01, reason: compromised}"}, "2026-11-27T00:00:00Z", False),
    ],
)
def test_when_it_was_signed_decides_whether_a_key_counts(keys, trusting, entry, at, counts):
    trust = trusting.of({"key": keys[0], **entry})
    assert bool(signers_of(signed(keys[:1]), trust, parse_moment(at))) is counts


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("revoked: {at: tomorrow, reason: superseded}", r"keys\.0\.revoked\.at.*trust\.yaml:7"),
        ("revoked: {at: 2026-01-01, reason: lost}", r"'compromised' or 'superseded'"),
        ("revoked: {reason: superseded}", r"keys\.0\.revoked\.at must be given"),
        ("from: 20260101", r"keys\.0\.from"),
        ("from: 2026-W01-1", "2027-05-10"),
        ("until: 2026-02-30", "2027-05-10"),
        ("from: 2027-01-02\n    until: 2027-01-01", "until must not be before from"),
        ("untill: 2027-01-01", r"is not a known key.*Did you mean 'until'"),
    ],
)
def test_a_wrong_entry_is_named_with_its_line(keys, trusting, line, says):
    text = trusting.text({"key": keys[0]}) + f"    {line}\n".encode()
    with pytest.raises(UsageError, match=says):
        parse_trust(text, "trust.yaml")


def test_every_problem_of_a_trust_file_is_told_at_once(keys, trusting):
    text = trusting.text({"key": keys[0], "user": "anna", "roles": ["a role"], "until": "soon"})
    with pytest.raises(UsageError) as refused:
        parse_trust(text, "trust.yaml")
    assert len(refused.value.problems) == 3


@pytest.mark.parametrize("text", ["MCowBQ", "AAAA", "not a key"])
def test_a_public_key_that_is_none_is_refused(text):
    raw = f"apiVersion: modelassay/v1\nkind: Trust\nkeys:\n  - {{user: user:a, roles: [ci], public_key: {text}}}"
    with pytest.raises(UsageError, match="Ed25519 public key"):
        parse_trust(raw.encode(), "trust.yaml")


def test_a_key_stands_once_even_in_two_ways_of_writing(keys):
    text = commented(keys).decode() + "  # end\n"
    text = text.replace(b64(keys[1]), b64(keys[0]))
    with pytest.raises(UsageError, match="must stand once"):
        parse_trust(text.encode(), "trust.yaml")


def test_one_approval_is_enough_only_where_one_person_may_do_everything(trusting):
    with pytest.raises(UsageError, match="at least 2"):
        trusting.of(more="waivers: {approvals: 1}\n")
    with pytest.raises(
        UsageError, match=r"^waivers.approvals must be at least 2 .* got 1 \(trust.yaml:\d+\)"
    ):
        trusting.of(more="waivers:\n  roles: [a]\n  approvals: 1\n")
    assert trusting.of(more="waivers: {approvals: 1}\nsingle_person: true\n").is_single_person


# --- thresholds ------------------------------------------------------------------------------------


def brute_force(signed, wanted):
    """Try every way of giving each user one of his roles; least total of what is missing."""
    users = sorted({user for user, _ in signed})
    choices = [[role for who, role in signed if who == user] for user in users]
    best = None
    for pick in itertools.product(*choices):
        missing = sum(max(0, n - pick.count(role)) for role, n in wanted.items())
        best = missing if best is None else min(best, missing)
    return sum(wanted.values()) if best is None else best


def test_roles_are_counted_as_well_as_any_assignment_of_users_to_roles_allows():
    roles, users = ("ci", "legal", "risk"), ("u1", "u2", "u3")
    pairs = list(itertools.product(users, roles))
    for bits in range(0, 2 ** len(pairs), 3):
        signed = [pair for i, pair in enumerate(pairs) if bits >> i & 1]
        for wanted in ({"ci": 1, "legal": 1}, {"ci": 2}, {"ci": 1, "legal": 1, "risk": 1}):
            missing = missing_signatures(signed, wanted, is_single_person=False)
            assert sum(missing.values()) == brute_force(signed, wanted)


def test_one_person_with_two_roles_is_not_two_people():
    signed = [("user:a", "ci"), ("user:a", "compliance")]
    wanted = {"ci": 1, "compliance": 1}
    assert sum(missing_signatures(signed, wanted, is_single_person=False).values()) == 1
    assert missing_signatures(signed, wanted, is_single_person=True) == {}


def test_a_single_person_still_counts_once_for_a_threshold_of_two():
    signed = [("user:a", "ci"), ("user:a", "ci")]
    assert missing_signatures(signed, {"ci": 2}, is_single_person=True) == {"ci": 1}


def test_a_role_that_nobody_signed_in_is_missing():
    assert missing_signatures([], {"ci": 2}, is_single_person=False) == {"ci": 2}
    assert missing_signatures([("user:a", "legal")], {}, is_single_person=False) == {}


# --- editing ---------------------------------------------------------------------------------------


def added(raw, key, **values):
    values = {"user": "user:new", "roles": ["legal"], "name": "trust.yaml", **values}
    return with_key(raw, key.public_der, **values)


def revoked(raw, key, reason="superseded", at="2026-11-01"):
    return with_revoked(raw, key.keyid, at=at, reason=reason, name="trust.yaml")


def test_a_trust_file_that_is_missing_begins_with_the_key(keys):
    trust = parse_trust(added(None, keys[0]), "trust.yaml")
    assert [(one.keyid, one.user, one.roles) for one in trust.keys] == [
        (keys[0].keyid, "user:new", {"legal"})
    ]


def test_a_key_is_added_and_every_other_line_stays(keys):
    before = commented(keys)
    after = added(before, keys[2])
    assert [k.keyid for k in parse_trust(after, "t").keys] == [k.keyid for k in keys[:3]]
    block = key_block(keys[2].public_der, user="user:new", roles=["legal"]).encode()
    assert after.replace(block, b"") == before


@pytest.mark.parametrize("position", [0, 1])
@pytest.mark.parametrize("reason", ["superseded", "compromised"])
def test_a_key_is_revoked_by_one_line_and_every_other_line_stays(keys, position, reason):
    before = commented(keys)
    after = revoked(before, keys[position], reason)
    found = parse_trust(after, "t").keys
    assert [k.revoked_for for k in found] == [reason if i == position else None for i in (0, 1)]
    line = f"    revoked: {{at: 2026-11-01, reason: {reason}}}\n".encode()
    assert after.replace(line, b"") == before


def test_a_superseded_key_can_turn_out_to_be_compromised_but_not_the_other_way(keys):
    once = revoked(commented(keys), keys[0])
    worse = revoked(once, keys[0], "compromised")
    assert parse_trust(worse, "t").keys[0].revoked_for == "compromised"
    assert worse.count(b"revoked") == 1
    for reason in ("superseded", "compromised"):
        with pytest.raises(UsageError, match="already"):
            revoked(worse, keys[0], reason)


@pytest.mark.parametrize(
    "shape",
    [
        "keys: []   # none yet\nsingle_person: true\n",
        "keys:\nsingle_person: false\n".replace("keys:\n", "keys: []\n"),
        "single_person: true\n",
        "single_person: true",
        "keys:\n- user: user:b\n  roles: [ci]\n  public_key: {key}\n",
        "keys:\n- {{user: user:b, roles: [ci], public_key: {key}}}  # flow\nsingle_person: true\n",
        "keys:\r\n    - user: user:b\r\n      roles: [ci]\r\n      public_key: {key}\r\n",
    ],
)
def test_a_key_is_added_to_and_revoked_in_every_usual_shape(keys, shape):
    head = "apiVersion: modelassay/v1\nkind: Trust\n"
    raw = (head + shape.format(key=b64(keys[0]))).encode()
    after = revoked(added(raw, keys[1]), keys[1])
    found = parse_trust(after, "t")
    assert found.keys[-1].keyid == keys[1].keyid
    assert found.keys[-1].revoked_for == "superseded"
    assert found.is_single_person == parse_trust(raw, "t").is_single_person
    if len(found.keys) == 2:
        both = parse_trust(revoked(after, keys[0]), "t")
        assert [one.revoked_for for one in both.keys] == ["superseded"] * 2


def test_a_file_that_cannot_be_edited_says_what_to_add_by_hand(keys):
    raw = (
        "apiVersion: modelassay/v1\nkind: Trust\n"
        f"keys: [{{user: user:b, roles: [ci], public_key: {b64(keys[0])}}}]\n"
    ).encode()
    with pytest.raises(UsageError, match=r"by hand:\n.*user:new"):
        added(raw, keys[1])
    with pytest.raises(UsageError, match=r"by hand:\nrevoked: \{at: 2026-11-01"):
        revoked(raw, keys[0])


def test_a_key_is_not_added_twice_nor_revoked_when_unknown(keys):
    with pytest.raises(UsageError, match="name a key once"):
        added(commented(keys), keys[0])
    with pytest.raises(UsageError, match="must name the key"):
        revoked(commented(keys), keys[3])


@pytest.mark.parametrize(("user", "role"), [("anna", "ci"), ("user:a b", "ci"), ("user:a", "a b")])
def test_a_user_or_role_that_is_no_word_is_refused_by_its_own_message(keys, user, role):
    with pytest.raises(UsageError, match=r"keys\.0\.(user|roles)"):
        added(commented(keys), keys[2], user=user, roles=[role])


def test_a_word_that_is_known_in_another_place_is_not_suggested_for_itself(trusting):
    with pytest.raises(UsageError, match=r"^approvals is not a known key \(trust.yaml:\d+\)\.$"):
        trusting.of(more="approvals: 2\n")
