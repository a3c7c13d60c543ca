"""Packs upon packs: pinned by version and digest, tightened and never loosened."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import PolicyError
from harness.files import sha256_bytes
from harness.policy import locate_policy, parse_policy, read_policy
from harness.policy.linting import warnings_of

HEAD = "apiVersion: modelassay/v1\nkind: PolicyPack\n"
BASE = (
    HEAD
    + """\
metadata: {id: acme.base, version: 1.2.3, title: Base, review_by: 2026-01-01, valid_for_days: 90}
applies_when: {all: [{field: system.domain, in: [employment]}]}
defaults: {confidence: 0.99}
parameters:
  floor: {value: 0.80, may_only: rise}
  ceiling: {value: 0.10, may_only: fall}
rules:
  - id: ACC
    title: Accuracy
    severity: warn
    measure: accuracy.accuracy
    require: {at_least: $floor}
    basis: policy_choice
  - id: LEAK
    title: Leaks
    severity: block
    measure: memorisation.canary-leak-rate
    require: {at_most: $ceiling}
    basis: policy_choice
"""
)
RULE = """
  - id: OWN
    title: Own
    severity: block
    measure: accuracy.accuracy
    require: {at_least: 0.5}
    basis: policy_choice
"""


class Desk:
    """A folder in which packs are written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> Path:
        path = self.folder / f"{name}.policy.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def pin(self, name: str, version: str = "1.2", digest: str | None = None) -> str:
        raw = (self.folder / f"{name}.policy.yaml").read_bytes()
        digest = digest or f"sha256:{sha256_bytes(raw)}"
        return f'{{ref: {name}.policy.yaml@{version}, digest: "{digest}"}}'

    def child(
        self, more: str = "", *, on: tuple[str, ...] = ("base",), name: str = "child"
    ) -> Path:
        pins = "".join(f"\n  - {self.pin(one)}" for one in on)
        meta = f"metadata: {{id: acme.{name}, version: 1.2.0, title: Child}}\n"
        return self.write(name, f"{HEAD}{meta}extends:{pins}\n{more}")

    def refused(self, more: str = "", *, on: tuple[str, ...] = ("base",)) -> str:
        with pytest.raises(PolicyError) as caught:
            read_policy(self.child(more, on=on))
        assert caught.value.exit_code == 2
        return str(caught.value)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    one = Desk(tmp_path)
    one.write("base", BASE)
    return one


def rules_of(path: Path):
    return {rule.id: rule for rule in read_policy(path).rules}


def test_a_child_has_the_rules_of_its_parent_and_then_its_own(desk):
    policy = read_policy(desk.child(f"rules:{RULE}"))
    assert [rule.id for rule in policy.rules] == ["ACC", "LEAK", "OWN"]
    assert [rule.id for rule in policy.own_rules] == ["OWN"]
    assert [rule.pack for rule in policy.rules] == ["acme.base", "acme.base", "acme.child"]
    (part,) = policy.parts
    assert part.raw == BASE.encode()
    assert policy.ref.extends == {"acme.base 1.2.3": sha256_bytes(BASE.encode())}
    assert policy.valid_for_days == 90


def test_a_child_may_consist_of_its_parents_alone(desk):
    assert set(rules_of(desk.child())) == {"ACC", "LEAK"}


def test_defaults_and_conditions_of_a_parent_stay_with_its_own_rules(desk):
    more = f"defaults: {{decide_on: point}}\nrules:{RULE}"
    rules = rules_of(desk.child(more))
    assert (rules["ACC"].decide_on, rules["OWN"].decide_on) == ("interval", "point")
    assert (rules["ACC"].alpha, rules["OWN"].alpha) == (0.01, 0.05)
    assert rules["ACC"].pack_applies_when.all[0].field == "system.domain"
    assert rules["OWN"].pack_applies_when is None


def test_a_moved_parameter_holds_with_the_line_of_the_child(desk):
    path = desk.child("parameters:\n  floor: {value: 9/10}\n")
    policy = read_policy(path)
    acc, leak = policy.rules
    assert acc.limit.number.value == Fraction(9, 10)
    assert acc.place == acc.limit.place == acc.places["limit"] == "child.policy.yaml:7"
    assert (leak.limit.number.text, leak.place) == ("0.10", "base.policy.yaml:20")
    moved = policy.parameters["acme.base/floor"]
    assert (moved.value.text, moved.moves) == ("9/10", ("base.policy.yaml:7",))


