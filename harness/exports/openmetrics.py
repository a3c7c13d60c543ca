"""OpenMetrics text for ``artifacts:reports:metrics`` of GitLab, which compares it with the target branch.

Names and labels stay the same from run to run: no id of a run, no digest, no version stands in them.

Source: OpenMetrics 1.0.0, text format.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from harness.clock import parse_moment
from harness.errors import UsageError
from harness.exports import _view as view
from harness.exports._data import name
from harness.records import COUNTED_OUTCOMES, Measurements, RunRecord, Verdict, VerdictWord

if TYPE_CHECKING:
    from harness.stats import Read

_VERDICTS: tuple[VerdictWord, ...] = ("pass", "pass-with-warnings", "blocked", "incomplete")
_Labels = Mapping[str, str]
_Sample = tuple[_Labels, float | int | None]


def render_metrics(
    run: RunRecord, measurements: Measurements, verdict: Verdict, *, read: Read | None = None
) -> str:
    """Return every value with the ends of its interval and its n, the verdict, and the waivers.

    What has no value has no line; how many things that concerns stands in ``modelassay_not_tested``.

    Args:
        run: The sealed run.
        measurements: What it measured.
        verdict: What the policy concluded.
        read: Not needed; taken so that every export is called alike.
    """
    del read
    base = {"model": name(run.name), "policy": name(verdict.policy.id)}
    lines = _verdict(run, verdict, base)
    lines += _findings(verdict, base)
    lines += _waivers(verdict, base)
    lines += _measures(measurements, {"model": base["model"]})
    return "".join(f"{line}\n" for line in [*lines, "# EOF"])


def _verdict(run: RunRecord, verdict: Verdict, base: _Labels) -> list[str]:
    words = [({**base, "verdict": word}, int(verdict.verdict == word)) for word in _VERDICTS]
    flags = {
        "draft": verdict.policy.status == "draft",
        "exploratory": bool(verdict.is_exploratory),
        "single-person": bool(verdict.is_single_person),
        "policy-review-overdue": view.is_review_overdue(verdict),
        "sample": run.is_sample,
    }
    marks = [({**base, "flag": flag}, int(is_set)) for flag, is_set in flags.items()]
    looks = [({**base, "dataset": name(data)}, n) for data, n in sorted((run.looks or {}).items())]
    return [
        *_family("verdict", "Verdict of the policy: 1 for the word that holds.", words),
        *_family("exit_code", "Exit code of the gate.", [(base, verdict.exit_code)]),
        *_family("flag", "What limits the verdict: 1 where it does.", marks),
        *_family(
            "not_tested", "Things without an answer.", [(base, len(view.not_tested(run, verdict)))]
        ),
        *_family("earlier_looks", "Sealed runs that had looked at a test set before.", looks),
        *_family(
            "valid_until_timestamp_seconds",
            "Until when a release under the verdict stands.",
            [(base, _seconds(verdict.valid_until))],
        ),
    ]


def _findings(verdict: Verdict, base: _Labels) -> list[str]:
    counted = dict.fromkeys(COUNTED_OUTCOMES, 0)
    for finding in verdict.findings:
        counted[finding.outcome] += 1
    samples = [({**base, "outcome": outcome}, n) for outcome, n in counted.items()]
    worst = [
        ({**base, "rule": name(rule), "severity": found[0].severity}, _rank(found[0].outcome))
        for rule, found in view.by_rule(view.ordered(verdict.findings)).items()
    ]
    return [
        *_family("findings", "Findings by outcome.", samples),
        *_family(
            "rule_outcome",
            "Worst outcome of a rule: 0 passed or not applicable, 1 waived, 2 inconclusive, "
            "3 not measured, 4 error, 5 failed.",
            worst,
        ),
    ]


def _rank(outcome: str) -> int:
    ranks = {"failed": 5, "error": 4, "not-measured": 3, "inconclusive": 2, "waived": 1}
    return ranks.get(outcome, 0)


def _waivers(verdict: Verdict, base: _Labels) -> list[str]:
    found = sorted(verdict.waivers or (), key=lambda w: (w.rule, w.id))
    days = [
        ({**base, "waiver": name(w.id), "rule": name(w.rule), "state": w.state}, w.days_left)
        for w in found
    ]
    return _family("waiver_days_left", "Days until a waiver expires.", days)


def _measures(measurements: Measurements, base: _Labels) -> list[str]:
    ends: dict[str, list[_Sample]] = {"value": [], "low": [], "high": [], "n": []}
    for one in measurements.measurements:
        labels = {
            **base,
            "measure": name(one.measure),
            "dataset": name(one.dataset),
            "slice": name(one.slice),
        }
        e = one.estimate
        ends["value"].append((labels, e.value))
        ends["low"].append((labels, e.low))
        ends["high"].append((labels, e.high))
        ends["n"].append((labels, e.n if e.is_measured else None))
    return [
        *_family("measure", "Value of a measure.", ends["value"]),
        *_family("measure_low", "Lower end of its interval.", ends["low"]),
        *_family("measure_high", "Upper end of its interval.", ends["high"]),
        *_family("measure_n", "Units behind it.", ends["n"]),
    ]


def _family(suffix: str, help: str, samples: Iterable[_Sample]) -> list[str]:
    """Return a family of gauges; of two samples with the same labels the first stands."""
    full = f"modelassay_{suffix}"
    lines: dict[str, str] = {}
    for labels, number in samples:
        if number is None or not math.isfinite(number):
            continue
        words = ",".join(f'{key}="{_escaped(value)}"' for key, value in labels.items())
        lines.setdefault(words, f"{full}{{{words}}} {number!r}")
    if not lines:
        return []
    return [f"# TYPE {full} gauge", f"# HELP {full} {_escaped(help)}", *lines.values()]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _seconds(moment: str | None) -> int | None:
    if not moment:
        return None
    try:
        return int(parse_moment(moment).timestamp())
    except UsageError:  # a damaged verdict may hold anything
        return None
