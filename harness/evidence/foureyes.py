"""Four eyes: who made, owns or excuses what is decided about, and therefore does not approve it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.evidence.audited import audited_of, person
from harness.evidence.bundle import Bundle, Gate

_GAPS = re.compile(r"[\s._-]+")


def spellings(names: Iterable[str]) -> frozenset[str]:
    """Return names as they are compared: ``user:Li.Wei``, ``Li Wei`` and ``li.wei@acme.com`` are one person.

    Two people may look like one by this, and then one of them is refused; one must never look like two.
    """
    found = set()
    for name in names:
        plain = person(name)
        for one in (plain, plain.partition("@")[0]):
            folded = _GAPS.sub(" ", one).strip()
            if folded:
                found.add(folded)
    return frozenset(found)


def makers_of(bundle: Bundle) -> frozenset[str]:
    """Return authors and owner of the model; empty where the run names nobody."""
    return spellings(audited_of(bundle.record).people)


def waiver_owners(gate: Gate) -> frozenset[str]:
    """Return who owns a waiver that waives something at a gate."""
    used = {one.waiver for one in gate.verdict.findings if one.waiver}
    return spellings(one.owner for one in gate.verdict.waivers or () if one.id in used)


def n_waived_blocking(gate: Gate) -> int:
    """Return how many findings of blocking rules a waiver lets pass."""
    findings = gate.verdict.findings
    return sum(one.severity == "block" and one.outcome == "waived" for one in findings)
