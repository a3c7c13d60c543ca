"""Multiplicity: the same failures as Holm's procedure on p-values, and nothing ever passes by it."""

from __future__ import annotations

import gc
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, norm
from statsmodels.stats.multitest import multipletests

from harness.errors import IntegrityError
from harness.records import Evidence
from harness.stats import bootstrap_mean, clopper_pearson, newcombe, wilson

LIMIT = 0.8
AT_LEAST = {"measure": "test.higher", "require": {"at_least": LIMIT}}
AT_MOST = {"measure": "test.lower", "require": {"at_most": LIMIT}}
BY_COLUMN = {"slices": {"by": [["g"]]}}


def _outcomes(make, rule, estimates, **options):
    held = [make.measurement(rule["measure"], one, f"g={i:03}") for i, one in enumerate(estimates)]
    verdict = make.gate([rule | BY_COLUMN], held, **options)
    found = {finding.slice: finding for finding in verdict.findings}
    return [found[f"g={i:03}"] for i in range(len(estimates))]


def _score_p(successes, trials):
    z = (successes / trials - LIMIT) / math.sqrt(LIMIT * (1 - LIMIT) / trials)
    return float(norm.cdf(z))


P_VALUES = {
    ("wilson", "at_least"): _score_p,
    ("wilson", "at_most"): lambda x, n: 1 - _score_p(x, n),
    ("clopper-pearson", "at_least"): lambda x, n: float(binom.cdf(x, n, LIMIT)),
    ("clopper-pearson", "at_most"): lambda x, n: float(binom.sf(x - 1, n, LIMIT)),
}
ESTIMATORS = {"wilson": wilson, "clopper-pearson": clopper_pearson}
_COUNTS = st.lists(
    st.integers(20, 300).flatmap(lambda n: st.tuples(st.integers(int(0.55 * n), n), st.just(n))),
    min_size=1,
    max_size=12,
)


@pytest.mark.parametrize(("method", "side"), P_VALUES)
def test_the_failures_are_those_of_holm_on_p_values(make, method, side, monkeypatch):
    # statsmodels collects garbage in every call, a fifth of a second each
    monkeypatch.setattr(gc, "collect", lambda *_: 0)

    @settings(max_examples=60, deadline=None)
    @given(counts=_COUNTS)
    def check(counts):
        rule = AT_LEAST if side == "at_least" else AT_MOST
        p_values = [P_VALUES[method, side](x, n) for x, n in counts]
        wanted = multipletests(p_values, alpha=0.05, method="holm")[0]
        findings = _outcomes(make, rule, [ESTIMATORS[method](x, n) for x, n in counts])
        assert [f.outcome == "failed" for f in findings] == list(wanted)

    check()


def test_what_is_taken_back_is_inconclusive_and_says_so(make):
    # taken alone 72 of 100 fails (one-sided p = 0.023); among five it does not
    estimates = [wilson(72, 100)] + [wilson(95, 100)] * 4
    finding = _outcomes(make, AT_LEAST, estimates)[0]
    assert wilson(72, 100).high < LIMIT
    assert (finding.outcome, finding.because.id) == ("inconclusive", "gate.taken-back")
    assert "with 5 blocking slices and rules judged together" in finding.because.text
    assert finding.alpha_high == pytest.approx(0.01)
    assert finding.high == wilson(72, 100, alpha_high=0.01).high
    assert finding.low == wilson(72, 100).low


def test_a_confirmed_failure_shows_the_end_that_confirmed_it(make):
    findings = _outcomes(make, AT_LEAST, [wilson(50, 100), wilson(95, 100)])
    assert findings[0].outcome == "failed"
    assert findings[0].alpha_high == 0.025
    assert "level 97.5 %" in findings[0].because.text


def test_each_confirmed_failure_eases_the_demand_on_the_next(make):
    # p = 0.0004 and 0.030: Bonferroni keeps one, Holm both
    estimates = [wilson(66, 100), wilson(73, 100)]
    assert _score_p(73, 100) > 0.025
    assert [f.outcome for f in _outcomes(make, AT_LEAST, estimates)] == ["failed", "failed"]


def test_the_family_spans_rules_data_sets_and_slices(make):
    held = [
        make.measurement("test.higher", wilson(72, 100)),
        make.measurement("test.higher", wilson(95, 100), dataset="second"),
        make.measurement("test.lower", wilson(10, 100)),
    ]
    rules = [AT_LEAST, AT_MOST]
    assert make.gate(rules, held).verdict == "incomplete"
    assert make.gate(rules[:1], held[:1]).verdict == "blocked"


