"""Policy files: what is read, and what every mistake is answered with."""

from __future__ import annotations

from fractions import Fraction

import pytest

from harness.errors import PolicyError
from harness.files import sha256_bytes
from harness.policy import EVERY, parse_policy, policy_of_rules, read_policy


def test_a_limit_keeps_its_text_its_exact_value_and_its_line(parse, text):
    acc, leak = parse(text).rules
    assert (acc.limit.number.text, acc.limit.number.value) == ("0.80", Fraction(4, 5))
    assert acc.limit.parameter == "floor"
    assert (leak.limit.number.text, leak.limit.number.value) == ("5e-3", Fraction(1, 200))
    assert acc.place == "one.policy.yaml:15"
    assert leak.limit.place == "one.policy.yaml:21"


def test_the_reference_names_id_version_title_digest_and_file(parse, text):
    ref = parse(text).ref
    assert (ref.id, ref.version, ref.title) == ("acme.one", "1.2.3", "One rule")
    assert parse(text).raw == text.encode()
    assert (ref.digest, ref.place) == (sha256_bytes(text.encode()), "one.policy.yaml")


def test_a_confidence_of_95_per_cent_is_an_alpha_of_exactly_one_twentieth(parse, text):
    assert parse(text).rules[0].alpha == 0.05
    assert parse(text.replace("0.95", "0.99")).rules[0].alpha == 0.01
    assert parse(text.replace("defaults: {confidence: 0.95}\n", "")).rules[0].alpha == 0.05


def test_an_empty_list_is_refused_in_our_words(refused, text):
    applies = "severity: block\n    applies_when: {all: []}"
    assert refused(text.replace("severity: block", applies)) == (
        "rules.0.applies_when.all must hold at least 1 item(s), got [] (one.policy.yaml:14).",
    )


def test_five_mistakes_are_reported_in_one_go_each_with_its_line(refused, text):
    broken = (
        text.replace("severity: block", "severity: bloc")
        .replace("at_least: $floor", "at_least: $flor")
        .replace("id: LEAK", "id: ACC")
        .replace("at_most: 5e-3", "at_most: .nan")
        .replace("basis: law", "bassis: law")
        .replace("title: One rule", "title: One rule\n  owner: me")
    )
    problems = "\n".join(refused(broken))
    for expected in (
        "metadata.owner is not a known key (one.policy.yaml:7). Did you mean 'owners'?",
        "rules.0.severity must be 'block', 'warn' or 'info', got 'bloc' (one.policy.yaml:14).",
        (
            "rules.0.require.at_least must name a parameter of this policy, got '$flor' "
            "(one.policy.yaml:16). Did you mean 'floor'?"
        ),
        (
            "rules.1.id must be unique, got 'ACC' (one.policy.yaml:18), which stands at "
            "one.policy.yaml:12 already."
        ),
        "rules.1.require.at_most: must be a finite number, got .nan (one.policy.yaml:22).",
        "rules.1.bassis is not a known key (one.policy.yaml:23). Did you mean 'basis'?",
        "rules.1.basis must be given (one.policy.yaml:18).",
    ):
        assert expected in problems


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("at_most: 5e-3", "at_most: .inf", "finite number, got .inf (one.policy.yaml:21)"),
        ("at_most: 5e-3", "at_most: '0.005'", "must be a number without quotes"),
        ("at_most: 5e-3", "at_most: true", "must be a number, got True"),
        ("at_most: 5e-3", "at_most: 1e999999", "must be a finite number, got 1e999999"),
        ("at_most: 5e-3", "at_most: 1e-999999", "at most 40 characters"),
        ("at_most: 5e-3", "at_most: {from: declared.oops}", "declared.<measure key>"),
        ("at_most: 5e-3", "at_most: {from: accuracy.accuracy}", "declared.<measure key>"),
        ("at_most: 5e-3", "at_most: 1, at_least: 0", "exactly one of at_least, at_most"),
        ("{at_most: 5e-3}", "{}", "exactly one of at_least, at_most"),
        ("at_most: 5e-3", "drop_at_most: 0.01", "versus: last_release and paired: true"),
        ("at_most: 5e-3", "at_most: 1, paired: true", "only with drop_at_most"),
        ("at_most: 5e-3", "drop_at_most: -1, versus: last_release, paired: true", "be 0 or more"),
        ("at_most: 5e-3", "present_for: []", "list of column lists"),
        ("at_most: 5e-3", "present_for: [[a, a]]", "each column once"),
        ("version: 1.2.3", "version: 1.10", "three parts such as 1.10.0, got 1.10"),
        ("version: 1.2.3", "version: 2", "three parts such as 1.10.0, got 2"),
        ("confidence: 0.95", "confidence: 95", "between 0.5 and 1"),
        ("value: 0.80", "value: .nan", "finite number"),
        ("memorisation.canary-leak-rate", "memorisation.Canary", "must be <audit>.<measure>"),
        ("kind: PolicyPack", "kind: Policy", "'PolicyPack'"),
        ("kind: PolicyPack", "kind: PolicyPack\nkind: PolicyPack", "repeat the key 'kind'"),
        (
            "kind: PolicyPack",
            "kind: PolicyPack\nextends: [{ref: a}]",
            "such as builtin/standard@1.0, got 'a'",
        ),
        (
            "kind: PolicyPack",
            "kind: PolicyPack\napplies_when: {all: [{field: data.has_groups, equals: true}]}",
            "Only a rule may depend on data or model",
        ),
        (
            "kind: PolicyPack",
            "kind: PolicyPack\napplies_when: {all: [{field: task.knd, equals: a}]}",
            "system.<name> or one of task.kind",
        ),
        (
            "kind: PolicyPack",
            "kind: PolicyPack\napplies_when: {all: [{field: system.a, in: [b], equals: b}]}",
            "exactly one of in, any_of and equals, got 2",
        ),
        ("kind: PolicyPack", "kind: PolicyPack\napplies_when: {}", "must hold all or any"),
        (
            "basis: law",
            "basis: law\n    slices: {by: every, min_n: 0}",
            "greater than or equal to 1",
        ),
        ("basis: law", "basis: law\n    slices: {by: [[]]}", "list of column lists"),
        ("basis: law", "basis: law\n    slices: {by: every, min_share: 2}", "share from 0"),
        ("basis: law", "basis: law\n    needs: {n_at_least: 0}", "greater than or equal to 1"),
    ],
)
def test_a_mistake_is_named_with_its_line(refused, text, old, new, expected):
    assert old in text
    problems = "\n".join(refused(text.replace(old, new)))
    assert expected in problems
    assert "one.policy.yaml" in problems


