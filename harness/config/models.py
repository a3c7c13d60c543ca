"""The shape of ``assay.yaml``. Every field says what it is; these texts become the JSON Schema."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.config.section import Columns, Section
from harness.config.tables import DataConfig, RawValues
from harness.config.task import TaskConfig
from harness.config.training import TrainConfig
from harness.records import TEXT_GENERATION


class PredictionsConfig(Section):
    """Stored predictions: audited without a model and without torch.

    Attributes:
        path: table, or folder of them, relative to the config
        encoding: of a CSV or TSV file
    """

    path: str
    format: Literal["table", "lm-eval"] = Field(
        default="table",
        description="lm-eval for the samples that lm-evaluation-harness writes (--log_samples) of a "
        "multiple-choice task: log-likelihoods of the choices become scores",
    )
    split: str | None = Field(default=None, description="part of a folder that holds several")
    id: str | None = Field(
        default=None,
        description="column that matches the test table's id; of lm-eval samples a field of the documents, "
        "or doc_id",
    )
    scores: Columns | None = Field(
        default=None,
        description="one column for each class in the order of their ids, or for two classes the "
        "probability of class 1",
    )
    decision: str | None = Field(
        default=None,
        description="column of decided classes; without it the class of the highest score",
    )
    label_values: RawValues | None = Field(
        default=None, description="value of the decision column → class name"
    )
    encoding: str = "utf-8"

    @model_validator(mode="after")
    def _check(self) -> PredictionsConfig:
        columns = ("scores", "decision", "split", "label_values")
        given = [name for name in columns if getattr(self, name) is not None]
        if self.format == "lm-eval" and given:
            raise ValueError(f"{' and '.join(given)} must not be given with format lm-eval")
        if self.format == "table" and self.scores is None and self.decision is None:
            raise ValueError("scores or decision (or both) must be given")
        return self


class ArchitectureConfig(Section):
    """A new small transformer; its tokenizer is learnt from train.

    Attributes:
        hidden_size: width of the layers, a multiple of heads
        layers: how many stand one upon the other
        heads: attention heads of each layer
        intermediate_size: width inside each layer
        max_positions: longest text in tokens
    """

    type: Literal["bert", "gpt2", "llama"] | None = Field(
        default=None,
        description="bert for text-classification; llama (the default) or gpt2 for language models",
    )
    vocabulary: int = Field(default=4000, ge=100, description="at least 259 for language models")
    hidden_size: int = Field(default=64, ge=8)
    layers: int = Field(default=2, ge=1)
    heads: int = Field(default=2, ge=1)
    intermediate_size: int = Field(default=128, ge=8)
    max_positions: int = Field(default=128, ge=8)
    dropout: float | None = Field(
        default=None, ge=0, lt=1, description="0.1 where not given, 0 for llama"
    )
    lowercase: bool = Field(default=True, description="language models keep case in any case")

    @model_validator(mode="after")
    def _check(self) -> ArchitectureConfig:
        if self.hidden_size % self.heads:
            raise ValueError("hidden_size must be a multiple of heads")
        return self


class ThresholdConfig(Section):
    """One decision threshold for everybody, instead of the class of the highest score."""

    label: str = Field(description="class that is decided where its score reaches the threshold")
    at: float = Field(ge=0, le=1, description="lowest score of that class for which it is decided")


class ModelConfig(Section):
    """Where the model comes from."""

    base: str | None = Field(default=None, description="folder or hub id")
    revision: str | None = Field(default=None, description="commit of a hub id")
    adapter: str | None = Field(
        default=None, description="folder of a LoRA adapter for base; audited together with it"
    )
    reference: str | None = Field(
        default=None,
        description="folder or hub id of what the model was fine-tuned from, where its lineage does "
        "not say: what it knew already is told apart from what it learnt",
    )
    architecture: ArchitectureConfig | None = None
    predictions: PredictionsConfig | None = None
    max_tokens: int | None = Field(
        default=None, ge=5, description="longer texts are cut, and counted"
    )
    threshold: ThresholdConfig | None = Field(
        default=None,
        description="for tasks of two classes: decide one of them from a declared score on; scores "
        "stay as they are",
    )

    @model_validator(mode="after")
    def _check(self) -> ModelConfig:
        given = [
            name
            for name in ("base", "architecture", "predictions")
            if getattr(self, name) is not None
        ]
        if len(given) != 1:
            raise ValueError(
                "exactly one of base, architecture and predictions must be given, got "
                + (" and ".join(given) or "none")
            )
        if self.adapter is not None and self.base is None:
            raise ValueError("adapter must come with the base that it was trained on")
        return self


class PolicyConfig(Section):
    """Which policy judges.

    Attributes:
        pack: a policy that ships, or an installed one
        file: a policy of your own, relative to the config
    """

    pack: str | None = Field(default=None, examples=["builtin/standard"])
    file: str | None = None
    waivers: str | None = Field(default=None, description="file of waivers")
    trust: str | None = Field(default=None, description="file that says whose signatures count")
    lock: str | None = Field(
        default=None,
        description="lock that assay policy lock wrote; the run must match it. Without one the run writes its "
        "own before the first prediction",
    )

    @model_validator(mode="after")
    def _check(self) -> PolicyConfig:
        if (self.pack is None) == (self.file is None):
            raise ValueError("either pack or file must be given")
        return self


class AuditsConfig(BaseModel):
    """Which audits run; any other key is an audit's id with its options.

    Attributes:
        suite: quick, standard (the default) or deep
        skip: ids of audits that are left out
    """

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    suite: Literal["quick", "standard", "deep"] = "standard"
    skip: Columns = Field(default_factory=list)

    @property
    def options(self) -> dict[str, Any]:
        """Audit id → its options as written."""
        return dict(self.model_extra or {})


class BudgetConfig(Section):
    """How much time a run may take; what does not fit is measured on a sample, or not at all."""

    minutes: float | None = Field(
        default=None,
        gt=0,
        description="wall time of the whole run; training counts and is never cut",
        examples=[30],
    )
    rows: dict[str, dict[str, Annotated[int, Field(ge=0)]]] = Field(
        default_factory=dict,
        description="predict or audit id → data set → rows, as run.json records them under "
        "config.budget.rows: the same sizes again, whatever the clock says",
    )

    @model_validator(mode="after")
    def _check(self) -> BudgetConfig:
        if self.minutes is None and not self.rows:
            raise ValueError("minutes or rows (or both) must be given")
        return self


class ReportConfig(Section):
    """What may be read outside of the bundle."""

    min_cell: int = Field(
        default=10,
        ge=0,
        description="assay report shows no figure of a group that rests on fewer rows; 0 shows all. "
        "The bundle keeps everything",
    )


class StoreConfig(Section):
    """Where bundles are shared, and the event log beside them."""

    url: str = Field(min_length=1, description="folder, or s3://bucket/prefix")
    index: str | None = Field(
        default=None,
        description="PostgreSQL address of the event log; for a folder an SQLite file in it where not given, "
        "else ASSAY_INDEX",
    )


class SystemConfig(BaseModel):
    """What the model is for: copied to the record, read by policies. Further keys are kept.

    Attributes:
        purpose: what it is used for
        domain: e.g. employment, credit, health
        jurisdictions: where it is used, e.g. EU, US-NYC
        owner: who answers for it
        authors: who made it; they cannot approve it
        limits_of_use: what it must not be used for
    """

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    purpose: str | None = None
    domain: str | None = None
    jurisdictions: Columns = Field(default_factory=list)
    owner: str | None = None
    authors: Columns = Field(default_factory=list)
    limits_of_use: str | None = None


class RunConfig(Section):
    """One run: train (if asked), audit, gate.

    Attributes:
        apiVersion: version of the format
        kind: says that this is a run
        name: name of the model in releases and waivers
        seed: of everything that is drawn
        declared: measure → figure that the instructions for use declare
        device: auto takes an accelerator where there is one
    """

    apiVersion: Literal["modelassay/v1"]  # noqa: N815 - the word that the file uses
    kind: Literal["Run"]
    name: str = Field(min_length=1, max_length=80)
    seed: int = Field(default=0, ge=0, lt=2**32)
    task: TaskConfig
    data: DataConfig
    model: ModelConfig
    train: TrainConfig | None = None
    audits: AuditsConfig = Field(default_factory=AuditsConfig)
    budget: BudgetConfig | None = None
    policy: PolicyConfig = Field(
        default_factory=lambda: PolicyConfig(pack="builtin/standard"),
        description="builtin/standard where not given, builtin/privacy for text-generation",
    )
    report: ReportConfig = Field(default_factory=ReportConfig)
    system: SystemConfig = Field(default_factory=SystemConfig)
    declared: dict[str, float] = Field(default_factory=dict)
    device: str = Field(default="auto", examples=["auto", "cpu", "cuda", "mps"])
    dtype: Literal["float32"] = Field(default="float32", description="precision of auditing")
    token_budget: int | None = Field(
        default=None, ge=64, description="padded tokens in one batch; 2048 on a CPU, else 8192"
    )
    trust_code: bool = Field(default=False, description="allow code that comes with a model")
    store: str | StoreConfig | None = Field(
        default=None,
        description="where a fresh machine finds last release, waivers and ledger: folder, s3:// or the address "
        "of an event log; ASSAY_STORE where not given",
        examples=["/srv/assay", {"url": "s3://models/assay", "index": "${env:ASSAY_INDEX}"}],
    )

    @model_validator(mode="before")
    @classmethod
    def _policy_of_task(cls, given: Any) -> Any:
        """Judge what decides nothing by the privacy policy: the standard one speaks of decisions."""
        task = given.get("task") if isinstance(given, dict) else None
        kind = task.get("kind") if isinstance(task, dict) else None
        if kind == TEXT_GENERATION and given.get("policy") is None:
            return {**given, "policy": {"pack": "builtin/privacy"}}
        return given