@pytest.mark.parametrize(
    "change",
    [
        {"severity": "warn"},
        {"severity": "info"},
        {"multiplicity": "none"},
        {"decide_on": "point"},
        {"needs": {"n_at_least": 1000}},
    ],
)
def test_only_blocking_intervals_that_were_held_against_a_limit_count(make, change):
    held = [
        make.measurement("test.higher", wilson(72, 100)),
        make.measurement("test.lower", wilson(10, 100)),
    ]
    (worst, *_) = make.gate([AT_LEAST, AT_MOST | change], held).findings
    assert (worst.rule, worst.outcome) == ("RULE-1", "failed")


def test_without_multiplicity_a_rule_fails_uncorrected(make):
    estimates = [wilson(72, 100)] + [wilson(95, 100)] * 4
    findings = _outcomes(make, AT_LEAST | {"multiplicity": "none"}, estimates)
    assert findings[0].outcome == "failed"


def test_a_failure_that_cannot_be_corrected_for_want_of_evidence_is_inconclusive(make):
    bare = replace(wilson(10, 100), evidence=None)
    findings = _outcomes(make, AT_LEAST, [bare, wilson(95, 100)])
    assert findings[0].outcome == "inconclusive"
    assert findings[0].because.id == "gate.correction-not-possible"
    assert _outcomes(make, AT_LEAST, [bare])[0].outcome == "failed"
    last = _outcomes(make, AT_LEAST, [bare, wilson(10, 100)])
    assert [f.outcome for f in last] == ["failed", "failed"]


def test_an_exact_value_needs_no_evidence_to_fail(make):
    exact = make.estimate(0.5, 0.5, 0.5, method="exact")
    assert _outcomes(make, AT_LEAST, [exact, wilson(95, 100)])[0].outcome == "failed"


def test_replicates_are_read_where_the_evidence_points_to(make):
    stored = {}

    def keep(replicates, values):
        stored["r0"] = replicates
        return Evidence(values=dict(values), path="audits/a/replicates.parquet", column="r0")

    rng = np.random.default_rng(0)
    values = np.clip(rng.normal(0.6, 0.2, size=200), 0, 1)
    mean = bootstrap_mean(values, rng=rng, keep=keep, unit="share", range_low=0.0, range_high=1.0)
    pair = [mean, wilson(95, 100)]
    read = lambda evidence: stored[evidence.column]  # noqa: E731
    assert _outcomes(make, AT_LEAST, pair, read=read)[0].outcome == "failed"
    assert _outcomes(make, AT_LEAST, pair)[0].outcome == "inconclusive"

    def broken(evidence):
        raise IntegrityError("The replicates are not those that were sealed.")

    with pytest.raises(IntegrityError):
        _outcomes(make, AT_LEAST, pair, read=broken)


def test_a_two_group_difference_is_corrected_from_its_four_counts(make):
    rule = {"measure": "test.gap", "require": {"at_most": 0.10}}
    estimates = [newcombe(30, 100, 10, 100)] + [newcombe(10, 100, 10, 100)] * 9
    assert estimates[0].low > 0.10
    corrected = newcombe(30, 100, 10, 100, alpha_low=0.005)
    finding = _outcomes(make, rule, estimates)[0]
    assert corrected.low < 0.10
    assert (finding.outcome, finding.low) == ("inconclusive", corrected.low)


@settings(max_examples=40, deadline=None)
@given(counts=_COUNTS)
def test_correction_never_turns_anything_into_a_pass(counts):
    from harness.gate.facts import Facts
    from harness.gate.gating import findings_of
    from harness.policy import policy_of_rules
    from harness.records import Measurement

    held = tuple(
        Measurement("test.higher", "test", f"g={i:03}", wilson(x, n))
        for i, (x, n) in enumerate(counts)
    )
    policy = policy_of_rules([AT_LEAST | BY_COLUMN])
    plain = findings_of(policy, Facts({}, held, is_corrected=True))
    corrected = findings_of(policy, Facts({}, held))
    before = {f.slice: f.outcome for f in plain}
    for finding in corrected:
        if finding.outcome != before[finding.slice]:
            assert (before[finding.slice], finding.outcome) == ("failed", "inconclusive")
