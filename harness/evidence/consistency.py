"""What must hold between the documents of a bundle, whatever their digests say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from harness.errors import Phrase, must
from harness.files import digest_of
from harness.records import Lock, Measurements, RunRecord, Verdict, exit_code_of


def gate_id(verdict: Verdict) -> str:
    """Return the id of a gate: 12 hex digits over run, policy, waivers, baseline, clock and all else."""
    judged_by: dict[str, object] = {
        "run": verdict.run_digest,
        "policy": verdict.policy.digest,
        "waivers": verdict.waivers_digest,
        "baseline": verdict.baseline_run,
        "now": verdict.now,
    }
    if verdict.inputs is not None:  # older gates keep the id that they always had
        judged_by["inputs"] = verdict.inputs
    return digest_of(judged_by)[:12]


def measurement_problems(measurements: Measurements, digests: Mapping[str, str]) -> list[str]:
    """Say which measurements stand twice, lack their definition, or point to evidence that is not there.

    Args:
        measurements: What was measured.
        digests: File of the bundle → SHA-256.
    """
    known = {measure.key for measure in measurements.measures}
    keys = Counter(one.key for one in measurements.measurements)
    problems = [f"{key} must be measured once, got {n} times." for key, n in keys.items() if n > 1]
    for one in measurements.measurements:
        if one.measure not in known:
            problems.append(f"{one.key} must have its measure defined beside it, got none.")
        evidence = one.estimate.evidence
        if evidence is None or evidence.path is None:
            continue
        if evidence.sha256 is None or evidence.sha256 != digests.get(evidence.path):
            problems.append(
                must(
                    f"The evidence of {one.key} in {evidence.path}",
                    f"have the digest {evidence.sha256}",
                    digests.get(evidence.path),
                )
            )
    return problems


def record_problems(record: RunRecord, *, run: str, digests: Mapping[str, str]) -> list[str]:
    """Say where ``run.json`` and the run manifest differ.

    Args:
        record: ``run.json``.
        run: Id in the manifest.
        digests: File → SHA-256 in the manifest.
    """
    problems = []
    if record.run_id != run:
        problems.append(must("run.json", f"be about run {run}", record.run_id))
    for name, digest in record.outputs.items():
        if digests.get(name) != digest:
            problems.append(
                must(
                    f"{name} in MANIFEST.json",
                    f"have the digest {digest} that run.json names",
                    digests.get(name),
                )
            )
    return problems


def lock_problems(record: RunRecord, lock: Lock, digest: str) -> list[str]:
    """Say where a run differs from the lock that lies in it.

    Args:
        record: ``run.json``.
        lock: ``policy.lock.json``.
        digest: SHA-256 of that file.
    """
    problems = []
    if record.lock_digest != digest:
        problems.append(must("lock_digest in run.json", f"be {digest}", record.lock_digest))
    used = {ref.name: record.whole_digest(ref.name) for ref in record.datasets}
    sides = {
        "datasets": (lock.datasets, used),
        "audits": (lock.audits, {one.id: one.version for one in record.audits}),
        "options": (lock.options, {one.id: digest_of(one.options) for one in record.audits}),
        "suite": (lock.suite, record.suite),
        "seed": (lock.seed, record.seed),
    }
    problems += [
        must(f"{name} of run.json", "be those of policy.lock.json", _apart(locked, found))
        for name, (locked, found) in sides.items()
        if locked != found
    ]
    return problems


def _apart(locked: object, found: object) -> Phrase:
    if not isinstance(locked, Mapping) or not isinstance(found, Mapping):
        return Phrase(f"{found!r} for {locked!r}")
    names = [name for name in {**locked, **found} if locked.get(name) != found.get(name)]
    return Phrase(f"others: {', '.join(names)}")


def verdict_problems(verdict: Verdict, *, gate: str, run: str, run_digest: str) -> list[str]:
    """Say where a verdict contradicts its findings, its exit code, its gate or its run.

    Args:
        verdict: ``verdict.json``.
        gate: Id of the gate, which is the name of its folder.
        run: Id of the run.
        run_digest: SHA-256 of the run manifest.
    """
    where = f"gates/{gate}/verdict.json"
    problems = []
    if (verdict.run_id, verdict.run_digest) != (run, run_digest):
        got = f"{verdict.run_id} {verdict.run_digest}"
        problems.append(must(where, f"be about run {run} {run_digest}", got))
    if gate_id(verdict) != gate:
        problems.append(must(where, f"stand in gates/{gate_id(verdict)}", f"gates/{gate}"))
    codes = {exit_code_of(verdict.verdict, fail_on_warn=flag) for flag in (False, True)}
    if verdict.exit_code not in codes:
        shown = " or ".join(str(code) for code in sorted(codes))
        problems.append(
            must(f"exit_code in {where}", f"be {shown} for {verdict.verdict}", verdict.exit_code)
        )
    counted = dict(Counter(str(finding.outcome) for finding in verdict.findings))
    if {word: n for word, n in verdict.counts.items() if n} != counted:
        problems.append(must(f"counts in {where}", f"be {counted}", verdict.counts))
    return problems + _word_problems(verdict, where)


def _word_problems(verdict: Verdict, where: str) -> list[str]:
    # only what holds for every policy: how a verdict follows from findings is the gate's business
    blocking = {finding.outcome for finding in verdict.findings if finding.severity == "block"}
    word = verdict.verdict
    if "failed" in blocking and word != "blocked":
        return [must(where, "be blocked: a blocking rule failed", word)]
    if "failed" not in blocking and word == "blocked":
        return [must(where, "hold a failed blocking rule to be blocked", sorted(blocking))]
    open_ones = blocking & {"inconclusive", "not-measured", "error"}
    if open_ones and word in ("pass", "pass-with-warnings"):
        return [must(where, "be incomplete: a blocking rule has no answer", word)]
    if "waived" in blocking and word == "pass":
        return [must(where, "be at best pass-with-warnings: a blocking rule is waived", word)]
    return []


def input_problems(verdict: Verdict, digests: Mapping[str, str], *, prefix: str) -> list[str]:
    """Say which file that a verdict rests on is not the one that it names: packs, waivers, trust, documents.

    Args:
        verdict: ``verdict.json``.
        digests: File of the gate → SHA-256, as its manifest says.
        prefix: Folder of the gate, for messages.
    """
    named = dict(verdict.inputs or {})
    if verdict.waivers_digest is not None:
        named["waivers.yaml"] = verdict.waivers_digest
    return [
        must(
            f"{prefix}{name}",
            f"have the digest {digest} that the verdict names",
            digests.get(name),
            do="It was changed.",
        )
        for name, digest in sorted(named.items())
        if digests.get(name) != digest
    ]
