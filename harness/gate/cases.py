"""Run policy test files through the same evaluator that judges runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.gate.facts import Baseline, Facts
from harness.gate.gating import findings_of
from harness.gate.verdicts import verdict_word, worst
from harness.policy import Policy
from harness.policy.cases import (
    DATASET,
    Case,
    GivenMeasure,
    GivenModel,
    GivenRelease,
    read_policy_tests,
)
from harness.records import ALL, Estimate, Finding, Measurement, Message, VerdictWord

_METHOD = "given"


@dataclass(frozen=True, slots=True)
class CaseReport:
    """How one policy test went.

    Attributes:
        place: ``file:line`` of the test.
        problems: What came out differently; empty when the test holds.
    """

    name: str
    place: str
    verdict: VerdictWord
    findings: tuple[Finding, ...]
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """True when everything came out as expected."""
        return not self.problems


def run_policy_tests(path: Path) -> list[CaseReport]:
    """Run every test of a policy test file.

    Intervals in a test stand for themselves: they are not corrected for multiplicity, because a
    test gives no evidence from which a wider one could be computed.

    Raises:
        PolicyError: If the file or its policy cannot be read.
    """
    tests = read_policy_tests(path)
    return [_run(case, tests.policy) for case in tests.cases]


def _run(case: Case, policy: Policy) -> CaseReport:
    findings = findings_of(policy, _facts(case.given))
    word = verdict_word(findings)
    problems = []
    if case.verdict is not None and word != case.verdict:
        problems.append(f"verdict must be {case.verdict}, got {word} ({case.place}).")
    for rule, expected in case.rules.items():
        mine = [finding for finding in findings if finding.rule == rule]
        outcome = worst([finding.outcome for finding in mine])
        if outcome != expected:
            reason = next(f.because.text for f in mine if f.outcome == outcome)
            problems.append(f"{rule} must be {expected}, got {outcome} ({case.place}). {reason}")
    return CaseReport(case.name, case.place, word, findings, tuple(problems))


def _facts(given: GivenModel) -> Facts:
    measurements = tuple(
        _measurement(key, item) for key, items in given.measures.items() for item in items
    )
    releases = given.last_release
    baseline = None
    if releases is not None:
        differences = tuple(_difference(key, item) for key, item in releases.items())
        baseline = Baseline(run_id="given", differences=differences)
    return Facts(
        fields={
            "system": given.system,
            "task": given.task,
            "data": given.data,
            "model": given.model,
        },
        measurements=measurements,
        declared=given.declared,
        baseline=baseline,
        directions={key: item.better for key, item in (releases or {}).items()},
        is_corrected=True,
    )


def _measurement(key: str, item: GivenMeasure) -> Measurement:
    low, high = item.low, item.high
    if low is None and high is None:  # a number without an interval is meant exactly
        low = high = item.value
    estimate = _estimate(item.value, low, high, n=item.n, unit="")
    return Measurement(key, item.dataset, item.slice, estimate, share=item.share)


def _difference(key: str, item: GivenRelease) -> Measurement:
    estimate = _estimate(None, item.diff_low, item.diff_high, n=0, unit="difference")
    return Measurement(key, DATASET, ALL, estimate)


def _estimate(
    value: float | None, low: float | None, high: float | None, *, n: int, unit: str
) -> Estimate:
    reason = Message(id="gate.not-given", text="The test gives no value.")
    return Estimate(
        value=value,
        low=low,
        high=high,
        n=n,
        unit=unit,
        method="exact" if low == high else _METHOD,
        why_undefined=reason if value is None else None,
    )