def test_a_policy_without_rules_is_refused(refused, text):
    start = text.index("rules:")
    assert any("rules" in problem for problem in refused(text[:start] + "rules: []\n"))
    assert any("rules must be given" in problem for problem in refused(text[:start]))


@pytest.mark.parametrize("raw", [b"", b"- a list\n", b"just words\n", b"a: [\n", b"\xff\xfe"])
def test_what_is_no_mapping_is_refused_with_the_name_of_the_file(raw):
    with pytest.raises(PolicyError, match=r"x\.policy\.yaml"):
        parse_policy(raw, "x.policy.yaml")


def test_a_missing_file_is_refused_with_its_path(tmp_path):
    with pytest.raises(PolicyError, match=r"none\.policy\.yaml must be a readable file"):
        read_policy(tmp_path / "none.policy.yaml")


def test_a_presence_rule_takes_no_slices(refused, text):
    changed = text.replace("at_most: 5e-3", "present_for: every").replace(
        "basis: law", "basis: law\n    slices: {by: every}"
    )
    assert "must not use slices, needs or decide_on" in "\n".join(refused(changed))


def test_columns_of_a_slice_are_sorted_and_every_is_kept(parse, text):
    changed = text.replace("basis: law", "basis: law\n    slices: {by: [[sex, age], [sex]]}")
    assert parse(changed).rules[1].slices.by == (("age", "sex"), ("sex",))
    changed = text.replace("basis: law", "basis: law\n    slices: {by: every}")
    assert parse(changed).rules[1].slices.by == EVERY


def test_a_policy_can_be_built_around_a_rule_given_as_a_mapping():
    rule = policy_of_rules([{"measure": "a.b", "require": {"at_least": 0.8}}]).rules[0]
    assert (rule.id, rule.severity, rule.basis) == ("RULE-1", "block", "policy_choice")
    assert rule.limit.number.value == Fraction(4, 5)
    with pytest.raises(PolicyError, match=r"rules\.0\.require"):
        policy_of_rules([{"measure": "a.b", "require": {"at_lest": 0.8}}])


def test_an_id_that_cannot_be_is_told_how_ids_are_spelt_and_never_shown_a_pattern(tmp_path):
    path = tmp_path / "a.policy.yaml"
    path.write_text(
        "apiVersion: modelassay/v1\nkind: PolicyPack\n"
        "metadata: {id: a, version: one, title: t, owners: [me]}\nrules:\n"
        "  - {id: 规则, title: t, severity: block, measure: accuracy, require: {at_least: 0.5},\n"
        "     basis: policy_choice, why: because}\n"
    )
    with pytest.raises(PolicyError) as caught:
        read_policy(path)
    said = str(caught.value)
    assert "rules.0.id must begin with a letter" in said
    assert "metadata.version: must have three parts such as 1.10.0, got 'one'" in said
    assert "rules.0.measure must be <audit>.<measure>" in said
    assert "pattern" not in said
    assert "[A-Z" not in said