@pytest.mark.parametrize(
    ("move", "is_refused"),
    [
        ("floor: {value: 0.8}", False),
        ("floor: {value: 4/5}", False),
        ("floor: {value: 0.80000000000000000001}", False),
        ("floor: {value: 0.79999999999999999999}", True),
        ("floor: {value: 0.7}", True),
        ("ceiling: {value: 0.05}", False),
        ("ceiling: {value: 1/10}", False),
        ("ceiling: {value: 0.1000000000000000000001}", True),
        ("ceiling: {value: 1}", True),
    ],
)
def test_a_parameter_moves_its_own_way_only_and_exactly(desk, move, is_refused):
    more = f"parameters: {{{move}}}\n"
    if is_refused:
        problem = desk.refused(more)
        assert "child.policy.yaml:6" in problem
        assert "base.policy.yaml:" in problem
        assert "never loosen" in problem
    else:
        assert len(rules_of(desk.child(more))) == 2


def test_a_child_raises_severities_and_says_where(desk):
    acc = rules_of(desk.child("severities:\n  ACC: block\n"))["ACC"]
    assert (acc.severity, acc.places["severity"]) == ("block", "child.policy.yaml:7")
    assert acc.place == "base.policy.yaml:14"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            "severities: {LEAK: warn}",
            "be block or stricter, as base.policy.yaml:18 says, got 'warn'",
        ),
        ("severities: {ACC: info}", "be warn or stricter"),
        ("severities: {AC: block}", "Did you mean 'ACC'?"),
        ("parameters: {flor: {value: 0.9}}", "Did you mean 'floor'?"),
        (
            "parameters: {floor: {value: 0.9, may_only: rise}}",
            "acme.base/floor is a parameter already (base.policy.yaml:7)",
        ),
        ("parameters: {a/b: {value: 0.9, may_only: rise}}", "have a name without /"),
        (
            f"rules:{RULE.replace('OWN', 'ACC')}",
            "got 'ACC' (child.policy.yaml:7), which acme.base has already (base.policy.yaml:10)",
        ),
        (f"rules:{RULE.replace('0.5', '$flour')}", "name a parameter of this policy, got '$flour'"),
        (
            f"rules:{RULE.replace('at_least: 0.5', 'at_most: $floor')}",
            "at_most must use a parameter that may only fall, got $floor (child.policy.yaml:11)",
        ),
    ],
)
def test_whoever_loosens_redefines_or_misspells_is_told_both_places(desk, more, expected):
    problem = desk.refused(more + "\n")
    assert expected in problem
    assert "child.policy.yaml:" in problem


def test_a_rule_of_the_child_may_use_a_parameter_of_the_parent_as_it_was_moved(desk):
    more = f"parameters: {{floor: {{value: 0.9}}}}\nrules:{RULE.replace('0.5', '$floor')}"
    assert rules_of(desk.child(more))["OWN"].limit.number.text == "0.9"


def test_a_wrong_digest_shows_both_and_what_to_do(desk):
    path = desk.child()
    right = sha256_bytes(BASE.encode())
    path.write_text(path.read_text().replace(right, "0" * 64))
    with pytest.raises(PolicyError) as caught:
        read_policy(path)
    assert f"sha256:{right}" in str(caught.value)
    assert f"sha256:{'0' * 64}" in str(caught.value)
    assert "(child.policy.yaml:5)" in str(caught.value)
    assert "Read what changed" in str(caught.value)


def test_a_missing_digest_is_refused_with_the_line_to_write(desk):
    text = f"{HEAD}metadata: {{id: a.c, version: 1.0.0, title: C}}\nextends: [{{ref: base.policy.yaml@1}}]\n"
    with pytest.raises(PolicyError, match=r"digest must be given .*Write digest: \"sha256:"):
        read_policy(desk.write("child", text))


@pytest.mark.parametrize(("version", "fits"), [
    ("1", True), ("1.2", True), ("1.2.3", True), ("1.3", False), ("2", False), ("1.2.30", False),
    ("1.20", False),
])  # fmt: skip
def test_a_version_may_be_given_by_its_first_parts(desk, version, fits):
    path = desk.child()
    path.write_text(path.read_text().replace("yaml@1.2", f"yaml@{version}"))
    if fits:
        assert len(rules_of(path)) == 2
    else:
        with pytest.raises(PolicyError, match=rf"version 1\.2\.3, which .* got .*@{version}'"):
            read_policy(path)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("{ref: base.policy.yaml}", "must be builtin/<name>@<version> or <path>@<version>"),
        ("{ref: gone.policy.yaml@1, digest: X}", "must be sha256: and 64 hex digits"),
        (f'{{ref: gone.policy.yaml@1, digest: "sha256:{"0" * 64}"}}', "be a file"),
        (
            f'{{ref: builtin/standart@1, digest: "sha256:{"0" * 64}"}}',
            "Did you mean 'builtin/standard'",
        ),
        ("base.policy.yaml", "extends.0 must be a mapping, got 'base.policy.yaml'"),
    ],
)
def test_a_reference_that_leads_nowhere_is_named_with_its_line(desk, item, expected):
    text = f"{HEAD}metadata: {{id: a.c, version: 1.0.0, title: C}}\nextends:\n  - {item}\n"
    with pytest.raises(PolicyError) as caught:
        read_policy(desk.write("child", text))
    assert expected in str(caught.value)
    assert "child.policy.yaml:5" in str(caught.value)


