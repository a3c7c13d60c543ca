"""Reusing what an earlier job predicted and measured, where everything that it depends on is the same.

Verdicts are never reused. What is reused gives the same bytes as if it had been computed, and the record
says from which run it comes. Not reused are measurements that rest on attributions (their blocks are),
that hold keyed digests, whose key differs from run to run, or that look at how a model was made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import harness
from harness.clock import utc_now
from harness.depot import Cache, Entry
from harness.errors import IncompleteError, IntegrityError
from harness.files import digest_of, safe_join, sha256_file, write_whole
from harness.records import (
    AuditRecord,
    Measurement,
    Measurements,
    Message,
    ModelRef,
    Reused,
    from_json,
    to_data,
    to_json,
)

if TYPE_CHECKING:
    from harness.auditing import Audit
    from harness.pipeline.plan import RunPlan
    from harness.pipeline.reporting import Reporter

T = TypeVar("T")

PREDICTIONS = "predictions"
BLOCKS = "attributions"
MEASUREMENTS = "measurements"
_NOT_REUSED = frozenset({"canaries", "lineage", "base"})
_RECORD = "record.json"
_FOUND = "measurements.json"
_FILES = "files/"


@dataclass(slots=True)
class Shelf:
    """What a run takes from a cache and puts into it.

    Attributes:
        cache: None where no cache was named: nothing is taken, nothing kept.
        reporter: Told what cannot be used.
        plan, model: The run, once both are known.
        reused: Results that are reused, and by which runs they were made first.
        pending: What is put into the cache when the run is sealed.
    """

    cache: Cache | None
    reporter: Reporter
    plan: RunPlan | None = None
    model: ModelRef | None = None
    reused: list[Reused] = field(default_factory=list)
    pending: list[tuple[str, str, Mapping[str, bytes]]] = field(default_factory=list)

    def begin(self, plan: RunPlan, model: ModelRef) -> None:
        """Remember what is about to be predicted."""
        self.plan, self.model = plan, model

    @contextmanager
    def folder(
        self, kind: str, folder: Path, *, stage: str
    ) -> Iterator[Callable[[], Reused | None]]:
        """Fill a folder of finished pieces from the cache, let work go on in it, and keep what came of it.

        Each piece says by itself what it belongs to, and one that does not fit is computed again.

        Yields:
            What tells afterwards where the pieces were made first; None where any of them was made now.
        """
        taken = self._taken(kind, folder)
        before = _digests(folder)
        made: list[Reused] = []
        yield lambda: made[0] if made else None
        # a piece that did not fit was computed again, under the same name
        if taken is not None and _digests(folder) == before:
            made.append(Reused(stage, taken.run, taken.lock))
            self.reused += made
        elif self.cache is not None:
            files = {name: (folder / name).read_bytes() for name in sorted(names_in(folder))}
            self.pending += [(kind, self._key_of_predictions(), files)] if files else []

    def _taken(self, kind: str, folder: Path) -> Entry | None:
        found = None if self.cache is None else self._get(kind, self._key_of_predictions())
        if found is None:
            return None
        try:
            for name, raw in found.files.items():
                write_whole(safe_join(folder, name), raw)
        except IntegrityError as err:
            self._tell(*err.problems)
            return None
        return found

    def take_audit(
        self, one: Audit, options: Mapping[str, Any], folder: Path
    ) -> tuple[AuditRecord, list[Measurement]] | None:
        """Return what an audit measured in an earlier job, its files put into place; None where it must run."""
        if not self._may_reuse(one):
            return None
        found = self._get(MEASUREMENTS, self._key_of_audit(one, options))
        if found is None:
            return None
        try:
            record = from_json(AuditRecord, found.files[_RECORD], where="record of the cache")
            kept = from_json(Measurements, found.files[_FOUND], where="measurements of the cache")
            for name, raw in found.files.items():
                if name.startswith(_FILES):
                    write_whole(safe_join(folder, name.removeprefix(_FILES)), raw)
        except (KeyError, IntegrityError) as err:
            self._tell(f"A cache entry of {one.id} cannot be read ({err}); it is not used.")
            return None
        self.reused.append(Reused(f"audit {one.id}", found.run, found.lock))
        return record, list(kept.measurements)

    def keep_audit(
        self,
        one: Audit,
        record: AuditRecord,
        found: list[Measurement],
        folder: Path,
    ) -> None:
        """Keep what an audit measured for the cache, where it may be reused."""
        if self.cache is None or record.status != "measured" or not self._may_reuse(one):
            return
        kept = Measurements("modelassay/measurements/v1", (), tuple(found))
        files = {
            f"{_FILES}{name}": (folder / name).read_bytes() for name in sorted(names_in(folder))
        }
        files |= {_RECORD: to_json(record).encode(), _FOUND: to_json(kept).encode()}
        self.pending.append((MEASUREMENTS, self._key_of_audit(one, record.options), files))

    def sealed(self, run: str, lock: str | None) -> None:
        """Put everything that was kept into the cache, under the id of the sealed run."""
        cache = self.cache
        if cache is None:
            return
        for kind, key, files in self.pending:
            self._tried(partial(cache.put, kind, key, Entry(run, lock, utc_now(), {}, files)))

    def _may_reuse(self, one: Audit) -> bool:
        return self.cache is not None and not _NOT_REUSED & (one.needs | one.uses)

    def _get(self, kind: str, key: str) -> Entry | None:
        cache = self.cache
        if cache is None:
            return None
        answer = self._tried(lambda: cache.get(kind, key))
        if answer is None:
            return None
        found, problems = answer
        self._tell(*problems)
        return found

    def _tried(self, work: Callable[[], T]) -> T | None:
        """Do what needs the cache; a run without it takes longer and is as good."""
        try:
            return work()
        except IncompleteError as err:
            self._tell(*(f"The cache is not used: {problem}" for problem in err.problems))
            self.cache = None
            return None

    def _tell(self, *problems: str) -> None:
        for problem in problems:
            self.reporter.note(problem)

    def _common(self) -> dict[str, Any]:
        assert self.plan is not None  # begin comes first
        assert self.model is not None
        config = self.plan.loaded.resolved()
        return {
            "version": harness.__version__,
            "packages": self.plan.packages,
            "device": self.plan.device_class,
            "seed": self.plan.loaded.config.seed,
            "token_budget": self.plan.token_budget,
            "model": to_data(self.model),
            "section": config["model"],
            "task": config["task"],
            "trust_code": config["trust_code"],
        }

    def _rows(self) -> dict[str, Any]:
        assert self.plan is not None  # begin comes first
        return {
            one.ref.name: [one.ref.content_digest, digest_of(one.example_id.tolist())]
            for one in self.plan.inputs.all
        }

    def _key_of_predictions(self) -> str:
        assert self.plan is not None  # begin comes first
        tests = {name: self._rows()[name] for name in self.plan.inputs.tests}
        return digest_of({**self._common(), "rows": tests})

    def _key_of_audit(self, one: Audit, options: Mapping[str, Any]) -> str:
        assert self.plan is not None  # begin comes first
        return digest_of(
            {
                **self._common(),
                "rows": self._rows(),
                "data": self.plan.loaded.resolved()["data"],
                "train": self.plan.train_digest,
                "audit": [one.id, one.version, sha256_file(Path(one.file))],
                "options": dict(options),
                "files": self.plan.files,
            }
        )


def reused_caveat(reused: Iterable[Reused]) -> tuple[Message, ...]:
    """Say which earlier runs the results of a run come from; nothing where none does."""
    runs = sorted({one.run for one in reused})
    if not runs:
        return ()
    return (
        Message.of(
            "run.reused",
            "Parts of this run were measured before and reused from a cache, first made in: {runs}. What "
            "was fixed before they were measured is in the locks of those runs.",
            runs=", ".join(runs),
        ),
    )


def _digests(folder: Path) -> dict[str, str]:
    return {name: sha256_file(folder / name) for name in names_in(folder)}


def names_in(folder: Path) -> set[str]:
    """Return the files below a folder, as paths relative to it."""
    if not folder.is_dir():
        return set()
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix() for path in found}
