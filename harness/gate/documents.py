"""Rules of kind ``evidence``: is there a document that somebody with the right role signed for?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

from harness.clock import iso
from harness.gate.deciding import Bound
from harness.gate.facts import Facts
from harness.gate.holding import Draft
from harness.gate.sentences import level, shown
from harness.gate.statements import SignedDocument
from harness.policy import DocumentAsked, Rule, Sample
from harness.records import ALL, DocumentRef, Message, Outcome


def documented(rule: Rule, facts: Facts) -> Draft:
    """Return the draft of a rule of kind ``evidence``.

    A document counts when it is about this run, signed by a trusted user in one of the roles, and
    neither expired nor older than the rule accepts. Of several samples that are large enough the worst
    counts, so that nobody draws samples until one is good enough.
    """
    asked = rule.document
    assert asked is not None
    found = [one for one in facts.documents if one.ref.document == asked.document]
    draft = Draft(rule, "", ALL, "not-measured", _none(asked), documents=())
    if not found:
        return draft
    faults = [_fault(one, asked, facts.now) for one in found]
    good = [one for one, fault in zip(found, faults, strict=True) if fault is None]
    if not good:
        # what came nearest says best what is to be done
        _, because = max(
            (fault for fault in faults if fault is not None), key=lambda fault: fault[0]
        )
        return draft._replace(because=because)
    kept = [_by_role(one, asked) for one in good]
    if asked.sample is not None:
        return _sampled(draft, kept, asked.sample)
    return draft._replace(outcome="passed", because=_signed(kept), documents=tuple(kept))


def _fault(
    found: SignedDocument, asked: DocumentAsked, now: datetime | None
) -> tuple[int, Message] | None:
    """Say why a document does not count, with how near it came; None when it does."""
    ref = found.ref
    about = {"document": ref.document, "name": ref.name}
    if not found.roles:
        text = (
            "The document {document} ({name}) carries no signature that counts: nobody signed it whose key "
            "the trust file names and that was valid on {day}."
        )
        return 0, Message.of("gate.document-unsigned", text, day=ref.signed_at[:10], **about)
    if not _by_role(found, asked).signed_by:
        text = (
            "The document {document} ({name}) is signed by {users}; the rule asks for somebody in the "
            "role {roles}."
        )
        users, roles = " and ".join(ref.signed_by), " or ".join(asked.roles)
        return 1, Message.of("gate.document-role", text, users=users, roles=roles, **about)
    if now is None:
        text = (
            "The clock of this gate lies before the end of the run, so that the document {document} ({name}) "
            "does not count."
        )
        return 2, Message.of("gate.document-clock", text, **about)
    if found.signed_at > now:
        text = (
            "The document {document} ({name}) was signed on {signed_at}, after the moment of this gate, so "
            "it does not count yet."
        )
        return 2, Message.of("gate.document-early", text, signed_at=iso(found.signed_at), **about)
    if found.over is not None and now >= found.over:
        text = "The document {document} ({name}) expired on {expires}. Have a new one signed."
        return 3, Message.of("gate.document-expired", text, expires=str(ref.expires), **about)
    age = now - found.signed_at
    if asked.max_age_days is not None and age >= timedelta(days=asked.max_age_days):
        text = (
            "The document {document} ({name}) was signed {days} days ago; the rule accepts {most}. Have "
            "it looked at and signed again."
        )
        most = asked.max_age_days
        return 3, Message.of("gate.document-old", text, days=age.days, most=most, **about)
    if asked.sample is not None and ref.n is None:
        text = (
            "The document {document} ({name}) says nothing about a sample; the rule asks how many items were "
            "looked at and accepted."
        )
        return 4, Message.of("gate.document-no-sample", text, **about)
    return None


def _sampled(draft: Draft, refs: Sequence[DocumentRef], sample: Sample) -> Draft:
    large = [ref for ref in refs if (ref.n or 0) >= sample.n_at_least]
    if not large:
        ref = max(refs, key=lambda one: one.n or 0)
        text = (
            "The sample {document} ({name}) holds {n} items; the rule asks for {needed}, so it does not "
            "decide. {accepted} of them were accepted."
        )
        because = Message.of(
            "gate.sample-small",
            text,
            document=ref.document,
            name=ref.name,
            n=ref.n,
            needed=sample.n_at_least,
            accepted=ref.n_accepted,
        )
        return draft._replace(
            outcome="inconclusive",
            because=because,
            n_needed=sample.n_at_least,
            documents=tuple(refs),
        )
    worst = min(large, key=_share)
    return _held(draft._replace(documents=tuple(refs)), worst, sample)


def _held(draft: Draft, ref: DocumentRef, sample: Sample) -> Draft:
    # scipy stands behind this: imported only where a sample is judged
    from harness.stats import clopper_pearson

    alpha = draft.rule.alpha
    n, accepted = ref.n or 0, ref.n_accepted or 0
    estimate = clopper_pearson(accepted, n, alpha_low=alpha, alpha_high=alpha)
    bound = Bound("at_least", sample.accepted_at_least)
    is_met = _share(ref) >= sample.accepted_at_least.value
    ends = shown(estimate, bound.limit)
    text = (
        "{accepted} of {n} items of the sample {document} ({name}) were accepted: {value}, interval from "
        "{low} to {high} (level {level} at each end, Clopper-Pearson). The share {meets} the limit, at "
        "least {limit}, by which alone the rule decides. {signed}"
    )
    because = Message.of(
        f"gate.sample-{'passed' if is_met else 'failed'}",
        text,
        accepted=accepted,
        n=n,
        document=ref.document,
        name=ref.name,
        value=ends.value,
        low=ends.low,
        high=ends.high,
        level=level(alpha),
        meets="meets" if is_met else "does not meet",
        limit=ends.limit,
        signed=_signed([ref]).text,
    )
    outcome: Outcome = "passed" if is_met else "failed"
    return draft._replace(outcome=outcome, because=because, estimate=estimate, bound=bound)


def _share(ref: DocumentRef) -> Fraction:
    return Fraction(ref.n_accepted or 0, ref.n or 1)


def _by_role(found: SignedDocument, asked: DocumentAsked) -> DocumentRef:
    """Return the document with those who signed it in a role that the rule asks for."""
    wanted = set(asked.roles)
    users = tuple(user for user, roles in found.roles.items() if not wanted or wanted & roles)
    return replace(found.ref, signed_by=users)


def _signed(refs: Sequence[DocumentRef]) -> Message:
    parts = []
    for ref in refs:
        until = f", counts until {ref.expires}" if ref.expires else ""
        users, day = " and ".join(ref.signed_by), ref.signed_at[:10]
        parts.append(f"{ref.document} ({ref.name}) was signed by {users} on {day}{until}.")
    return Message.of("gate.document-signed", "{documents}", documents=" ".join(parts))


def _none(asked: DocumentAsked) -> Message:
    return Message.of(
        "gate.no-document",
        "No signed statement about the document {document} was handed to the gate.",
        document=asked.document,
    )
