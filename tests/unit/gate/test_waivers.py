"""What waivers do at the gate, and everything that keeps one from doing it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from harness.gate import Baseline, Given
from harness.gate.given import TRUST, WAIVERS, given_of_files
from harness.records import ALL, Stage, to_json
from harness.stats import exact, newcombe, undefined, wilson

NOW = datetime(2026, 11, 23, 18, 40, tzinfo=UTC)
SIGNED = datetime(2026, 11, 14, 9, 30, tzinfo=UTC)
USERS = {"okafor": ["compliance"], "ahmed": ["model-risk"], "wei": ["model-risk"], "kim": ["ci"]}
HEAD = "apiVersion: modelassay/v1\nkind: Waivers\nwaivers:\n"
RULE = {"id": "LOW", "measure": "test.lower", "require": {"at_most": 0.5}}
BAD = wilson(150, 200)
GOOD = wilson(10, 200)


def waiver(id="W-1", *, rule="LOW", scope="{model: t}", owner="user:wei", more="", days=(-8, 30)):
    first, last = (NOW.date() + timedelta(days=n) for n in days)
    return (
        f"  - id: {id}\n    rule: {rule}\n    scope: {scope}\n    reason: It is known.\n"
        f"    owner: {owner}\n    ticket: T-1\n    starts: {first}\n    expires: {last}\n{more}"
    )


@pytest.fixture
def file(ring):
    """Put waivers into a file and have them approved."""

    def build(*waivers, by=("okafor", "ahmed"), ids=None, moment=SIGNED):
        text = HEAD + "".join(waivers or (waiver(),))
        for one in ids or [line.split()[-1] for line in text.splitlines() if "- id:" in line]:
            for user in by:
                text = ring.approve(text, one, user, moment=moment)
        return text

    return build


@pytest.fixture
def judged(make, ring):
    """Judge rules on measurements by a waivers file."""

    def judge(text, held=None, *, rules=(RULE,), users=USERS, trust=None, system=None, **options):
        trusted = ring.trust_text(users, **(trust or {})) if users is not None else None
        files = {WAIVERS: text.encode()} | ({TRUST: trusted.encode()} if trusted else {})
        given = replace(given_of_files(files, lock=None), baseline=options.pop("baseline", None))
        record = make.run(
            system={"authors": ["user:lee"]} if system is None else system,
            **options.pop("record", {}),
        )
        held = held or [make.measurement("test.lower", BAD)]
        return make.gate(rules, held, record=record, given=given, **options)

    return judge


def test_a_waived_finding_keeps_its_numbers_and_its_reason(make, judged, file):
    verdict = judged(file())
    (finding,) = verdict.findings
    (plain,) = make.gate([RULE], [make.measurement("test.lower", BAD)]).findings
    assert replace(finding, outcome="failed", waiver=None, waived_outcome=None) == plain
    assert (finding.outcome, finding.waiver, finding.waived_outcome) == ("waived", "W-1", "failed")
    assert (verdict.verdict, verdict.exit_code) == ("pass-with-warnings", 0)
    assert verdict.counts == {"waived": 1}
    assert verdict.because.text == (
        "Meets policy rules version 0.0.0 on data set test, but for 1 rule that is not met and waived "
        "(W-1). A reviewer's decision is still required."
    )


def test_a_waiver_in_force_says_until_when_and_by_whom(judged, file):
    (use,) = judged(file()).waivers
    assert (use.state, use.approved_by, use.days_left, use.warns) == (
        "in-force",
        ("user:okafor", "user:ahmed"),
        30,
        30,
    )
    assert use.because.text == (
        "W-1 waives 1 finding of LOW until the end of 2026-12-23; approved by user:okafor and user:ahmed."
    )


@pytest.mark.parametrize(
    ("given", "rule", "by_default"),
    [
        (wilson(150, 200), RULE, True),
        (wilson(100, 200), RULE, True),
        (undefined(None, unit="share"), RULE, False),
        (None, RULE, False),
    ],
    ids=["failed", "inconclusive", "no value", "absent"],
)
def test_what_was_not_measured_is_waived_only_where_the_waiver_says_so(
    make, judged, file, given, rule, by_default
):
    held = [make.measurement("other.rate", GOOD)]
    if given is not None:
        why = make.estimate(None, None, None).why_undefined
        held.append(make.measurement("test.lower", replace(given, why_undefined=why if given.value is None else None)))  # fmt: skip
    other = {"id": "RATE", "measure": "other.rate", "require": {"at_most": 0.5}}
    word = judged(file(), held, rules=(rule, other)).verdict
    assert word == ("pass-with-warnings" if by_default else "incomplete")
    covering = file(waiver(more="    covers: [failed, inconclusive, not-measured]\n"))
    verdict = judged(covering, held, rules=(rule, other))
    assert verdict.verdict == "pass-with-warnings"
    if not by_default:
        assert any(message.text.startswith("LOW") for message in verdict.not_tested)
        (use,) = judged(file(), held, rules=(rule, other)).waivers
        assert use.because.text == (
            "W-1 covers failed and inconclusive, and LOW ended not-measured where it holds."
        )


def test_a_policy_of_which_nothing_was_measured_is_no_pass_whatever_is_waived(judged, make, file):
    text = file(waiver(more="    covers: [not-measured]\n"))
    verdict = judged(text, [make.measurement("other.rate", GOOD)])
    assert (verdict.findings[0].outcome, verdict.verdict) == ("waived", "incomplete")
    assert "No rule of policy" in verdict.because.text


def test_an_error_is_never_waived(judged, make, file):
    text = file(waiver(more="    covers: [failed, inconclusive, not-measured]\n"))
    broken = [make.measurement("test.lower", replace(BAD, value=float("nan")))]
    verdict = judged(text, broken)
    assert (verdict.verdict, verdict.findings[0].outcome) == ("incomplete", "error")
    assert verdict.waivers[0].because.text.endswith("An error is never waived.")


@pytest.mark.parametrize("severity", ["warn", "info"])
def test_waivers_hold_for_warnings_too(judged, make, file, severity):
    other = {"id": "RATE", "measure": "other.rate", "require": {"at_most": 0.5}}
    held = [make.measurement("test.lower", BAD), make.measurement("other.rate", GOOD)]
    verdict = judged(file(), held, rules=(RULE | {"severity": severity}, other))
    assert verdict.findings[0].outcome == "waived"


class TestApprovals:
    def test_without_a_trust_file_no_signature_counts(self, judged, file):
        verdict = judged(file(), users=None)
        assert (verdict.verdict, verdict.waivers[0].state) == ("blocked", "not-approved")
        assert "No trust file" in verdict.waivers[0].because.text

    @pytest.mark.parametrize(
        ("by", "reason"),
        [
            ((), "0 approvals of the 2"),
            (("okafor",), "1 approval of the 2 that it needs (user:okafor)"),
            (("okafor", "wei"), "the owner of a waiver cannot approve it"),
            (("okafor", "stranger"), "the trust file does not name the key"),
            (("okafor", "lee"), "authors and owner of the model cannot approve its waivers"),
            (("okafor", "boss"), "authors and owner of the model cannot approve its waivers"),
        ],
    )
    def test_two_that_are_not_concerned_must_sign(self, judged, file, by, reason):
        users = USERS | {"lee": ["compliance"], "boss": ["compliance"]}
        system = {"authors": ["Lee", "someone"], "owner": "user:Boss"}
        verdict = judged(file(by=by), users=users, system=system)
        assert (verdict.verdict, verdict.waivers[0].state) == ("blocked", "not-approved")
        assert reason in verdict.waivers[0].because.text

    def test_one_user_with_two_keys_is_one_user(self, make, file, ring):
        trust = ring.trust_text(USERS).replace("user:ahmed", "user:Okafor")
        given = given_of_files({WAIVERS: file().encode(), TRUST: trust.encode()}, lock=None)
        record = make.run(system={"authors": ["user:lee"]})
        held = [make.measurement("test.lower", BAD)]
        verdict = make.gate([RULE], held, record=record, given=given)
        assert (verdict.verdict, verdict.waivers[0].state) == ("blocked", "not-approved")
        assert verdict.waivers[0].approved_by == ("user:okafor",)

    def test_roles_are_asked_for(self, judged, file):
        roles = {"roles": ("compliance", "model-risk")}
        assert judged(file(), trust=roles).verdict == "pass-with-warnings"
        verdict = judged(file(by=("okafor", "kim")), trust=roles)
        assert verdict.verdict == "blocked"
        assert "no role of compliance or model-risk" in verdict.waivers[0].because.text

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("reason: It is known.", "reason: It is knowm."),
            ("ticket: T-1", "ticket: T-2"),
            ("rule: LOW", "rule: LOW\n    compensating: [x.md]"),
            ("expires: 2026-12-23", "expires: 2026-12-24"),
            ("rule: LOW", "rule: LOW\n    covers: [failed, not-measured]"),
        ],
    )
    def test_one_character_changed_voids_every_approval(self, judged, file, old, new):
        text = file()
        assert old in text
        verdict = judged(text.replace(old, new))
        assert (verdict.verdict, verdict.waivers[0].state) == ("blocked", "not-approved")
        assert verdict.waivers[0].approved_by == ()
        assert "must be approved again" in verdict.waivers[0].because.text

    def test_an_approval_of_one_waiver_does_not_count_for_another(self, judged, file):
        text = file(waiver("W-1"), waiver("W-2"), ids=["W-1"])
        moved = text.replace('waiver: "W-1"', 'waiver: "W-2"')
        assert {use.id: use.state for use in judged(moved).waivers} == {
            "W-1": "not-approved",
            "W-2": "not-approved",
        }

    @pytest.mark.parametrize(
        ("entry", "reason"),
        [
            ("revoked: {at: 2026-11-20, reason: compromised}", "is revoked (compromised)"),
            ("revoked: {at: 2026-11-14, reason: superseded}", "is revoked (superseded)"),
            ("until: 2026-11-13", "was not valid on 2026-11-14"),
            ("from: 2026-11-15", "was not valid on 2026-11-14"),
        ],
    )
    def test_a_key_that_is_revoked_or_not_valid_does_not_count(self, judged, file, entry, reason):
        verdict = judged(file(), trust={"more": {"ahmed": entry}})
        assert (verdict.verdict, verdict.waivers[0].state) == ("blocked", "not-approved")
        assert reason in verdict.waivers[0].because.text

    def test_a_key_superseded_later_still_counts(self, judged, file):
        more = {"ahmed": "revoked: {at: 2026-11-15, reason: superseded}"}
        assert judged(file(), trust={"more": more}).verdict == "pass-with-warnings"

    def test_a_name_that_the_key_does_not_bear_does_not_count(self, judged, file, ring):
        text = ring.approve(file(by=("okafor",)), "W-1", "ahmed", moment=SIGNED, said="user:kim")
        verdict = judged(text)
        assert verdict.verdict == "blocked"
        assert "says that it is from user:kim" in verdict.waivers[0].because.text

    def test_nobody_can_be_told_from_authors_that_the_run_does_not_name(self, judged, file):
        verdict = judged(file(), system={})
        assert verdict.verdict == "blocked"
        assert "write system.authors into its config" in verdict.waivers[0].because.text

    def test_one_person_may_do_everything_only_where_the_trust_file_says_so_and_it_is_said(
        self, judged, file
    ):
        alone = file(by=("wei",))
        assert judged(alone).verdict == "blocked"
        verdict = judged(alone, trust={"approvals": 1, "single_person": True}, system={})
        assert verdict.verdict == "pass-with-warnings"
        assert verdict.is_single_person is True
        assert verdict.waivers[0].is_single_person

    def test_what_is_signed_later_does_not_count_yet_and_is_said(self, judged, file):
        verdict = judged(file(moment=NOW + timedelta(hours=1)))
        assert (verdict.verdict, verdict.waivers[0].state) == ("blocked", "not-approved")
        assert verdict.not_tested[0].id == "gate.clock-before-approval"


class TestScope:
    @pytest.mark.parametrize(
        ("scope", "state"),
        [
            ("{model: t}", "in-force"),
            ("{model: t@2.3}", "in-force"),
            ("{model: t@abababab}", "in-force"),
            ("{model: t@2.4}", "unused"),
            ("{model: t@ababab}", "unused"),
            ("{model: other}", None),
            ("{model: T}", None),
            ("{model: t, slice: all}", "in-force"),
            ("{model: t, dataset: test}", "in-force"),
            ("{model: t, dataset: other}", "unused"),
            ('{model: t, slice: "g=a"}', "unused"),
        ],
    )
    def test_it_is_about_what_it_names(self, judged, file, make, scope, state):
        model = replace(make.run().model, weights_digest="ab" * 32)
        system = {"authors": ["user:lee"], "version": "2.3"}
        verdict = judged(file(waiver(scope=scope)), system=system, record={"model": model})
        assert [use.state for use in verdict.waivers] == ([state] if state else [])
        assert verdict.verdict == ("pass-with-warnings" if state == "in-force" else "blocked")

    def test_an_unknown_rule_is_said(self, judged, file):
        verdict = judged(file(waiver(rule="LOWER")))
        assert (verdict.verdict, verdict.waivers[0].state) == ("blocked", "unused")
        assert (
            verdict.waivers[0].because.text == "W-1 is for LOWER, which is no rule of this policy."
        )

    def test_it_waives_its_slice_alone(self, judged, file, make):
        rule = RULE | {"slices": {"by": [["g"]]}}
        held = [make.measurement("test.lower", BAD, f"g={name}") for name in "ab"]
        verdict = judged(file(waiver(scope='{model: t, slice: "g=a"}')), held, rules=(rule,))
        assert verdict.verdict == "blocked"
        assert {f.slice: f.outcome for f in verdict.findings} == {"g=a": "waived", "g=b": "failed"}
        assert judged(file(), held, rules=(rule,)).counts == {"waived": 2}


class TestConflicts:
    @pytest.mark.parametrize(
        ("first", "second", "conflict"),
        [
            ("{model: t}", "{model: t}", True),
            ("{model: t}", '{model: t, slice: "g=a"}', True),
            ('{model: t, slice: "g=a"}', '{model: t, slice: "g=a", dataset: test}', True),
            ('{model: t, slice: "g=a"}', '{model: t, slice: "g=b"}', False),
            ("{model: t, dataset: test}", "{model: t, dataset: other}", False),
            ("{model: t}", "{model: other}", False),
            ("{model: t}", "{model: t@9}", False),
        ],
    )
    def test_two_live_ones_for_the_same_waive_nothing(
        self, judged, file, make, first, second, conflict
    ):
        rule = RULE | {"slices": {"by": [["g"]]}}
        held = [make.measurement("test.lower", BAD, "g=a")]
        verdict = judged(file(waiver("W-1", scope=first), waiver("W-2", scope=second)), held, rules=(rule,))  # fmt: skip
        states = {use.state for use in verdict.waivers}
        assert ("conflicting" in states) == conflict
        assert verdict.verdict == ("blocked" if conflict else "pass-with-warnings")
        if conflict:
            texts = " ".join(use.because.text for use in verdict.waivers)
            assert "W-1 and W-2" in texts
            assert "W-2 and W-1" in texts

    def test_one_that_nobody_approved_or_that_is_over_disturbs_no_other(self, judged, file):
        text = file(waiver("W-1"), waiver("W-2"), waiver("W-3", days=(-9, -2)), ids=["W-1", "W-3"])
        verdict = judged(text)
        assert verdict.verdict == "pass-with-warnings"
        assert [use.state for use in verdict.waivers] == ["not-approved", "expired", "in-force"]


class TestTime:
    @pytest.mark.parametrize(
        ("days", "state", "left", "warns"),
        [
            ((-8, 31), "in-force", 31, None),
            ((-8, 30), "in-force", 30, 30),
            ((-8, 15), "in-force", 15, 30),
            ((-8, 14), "in-force", 14, 14),
            ((-8, 7), "in-force", 7, 7),
            ((-8, 0), "in-force", 0, 7),
            ((-8, -1), "expired", -1, None),
            ((0, 9), "in-force", 9, 14),
            ((1, 9), "not-started", 9, 14),
        ],
    )
    def test_it_warns_at_30_14_and_7_days_and_holds_to_the_end_of_its_last_day(
        self, judged, file, days, state, left, warns
    ):
        verdict = judged(file(waiver(days=days)))
        (use,) = verdict.waivers
        assert (use.state, use.days_left, use.warns) == (state, left, warns)
        assert verdict.verdict == ("pass-with-warnings" if state == "in-force" else "blocked")

    def test_after_its_end_it_blocks_only_what_it_names(self, judged, file, make):
        other = {"id": "RATE", "measure": "other.rate", "require": {"at_most": 0.5}}
        held = [make.measurement("test.lower", GOOD), make.measurement("other.rate", GOOD)]
        verdict = judged(file(waiver(days=(-9, -1))), held, rules=(RULE, other))
        assert (verdict.verdict, verdict.waivers[0].state) == ("pass", "expired")

    def test_by_a_clock_before_the_end_of_the_run_nothing_is_waived_and_that_is_said(
        self, judged, file
    ):
        def ended(moment):
            stages = (Stage("audit", "done", "2026-11-23T18:00:00Z", moment),)
            return judged(file(), record={"stages": stages})

        assert ended("2026-11-23T18:40:00Z").verdict == "pass-with-warnings"
        verdict = ended("2026-11-24T18:40:00Z")
        assert (verdict.verdict, verdict.waivers[0].state) == ("blocked", "not-started")
        assert verdict.not_tested[0].id == "gate.clock-before-run"


class TestAcceptedValue:
    @pytest.mark.parametrize(
        ("key", "require", "estimate", "accept", "is_waived"),
        [
            ("test.lower", {"at_most": 0.5}, wilson(150, 200), "0.75", True),
            ("test.lower", {"at_most": 0.5}, wilson(151, 200), "0.75", False),
            ("test.lower", {"at_most": 0.5}, wilson(200, 300), "2/3", True),
            ("test.lower", {"at_most": 0.5}, wilson(200, 300), "0.6666666666666666", False),
            ("test.higher", {"at_least": 0.9}, wilson(144, 200), "0.72", True),
            ("test.higher", {"at_least": 0.9}, wilson(143, 200), "0.72", False),
            ("test.gap", {"at_most": 0.1}, newcombe(80, 100, 20, 100), "0.6", True),
            ("test.gap", {"at_most": 0.1}, newcombe(81, 100, 20, 100), "0.6", False),
            ("test.lower", {"at_most": 0.5}, exact(0.72, n=9, unit="share"), "0.72", True),
        ],
    )
    def test_worse_than_that_blocks_again(
        self, judged, file, make, key, require, estimate, accept, is_waived
    ):
        text = file(waiver(more=f"    accept_until_value: {accept}\n"))
        rule = {"id": "LOW", "measure": key, "require": require}
        verdict = judged(text, [make.measurement(key, estimate)], rules=(rule,))
        (use,) = verdict.waivers
        assert use.state == ("in-force" if is_waived else "exceeded")
        assert verdict.verdict == ("pass-with-warnings" if is_waived else "blocked")
        assert verdict.findings[0].outcome == ("waived" if is_waived else "failed")

    @pytest.mark.parametrize(("key", "sign"), [("test.higher", -1), ("test.lower", 1)])
    @pytest.mark.parametrize(("worse", "is_waived"), [(0.04, True), (0.05, True), (0.06, False)])
    def test_for_a_drop_it_is_how_much_worse(self, judged, file, make, key, sign, worse, is_waived):
        value = sign * worse
        change = make.measurement(
            key,
            make.estimate(value, value - 0.01, value + 0.01, unit="difference", method="paired"),
        )
        rule = {
            "id": "LOW",
            "measure": key,
            "require": {"drop_at_most": 0.01, "versus": "last_release", "paired": True},
        }
        verdict = judged(
            file(waiver(more="    accept_until_value: 0.05\n")),
            [make.measurement(key, wilson(100, 200))],
            rules=(rule,),
            baseline=Baseline("r", (change,)),
        )
        assert verdict.verdict == ("pass-with-warnings" if is_waived else "blocked")

    def test_a_drop_below_zero_is_named_and_waives_nothing(self, judged, file, make):
        change = make.measurement(
            "test.lower", make.estimate(0.04, 0.03, 0.05, unit="difference", method="paired")
        )
        rule = {
            "id": "LOW",
            "measure": "test.lower",
            "require": {"drop_at_most": 0.01, "versus": "last_release", "paired": True},
        }
        verdict = judged(
            file(waiver(more="    accept_until_value: -0.05\n")),
            [make.measurement("test.lower", wilson(100, 200))],
            rules=(rule,),
            baseline=Baseline("r", (change,)),
        )
        (use,) = verdict.waivers
        assert (verdict.verdict, use.state) == ("blocked", "exceeded")
        assert "-0.05, and LOW is about a drop" in use.because.text

    def test_one_finding_that_is_worse_ends_the_whole_waiver(self, judged, file, make):
        rule = RULE | {"slices": {"by": [["g"]]}}
        held = [
            make.measurement("test.lower", wilson(150, 200), "g=a"),
            make.measurement("test.lower", wilson(160, 200), "g=b"),
        ]
        text = file(waiver(more="    accept_until_value: 0.75\n"))
        verdict = judged(text, held, rules=(rule,))
        assert (verdict.counts, verdict.waivers[0].state) == ({"failed": 2}, "exceeded")
        assert "until 75 %; on g=b the value 80.0 % is worse" in verdict.waivers[0].because.text

    def test_without_a_value_nothing_shows_that_it_is_no_worse(self, judged, file, make):
        more = "    accept_until_value: 0.75\n    covers: [failed, inconclusive, not-measured]\n"
        text = file(waiver(more=more))
        bounds = make.estimate(None, 0.2, 0.9, method="bounds")
        for held in (
            [make.measurement("test.lower", bounds)],
            [make.measurement("other.rate", GOOD)],
        ):
            verdict = judged(text, held)
            assert (verdict.verdict, verdict.waivers[0].state) == ("incomplete", "exceeded")


def test_waivers_stand_worst_first_and_the_verdict_is_a_pure_function(judged, file):
    text = file(
        waiver("W-force"),
        waiver("W-over", days=(-9, -1)),
        waiver("W-none", rule="NONE"),
        waiver("W-next", days=(1, 9)),
    )
    verdict = judged(text)
    assert [use.id for use in verdict.waivers] == ["W-over", "W-next", "W-force", "W-none"]
    assert to_json(verdict) == to_json(judged(text))


def test_without_a_waivers_file_the_verdict_has_none_and_with_an_empty_one_no_more(judged, make):
    assert make.gate([RULE], [make.measurement("test.lower", BAD)]).waivers is None
    assert judged(HEAD.replace("waivers:\n", "waivers: []\n")).waivers == ()


def test_waivers_of_all_examples_do_not_cover_slices(judged, file, make):
    rule = RULE | {"slices": {"by": [["g"]]}}
    held = [make.measurement("test.lower", BAD, "g=a")]
    verdict = judged(file(waiver(scope=f"{{model: t, slice: {ALL}}}")), held, rules=(rule,))
    assert (verdict.verdict, verdict.waivers[0].state) == ("blocked", "unused")


def test_the_digest_of_the_file_stands_in_the_verdict(judged, file):
    verdict = judged(file())
    assert verdict.waivers_digest is not None
    assert set(verdict.inputs) == {TRUST}
    assert Given().waivers is None
