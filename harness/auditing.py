"""How an audit is written: the ``audit`` decorator, and the context that it is given.

An audit is one file under ``audits/`` that asks one question and yields measurements; it never
judges. ``needs`` is a permission list: what is not declared there (or in ``uses``) raises.
"""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from harness.errors import ContractError
from harness.records import (
    ALL,
    Estimate,
    Evidence,
    Measure,
    Measurement,
    Message,
    Task,
    estimate_problems,
    slice_name,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pydantic import BaseModel

    from harness.data import Dataset
    from harness.modelling import HasParts, Item, Model
    from harness.predictions import Predictions

Need = Literal[
    "predictions",
    "labels",
    "scores",
    "logits",
    "groups",
    "clusters",
    "rows",
    "train",
    "model.logits",
    "model.parts",
]
NEEDS: tuple[Need, ...] = Need.__args__  # type: ignore[attr-defined]
Suite = Literal["quick", "standard", "deep"]
SUITES: tuple[Suite, ...] = ("quick", "standard", "deep")

AuditFunction = Callable[["AuditContext"], Iterator[Measurement]]


class Planted(Protocol):
    """``planted(seed)``: a guilty and an innocent context, and the rule that tells them apart."""

    def __call__(self, seed: int) -> Trial:
        """Build the two contexts."""
        ...


@dataclass(frozen=True, slots=True)
class Trial:
    """A planted defect.

    Attributes:
        guilty, innocent: Contexts that the audit is run on.
        rule: One rule as a policy file writes it (``measure``, ``require``, ...), severity block.
    """

    guilty: AuditContext
    innocent: AuditContext
    rule: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Audit:
    """One question, answered by measurements.

    Attributes:
        id: Kebab-case; the prefix of its measures' keys.
        question: Ends in ``?``.
        needs: Without these the audit is not measured.
        uses: May be asked for, and may be absent.
        measures: Everything that it can yield.
        options: Pydantic model of its options; None when it has none.
        suites: Suites that hold it.
        cost: What it costs, e.g. ``no model calls`` or ``one forward per word of 200 rows``.
        planted: The defect it must find.
        run: The generator function.
        version: Raised whenever a value can differ for the same inputs.
        file, doc: Where it stands, and its public page.
    """

    id: str
    question: str
    needs: frozenset[Need]
    uses: frozenset[Need]
    measures: tuple[Measure, ...]
    options: type[BaseModel] | None
    suites: frozenset[Suite]
    cost: str
    planted: Planted | None
    run: AuditFunction
    version: str
    file: str
    doc: str


def audit(
    *,
    id: str,
    question: str,
    needs: Iterable[Need],
    measures: Sequence[Measure],
    suites: Iterable[Suite],
    cost: str,
    uses: Iterable[Need] = (),
    options: type[BaseModel] | None = None,
    planted: Planted | None = None,
    version: str = "1",
) -> Callable[[AuditFunction], Audit]:
    """Declare an audit. Returns a value; changes no global state.

    Raises:
        ContractError: If the declaration breaks the contract (all problems at once).
    """

    def declare(function: AuditFunction) -> Audit:
        declared = Audit(
            id=id,
            question=question,
            needs=frozenset(needs),
            uses=frozenset(uses),
            measures=tuple(measures),
            options=options,
            suites=frozenset(suites),
            cost=cost,
            planted=planted,
            run=function,
            version=version,
            file=inspect.getsourcefile(function) or "",
            doc=inspect.getdoc(inspect.getmodule(function)) or "",
        )
        problems = _declaration_problems(declared)
        if problems:
            raise ContractError(*problems)
        return declared

    return declare


Ask = Callable[[Sequence[str], Sequence["Item"], str], "NDArray[np.float32]"]
"""(example ids, items, variant) → logits, shape [len(items), c]."""


@dataclass(slots=True)
class AuditContext:
    """Everything an audit may see; made by the pipeline, one for each audit.

    Attributes:
        audit_id: Whose context it is.
        task: What is decided.
        options: The audit's options, validated; None when it has none.
        rng: Its own generator, seeded by (run seed, audit id).
        folder: Where artifacts go.
    """

    audit_id: str
    task: Task
    options: Any
    rng: np.random.Generator
    folder: Path
    _allowed: frozenset[Need]
    _predictions: Mapping[str, Predictions]
    _rows: Mapping[str, Dataset] = field(default_factory=dict)
    _train: Dataset | None = None
    _model: Model | None = None
    _ask: Ask | None = None
    _measures: Mapping[str, Measure] = field(default_factory=dict)
    _replicates: list[NDArray[np.float64]] = field(default_factory=list)

    @property
    def datasets(self) -> tuple[str, ...]:
        """Names of the data sets that offer everything the audit needs."""
        return tuple(self._predictions)

    def predictions(self, dataset: str) -> GuardedPredictions:
        """Return the predictions of a data set; its fields are open as far as declared."""
        self._require("predictions")
        return GuardedPredictions(self._predictions[dataset], self._allowed, self.audit_id)

    def rows(self, dataset: str) -> Dataset:
        """Return the rows of a data set, text included (need ``rows``)."""
        self._require("rows")
        return self._rows[dataset]

    def train_rows(self) -> Dataset | None:
        """Return the training rows where the run has them (need ``train``)."""
        self._require("train")
        return self._train

    @property
    def model(self) -> Model | None:
        """The model (need ``model.logits``), or None where there is none."""
        self._require("model.logits")
        return self._model

    @property
    def parts_of(self) -> HasParts:
        """The model's way to take inputs apart (need ``model.parts``)."""
        self._require("model.parts")
        return self._model  # type: ignore[return-value]

    def items(self, dataset: str) -> list[Item]:
        """Return the prepared inputs of a data set, in the order of its predictions."""
        self._require("model.logits")
        assert self._model is not None  # offered only with a model; see pipeline.audits
        return self._model.prepare(self._rows[dataset].inputs)

    def ask(
        self, example_ids: Sequence[str], items: Sequence[Item], variant: str
    ) -> NDArray[np.float32]:
        """Ask the model again, through the prediction engine; answers are stored and deduplicated.

        Args:
            example_ids: Example that each item was made from.
            items: Inputs, b of them.
            variant: What was done to them, e.g. ``without-3``; (example_id, variant) is the key.

        Returns:
            Logits, shape [b, c].
        """
        self._require("model.logits")
        if self._ask is None:
            raise ContractError(
                f"Audit {self.audit_id} asked for a model that this run does not have."
            )
        return self._ask(example_ids, items, variant)

    def keep(self, replicates: NDArray[np.float64], values: Mapping[str, Any]) -> Evidence:
        """Keep resampling replicates in the bundle and return the evidence that points to them.

        Args:
            replicates: Values of the statistic, shape [r], finite.
            values: Constants that ``harness.stats.reestimate`` needs beside them.
        """
        self._replicates.append(replicates)
        column = f"r{len(self._replicates) - 1}"
        return Evidence(
            values=dict(values), path=f"audits/{self.audit_id}/replicates.parquet", column=column
        )

    def artifact(self, name: str) -> Path:
        """Return a path in the audit's folder of the bundle."""
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name):
            raise ContractError(
                f"An artifact of {self.audit_id} must have a plain lower-case name, got {name!r}."
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / name

    def measurement(
        self,
        measure: str,
        estimate: Estimate,
        *,
        dataset: str,
        where: Mapping[str, str] | None = None,
        share: float | None = None,
        caveats: Sequence[Message] = (),
        notes: Sequence[Message] = (),
    ) -> Measurement:
        """Build a measurement of one of the audit's measures.

        Args:
            measure: Measure id, without the audit's prefix.
            estimate: The value with its uncertainty.
            dataset: Name of the data set.
            where: Column → value of the slice; None for all examples.
            share: Share of the data set's examples in the slice.
            caveats: What a reader must know first.
            notes: What else was found.

        Raises:
            ContractError: If the measure is not declared, or the estimate breaks its contract.
        """
        key = f"{self.audit_id}.{measure}"
        if key not in self._measures:
            raise ContractError(f"Audit {self.audit_id} yields {key!r}, which it does not declare.")
        problems = estimate_problems(estimate) + _range_problems(estimate, self._measures[key])
        if problems:
            raise ContractError(*(f"{key} on {dataset}: {problem}." for problem in problems))
        return Measurement(
            measure=key,
            dataset=dataset,
            slice=slice_name(where) if where else ALL,
            estimate=estimate,
            share=share,
            caveats=tuple(caveats),
            notes=tuple(notes),
        )

    def _require(self, need: Need) -> None:
        if need not in self._allowed:
            raise ContractError(
                f"Audit {self.audit_id} must declare {need!r} in needs or uses before it asks for it."
            )


class GuardedPredictions:
    """Predictions whose fields open only as far as the audit declared its needs."""

    __slots__ = ("_allowed", "_audit_id", "_inner")

    def __init__(self, inner: Predictions, allowed: frozenset[Need], audit_id: str) -> None:
        self._inner = inner
        self._allowed = allowed
        self._audit_id = audit_id

    @property
    def n(self) -> int:
        """Number of examples."""
        return self._inner.n

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return self._inner.n_classes

    @property
    def example_id(self) -> NDArray[np.object_]:
        """Ids, shape [n]."""
        return self._inner.example_id

    @property
    def decision(self) -> NDArray[np.int64]:
        """Decided class, shape [n]."""
        return self._inner.decision

    @property
    def truncated(self) -> NDArray[np.bool_] | None:
        """Whether the input was cut, shape [n]."""
        return self._inner.truncated

    @property
    def label(self) -> NDArray[np.int64] | None:
        """True class, shape [n] (need ``labels``); None only where it is merely used and absent."""
        return self._inner.label if self._open("labels") else None

    @property
    def scores(self) -> NDArray[np.float64] | None:
        """Class probabilities, shape [n, c] (need ``scores``)."""
        return self._inner.scores if self._open("scores") else None

    @property
    def logits(self) -> NDArray[np.float32] | None:
        """Logits, shape [n, c] (need ``logits``)."""
        return self._inner.logits if self._open("logits") else None

    @property
    def groups(self) -> dict[str, NDArray[np.object_]]:
        """Column → group values (need ``groups``)."""
        return self._inner.groups if self._open("groups") else {}

    @property
    def cluster(self) -> NDArray[np.object_] | None:
        """Cluster ids, shape [n] (need ``clusters``)."""
        return self._inner.cluster if self._open("clusters") else None

    def _open(self, need: Need) -> bool:
        if need not in self._allowed:
            raise ContractError(
                f"Audit {self._audit_id} must declare {need!r} in needs or uses before it asks for it."
            )
        return True


def rng_for(seed: int, audit_id: str) -> np.random.Generator:
    """Return the generator of one audit: adding or reordering audits changes no number."""
    digest = hashlib.sha256(audit_id.encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:8], "big")])


