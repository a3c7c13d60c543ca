"""``assay verify --recompute``: audits that need no more than stored answers are run again and compared.

A number that follows from its evidence proves little when the evidence was edited with it. Where a run keeps
all that an audit looks at (answers, labels, groups, clusters), the audit is run again on that, and evidence
that contradicts the answers is found. What rests on more (training rows, the model) is derived from its
stored evidence alone, and is counted apart.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import AssayError, MissingExtra, must
from harness.evidence import Bundle
from harness.evidence.bundle import PREDICTIONS
from harness.evidence.recompute import is_close
from harness.records import AuditRecord, GroupPlan, Measurement, joined

if TYPE_CHECKING:
    from harness.auditing import Audit
    from harness.predictions import Predictions

KEPT = frozenset({"predictions", "labels", "scores", "logits", "groups", "controls", "clusters"})
"""Needs of audits that a run can meet when it is long over."""

SLACK = 0.25
"""Share of an interval by which a resampled end may differ when it was drawn from other random numbers:
more than five standard errors of an end of 200 replicates."""

_CUT = "audit.sampled"


@dataclass(frozen=True, slots=True)
class Derived:
    """What came of measuring again.

    Attributes:
        problems: Measurements that contradict the stored answers.
        n_from_predictions: Measurements that were measured again.
        n_from_evidence: Measured values that could only be derived from stored evidence.
    """

    problems: tuple[str, ...]
    n_from_predictions: int
    n_from_evidence: int

    @property
    def sentence(self) -> str:
        """Say how many numbers rest on what."""
        return (
            f"{self.n_from_predictions:,} measurements were measured again from the stored predictions; "
            f"{self.n_from_evidence:,} were derived from their stored evidence alone."
        )


def measure_again(bundle: Bundle) -> Derived:
    """Run the audits again that need no more than the run holds, and compare.

    Args:
        bundle: A run whose seals were verified.
    """
    measured = [one for one in bundle.measurements.measurements if one.estimate.is_measured]
    if PREDICTIONS not in bundle.manifest.files:
        return Derived((), 0, len(measured))
    held = _Held.of(bundle)
    problems: list[str] = []
    done: set[str] = set()
    for record, audit in _candidates(bundle):
        if not held.has_all(audit):
            continue
        kept = [
            one
            for one in bundle.measurements.measurements
            if one.measure.startswith(f"{audit.id}.") and one.measure not in (audit.beyond or ())
        ]
        if any(caveat.id == _CUT for one in kept for caveat in one.caveats):
            continue
        try:
            found = _run(bundle, audit, record, held.sets)
        except MissingExtra:
            continue
        except (AssayError, ValueError, ArithmeticError, LookupError, TypeError) as err:
            what = "be measured again from the stored predictions"
            problems.append(must(f"Audit {audit.id}", what, f"{type(err).__name__}: {err}"))
            continue
        if found is None:
            continue
        again = {one.key: one for one in found if one.measure not in (audit.beyond or ())}
        problems += _differences(kept, again, is_same_draw=_is_same_draw(bundle, audit))
        done |= {one.key for one in kept if one.estimate.is_measured}
    return Derived(tuple(problems), len(done), len(measured) - len(done))


@dataclass(frozen=True, slots=True)
class _Held:
    """What a run still holds of its data sets.

    Attributes:
        sets: Answers with labels, groups, controls and clusters.
        lacking: Needs that some data set had once and the run no longer holds.
    """

    sets: tuple[Predictions, ...]
    lacking: frozenset[str]

    def has_all(self, audit: Audit) -> bool:
        return not (audit.needs | audit.uses) & self.lacking

    @classmethod
    def of(cls, bundle: Bundle) -> _Held:
        roles = {one.name: one.roles for one in bundle.record.datasets}
        tables = _tables(bundle)
        sets, lacking = [], set()
        for one in bundle.predictions():
            asked = roles.get(one.dataset, {})
            needed = {
                need
                for role, need in (
                    ("groups", "groups"),
                    ("control", "controls"),
                    ("cluster", "clusters"),
                )
                if asked.get(role)
            }
            columns = tables.get(one.dataset, {})
            ids = columns.get("example_id", [])
            if needed and list(ids) != one.example_id.tolist():
                lacking |= needed  # left out, or a row was erased
                sets.append(one)
            else:
                sets.append(_with_columns(one, columns, _plans(bundle, one.dataset)))
        return cls(tuple(sets), frozenset(lacking))


def _candidates(bundle: Bundle) -> Iterator[tuple[AuditRecord, Audit]]:
    from harness import registry

    known = registry.audits()
    for record in bundle.record.audits:
        audit = known.get(record.id)
        if record.status != "measured" or audit is None or audit.version != record.version:
            continue
        if audit.needs <= KEPT and (audit.uses <= KEPT or audit.beyond is not None):
            yield record, audit


def _run(
    bundle: Bundle, audit: Audit, record: AuditRecord, sets: Sequence[Predictions]
) -> list[Measurement] | None:
    from harness.trials import make_context, run_audit

    with tempfile.TemporaryDirectory() as folder:
        prepared = make_context(
            audit,
            task=bundle.record.task,
            predictions=sets,
            seed=bundle.record.seed,
            folder=Path(folder),
            options=record.options or None,
            token_budget=bundle.record.token_budget,
        )
        if prepared.context is None:
            return None
        return run_audit(audit, prepared.context, reasons=prepared.reasons)


def _is_same_draw(bundle: Bundle, audit: Audit) -> bool:
    """Whether the generator of the audit gives the same numbers again."""
    import numpy as np

    return audit.uses <= KEPT and bundle.record.packages.get("numpy") == np.__version__


def _differences(
    kept: Sequence[Measurement], again: Mapping[str, Measurement], *, is_same_draw: bool
) -> list[str]:
    problems = []
    stored = {one.key: one for one in kept}
    for key in sorted(stored.keys() | again.keys()):
        old, new = stored.get(key), again.get(key)
        if old is None or new is None:
            got = "no such measurement" if old is None else "one that the answers do not give"
            problems.append(must(key, "stand as the stored predictions give it", got))
            continue
        for name, was, now in _pairs(old, new, is_same_draw=is_same_draw):
            problems.append(must(f"{name} of {key}", f"be {now} by the stored predictions", was))
    return problems


def _pairs(
    old: Measurement, new: Measurement, *, is_same_draw: bool
) -> Iterator[tuple[str, object, object]]:
    """Yield what differs: name, as stored, as measured again."""
    was, now = old.estimate, new.estimate
    for name in ("value", "low", "high"):
        a, b = getattr(was, name), getattr(now, name)
        is_end_of_draws = (
            name != "value" and now.evidence is not None and now.evidence.path is not None
        )
        if is_end_of_draws and not is_same_draw:
            if not _is_near(a, b, now.low, now.high):
                yield name, a, b
        elif not is_close(a, b):
            yield name, a, b
    if was.n != now.n:
        yield "n", was.n, now.n
    counts = [
        {name: value for name, value in one.evidence.values.items() if _is_count(value)}
        for one in (was, now)
        if one.evidence is not None
    ]
    if len(counts) == 2 and counts[0] != counts[1]:
        yield "evidence", counts[0], counts[1]


def _is_near(a: float | None, b: float | None, low: float | None, high: float | None) -> bool:
    if a is None or b is None or low is None or high is None:
        return is_close(a, b)
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=SLACK * (high - low) + 1e-9)


def _is_count(value: object) -> bool:
    if isinstance(value, list):
        return all(map(_is_count, value))
    return isinstance(value, int | str)


def _tables(bundle: Bundle) -> dict[str, dict[str, list[Any]]]:
    """Return data set → column → values of ``personal/rows.parquet``; empty without that part."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        raw = bundle.read_bytes("personal/rows.parquet") if bundle.has_personal else None
    except AssayError:
        raw = None  # reported by the check of the seals
    if raw is None:
        return {}
    file = pq.ParquetFile(pa.BufferReader(raw))
    names = [
        name
        for name in file.schema_arrow.names
        if name in ("dataset", "example_id", "cluster") or name.startswith(("group:", "control:"))
    ]
    columns = file.read(columns=names).to_pydict()
    tables: dict[str, dict[str, list[Any]]] = {}
    for position, dataset in enumerate(columns["dataset"]):
        table = tables.setdefault(dataset, {name: [] for name in names})
        for name in names:
            table[name].append(columns[name][position])
    return tables


