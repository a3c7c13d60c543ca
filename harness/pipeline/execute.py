"""One run, from the plan to the sealed bundle."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import __version__, registry
from harness.attribution_store import ATTRIBUTIONS
from harness.clock import utc_now
from harness.config import LoadedConfig, with_rows
from harness.errors import EXIT_INCOMPLETE, EXIT_PASS, UsageError
from harness.evidence import Bundle, open_run, run_id, scratch, seal_run, workspace
from harness.files import digest_of, write_whole
from harness.pipeline.allotting import Allotment
from harness.pipeline.audit_stage import audit_stage
from harness.pipeline.budget import budget_of, kept_beside
from harness.pipeline.caching import BLOCKS, PREDICTIONS, Shelf, reused_caveat
from harness.pipeline.environment import git_state, platform_name, python_version
from harness.pipeline.known import refuse_ids, unwritten_of, values_of
from harness.pipeline.ledger import ledger_of
from harness.pipeline.locking import SHARDS, fix
from harness.pipeline.meter import Meter
from harness.pipeline.origin import origin_of, told_by
from harness.pipeline.personal import write_personal
from harness.pipeline.plan import RunPlan, make_plan
from harness.pipeline.reporting import Reporter
from harness.pipeline.work import Diary, load_stage, model_ref, predict_stage, train_stage
from harness.predictions import write_predictions
from harness.processes import launched
from harness.records import (
    AuditRecord,
    Cost,
    Measurement,
    Measurements,
    Message,
    Mitigation,
    RunRecord,
    VaultRef,
    to_json,
)
from harness.redaction import redact_argv
from harness.secrecy import KeyStore, using_run_key
from harness.vault import key_id as vault_key_id

if TYPE_CHECKING:
    from harness.depot import Cache, StoreAddress
    from harness.modelling import Model
    from harness.pipeline.speed import Clock
    from harness.predictions import Predictions
    from harness.vault import Vault


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed run.

    Attributes:
        path: Its folder.
        exit_code: 0, or 3 when an audit ended in error.
    """

    path: Path
    exit_code: int


def measure(
    loaded: LoadedConfig,
    *,
    runs: Path,
    argv: Sequence[str],
    reporter: Reporter,
    clock: Clock = time.monotonic,
    mitigation: Mitigation | None = None,
    vault: Vault | None = None,
    lock: Path | None = None,
    store: StoreAddress | str | None = None,
    cache: Cache | None = None,
) -> Sealed:
    """Fix the lock, train if asked, predict, audit, seal. Never judges.

    Args:
        loaded: The config.
        runs: Where sealed runs lie.
        argv: The command, for the record.
        reporter: Told how far it is.
        clock: Seconds; a budget of minutes is counted by it.
        mitigation: Where the model comes from, for the record, when it is another run's.
        vault: Takes evidence in clear, encrypted and outside of the bundle, where somebody asked for it.
        lock: What the run must match; None takes the lock that the config names, else the run writes
            its own.
        store: Event log that counts looks at test sets; None takes that of the config, else
            ``ASSAY_STORE``, else the folder of runs is counted.
        cache: Of what earlier jobs predicted and measured; None reuses nothing.

    Raises:
        IntegrityError: If the run is not what its lock says.
        AssayError: When the config, the data or the model cannot be used, or the disk is full. What
            was finished until then is kept and resumed by the same command.
    """
    _refuse_several()
    budget = budget_of(loaded.config.budget, clock)
    plan = make_plan(loaded)
    diary = Diary(reporter)
    key_id = f"run-{plan.digest[:32]}"
    with workspace(runs, plan.digest) as place, using_run_key(key_id) as digests:
        _clear(place)
        named = loaded.config.policy.lock
        lock = lock or (loaded.path(named) if named else None)
        ledger = ledger_of(plan, runs, store)
        lock_digest = fix(plan, place, named=lock, reporter=reporter)
        if budget is not None:
            kept_beside(budget, place)
        values = values_of(plan.loaded, plan.inputs)
        refuse_ids(values, plan.inputs)
        trained = train_stage(plan, runs, diary) if plan.train_digest else None
        model = load_stage(plan, trained)
        origin = origin_of(plan, trained)
        unwritten = unwritten_of(values, origin.canaries)
        allotment = Allotment(plan, model, budget, tell=reporter.note, origin=origin)
        whole, plan = plan, allotment.cut_tests()
        shelf = Shelf(cache, reporter)
        shelf.begin(plan, model_ref(plan, model))
        predictions, cost = _predicted(allotment, scratch(place) / SHARDS, diary, clock, shelf)
        write_predictions(place / "predictions.parquet", list(predictions.values()))
        write_personal(place / "personal", plan.inputs)
        with shelf.folder(BLOCKS, scratch(place) / ATTRIBUTIONS, stage=BLOCKS):
            records, measurements = audit_stage(
                allotment,
                predictions,
                place,
                diary,
                vault=vault,
                unwritten=unwritten,
                shelf=shelf,
            )
        write_whole(place / "measurements.json", to_json(_catalogue(plan, measurements)))
        said = [message for one in predictions.values() for message in one.caveats]
        said += (*told_by(origin.lineage), *ledger.said, *reused_caveat(shelf.reused))
        if budget is not None:
            plan = replace(plan, loaded=with_rows(plan.loaded, budget.rows))
        record = _record(plan, diary, model, records, argv=argv, said=said)
        record = replace(
            record,
            lock_digest=lock_digest,
            looks=ledger.looks,
            cut=_cut(whole, plan),
            cost=cost,
            reused=tuple(shelf.reused) or None,
        )
        record = _told(record, mitigation, key_id if digests.key is not None else None)
        with _vault_of(vault, record) as record:
            path = seal_run(place, runs, record, unwritten=unwritten)
        shelf.sealed(path.name, lock_digest)
    failed = any(one.status == "error" for one in records)
    return Sealed(path, EXIT_INCOMPLETE if failed else EXIT_PASS)


