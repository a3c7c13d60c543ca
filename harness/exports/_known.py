"""Which sentences the evidence holds, so that one is recognised where it stands inside another."""

from __future__ import annotations

from collections.abc import Iterator

from harness.records import Measurements, Message, RunRecord, Verdict


def known_sentences(
    run: RunRecord, measurements: Measurements, verdict: Verdict | None = None
) -> Iterator[Message]:
    """Yield every sentence of the evidence, for ``speaking(language, known=...)``."""
    yield from run.caveats
    yield from (audit.because for audit in run.audits if audit.because)
    for one in measurements.measurements:
        if one.estimate.why_undefined:
            yield one.estimate.why_undefined
        yield from one.caveats
        yield from one.notes
    if verdict is not None:
        yield verdict.because
        yield from verdict.not_tested
        yield from (finding.because for finding in verdict.findings)
        yield from (waiver.because for waiver in verdict.waivers or ())