def _with_columns(
    one: Predictions, columns: Mapping[str, list[Any]], plans: Mapping[str, GroupPlan]
) -> Predictions:
    from harness.data.values import as_array

    groups, controls, group_plans = {}, {}, {}
    for column, values in columns.items():
        kind, _, name = column.partition(":")
        if all(value is None for value in values):
            continue
        if kind == "control":
            controls[name] = as_array(values)
        elif kind == "group":
            cells, is_list = _cells(values)
            groups[name] = as_array(cells)
            plan = plans.get(name, GroupPlan())
            group_plans[name] = replace(plan, is_list=plan.is_list or is_list)
    cluster = columns.get("cluster")
    return replace(
        one,
        groups=groups,
        controls=controls,
        group_plans=group_plans,
        cluster=as_array(cluster) if cluster and cluster[0] is not None else None,
    )


def _cells(values: Sequence[str]) -> tuple[list[str], bool]:
    """Return the cells of a group column, and whether they were written as lists of groups."""
    try:
        found = [json.loads(value) if value else None for value in values]
    except ValueError:
        return list(values), False
    if not all(one is None or isinstance(one, list) for one in found):
        return list(values), False
    return ["" if one is None else joined(map(str, one)) for one in found], True


def _plans(bundle: Bundle, dataset: str) -> dict[str, GroupPlan]:
    """Return what the config of a run said of the group columns of a test set."""
    data = bundle.record.config.get("data") or {}
    tests = data.get("test") or {}
    table = tests.get(dataset) or data.get("train") or {}
    return {
        one["column"]: GroupPlan(
            values=None if one.get("values") is None else tuple(one["values"]),
            reference=one.get("reference"),
            exclude=dict(one.get("exclude") or {}),
            is_list=one.get("separator") is not None,
        )
        for one in table.get("groups") or ()
        if isinstance(one, dict)
    }