def test_a_pack_that_ships_is_extended_by_its_name(desk):
    raw = locate_policy("builtin/standard", Path()).read_bytes()
    version = read_policy(locate_policy("builtin/standard", Path())).ref.version
    pin = f'{{ref: builtin/standard@{version}, digest: "sha256:{sha256_bytes(raw)}"}}'
    text = f"{HEAD}metadata: {{id: a.c, version: 1.0.0, title: C}}\nextends: [{pin}]\n"
    rules = read_policy(desk.write("child", text)).rules
    assert {rule.place.partition(":")[0] for rule in rules} == {"standard.policy.yaml"}


def test_packs_stand_upon_packs_and_each_move_starts_where_the_last_one_ended(desk):
    desk.child("parameters: {floor: {value: 0.85}}\nseverities: {ACC: block}\n", name="mid")
    top = rules_of(desk.child("parameters: {floor: {value: 0.9}}\n", on=("mid",)))
    assert (top["ACC"].limit.number.text, top["ACC"].severity) == ("0.9", "block")
    problem = desk.refused("parameters: {floor: {value: 0.84}}\n", on=("mid",))
    assert "be at least 0.85" in problem
    assert "(mid.policy.yaml:6)" in problem
    problem = desk.refused("severities: {ACC: warn}\n", on=("mid",))
    assert "as mid.policy.yaml:7 says" in problem


def test_a_pack_between_cannot_make_the_rules_below_it_apply_less_often(desk):
    desk.child(
        f"applies_when: {{all: [{{field: system.domain, in: [credit]}}]}}\nrules:{RULE}", name="mid"
    )
    rules = rules_of(desk.child(on=("mid",)))
    assert rules["ACC"].pack_applies_when.all[0].values == ("employment",)
    assert rules["OWN"].pack_applies_when.all[0].values == ("credit",)


def test_two_packs_with_one_rule_id_are_refused_with_both_places(desk):
    desk.write("other", BASE.replace("acme.base", "acme.other").replace("ACC", "ACC-2"))
    problem = desk.refused(on=("base", "other"))
    assert "'LEAK' stands in acme.other (other.policy.yaml:16)" in problem
    assert "in acme.base (base.policy.yaml:16)" in problem


def test_a_parameter_that_two_packs_have_is_moved_by_its_full_name(desk):
    other = BASE.replace("acme.base", "acme.other").replace("ACC", "A2").replace("LEAK", "L2")
    desk.write("other", other)
    both = ("base", "other")
    assert "acme.base/floor and acme.other/floor are meant" in desk.refused(
        "parameters: {floor: {value: 0.9}}\n", on=both
    )
    rules = rules_of(desk.child("parameters: {acme.other/floor: {value: 0.9}}\n", on=both))
    assert (rules["ACC"].limit.number.text, rules["A2"].limit.number.text) == ("0.80", "0.9")


def test_one_pack_on_two_ways_is_refused(desk):
    desk.child(name="mid")
    assert "acme.base comes as base.policy.yaml@1.2 and as" in desk.refused(on=("mid", "base"))


def test_a_child_with_the_id_of_its_parent_is_refused(desk):
    path = desk.child()
    path.write_text(path.read_text().replace("acme.child", "acme.base"))
    with pytest.raises(PolicyError, match=r"metadata\.id must be the pack's own"):
        read_policy(path)


def test_a_circle_is_named_and_not_followed(desk):
    path = desk.child(name="a")
    pin = '{ref: a.policy.yaml@1.2, digest: "sha256:' + "0" * 64 + '"}'
    path.write_text(path.read_text().replace(desk.pin("base"), pin))
    with pytest.raises(
        PolicyError, match=r"not lead back to itself, got a\.policy\.yaml → a\.policy"
    ):
        read_policy(path)


def test_a_tower_of_packs_has_an_end(desk):
    below = "base"
    for floor in range(7):
        desk.child(on=(below,), name=f"f{floor}")
        below = f"f{floor}"
    assert len(rules_of(desk.child(on=(below,), name="eighth"))) == 2
    with pytest.raises(PolicyError, match="stand at most 8 packs deep"):
        read_policy(desk.child(on=("eighth",), name="ninth"))


