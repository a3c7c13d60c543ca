"""The gate: a pure function of run, measurements, policy, baseline and clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import harness
from harness.clock import iso
from harness.files import sha256_bytes
from harness.gate.applicability import not_applied
from harness.gate.approvals import approved
from harness.gate.audited import audited_of
from harness.gate.facts import Baseline, Facts
from harness.gate.given import NOTHING, WAIVERS, Given, with_packs
from harness.gate.holding import Draft
from harness.gate.judging import drafts_of, unapplied
from harness.gate.multiplicity import corrected
from harness.gate.standing import (
    Moment,
    clock_caveats,
    is_exploratory,
    is_unreleased,
    run_ended,
    unreleased,
    valid_until,
)
from harness.gate.statements import SignedDocument, signed_documents
from harness.gate.verdicts import counts_of, finding_of, not_tested, sentence, verdict_word
from harness.gate.waiving import waive
from harness.policy import Policy
from harness.records import (
    COUNTED_OUTCOMES,
    DatasetRef,
    Finding,
    Measurements,
    Message,
    ModelRef,
    RunRecord,
    Task,
    Verdict,
    WaiverUse,
    exit_code_of,
)

if TYPE_CHECKING:
    from harness.stats import Read


def judge(
    policy: Policy,
    run: RunRecord,
    measurements: Measurements,
    *,
    run_digest: str,
    now: datetime,
    read: Read | None = None,
    given: Given = NOTHING,
    fail_on_warn: bool = False,
) -> Verdict:
    """Hold everything that a run measured against a policy.

    Every rule gives at least one finding, and exactly one for each slice that it is about. Nothing
    that is absent, unusable or undecided ever counts as passed.

    Args:
        policy: What is asked.
        run: What was run; conditions and declared figures come from it.
        measurements: What was measured.
        run_digest: SHA-256 of the sealed run's manifest.
        now: The clock; recorded in the verdict.
        read: Opens stored replicates, as ``harness.stats.reestimate`` wants it.
        given: Waivers, trust file, last release, signed documents and lock, where there are any.
        fail_on_warn: Turn exit code 0 into 4 for a pass with warnings; changes nothing else.

    Raises:
        IntegrityError: If stored evidence is not what an estimate says it is.
    """
    given = with_packs(given, policy)
    baseline = given.baseline
    facts = facts_of(run, measurements, baseline=baseline, read=read)
    moment = Moment(now, run_ended(run))
    facts = replace(
        facts,
        documents=_documents(policy, given, run_digest),
        now=None if moment.is_before_run else now,
    )
    drafts, uses = _waived(drafts_of_policy(policy, facts), run, given, moment)
    findings = findings_of_drafts(drafts, facts)
    word = verdict_word(findings)
    return Verdict(
        schema_version="modelassay/verdict/v1",
        run_id=run.run_id,
        run_digest=run_digest,
        policy=policy.ref,
        verdict=word,
        exit_code=exit_code_of(word, fail_on_warn=fail_on_warn),
        because=sentence(word, findings, policy),
        now=iso(now),
        findings=findings,
        counts=counts_of(findings),
        not_tested=(
            *clock_caveats(moment, given),
            *unreleased(given.baseline, is_fixed=not is_exploratory(policy, given.lock)),
            *not_tested(findings, run, measurements),
        ),
        harness_version=harness.__version__,
        waivers_digest=given.waivers.digest if given.waivers else None,
        baseline_run=baseline.run_id if baseline else None,
        lock_digest=run.lock_digest,
        is_exploratory=is_exploratory(policy, given.lock) or is_unreleased(given.baseline),
        valid_until=valid_until(policy, findings, given, now),
        waivers=uses,
        is_single_person=True if given.trust and given.trust.is_single_person else None,
        inputs=_inputs(given),
        policy_review_by=policy.review_by,
        policy_notes=policy.notes or None,
    )


def _inputs(given: Given) -> dict[str, str] | None:
    found = {name: sha256_bytes(raw) for name, raw in given.files.items() if name != WAIVERS}
    return found or None


def _waived(
    drafts: list[Draft], run: RunRecord, given: Given, moment: Moment
) -> tuple[list[Draft], tuple[WaiverUse, ...] | None]:
    if given.waivers is None:
        return drafts, None
    about = audited_of(run)
    return waive(
        drafts,
        given.waivers.waivers,
        audited=about,
        moment=moment,
        approve=lambda waiver: approved(waiver, given.trust, about, moment.now),
    )


def _documents(policy: Policy, given: Given, run_digest: str) -> tuple[SignedDocument, ...]:
    if not any(rule.kind == "evidence" for rule in policy.rules):
        return ()  # signatures cost more than everything else
    return signed_documents(given.documents, given.trust, run_digest)


def findings_of(policy: Policy, facts: Facts) -> tuple[Finding, ...]:
    """Return all findings of a policy without waivers; see ``findings_of_drafts``."""
    return findings_of_drafts(drafts_of_policy(policy, facts), facts)


def drafts_of_policy(policy: Policy, facts: Facts) -> list[Draft]:
    """Hold every rule against what there is, corrected for multiplicity, in the order of the policy."""
    reason = not_applied(policy.applies_when, facts.fields)
    drafts: list[Draft]
    if reason is not None:
        drafts = [unapplied(rule, reason) for rule in policy.rules]
    else:
        drafts = [draft for rule in policy.rules for draft in drafts_of(rule, facts)]
    return corrected(drafts, facts)


def findings_of_drafts(drafts: Sequence[Draft], facts: Facts) -> tuple[Finding, ...]:
    """Return the findings, worst first, then in the order of the policy."""
    units = {key: measure.unit for key, measure in (facts.measures or {}).items()}
    findings = [finding_of(draft, units) for draft in drafts]
    return tuple(sorted(findings, key=lambda f: COUNTED_OUTCOMES.index(f.outcome)))


def facts_of(
    run: RunRecord,
    measurements: Measurements,
    *,
    baseline: Baseline | None = None,
    read: Read | None = None,
) -> Facts:
    """Collect from a run what judging may look at."""
    return Facts(
        fields=condition_fields(run.system, run.task, run.datasets, run.model),
        measurements=measurements.measurements,
        measures={measure.key: measure for measure in measurements.measures},
        groups={dataset.name: _group_columns(dataset) for dataset in run.datasets},
        declared=run.declared,
        broken={audit.id: audit.because for audit in run.audits if audit.status == "error"},
        silent=_silent(run),
        baseline=baseline,
        read=read,
    )


def condition_fields(
    system: Mapping[str, Any],
    task: Task,
    datasets: Sequence[DatasetRef],
    model: ModelRef | None = None,
) -> dict[str, Any]:
    """Return what conditions of policies and rules may look at; without a model, nothing of one."""
    of_model = {} if model is None else {"is_private": model.epsilon is not None}
    return {
        "system": dict(system),
        "task": {"kind": task.kind, "modality": task.modality, "favourable": task.favourable},
        "data": {
            # any data set: a test set that lost its groups must not make a rule about groups vanish
            "has_groups": any(_group_columns(dataset) for dataset in datasets),
            "has_train": any(dataset.name == "train" for dataset in datasets),
        },
        "model": of_model,
    }


def _group_columns(dataset: DatasetRef) -> tuple[str, ...]:
    columns = dataset.roles.get("groups", [])
    return (columns,) if isinstance(columns, str) else tuple(columns)


def _silent(run: RunRecord) -> dict[str, Message]:
    reasons = {
        audit_id: Message.of(
            "gate.audit-skipped",
            "Audit {audit} was skipped by the configuration.",
            audit=audit_id,
        )
        for audit_id in run.skipped
    }
    for audit in run.audits:
        if audit.status == "not-measured" and audit.because is not None:
            reasons[audit.id] = audit.because
    return reasons
