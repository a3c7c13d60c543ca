"""What every conformance test of audits needs: a run around one audit, and a look at global state."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.auditing import Audit, AuditContext, rng_for
from harness.files import sha256_file
from harness.gate import judge
from harness.policy import policy_of_rules
from harness.records import (
    AuditRecord,
    DatasetRef,
    Evidence,
    Measurement,
    Measurements,
    ModelRef,
    RunRecord,
    Verdict,
    to_json,
)
from harness.trials import Answers, Attributor, read_replicates, run_audit

_CACHES = ("_met", "_known")
"""What toy models have worked out so far: it changes no answer."""


def _measurements(subject: Audit, found: list[Measurement]) -> Measurements:
    return Measurements("modelassay/measurements/v1", subject.measures, tuple(found))


@pytest.fixture
def as_bytes() -> Callable[[Audit, list[Measurement]], bytes]:
    """Measurements as the bundle holds them."""
    return lambda subject, found: to_json(_measurements(subject, found)).encode()


@pytest.fixture
def afresh(tmp_path: Path) -> Callable[..., AuditContext]:
    """The same context again, as the pipeline would build it: unused generator, empty folder."""
    numbers = iter(range(10_000))

    def build(context: AuditContext, *, seed: int = 0, **changes: Any) -> AuditContext:
        model = context._model
        new: dict[str, Any] = {
            "folder": tmp_path / str(next(numbers)) / "audits" / context.audit_id,
            "rng": rng_for(seed, context.audit_id),
            "_replicates": [],
            "_ask": None if model is None else Answers(model, 4096),
        }
        fresh = replace(context, **(new | changes))
        if model is not None and "_attribute" not in changes:
            fresh._attribute = Attributor(fresh, 4096)
        return fresh

    return build


def _opened(context: AuditContext) -> Callable[[Evidence], Any]:
    root = context.folder.parent.parent

    def read(evidence: Evidence) -> Any:
        assert evidence.path is not None
        assert evidence.column is not None
        assert evidence.sha256 == sha256_file(root / evidence.path)
        return read_replicates(root / evidence.path)[evidence.column]

    return read


@pytest.fixture
def opened() -> Callable[[AuditContext], Callable[[Evidence], Any]]:
    """A reader of what an audit kept, that checks the digest first."""
    return _opened


@pytest.fixture
def verdict_of() -> Callable[[Audit, AuditContext, Mapping[str, Any]], Verdict]:
    """Run an audit and judge it by one blocking rule, through the real gate."""

    def run_and_judge(subject: Audit, context: AuditContext, rule: Mapping[str, Any]) -> Verdict:
        found = run_audit(subject, context)
        return judge(
            policy_of_rules([rule]),
            _run_record(subject, context),
            _measurements(subject, found),
            run_digest="0" * 64,
            now=datetime(2026, 11, 23, tzinfo=UTC),
            read=_opened(context),
        )

    return run_and_judge


@pytest.fixture
def global_state() -> Callable[[], list[Any]]:
    """What belongs to nobody: the global generators of random, numpy and torch."""

    def look() -> list[Any]:
        kind, keys, *rest = np.random.get_state(legacy=True)
        state = [random.getstate(), kind, keys.tolist(), rest]
        if "torch" in sys.modules:
            state.append(sys.modules["torch"].random.get_rng_state().tolist())
        return state

    return look


@pytest.fixture
def inputs_of() -> Callable[[AuditContext], str]:
    """Everything that an audit was handed, written out."""

    def write(context: AuditContext) -> str:
        parts = [repr(context.task), repr(context.options)]
        for name, one in context._predictions.items():
            groups = {column: values.tolist() for column, values in one.groups.items()}
            cluster = None if one.cluster is None else one.cluster.tolist()
            parts += [name, one.digest(), repr(groups), repr(cluster)]
        for name, rows in context._rows.items():
            parts += [name, repr(rows.inputs), repr(rows.example_id.tolist())]
        # the words that a toy model has met are its dictionary and change no answer
        model = {} if context._model is None else vars(context._model)
        parts.append(repr({name: one for name, one in model.items() if name not in _CACHES}))
        return "\n".join(parts)

    return write


def _run_record(subject: Audit, context: AuditContext) -> RunRecord:
    datasets = tuple(
        DatasetRef(
            name,
            "memory",
            None,
            "",
            one.n,
            one.n,
            {"groups": list(one.groups)} if one.groups else {},
        )
        for name, one in context._predictions.items()
    )
    return RunRecord(
        schema_version="modelassay/run/v1",
        run_id="trial",
        name="trial",
        plan_digest="0" * 64,
        argv=(),
        config={},
        config_digest="0" * 64,
        task=context.task,
        datasets=datasets,
        model=ModelRef("given", "trial"),
        audits=(AuditRecord(subject.id, "measured", {}, subject.version),),
        stages=(),
        packages={},
        python="",
        platform="",
        device="cpu",
        dtype="float32",
        seed=0,
        token_budget=4096,
        suite="quick",
        skipped=(),
        harness_version="",
    )
