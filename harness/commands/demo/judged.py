"""One model of the demo with the evidence about it, as both acts tell of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.config import load_config
from harness.evidence import Bundle
from harness.pipeline.execute import measure, open_sealed
from harness.pipeline.gating import gate
from harness.pipeline.reporting import Reporter
from harness.policy import locate_policy, read_policy
from harness.records import Finding, Measurement, Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """One of the models of an act, with the evidence about it.

    Attributes:
        name: ``guilty``, ``innocent`` or ``protected``.
        bundle: The sealed run.
        gate: Folder of the sealed verdict; the report lies in it.
        verdict: What its policy concluded.
    """

    name: str
    bundle: Bundle
    gate: Path
    verdict: Verdict

    @property
    def report(self) -> Path:
        """The HTML report."""
        return self.gate / "report.html"

    def findings(self, rule: str) -> list[Finding]:
        """Return the findings of a rule."""
        return [one for one in self.verdict.findings if one.rule == rule]

    def measurement(
        self, key: str, where: str = "all", *, dataset: str = "test"
    ) -> Measurement | None:
        """Return the measurement of a measure on a slice of a data set."""
        for one in self.bundle.measurements.measurements:
            if (one.measure, one.dataset, one.slice) == (key, dataset, where):
                return one
        return None


def judged(name: str, out: Path, config: str, *, argv: Sequence[str], reporter: Reporter) -> Judged:
    """Carry out a config of the demo's data folder, and judge the run by the policy that it names."""
    reporter.note(f"{name} model: {out / 'data' / config}")
    loaded = load_config(out / "data" / config)
    bundle = open_sealed(measure(loaded, runs=out / "runs", argv=argv, reporter=reporter))
    policy = read_policy(locate_policy(loaded.config.policy.pack or "", loaded.base))
    gated = gate(bundle, policy)
    return Judged(name, bundle, gated.path, gated.verdict)


def wrong(model: Judged, what: str) -> str:
    """Say that a verdict is not what the story promises, and which rules stand open."""
    open_rules = sorted({f"{one.rule} {one.outcome}" for one in _not_passed(model)})
    because = f" ({', '.join(open_rules)})" if open_rules else ""
    return f"The {model.name} model must {what}, got {model.verdict.verdict}{because}."


def outcomes(model: Judged, rule: str) -> str:
    """Return how the findings of a rule ended."""
    return ", ".join(sorted({one.outcome for one in model.findings(rule)})) or "no finding"


def _not_passed(model: Judged) -> list[Finding]:
    settled = ("passed", "not-applicable")
    return [one for one in model.verdict.findings if one.outcome not in settled]