def _told(record: RunRecord, mitigation: Mitigation | None, key_id: str | None) -> RunRecord:
    """Return the record with where the model comes from, and the key of its digests where one is kept."""
    if key_id is not None and KeyStore().has(key_id):
        record = replace(record, digest_key=key_id)
    if mitigation is None:
        return record
    caveats = (*record.caveats, _mitigated(mitigation))
    return replace(record, mitigation=mitigation, caveats=caveats)


@contextmanager
def _vault_of(vault: Vault | None, record: RunRecord) -> Iterator[RunRecord]:
    """Seal the vault of a run and name it in the record; when the run is not sealed it is removed."""
    if vault is None:
        yield record
        return
    sealed = vault.seal(record.run_id, utc_now())
    try:
        yield replace(record, vault=VaultRef(sealed.id, sealed.sha256, sealed.expires))
    except BaseException:
        KeyStore().destroy(vault_key_id(sealed.id))
        sealed.path.unlink(missing_ok=True)
        raise


def train_only(loaded: LoadedConfig, *, runs: Path, reporter: Reporter) -> Path:
    """Fine-tune as the config says and return the model folder.

    Raises:
        ConfigError: If the config asks for no training.
    """
    from harness.errors import ConfigError

    plan = make_plan(loaded)
    if plan.train_digest is None:
        raise ConfigError(f"train must be given ({loaded.file.name}:1): this config only audits.")
    return train_stage(plan, runs, Diary(reporter))


def _refuse_several() -> None:
    count = launched().count
    if count > 1:
        raise UsageError(
            f"An audit must run as one process, got {count} (WORLD_SIZE). Train with several: "
            "torchrun --nproc-per-node N --no-python assay train assay.yaml; then audit the model "
            "folder that it prints, in one process."
        )


def open_sealed(sealed: Sealed) -> Bundle:
    """Open what ``measure`` sealed."""
    return open_run(sealed.path)


def _predicted(
    allotment: Allotment, shards: Path, diary: Diary, clock: Clock, shelf: Shelf
) -> tuple[dict[str, Predictions], Cost | None]:
    """Predict, and correct the forecast of what comes after by the time that it took.

    Returns:
        Test set → predictions, and what they cost; None where a part was done before.
    """
    if allotment.model is not None:
        shards.mkdir(exist_ok=True)  # from here on the lock of the run stands
    with shelf.folder(PREDICTIONS, shards, stage="predict") as made:
        is_fresh = not shards.exists() or not any(shards.iterdir())
        started, meter = clock(), Meter()
        with meter.running():
            found = predict_stage(allotment.plan, allotment.model, shards, diary)
    first = made()
    if first is not None:
        diary.was_reused(first.run)
    if not is_fresh:
        return found, None
    allotment.learn(clock() - started)
    n_rows = sum(one.n for one in found.values())
    return found, None if allotment.model is None else meter.cost(n_rows)


