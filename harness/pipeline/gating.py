"""One gate, from the sealed run to the sealed verdict. Light: nothing here imports numpy or torch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from harness.clock import utc_now
from harness.evidence import Bundle, add_gate
from harness.exports import EXPORTS
from harness.gate import NOTHING, Given, judge, with_packs
from harness.records import Verdict

if TYPE_CHECKING:
    from harness.policy import Policy

GATE_FORMATS = ("html", "md", "junit")


@dataclass(frozen=True, slots=True)
class Gated:
    """A sealed verdict.

    Attributes:
        path: Folder of the gate.
        verdict: What it holds.
    """

    path: Path
    verdict: Verdict


def gate(
    bundle: Bundle,
    policy: Policy,
    *,
    given: Given = NOTHING,
    now: datetime | None = None,
    fail_on_warn: bool = False,
) -> Gated:
    """Judge a sealed run and seal the verdict beside it, with everything that it was judged by."""
    given = with_packs(given, policy)
    verdict = judge(
        policy,
        bundle.record,
        bundle.measurements,
        run_digest=bundle.digest,
        now=now or utc_now(),
        read=bundle.read_replicates,
        given=given,
        fail_on_warn=fail_on_warn,
    )
    exports = {
        EXPORTS[name].file_name: EXPORTS[name]
        .render(bundle.record, bundle.measurements, verdict, read=bundle.read_replicates)
        .encode()
        for name in GATE_FORMATS
    }
    return Gated(add_gate(bundle, verdict, policy.raw, exports, inputs=given.files), verdict)