def not_measured(audit: Audit, because: Message, *, dataset: str) -> list[Measurement]:
    """Return one measurement without a value for each of the audit's measures."""
    return [
        Measurement(
            measure=measure.key,
            dataset=dataset,
            slice=ALL,
            estimate=Estimate(
                value=None,
                low=None,
                high=None,
                n=0,
                unit=measure.unit,
                method="none",
                why_undefined=because,
            ),
        )
        for measure in audit.measures
    ]


def _range_problems(estimate: Estimate, measure: Measure) -> list[str]:
    problems = []
    if estimate.unit != measure.unit:
        problems.append(f"unit must be {measure.unit!r}, got {estimate.unit!r}")
    for name, number in (("value", estimate.value), ("low", estimate.low), ("high", estimate.high)):
        below = number is not None and measure.range_low is not None and number < measure.range_low
        above = (
            number is not None and measure.range_high is not None and number > measure.range_high
        )
        if below or above:
            problems.append(
                f"{name} must lie in [{measure.range_low}, {measure.range_high}], got {number}"
            )
    return problems


def _declaration_problems(declared: Audit) -> list[str]:
    problems = []
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", declared.id):
        problems.append(f"An audit's id must be kebab-case, got {declared.id!r}.")
    if not declared.question.endswith("?"):
        problems.append(
            f"The question of {declared.id} must end in '?', got {declared.question!r}."
        )
    if not declared.doc:
        problems.append(
            f"The module of {declared.id} must have a docstring: it is the audit's public page."
        )
    unknown = (declared.needs | declared.uses) - set(NEEDS)
    if unknown:
        problems.append(
            f"needs of {declared.id} must be among {', '.join(NEEDS)}, got {sorted(unknown)}."
        )
    if not declared.suites <= set(SUITES) or not declared.suites:
        problems.append(
            f"suites of {declared.id} must be among {', '.join(SUITES)}, got {sorted(declared.suites)}."
        )
    for measure in declared.measures:
        if not re.fullmatch(rf"{re.escape(declared.id)}\.[a-z][a-z0-9]*(-[a-z0-9]+)*", measure.key):
            problems.append(
                f"A measure of {declared.id} must have a key like {declared.id}.some-name, got {measure.key!r}."
            )
    keys = [measure.key for measure in declared.measures]
    if len(set(keys)) != len(keys):
        problems.append(f"Measures of {declared.id} must have distinct keys.")
    return problems
