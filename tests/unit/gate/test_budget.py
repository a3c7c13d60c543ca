"""The gate is light: nothing heavy is imported, and hundreds of rules cost a blink."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from harness.gate.gating import facts_of, findings_of
from harness.policy import parse_policy
from harness.records import Measurement, Measurements

N_RULES = 200


def _policy_text() -> str:
    rules = "".join(
        f"""
  - id: RULE-{number}
    title: Rule number {number}
    severity: block
    measure: test.measure-{number % 60}
{"    slices: {by: [[g]], min_n: 30, min_share: 0.02, small: report}" if number < 60 else ""}
    require: {{at_least: $floor}}
    basis: policy_choice
    clauses: [a/1, b/2]
    why: Because it was decided so.
    fix: Mend it.
"""
        for number in range(N_RULES)
    )
    return (
        "apiVersion: modelassay/v1\nkind: PolicyPack\n"
        "metadata: {id: big, version: 1.0.0, title: Big}\n"
        "parameters: {floor: {value: 0.80, may_only: rise}}\n"
        f"rules:{rules}"
    )


def test_policy_and_gate_import_nothing_heavy():
    code = (
        "import sys, harness.policy, harness.gate; "
        "print([m for m in ('numpy', 'scipy', 'pyarrow', 'torch', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_200_rules_over_720_measurements_are_read_and_judged_within_the_budget(make):
    catalogue = tuple(make.measure(f"test.measure-{number}") for number in range(60))
    good = make.estimate(0.9, 0.85, 0.95, method="wilson")
    measured = Measurements(
        "modelassay/measurements/v1",
        catalogue,
        tuple(
            Measurement(item.key, "test", name, good, share=0.1)
            for item in catalogue
            for name in ("all", *(f"g={group}" for group in range(11)))
        ),
    )
    text = _policy_text().encode()
    spent = []
    for _ in range(3):
        start = time.process_time()
        policy = parse_policy(text, "big.policy.yaml")
        read = time.process_time()
        findings = findings_of(policy, facts_of(make.run(), measured))
        spent.append((read - start, time.process_time() - read))
        assert len(findings) == 60 * 11 + 140
    reading, judging = (min(part) for part in zip(*spent, strict=True))
    print(f"read {1000 * reading:.0f} ms, judge {1000 * judging:.0f} ms")
    if reading + judging > 0.15:
        pytest.fail(f"reading took {reading:.3f} s CPU, judging {judging:.3f} s CPU")
