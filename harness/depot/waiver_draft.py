"""A draft of a waiver for a finding: YAML for the waivers file, which people fill in and approve."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from harness.evidence import Bundle
from harness.records import Finding

DAYS = 90
TO_FILL_IN = "FILL IN"
_HEAD = "apiVersion: modelassay/v1\nkind: Waivers\nwaivers:\n"


def may_be_waived(finding: Finding) -> bool:
    """Tell whether a waiver can cover a finding; an error is never waived."""
    return finding.outcome in ("failed", "inconclusive", "not-measured")


def draft_waiver(
    finding: Finding, bundle: Bundle, *, now: datetime, id: str | None = None, days: int = DAYS
) -> str:
    """Return a waivers file with one waiver, to be filled in, approved and handed to ``assay gate``.

    Reason, ticket and owner are people's, so they are left open. The value that is accepted is left as a
    comment where the finding was measured: who waives without it accepts every value.

    Args:
        finding: What is to be waived.
        bundle: The run.
        now: First day is this one.
        id: How reports will call it; None takes the year and the rule.
        days: How long it is to last, at most 180.
    """
    last = now + timedelta(days=days)
    scope = {"model": bundle.record.name}
    if finding.slice and finding.slice != "all":
        scope["slice"] = finding.slice
    if finding.dataset:
        scope["dataset"] = finding.dataset
    lines = [
        *_HEAD.splitlines(),
        f"  - id: {_text(id or f'W-{now:%Y}-{finding.rule}')}",
        f"    rule: {_text(finding.rule)}",
        "    scope:",
        *(f"      {name}: {_text(value)}" for name, value in scope.items()),
        f"    covers: [{finding.outcome}]",
        *_accepted(finding),
        f"    reason: {_text(f'{TO_FILL_IN}: why this is acceptable, and what is done instead')}",
        f"    ticket: {_text(TO_FILL_IN)}",
        "    owner: user:fill.in",
        f"    requested_on: {now:%Y-%m-%d}",
        f"    starts: {now:%Y-%m-%d}",
        f"    expires: {last:%Y-%m-%d}",
    ]
    return "\n".join(lines) + "\n"


def joined(drafts: Sequence[str]) -> str:
    """Return drafts as one waivers file; their ids must differ."""
    return drafts[0] + "".join(one.partition(_HEAD)[2] for one in drafts[1:])


def _accepted(finding: Finding) -> list[str]:
    if finding.value is None:
        return []
    return [
        f"    # measured: {finding.value!r}. A worse value than this would block again:",
        f"    # accept_until_value: {finding.value!r}",
    ]


def _text(value: str) -> str:
    """Return a text as YAML in one line: JSON strings are YAML strings."""
    return json.dumps(value, ensure_ascii=True)
