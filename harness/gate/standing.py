"""What a verdict is worth beside its word: until when it stands, what was fixed before, by which clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from harness.clock import iso, parse_moment
from harness.errors import UsageError
from harness.gate.facts import Baseline
from harness.gate.given import Given
from harness.gate.statements import days_later, over
from harness.policy import DocumentAsked, Policy
from harness.records import DocumentRef, Finding, Lock, Message, RunRecord
from harness.records.releasable import BASELINE_NOT_RELEASED, POLICY_NOT_FIXED

SKEW = timedelta(minutes=10)
"""How far the clocks of two machines may differ without a word about it."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When a gate judges.

    Attributes:
        now: The clock.
        run_ended: When the run that is judged was over; None where it does not say.
    """

    now: datetime
    run_ended: datetime | None = None

    @property
    def is_before_run(self) -> bool:
        """Whether the clock says that the run is not over yet, which cannot be."""
        return self.run_ended is not None and self.now + SKEW < self.run_ended


def is_exploratory(policy: Policy, lock: Lock | None) -> bool:
    """Tell whether a policy was not fixed before the run.

    A run without a lock fixed nothing, so that every verdict on it is exploratory.
    """
    if lock is None:
        return True
    extends = policy.ref.extends or {}
    return not any(
        one.digest == policy.ref.digest and one.extends == extends for one in lock.policies
    )


def is_unreleased(baseline: Baseline | None) -> bool:
    """Tell whether a run was compared with one that nobody is known to have released."""
    return baseline is not None and not baseline.is_released


def unreleased(baseline: Baseline | None, *, is_fixed: bool) -> tuple[Message, ...]:
    """Say that a run was compared with one that nobody is known to have released.

    A verdict then has two reasons to be exploratory where its policy was not fixed, and says the other too.
    """
    if baseline is None or not is_unreleased(baseline):
        return ()
    other = Message.of(POLICY_NOT_FIXED, "The policy was not fixed before the run either.")
    return (
        *(() if is_fixed else (other,)),
        Message.of(
            BASELINE_NOT_RELEASED,
            "The run was compared with run {run}, which somebody named: nobody who is trusted is known to "
            "have released it. Such a verdict is exploratory.",
            run=baseline.run_id,
        ),
    )


def valid_until(
    policy: Policy, findings: Sequence[Finding], given: Given, now: datetime
) -> str | None:
    """Return until when a release under a verdict stands, ISO 8601; None where nothing ends it.

    The policy says how long; a waiver that waived something and a document that met a rule shorten it.
    """
    waived_by = {finding.waiver for finding in findings if finding.waiver is not None}
    days = policy.valid_for_days
    ends = [days_later(now, days) if days is not None else None]
    ends += [
        one.expires
        for one in (given.waivers.waivers if given.waivers else ())
        if one.id in waived_by
    ]
    asked = {rule.id: rule.document for rule in policy.rules if rule.document is not None}
    ends += [
        _documents_end(finding.documents, asked[finding.rule])
        for finding in findings
        if finding.outcome == "passed" and finding.documents
    ]
    known = [one for one in ends if one is not None]
    return iso(min(known)) if known else None


def _documents_end(documents: Sequence[DocumentRef], asked: DocumentAsked) -> datetime | None:
    """Return until when a rule is met: one document is enough, but of samples all that were judged stay."""
    ends = [_document_end(one, asked.max_age_days) for one in documents]
    known = [one for one in ends if one is not None]
    if asked.sample is not None:
        return min(known, default=None)
    return max(known) if len(known) == len(ends) else None


def _document_end(document: DocumentRef, max_age: int | None) -> datetime | None:
    expires = over(document.expires)
    oldest = days_later(parse_moment(document.signed_at), max_age) if max_age is not None else None
    return min((one for one in (expires, oldest) if one is not None), default=None)


def run_ended(run: RunRecord) -> datetime | None:
    """Return when the last stage of a run was over; None where its record does not say."""
    ends = []
    for stage in run.stages:
        try:
            ends.append(parse_moment(stage.ended))
        except UsageError:
            continue
    return max(ends, default=None)


def clock_caveats(moment: Moment, given: Given) -> tuple[Message, ...]:
    """Say what shows that the clock of a gate was set back, or that another one was given."""
    now = iso(moment.now)
    if moment.run_ended is not None and moment.is_before_run:
        text = (
            "This gate was judged as of {now}, before the run ended on {ended}. By such a clock no waiver "
            "and no document counts."
        )
        return (Message.of("gate.clock-before-run", text, now=now, ended=iso(moment.run_ended)),)
    later = [
        (approval.signed_at, waiver.id)
        for waiver in (given.waivers.waivers if given.waivers else ())
        for approval in waiver.approvals
        if approval.signed_at > moment.now
    ]
    if not later:
        return ()
    signed_at, name = max(later)
    text = (
        "This gate was judged as of {now}, before the approval of {waiver} on {signed_at}, which does "
        "not count yet."
    )
    values = {"now": now, "waiver": name, "signed_at": iso(signed_at)}
    return (Message.of("gate.clock-before-approval", text, **values),)
