"""What a verdict must be so that a run may stand released under it."""

from __future__ import annotations

from datetime import datetime

from harness.clock import iso, parse_moment
from harness.errors import (
    EXIT_BLOCKED,
    EXIT_WARNINGS,
    GateError,
    IncompleteError,
    Phrase,
    UsageError,
    must,
)
from harness.evidence import Bundle, Gate
from harness.records.releasable import why_exploratory


def refuse_unworthy(bundle: Bundle, gate: Gate, *, has_accepted_warnings: bool) -> None:
    """Refuse a gate that nobody can release a run under, whoever signs.

    Raises:
        GateError: Blocked (exit 1), or a pass with warnings that nobody took (exit 4).
        IncompleteError: Incomplete, exploratory, or judged by a draft.
    """
    verdict, name = gate.verdict, f"{bundle.id}@{gate.id}"
    if verdict.verdict == "blocked":
        raise GateError(
            f"{name} must pass to be released, got blocked: {verdict.because.text}",
            exit_code=EXIT_BLOCKED,
        )
    if verdict.verdict == "incomplete":
        raise IncompleteError(
            f"{name} must pass to be released, got incomplete: {verdict.because.text}"
        )
    # a verdict that does not say was judged before there were locks: nothing was fixed before its run
    if verdict.is_exploratory is not False:
        if why_exploratory(verdict) == ("baseline-run",):
            do = "Gate again without --baseline, which compares with the last release in the store."
            what = "be compared with the last release, or with nothing"
        else:
            do = "Name the policy in the config, run again, and release that run."
            what = "be judged by a policy that its lock names"
        got = Phrase("an exploratory verdict")
        raise IncompleteError(must(name, what, got, do=do))
    if verdict.policy.status == "draft":
        do = "Confirm its numbers, take status: draft out, and gate again."
        got = Phrase(f"the draft {verdict.policy.id} {verdict.policy.version}")
        raise IncompleteError(must(name, "be judged by a policy without holes", got, do=do))
    if verdict.verdict == "pass-with-warnings" and not has_accepted_warnings:
        raise GateError(
            f"{name} must pass without warnings, or somebody must take them with --accept-warnings, got: "
            f"{verdict.because.text}",
            exit_code=EXIT_WARNINGS,
        )


def refuse_overtaken(bundle: Bundle, gate: Gate) -> None:
    """Refuse a gate of a run that a later gate of the same policy blocked.

    Raises:
        GateError: Exit 1.
    """
    order = [one.id for one in bundle.gates()]
    for one in bundle.gates()[order.index(gate.id) + 1 :]:
        if one.verdict.verdict == "blocked" and one.verdict.policy.id == gate.verdict.policy.id:
            raise GateError(
                f"{bundle.id}@{gate.id} must be the last word of its policy, got the later gate "
                f"{one.id}, which is blocked: {one.verdict.because.text}",
                exit_code=EXIT_BLOCKED,
            )


def refuse_expired(gate: Gate, now: datetime, *extra: object) -> None:
    """Refuse a verdict whose time is over.

    Args:
        gate: The gate.
        now: The clock.
        extra: Further ends, ISO 8601; None and what is no text are left out.

    Raises:
        IncompleteError: If the earliest of them has passed.
    """
    ends = [one for one in (gate.verdict.valid_until, *extra) if isinstance(one, str)]
    try:
        end = min((parse_moment(one) for one in ends), default=None)
    except UsageError as err:
        raise IncompleteError(*err.problems) from err
    if end is not None and now >= end:
        do = "Judge the run again, under waivers and documents that are in force, and release it."
        what, got = f"stand at {iso(now)}", Phrase(f"one that ended at {iso(end)}")
        raise IncompleteError(must(f"The verdict of gate {gate.id}", what, got, do=do))
