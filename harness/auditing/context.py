"""What an audit is given: a context that opens only what the audit declared."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

import numpy as np

from harness.auditing.declaration import Need
from harness.auditing.guarded import GuardedPredictions
from harness.errors import ContractError
from harness.modelling import CountsUnknown
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

    from harness.attributions import Attributions, Method
    from harness.canaries import Canary
    from harness.data import Dataset
    from harness.modelling import (
        CanGenerate,
        HasEmbeddings,
        HasLastLayer,
        HasLogProbabilities,
        HasParts,
        HasPerExampleGradients,
        Item,
        Model,
    )
    from harness.predictions import Predictions

Ask = Callable[[Sequence[str], Sequence["Item"], str | Sequence[str]], "NDArray[np.float32]"]
"""(example ids, items, variant or one for each item) → logits, shape [len(items), c]."""


class AskMany(Protocol):
    """What can be asked for items alone, not for (example, variant)."""

    def many(self, items: Sequence[Item]) -> NDArray[np.float32]:
        """Return logits, shape [len(items), c]."""
        ...


class AttributeItems(Protocol):
    """What can explain items that are no rows of a data set."""

    def of_items(
        self,
        items: Sequence[Item],
        method: Method,
        reference: Sequence[Item] | None,
        logits: NDArray[np.float32] | None,
    ) -> Attributions:
        """Return their attributions."""
        ...


Attribute = Callable[[str, "NDArray[np.int64]", "Method", "Sequence[Item] | None"], "Attributions"]
"""(data set, positions of rows, method, reference population) → their attributions."""


@runtime_checkable
class Counts(Protocol):
    """What keeps count of how often an audit had the model run."""

    def count(self, n_asked: int, n_computed: int) -> None:
        """Add inputs that it took as long as, and forward passes among them."""
        ...


@dataclass(slots=True)
class AuditContext:
    """Everything an audit may see; made by the pipeline, one for each audit.

    Attributes:
        audit_id: Whose context it is.
        task: What is decided.
        options: The audit's options, validated; None when it has none.
        rng: Its own generator, seeded by (run seed, audit id).
        folder: Where artifacts go.
        trust_code: Whether the run may execute code that is not ours (``trust_code: true``).
        base: Folder that paths in options are relative to: the config's; None outside a run.
        token_budget: Padded tokens of one batch, for engines that the audit runs itself.
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
    _validation: Dataset | None = None
    _model: Model | None = None
    _ask: Ask | None = None
    _attribute: Attribute | None = None
    _run_seed: int = 0
    _measures: Mapping[str, Measure] = field(default_factory=dict)
    _replicates: list[NDArray[np.float64]] = field(default_factory=list)
    trust_code: bool = False
    base: Path | None = None
    token_budget: int = 4096
    _reference: Callable[[], Model] | None = None
    _lineage: Mapping[str, Any] | None = None
    _canaries: Sequence[Canary] | None = None
    _confide: Callable[[str, Any], None] | None = None

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

    def has_rows(self, dataset: str) -> bool:
        """Return whether the rows of a data set are known, if only without texts (need ``rows``)."""
        self._require("rows")
        return dataset in self._rows

    def train_rows(self) -> Dataset | None:
        """Return the training rows where the run has them (need ``train``)."""
        self._require("train")
        return self._train

    def validation_rows(self) -> Dataset | None:
        """Return the validation rows where the run has them (need ``validation``)."""
        self._require("validation")
        return self._validation

    def reference_model(self) -> Model | None:
        """Return what the model was fine-tuned from, loaded on the first call (need ``base``)."""
        self._require("base")
        return None if self._reference is None else self._reference()

    def lineage(self) -> Mapping[str, Any] | None:
        """Return what is recorded of the model's training (need ``lineage``)."""
        self._require("lineage")
        return self._lineage

    def canaries(self) -> Sequence[Canary] | None:
        """Return what was planted in the training, and what was held out (need ``canaries``)."""
        self._require("canaries")
        return self._canaries

    def confide(self, name: str, content: Any) -> None:
        """Put evidence in clear into the run's encrypted vault; does nothing where none was asked for.

        Args:
            name: What it is, kebab-case.
            content: JSON data; never written anywhere else.
        """
        if self._confide is not None:
            self._confide(f"{self.audit_id}/{name}", content)

    @property
    def likelihoods_of(self) -> HasLogProbabilities:
        """The model's way to score given tokens (need ``model.log-probabilities``)."""
        self._require("model.log-probabilities")
        return self._model  # type: ignore[return-value]

    @property
    def generator_of(self) -> CanGenerate:
        """The model's way to continue prompts (need ``model.generate``)."""
        self._require("model.generate")
        return self._model  # type: ignore[return-value]

    @property
    def has_model(self) -> bool:
        """Whether there is a model, and not stored predictions only."""
        return self._model is not None

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

    @property
    def embeddings_of(self) -> HasEmbeddings:
        """The model's way to be differentiated by its inputs (need ``model.embeddings``)."""
        self._require("model.embeddings")
        return self._model  # type: ignore[return-value]

    def offers(self, need: Need) -> bool:
        """Return whether the model offers what a need names, e.g. ``model.last-layer`` in ``uses``."""
        self._require(need)
        capabilities = frozenset[str]() if self._model is None else self._model.capabilities
        return need.removeprefix("model.") in capabilities

    @property
    def last_layer_of(self) -> HasLastLayer:
        """The model's last layer, and what goes into it (need ``model.last-layer``)."""
        self._require("model.last-layer")
        return self._model  # type: ignore[return-value]

    @property
    def gradients_of(self) -> HasPerExampleGradients:
        """The model's way to differentiate each loss (need ``model.per-example-gradients``)."""
        self._require("model.per-example-gradients")
        return self._model  # type: ignore[return-value]

    def shared_sample(self, dataset: str, n: int) -> NDArray[np.int64]:
        """Return up to n positions of a data set, the same ones for every audit of a run.

        A smaller sample is the beginning of a larger one, so audits share what was computed.

        Args:
            dataset: Name of the data set.
            n: Rows that are wanted.

        Returns:
            Positions in drawn order, shape [min(n, rows of the data set)].
        """
        rng = rng_for(self._run_seed, f"sample/{dataset}")
        return rng.permutation(self._predictions[dataset].n)[:n].astype(np.int64)

    def attribute(
        self,
        dataset: str,
        rows: NDArray[np.int64],
        method: Method,
        *,
        reference: Sequence[Item] | None = None,
    ) -> Attributions:
        """Return attributions of the decisions about some rows, computed once in a run.

        Needs ``model.logits`` with ``model.parts``, for gradient methods ``model.embeddings``.

        Args:
            dataset: Name of the data set.
            rows: Positions, shape [k]; best from ``shared_sample``, in its order.
            method: How they are computed.
            reference: Items of the reference population, for baseline ``population``.

        Raises:
            MethodRefused: If the method is refused, or the model does not offer what it needs.
        """
        self._require("model.embeddings" if method.needs_gradients else "model.parts")
        if self._attribute is None:
            raise ContractError(self._no_model())
        return self._attribute(dataset, rows, method, reference)

    def attribute_items(
        self,
        items: Sequence[Item],
        method: Method,
        *,
        reference: Sequence[Item] | None = None,
        logits: NDArray[np.float32] | None = None,
    ) -> Attributions:
        """Return attributions of inputs that are no rows: edited texts, another state of the model.

        They are computed by the same engine and counted like those of ``attribute``, and not kept:
        what was made of them belongs into an artifact. Needs what ``attribute`` needs.

        Args:
            items: Inputs, k of them.
            method: How they are computed.
            reference: Items of the reference population, for baseline ``population``.
            logits: Of the items, shape [k, c], where they are known; asked for otherwise.

        Raises:
            MethodRefused: If the method is refused, or the model does not offer what it needs.
        """
        self._require("model.embeddings" if method.needs_gradients else "model.parts")
        if self._attribute is None:
            raise ContractError(self._no_model())
        explain = cast("AttributeItems", self._attribute).of_items
        return explain(items, method, reference, logits)

    def items(self, dataset: str) -> list[Item]:
        """Return the prepared inputs of a data set, in the order of its predictions."""
        self._require("model.logits")
        assert self._model is not None  # offered only with a model; see pipeline.audits
        return self._model.prepare(self._rows[dataset].inputs)

    def prepare(self, inputs: Sequence[str | tuple[str, ...]]) -> list[Item]:
        """Return prepared inputs of any rows, e.g. of ``train_rows`` or ``validation_rows``.

        Needs ``model.logits``, or ``model.items`` where the model is never asked.
        """
        if "model.items" not in self._allowed:
            self._require("model.logits")
        if self._model is None:
            raise ContractError(self._no_model())
        return self._model.prepare(inputs)

    def unknown_tokens(self, items: Sequence[Item]) -> tuple[int, int] | None:
        """Return unknown tokens and all tokens of items, or None where the model cannot say.

        Special tokens are not counted (need ``model.items``).
        """
        self._require("model.items")
        return self._model.unknown_tokens(items) if isinstance(self._model, CountsUnknown) else None

    def ask(
        self, example_ids: Sequence[str], items: Sequence[Item], variant: str | Sequence[str]
    ) -> NDArray[np.float32]:
        """Ask the model again, through the prediction engine; answers are stored and deduplicated.

        Args:
            example_ids: Example that each item was made from.
            items: Inputs, b of them.
            variant: Data set and what was done to its rows, e.g. ``test/without-3`` or
                ``train/whole``; (example_id, variant) is the key, and ids are unique only within
                one data set. One for all items, or one for each: what is asked together is
                packed together.

        Returns:
            Logits, shape [b, c].
        """
        self._require("model.logits")
        if self._ask is None:
            raise ContractError(self._no_model())
        return self._ask(example_ids, items, variant)

    def ask_many(self, items: Sequence[Item]) -> NDArray[np.float32]:
        """Ask about very many inputs whose answers are not kept one by one: curves, samples of gaps.

        They go through the same engine and are deduplicated and counted like those of ``ask``; what
        was made of them belongs into an artifact.

        Args:
            items: Inputs, b of them, of any examples.

        Returns:
            Logits, shape [b, c].
        """
        self._require("model.logits")
        if self._ask is None:
            raise ContractError(self._no_model())
        return cast("AskMany", self._ask).many(items)

    def charge(self, n: int) -> None:
        """Count inputs that the model was run for by other ways than ``ask``.

        Args:
            n: Inputs; a gradient counts as three.
        """
        meter: object = self._ask
        if isinstance(meter, Counts):
            meter.count(n, n)

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

    def _no_model(self) -> str:
        return f"Audit {self.audit_id} asked for a model that this run does not have."

    def _require(self, need: Need) -> None:
        if need not in self._allowed:
            raise ContractError(
                f"Audit {self.audit_id} must declare {need!r} in needs or uses before it asks for it."
            )


def rng_for(seed: int, audit_id: str) -> np.random.Generator:
    """Return the generator of one audit: adding or reordering audits changes no number."""
    digest = hashlib.sha256(audit_id.encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:8], "big")])


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
