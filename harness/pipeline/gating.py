"""One gate, from the sealed run to the sealed verdict. Light: nothing here imports numpy or torch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from harness.clock import iso, parse_moment, utc_now
from harness.errors import IntegrityError
from harness.evidence import Bundle, add_gate
from harness.evidence.bundle import VERDICT
from harness.exports import EXPORTS, render_html
from harness.gate import NOTHING, SKEW, Given, judge, run_ended, with_packs
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
    given = replace(with_packs(given, policy), lock=bundle.lock)
    verdict = judge(
        policy,
        bundle.record,
        bundle.measurements,
        run_digest=bundle.digest,
        now=now or _clock(bundle),
        read=bundle.read_replicates,
        given=given,
        fail_on_warn=fail_on_warn,
    )
    exports = {EXPORTS[name].file_name: _export(name, bundle, verdict) for name in GATE_FORMATS}
    return Gated(add_gate(bundle, verdict, policy.raw, exports, inputs=given.files), verdict)


def _export(name: str, bundle: Bundle, verdict: Verdict) -> bytes:
    record, measurements, read = bundle.record, bundle.measurements, bundle.read_replicates
    if (
        name == "html"
    ):  # what it draws of pairs of groups that nothing hangs on would cost a second gate
        return render_html(record, measurements, verdict, read=read, is_short=True).encode()
    return EXPORTS[name].render(record, measurements, verdict, read=read).encode()


def latest_clock(bundle: Bundle) -> datetime | None:
    """Return as of when a run was judged last, by the clocks of its gates; None where it never was."""
    return max((parse_moment(one.verdict.now) for one in bundle.gates()), default=None)


def _proved_clock(bundle: Bundle) -> tuple[datetime, str] | None:
    """Return when a run was judged last and by which gate, going by gates that were judged by a clock.

    A gate that was judged as of a moment after it was written tried what will be, and proves nothing.
    """
    found = []
    for one in bundle.gates():
        now, written = parse_moment(one.verdict.now), (one.path / VERDICT).stat().st_mtime
        if now.timestamp() <= written + SKEW.total_seconds():
            found.append((now, one.id))
    return max(found, default=None)


def _clock(bundle: Bundle) -> datetime:
    """Return the present moment, unless the run shows that the clock was set back.

    Raises:
        IntegrityError: If the run ended, or was judged, later than the clock says.
    """
    now, ended, latest = utc_now(), run_ended(bundle.record), _proved_clock(bundle)
    if ended is not None and now + SKEW < ended:
        raise _set_back(bundle, now, f"its end, {iso(ended)}")
    if latest is not None and now + SKEW < latest[0]:
        moment, id = latest
        what = f"gates/{id}, which was judged and written as of {iso(moment)}"
        raise _set_back(
            bundle, now, what, f" If the clock was wrong then, --now {iso(now)} says so."
        )
    return now


def _set_back(bundle: Bundle, now: datetime, what: str, do: str = "") -> IntegrityError:
    return IntegrityError(
        f"The clock must not lie before {what}, when {bundle.id} is judged, got {iso(now)}: by a clock that "
        "was set back what has expired would count again. Set the clock, or judge as of a moment that you "
        f"name with --now.{do}"
    )
