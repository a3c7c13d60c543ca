"""The lock: what a run is measured and judged by, fixed before its first prediction, and held against it.

Data digests are those of the rows as they were read. A budget cuts them later, by a seeded sample whose
size no lock could know: the record keeps the digest of the whole beside that of what was used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import __version__
from harness.errors import IntegrityError, Phrase, UsageError, must, raise_all
from harness.evidence import LOCK, scratch
from harness.files import digest_of, sha256_bytes, write_whole
from harness.policy import locate_policy, locked_policy, read_policy
from harness.records import Lock, LockedPolicy, from_json, to_json

if TYPE_CHECKING:
    from harness.config import LoadedConfig
    from harness.pipeline.plan import RunPlan, Yardstick
    from harness.pipeline.reporting import Reporter

SHARDS = "shards"
"""Folder in the scratch of a run that holds its predictions as they are made."""

_TERMS = {
    "task": "The task",
    "system": "What system: says of use and jurisdiction",
    "declared": "What is declared",
    "roles": "What columns are read as, and the plans of groups,",
}


def lock_of(by: Yardstick | RunPlan, *, further: Sequence[str] = ()) -> Lock:
    """Return the lock of what a run is about to do.

    Args:
        by: Data, audits, options and policy.
        further: Policies that may judge the run beside its own: files relative to the working
            directory, or ``builtin/NAME``.

    Raises:
        PolicyError: If one of them cannot be read.
    """
    loaded = by.loaded
    config = loaded.config
    own = locked_policy(by.policy, policy_path(loaded))
    others = [_further(ref) for ref in further]
    return Lock(
        schema_version="modelassay/lock/v1",
        name=config.name,
        policies=tuple({one.digest: one for one in (own, *others)}.values()),
        datasets={one.ref.name: one.ref.content_digest for one in by.inputs.all},
        suite=config.audits.suite,
        audits={id: one.version for id, one in by.audits.items()},
        options={id: digest_of(_dumped(options)) for id, options in by.options.items()},
        seed=config.seed,
        harness_version=__version__,
        files=dict(by.files),
        terms=_terms(by),
    )


def policy_path(loaded: LoadedConfig) -> Path:
    """Return the file of the policy that a config names."""
    section = loaded.config.policy
    return locate_policy(
        section.pack or str(loaded.path(section.file or "").absolute()), loaded.base
    )


def fix(plan: RunPlan, place: Path, *, named: Path | None, reporter: Reporter) -> str:
    """Write the lock of a run into its workspace, before anything is predicted.

    A run that goes on after a kill keeps the lock that it began with: what it predicted then was
    predicted under that lock and no other.

    Args:
        plan: What the run will do.
        place: Its workspace.
        named: A lock that was made before; None lets the run write its own.
        reporter: Told the digest of the lock, so that it can be published before the results are.

    Returns:
        SHA-256 of the lock.

    Raises:
        UsageError: If the named lock is not there.
        IntegrityError: If the run is not what its lock says, with every difference.
    """
    now = lock_of(plan)
    if named is None:
        raw, where = to_json(now).encode(), "The lock"
    else:
        raw, where = _read(named), str(named)
        raise_all(IntegrityError, _advised(_differences(from_json(Lock, raw, where=where), now)))
    kept = scratch(place) / LOCK
    if kept.is_file() and (scratch(place) / SHARDS).exists():
        _hold_kept(kept, raw, now, where=where)
    write_whole(kept, raw)
    write_whole(place / LOCK, raw)
    digest = sha256_bytes(raw)
    origin = "written by this run" if named is None else f"from {named.name}"
    reporter.note(f"lock {digest} ({origin})")
    return digest


def _hold_kept(kept: Path, raw: bytes, now: Lock, *, where: str) -> None:
    begun = kept.read_bytes()
    if begun == raw:
        return
    do = (
        f"Undo the change, or remove {kept.parent} to begin anew: what was predicted is then "
        "predicted again, under the new lock."
    )
    problems = _differences(from_json(Lock, begun, where=str(kept)), now)
    got = Phrase("another one; its first predictions were made before")
    problems = problems or [must(where, "be the one that this run was begun with", got)]
    raise IntegrityError(*problems, do)


def _differences(lock: Lock, now: Lock) -> list[str]:
    """Say everything in which a run differs from its lock."""
    problems = list(_policy_differences(lock, now.policies[0]))
    problems += _named("Data set {}", "hold the rows that were locked", lock.datasets, now.datasets)
    if lock.suite != now.suite:
        problems.append(must("audits.suite", f"be {lock.suite!r}, as locked", now.suite))
    problems += _named("Audit {}", "have the locked version", lock.audits, now.audits)
    shared = [id for id in lock.options if id in now.options]
    problems += _named(
        "Options of audit {}",
        "be those that were locked",
        {id: lock.options[id] for id in shared},
        {id: now.options[id] for id in shared},
    )
    problems += _named("{}, which an option names,", "be as locked", lock.files, now.files)
    if lock.seed != now.seed:
        problems.append(must("seed", f"be {lock.seed}, as locked", now.seed))
    problems += [
        must(words, "be as locked", Phrase("something else"))
        for term, words in _TERMS.items()
        if lock.terms.get(term) != now.terms.get(term)
    ]
    return problems


def _policy_differences(lock: Lock, own: LockedPolicy) -> Iterator[str]:
    if own in lock.policies:
        return
    name = f"Policy {own.id} {own.version}"
    before = next((one for one in lock.policies if one.digest == own.digest), None)
    if before is not None:
        parts = [key for key, value in asdict(own).items() if value != asdict(before)[key]]
        yield must(f"{name}: {' and '.join(parts)}", "be as locked", Phrase("something else"))
        return
    before = next((one for one in lock.policies if one.id == own.id), None)
    if before is None:
        known = ", ".join(f"{one.id} {one.version}" for one in lock.policies)
        yield must(name, f"be one that was locked ({known})", Phrase("another policy"))
        return
    yield must(
        f"{name}",
        f"be version {before.version} with the locked digest {before.digest[:12]}",
        Phrase(own.digest[:12]),
    )


def _named(
    where: str, what: str, locked: Mapping[str, str], found: Mapping[str, str]
) -> Iterator[str]:
    for name in dict.fromkeys([*locked, *found]):
        before, after = locked.get(name), found.get(name)
        if before == after:
            continue
        if before is None:
            yield must(where.format(name), "be one that was locked", Phrase("one that was not"))
        elif after is None:
            yield must(where.format(name), "be there, as locked", Phrase("none"))
        else:
            yield must(where.format(name), f"{what} ({before[:12]})", Phrase(after[:12]))


def _advised(problems: list[str]) -> list[str]:
    if not problems:
        return []
    do = (
        "Undo these changes; or, where they are meant, lock anew before anything is predicted: "
        "assay policy lock CONFIG -o FILE. The new lock has another digest."
    )
    return [*problems, do]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as err:
        do = "Make one with: assay policy lock CONFIG -o FILE."
        raise UsageError(
            must(f"The lock {path}", "be a readable file", str(err.strerror), do=do)
        ) from err


def _further(ref: str) -> LockedPolicy:
    path = locate_policy(ref, Path.cwd())
    return locked_policy(read_policy(path), path)


def _dumped(options: Any) -> dict[str, Any]:
    return {} if options is None else options.model_dump(mode="json")


def _terms(by: Yardstick | RunPlan) -> dict[str, str]:
    resolved = by.loaded.resolved()
    roles = {
        one.ref.name: [
            one.ref.roles,
            {column: asdict(plan) for column, plan in one.group_plans.items()},
        ]
        for one in by.inputs.all
    }
    named = {key: resolved[key] for key in ("task", "system", "declared")}
    return {term: digest_of(value) for term, value in {**named, "roles": roles}.items()}