def _clear(folder: Path) -> None:
    # what a killed run left of its bundle is made again from the shards, never patched
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _cut(whole: RunPlan, plan: RunPlan) -> dict[str, str] | None:
    """Return data set → digest of the rows before the budget cut them; None where it cut none."""
    used = {one.ref.name: one.ref.content_digest for one in plan.inputs.all}
    found = {
        one.ref.name: one.ref.content_digest
        for one in whole.inputs.all
        if used[one.ref.name] != one.ref.content_digest
    }
    return found or None


def _catalogue(plan: RunPlan, measurements: list[Measurement]) -> Measurements:
    known = registry.known_measures(plan.audits.values())
    return Measurements(
        schema_version="modelassay/measurements/v1",
        measures=tuple(known[key] for key in sorted(known)),
        measurements=tuple(measurements),
    )


def _record(
    plan: RunPlan,
    diary: Diary,
    model: Model | None,
    audits: list[AuditRecord],
    *,
    argv: Sequence[str],
    said: Sequence[Message],
) -> RunRecord:
    config = plan.loaded.config
    resolved: dict[str, Any] = plan.loaded.resolved()
    commit, is_dirty = git_state(plan.loaded.base)
    return RunRecord(
        schema_version="modelassay/run/v1",
        run_id=run_id(utc_now(), plan.digest),
        name=config.name,
        plan_digest=plan.digest,
        argv=redact_argv(list(argv)),
        config=resolved,
        config_digest=digest_of(resolved),
        task=plan.loaded.task,
        datasets=tuple(one.ref for one in plan.inputs.all),
        model=model_ref(plan, model),
        audits=tuple(audits),
        stages=tuple(diary.stages),
        packages=plan.packages,
        python=python_version(),
        platform=platform_name(),
        device=plan.device_class,
        dtype=config.dtype,
        seed=config.seed,
        token_budget=plan.token_budget,
        suite=config.audits.suite,
        skipped=tuple(config.audits.skip),
        harness_version=__version__,
        commit=commit,
        is_dirty=is_dirty,
        system=json.loads(json.dumps(resolved["system"])),
        declared=dict(config.declared),
        caveats=(*_caveats(plan), *said, *getattr(model, "notes", ())),
        is_sample=any(one.ref.limit is not None for one in plan.inputs.tests.values()),
    )


def _mitigated(one: Mitigation) -> Message:
    """Say where a mitigated model comes from, wherever its run is shown."""
    if one.train is not None:
        return Message.of(
            "run.retrained",
            "The model of run {run} was trained again with {method}, on the same data and seed, so that "
            "it gives less of its training rows away. Runs are compared by assay mitigate.",
            run=one.of_run,
            method=one.method,
        )
    if one.needs_group:
        return Message.of(
            "run.mitigated-by-group",
            "The decisions of run {run} were changed by {method} for {constraint} by {group}. Each "
            "takes the group of the person. Acknowledged: {acknowledgement}",
            run=one.of_run,
            method=one.method,
            constraint=one.constraint,
            group=one.group,
            acknowledgement=one.acknowledgement,
        )
    return Message.of(
        "run.mitigated",
        "The model of run {run} was changed by {method} for {constraint} by {group}. The group of the "
        "person is not needed to decide.",
        run=one.of_run,
        method=one.method,
        constraint=one.constraint,
        group=one.group,
    )


def _caveats(plan: RunPlan) -> tuple[Message, ...]:
    found: list[Message] = []
    for one in plan.inputs.all:
        ref = one.ref
        # both parts of a split carry the caveats of the file that they came from
        found.extend(caveat for caveat in one.caveats if caveat not in found)
        if ref.limit is not None:
            found.append(
                Message.of(
                    "run.limited",
                    "Data set {dataset} is a seeded sample of {n} of {n_read} rows.",
                    dataset=ref.name,
                    n=ref.n_rows,
                    n_read=ref.n_read,
                )
            )
        n_aside = sum(reason.n for reason in ref.quarantined)
        if n_aside:
            found.append(
                Message.of(
                    "run.quarantined",
                    "{n} of {n_read} rows of data set {dataset} were set aside as unusable and are "
                    "part of no figure: {reasons}.",
                    dataset=ref.name,
                    n=n_aside,
                    n_read=ref.n_read,
                    reasons=", ".join(f"{one.reason} {one.n}" for one in ref.quarantined),
                )
            )
        if ref.n_duplicates_of_train:
            found.append(
                Message.of(
                    "run.duplicates-of-train",
                    "{n} of {n_rows} rows of data set {dataset} also stand in the training set: "
                    "accuracy on them says little about new data.",
                    dataset=ref.name,
                    n=ref.n_duplicates_of_train,
                    n_rows=ref.n_rows,
                )
            )
    return tuple(found)
