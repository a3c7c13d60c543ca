"""Verifying a run that is named on the command line, and deriving it again from its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from harness.clock import parse_moment, utc_now
from harness.errors import EXIT_WARNINGS, IntegrityError, raise_all
from harness.evidence import (
    Bundle,
    Gate,
    VerifyReport,
    derived_problems,
    find_run,
    open_run,
    recompute,
    verify_run,
)
from harness.evidence.believing import gate_problems, signed_by
from harness.evidence.decided import approvals_of, decisions_of
from harness.records import Verdict
from harness.signing import Trust

if TYPE_CHECKING:
    from harness.policy import Policy


@dataclass(frozen=True, slots=True)
class Models:
    """What must be the audited model.

    Attributes:
        folders: The model, or its adapter and its base.
        key: Public key of the OpenSSF signature that they must have; None asks for none.
    """

    folders: Sequence[Path] = ()
    key: Path | None = None


def prove(
    ref: str,
    runs: Path,
    *,
    is_recomputed: bool,
    trust: Trust | None = None,
    models: Models | None = None,
    sigstore: Path | None = None,
    now: datetime | None = None,
) -> VerifyReport:
    """Recompute every digest of a run, and hold what else is given against it.

    Args:
        ref: A path, an id, a unique prefix, or ``latest``; ``@`` and a gate may follow.
        runs: Where runs lie.
        is_recomputed: Also derive every estimate and every verdict again from the evidence, and
            measure again what follows from the stored predictions.
        trust: Whose signatures count, and how many a gate must have; None believes none.
        models: What must be the audited model.
        sigstore: Configuration of a private Sigstore; None takes the public one.
        now: The clock that signatures are held against; None reads it.
    """
    path, gate = find_run(ref, runs)
    report = verify_run(path, trust=trust)
    if trust is not None:
        report = _trusted(report, trust, gate=gate, sigstore=sigstore, now=now or utc_now())
    report = _decided(report, trust, gate=gate, now=now)
    if models is not None and not report.problems:
        report = _identified(report, models)
    if not is_recomputed or report.problems:
        return report
    from harness.commands.rederiving import measure_again

    bundle = open_run(path)
    problems = recompute(bundle, judge=judge_again)
    derived = measure_again(bundle)
    return replace(
        report,
        problems=(*report.problems, *problems, *derived.problems),
        notes=(*report.notes, derived.sentence),
    )


def _trusted(
    report: VerifyReport, trust: Trust, *, gate: str | None, sigstore: Path | None, now: datetime
) -> VerifyReport:
    """Hold the statements of a run, and the thresholds of its newest gate, against a trust file."""
    notes = list(report.notes)
    from harness.commands.keyless import check_of, has_bundles

    check = check_of(report.claims, trust, sigstore)
    if check is None and has_bundles(report.claims):
        notes.append(
            "Sigstore bundles were not checked and do not count: run pip install 'modelassay[sigstore]'"
        )
    signed, problems = signed_by(report.claims, trust, now, check=check)
    if report.is_intact:
        newest = gate or (report.gates and open_run(report.path).gate().id) or None
        missing, asked = gate_problems(signed, trust, gate=newest, run=report.run_id)
        problems += asked
        if trust.thresholds["gate"] and not missing:
            shown = ", ".join(f"{role} {n}" for role, n in trust.thresholds["gate"].items())
            notes.append(f"gates/{newest} has the signatures that {trust.place} asks for: {shown}.")
    if trust.is_single_person:
        notes.append(f"{trust.place} says single_person: one person may do everything.")
    return replace(
        report,
        problems=(*report.problems, *problems),
        notes=tuple(notes),
        signed=tuple(signed),
    )


def _decided(
    report: VerifyReport, trust: Trust | None, *, gate: str | None, now: datetime | None
) -> VerifyReport:
    """Say what was decided about the gates of a run, and whether the one that is asked about is approved."""
    if not any(one.kind == "decision" for one in report.claims):
        return report
    bundle = open_run(report.path)
    found = decisions_of(report.claims, report.signed, bundle, trust)
    if trust is None or not report.is_intact:
        return replace(report, decisions=tuple(found))
    about = bundle.gate(gate)
    stands = approvals_of(found, about, trust, now or utc_now())
    word = "stands approved" if stands.is_enough else "does not stand approved"
    note = (
        f"gates/{about.id} {word}: {len(stands.standing)} of {stands.n_needed} approvals that it needs, "
        "by the statements that lie here; the log of a store was not asked."
    )
    voided = (one.text for one in stands.voided)
    return replace(
        report, decisions=tuple(found), notes=tuple(dict.fromkeys((*report.notes, *voided, note)))
    )


def _identified(report: VerifyReport, models: Models) -> VerifyReport:
    """Hold folders against the audited model, and against its signature where a key is given."""
    problems: list[str] = []
    notes: list[str] = []
    if models.folders:
        from harness.commands.identity import model_problems  # reads weights; few ask for it

        record = open_run(report.path).record
        problems, notes = model_problems(record.model, models.folders)
    if models.key is not None:
        from harness.commands.model_signing import signature_problems

        problems += signature_problems(report.path, report.claims, models.folders, models.key)
    return replace(report, problems=(*report.problems, *problems), notes=(*report.notes, *notes))


def open_verified(ref: str, runs: Path) -> tuple[Bundle, str | None]:
    """Open a run only if every digest of it is right.

    Returns:
        The bundle, and the gate that was asked for.

    Raises:
        IntegrityError: With everything that is not as it was sealed.
    """
    path, gate = find_run(ref, runs)
    raise_all(IntegrityError, verify_run(path).problems)
    return open_run(path), gate


def policy_of_gate(gate: Gate) -> Policy:
    """Read the policy that a gate was judged by, from what lies in the gate and nothing else.

    Raises:
        PolicyError: If it, or a pack that it extends, is not there or cannot be read.
    """
    from harness.gate import packs_of
    from harness.gate.given import is_pack
    from harness.policy import parse_policy

    packs = packs_of({name: gate.read_bytes(name) for name in gate.manifest.files if is_pack(name)})
    raw = gate.read_bytes("policy.yaml")
    return parse_policy(raw, name=gate.verdict.policy.place, packs=packs)


def judge_again(bundle: Bundle, gate: Gate) -> Verdict:
    """Judge a gate's run again by everything that lies in it, and its clock.

    Raises:
        IntegrityError: If a difference with the last release does not follow from its evidence.
    """
    from harness.gate import given_of_files, is_input, judge

    stored = gate.verdict
    files = {name: gate.read_bytes(name) for name in gate.manifest.files if is_input(name)}
    given = given_of_files(files, lock=bundle.lock)
    compared = given.baseline.differences if given.baseline is not None else ()
    wrong = [derived_problems(one, read=bundle.read_replicates) for one in compared]
    raise_all(IntegrityError, [problem for problems in wrong for problem in problems])
    again = judge(
        policy_of_gate(gate),
        bundle.record,
        bundle.measurements,
        run_digest=bundle.digest,
        now=parse_moment(stored.now),
        read=bundle.read_replicates,
        given=given,
        fail_on_warn=stored.exit_code == EXIT_WARNINGS,
    )
    return replace(again, harness_version=stored.harness_version)
