"""Deriving every number again from the evidence beside it: ``assay verify --recompute``."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from harness.errors import AssayError, IntegrityError, must
from harness.evidence.bundle import PREDICTIONS, Bundle, Gate
from harness.records import (
    Estimate,
    Finding,
    Measurement,
    PolicyRef,
    Verdict,
    estimate_problems,
    exact_share,
    to_data,
)

if TYPE_CHECKING:
    from harness.stats import Read

TOLERANCE = 1e-9
"""Numbers that differ by more, relative to values above 1, are not the same: the same formulas on
another processor or another version of a library differ by rounding only, some 1e-13."""

_CONCLUDED = (
    "policy", "exit_code", "waivers", "valid_until", "is_exploratory", "is_single_person", "lock_digest",
    "baseline_run", "waivers_digest", "inputs",
)  # fmt: skip

Judge = Callable[[Bundle, Gate], Verdict]
"""Judges a gate's run again by the gate's own policy, waivers and clock."""


def recompute(bundle: Bundle, *, judge: Judge | None = None) -> list[str]:
    """Return every number and verdict that does not follow from the evidence; empty when all do.

    Checks the content digests of the predictions, re-derives each estimate at its own error rates,
    and, where a judge is given, the findings and the verdict of each gate.

    Args:
        bundle: A run whose seals were verified.
        judge: How gates are judged; None leaves them out.
    """
    problems: list[str] = []
    if PREDICTIONS in bundle.manifest.files:
        problems += _attempt(bundle.predictions)
    for measurement in bundle.measurements.measurements:
        problems += derived_problems(measurement, read=bundle.read_replicates)
    if judge is not None:
        for gate in bundle.gates():
            problems += _gate_problems(bundle, gate, judge)
    return problems


def _attempt(work: Callable[[], object]) -> list[str]:
    try:
        work()
    except IntegrityError as err:
        return list(err.problems)
    return []


def derived_problems(measurement: Measurement, *, read: Read) -> list[str]:
    """Say where an estimate does not follow from the evidence that it names.

    Args:
        measurement: What is claimed.
        read: Opens stored replicates.
    """
    from harness import stats

    kept = measurement.estimate
    if broken := estimate_problems(kept):
        return [f"{measurement.key} must hold an estimate, got one that is none: {broken[0]}."]
    if not kept.is_measured or kept.method == "none":
        return []
    if kept.evidence is None:
        return [f"{measurement.key} must have evidence to be derived from, got none."]
    try:
        again = stats.reestimate(
            kept,
            alpha_low=kept.alpha_low,
            alpha_high=kept.alpha_high,
            read=read,
        )
    except (AssayError, ValueError, ArithmeticError) as err:
        return [f"{measurement.key} must follow from its evidence, got: {err}"]
    # most methods move ends and keep the value, so the value is derived here
    value = again.value
    if value is not None and kept.method not in stats.DERIVES_VALUE:
        value = _value_by_evidence(kept)
    pairs = [("value", kept.value, value)]
    if kept.method in ("wilson", "clopper-pearson") and "trials" in kept.evidence.values:
        pairs.append(("n", kept.n, float(str(kept.evidence.values["trials"]))))
    pairs += [("low", kept.low, again.low), ("high", kept.high, again.high)]
    return [
        must(f"{name} of {measurement.key}", f"be {new} by its evidence", old)
        for name, old, new in pairs
        if not is_close(old, new)
    ]


def _value_by_evidence(estimate: Estimate) -> float | None:
    values = estimate.evidence.values if estimate.evidence else {}
    share = exact_share(estimate)
    if share is not None:
        return float(share)
    shares = [
        Fraction(successes, trials)
        for successes, trials in (
            (values.get("successes_a"), values.get("trials_a")),
            (values.get("successes_b"), values.get("trials_b")),
        )
        if isinstance(successes, int) and isinstance(trials, int) and trials > 0
    ]
    if len(shares) == 2:
        return float(shares[0] - shares[1])
    named = [values.get(name) for name in ("only_first", "only_second", "trials")]
    pairs = [number for number in named if isinstance(number, int)]
    if len(pairs) == 3 and pairs[2] > 0:
        return float(Fraction(pairs[0] - pairs[1], pairs[2]))
    once, sightings = values.get("once"), values.get("sightings")
    if isinstance(once, int) and isinstance(sightings, int) and sightings > 0:
        return float(1 - Fraction(once, sightings))
    value = values.get("value")
    return float(value) if isinstance(value, int | float) else None


def is_close(old: float | None, new: float | None) -> bool:
    """Tell whether two numbers are the same but for rounding on another processor."""
    if old is None or new is None:
        return old is new
    return math.isclose(old, new, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def _gate_problems(bundle: Bundle, gate: Gate, judge: Judge) -> list[str]:
    where = f"gates/{gate.id}"
    try:
        again = judge(bundle, gate)
    except AssayError as err:
        return [f"{where} must be judged again by its own policy, got: {err}"]
    problems = []
    if again.verdict != gate.verdict.verdict:
        problems.append(
            must(f"The verdict of {where}", f"be {again.verdict}", gate.verdict.verdict)
        )
    old = {(f.rule, f.measure, f.dataset, f.slice): f for f in gate.verdict.findings}
    new = {(f.rule, f.measure, f.dataset, f.slice): f for f in again.findings}
    for key in sorted(old.keys() | new.keys()):
        kept, derived = old.get(key), new.get(key)
        if kept is None or derived is None or _judged(kept) != _judged(derived):
            problems.append(
                must(
                    f"The finding of {key[0]} on {'/'.join(key[1:])} in {where}",
                    f"be {derived.outcome if derived else 'absent'}",
                    kept.outcome if kept else None,
                    do="Judged again, it is another one.",
                )
            )
    return [*problems, *_conclusion_problems(gate.verdict, again, where)]


def _conclusion_problems(kept: Verdict, again: Verdict, where: str) -> Iterator[str]:
    """Say what else a verdict says otherwise than it follows: drafts, waivers, validity, exploration."""
    for name in _CONCLUDED:
        old, new = _plain(getattr(kept, name)), _plain(getattr(again, name))
        # recorded since later; what is None counts nowhere as good
        is_early = old is None or (name == "policy" and kept.policy.status is None)
        if old != new and not is_early:
            yield must(
                f"{name} of {where}", f"be {new}", old, do="Judged again, it is another one."
            )


def _plain(value: object) -> object:
    """Return a value without sentences, which another version may put in other words."""
    if isinstance(value, PolicyRef):
        return replace(value, place="")
    if isinstance(value, tuple):
        return [(one.id, one.state, one.approved_by) for one in value]
    return value


def _judged(finding: Finding) -> dict[str, object]:
    """Everything of a finding but its sentence, which another version may put in other words."""
    data: dict[str, object] = to_data(finding)
    return {name: value for name, value in data.items() if name != "because"}
