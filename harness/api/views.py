"""Sealed runs and verdicts as a person at a Python prompt meets them: text, cards, data frames.

They are the nouns of ``harness.records`` and ``harness.evidence`` with other clothes; nothing is
computed here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from harness.api.frames import finding_frame, measurement_frame
from harness.errors import EXIT_INCOMPLETE, EXIT_PASS
from harness.evidence import Bundle
from harness.exports import (
    render_measurements_card,
    render_run_card,
    render_verdict_card,
)
from harness.records import Measurements, Verdict

if TYPE_CHECKING:
    import pandas as pd

    from harness.pipeline.gating import Gated


class MeasurementsView(Measurements):
    """Everything that a run measured; ``measures`` and ``measurements`` as in the sealed file."""

    __slots__ = ()

    @classmethod
    def of(cls, measurements: Measurements) -> MeasurementsView:
        """Return a view of the same measurements."""
        return cls(**{one.name: getattr(measurements, one.name) for one in fields(measurements)})

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas DataFrame, one row for each measurement; see ``measurement_frame``.

        Raises:
            MissingExtra: If pandas is not installed.
        """
        return measurement_frame(self)

    def _repr_html_(self) -> str:
        return render_measurements_card(self)

    def __len__(self) -> int:
        return len(self.measurements)

    def __repr__(self) -> str:
        n = sum(one.estimate.value is not None for one in self.measurements)
        return f"<Measurements: {len(self)}, {n} with a value; to_frame() gives a table>"


class Run(Bundle):
    """A sealed run: what was run, on what, and everything that was measured.

    Attributes:
        path: Its folder.
        digest: SHA-256 of its manifest, by which it is known everywhere.
        record: The execution: data sets, model, audits, packages, config.
        measurements: What was measured; ``measurements.to_frame()`` gives a table.

    Example:
        >>> run = harness.open_run("latest")
        >>> run.measurements.to_frame()
    """

    @classmethod
    def of(cls, bundle: Bundle) -> Run:
        """Return a bundle as a run to look at."""
        return cls(bundle.path, bundle.manifest, bundle.digest)

    @cached_property
    def measurements(self) -> MeasurementsView:
        """What was measured."""
        return MeasurementsView.of(super().measurements)

    @property
    def exit_code(self) -> int:
        """What ``assay audit`` would exit with: 3 when an audit ended in error, else 0."""
        failed = any(one.status == "error" for one in self.record.audits)
        return EXIT_INCOMPLETE if failed else EXIT_PASS

    def __repr__(self) -> str:
        record = self.record
        rows = ", ".join(f"{one.name} ({one.n_rows})" for one in record.datasets)
        state = "measured" if self.exit_code == EXIT_PASS else "an audit ended in error"
        return f"<Run {self.id}: {record.model.name} on {rows}; {state}; in {self.path}>"

    def _repr_html_(self) -> str:
        return render_run_card(self.record, self.measurements)


class SealedVerdict(Verdict):
    """What a policy concluded about a run, sealed beside it.

    Attributes:
        path: Folder of the gate, with ``verdict.json`` and ``report.html``.
        run: The run that was judged.
        verdict: ``pass``, ``pass-with-warnings``, ``blocked`` or ``incomplete``.
        exit_code: What ``assay gate`` exits with.
        findings: One or more for each rule, worst first.
    """

    __slots__ = ("path", "run")

    path: Path
    run: Run

    @classmethod
    def of(cls, gated: Gated, run: Run) -> SealedVerdict:
        """Return a verdict together with the run that it is about."""
        one = cls(**{item.name: getattr(gated.verdict, item.name) for item in fields(Verdict)})
        # the fields of a verdict are frozen; these two are not among them
        object.__setattr__(one, "path", gated.path)
        object.__setattr__(one, "run", run)
        return one

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas DataFrame, one row for each finding; see ``finding_frame``.

        Raises:
            MissingExtra: If pandas is not installed.
        """
        return finding_frame(self)

    def __repr__(self) -> str:
        counts = Counter(one.outcome for one in self.findings)
        words = ", ".join(f"{n} {outcome}" for outcome, n in counts.items()) or "no finding"
        policy = f"{self.policy.id} {self.policy.version}"
        return (
            f"<Verdict {self.verdict} (exit {self.exit_code}) of {policy} on {self.run_id}: "
            f"{words}; in {self.path}>"
        )

    def _repr_html_(self) -> str:
        return render_verdict_card(self.run.record, self.run.measurements, self)