def test_what_builds_on_a_draft_is_a_draft_and_carries_its_notes(desk):
    draft = BASE.replace(
        "title: Base", "title: Base, status: draft, notes: Numbers to be confirmed"
    )
    desk.write("base", draft)
    policy = read_policy(desk.child())
    assert policy.ref.status == "draft"
    assert policy.notes == "acme.base: Numbers to be confirmed"


def test_a_child_that_says_stable_upon_a_draft_is_told_so_and_is_not_told_to_close_a_hole(desk):
    desk.write("base", BASE.replace("title: Base", "title: Base, status: draft"))
    silent = desk.child()
    loud = desk.write(
        "loud", silent.read_text().replace("title: Child", "title: Child, status: stable")
    )
    found = {
        path: [one for one in warnings_of(read_policy(path), {}, today=date(2025, 12, 1))
               if one.id == "draft"]
        for path in (silent, loud)
    }  # fmt: skip
    assert [one.place for one in found[silent]] == ["base.policy.yaml:3"]
    base, child = found[loud]
    assert base.place == "base.policy.yaml:3"
    assert child.place == "loud.policy.yaml:3"
    assert "what it builds on is a draft (acme.base 1.2.3)" in child.text
    assert read_policy(loud).ref.status == "draft"


def test_a_policy_is_read_again_from_its_packs_alone_and_is_the_same(desk):
    desk.child("parameters: {floor: {value: 0.85}}\n", name="mid")
    path = desk.child("parameters: {floor: {value: 0.9}}\n", on=("mid",))
    first = read_policy(path)
    packs = {part.ref.digest: part.raw for part in first.parts}
    for file in desk.folder.iterdir():
        file.unlink()
    again = parse_policy(first.raw, first.ref.place, packs=packs)
    assert again.rules == first.rules
    assert [rule.places for rule in again.rules] == [rule.places for rule in first.rules]
    assert again == first
    del packs[first.parts[0].ref.digest]
    with pytest.raises(PolicyError, match="must have its pack beside it"):
        parse_policy(first.raw, first.ref.place, packs=packs)


def test_a_pack_that_was_changed_after_it_was_pinned_is_refused_from_a_gate_too(desk):
    first = read_policy(desk.child())
    part = first.parts[0]
    loose = part.raw.replace(b"0.80", b"0.08")
    with pytest.raises(PolicyError, match="be that of base"):
        parse_policy(first.raw, "child.policy.yaml", packs={part.ref.digest: loose})


def test_a_pack_that_moved_on_says_its_version_now(desk):
    path = desk.child()
    desk.write("base", BASE.replace("1.2.3", "1.3.0"))
    with pytest.raises(
        PolicyError, match=r"not the one that was pinned; it is version 1\.3\.0 now"
    ):
        read_policy(path)
    desk.write("base", "[")
    with pytest.raises(PolicyError, match=r"not the one that was pinned\. Read"):
        read_policy(path)


NUMBERS = st.fractions(min_value=0, max_value=1, max_denominator=1000)


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    first=NUMBERS, second=NUMBERS, severities=st.lists(st.sampled_from(["info", "warn", "block"]),
    min_size=3, max_size=3),
)  # fmt: skip
def test_whatever_a_tower_of_packs_moves_it_is_refused_or_at_least_as_strict(
    desk, first, second, severities
):
    desk.write("base", BASE.replace("severity: warn", f"severity: {severities[0]}"))
    before = read_policy(desk.folder / "base.policy.yaml")
    below = "base"
    for name, number, severity in (("a", first, severities[1]), ("b", second, severities[2])):
        text = f"{{value: {number.numerator}/{number.denominator}}}"
        # numbers near the limits, or a tower would hardly ever be accepted
        moved = "floor" if number >= Fraction(1, 2) else "ceiling"
        more = f"parameters: {{{moved}: {text}}}\nseverities: {{ACC: {severity}}}\n"
        desk.child(more, on=(below,), name=name)
        below = name
    refused = ""
    try:
        after = read_policy(desk.folder / "b.policy.yaml")
    except PolicyError as err:
        refused = str(err)
    if refused:
        assert "never loosen" in refused
        return
    order = ["info", "warn", "block"]
    for old, new in zip(before.rules, after.rules, strict=True):
        assert order.index(new.severity) >= order.index(old.severity)
        change = new.limit.number.value - old.limit.number.value
        assert change >= 0 if old.kind == "at_least" else change <= 0
