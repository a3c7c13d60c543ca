"""The shape of ``assay.yaml``. Every field says what it is; these texts become the JSON Schema."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from harness.config.section import Columns, Section
from harness.config.training import TrainConfig
from harness.errors import nearest
from harness.records import TEXT_GENERATION, TaskKind
from harness.records.run import Normalise


def _labels(value: Any) -> Any:
    if isinstance(value, dict) and "file" not in value:
        if sorted(value, key=str) != sorted(range(len(value)), key=str):
            raise ValueError(
                f"labels must number the classes 0 to {len(value) - 1}, got {sorted(value, key=str)}"
            )
        value = [value[i] for i in range(len(value))]
    if isinstance(value, str | int | float):
        raise ValueError(f"must be a list of names, or {{file: ...}}, got {value!r}")
    if isinstance(value, list):
        value = [str(item) if isinstance(item, (int, float)) else item for item in value]
    return value


def _raw_values(value: Any) -> Any:
    """YAML reads 0 and true as a number and a truth value; the file holds them as text."""
    if isinstance(value, dict):
        return {str(key) if isinstance(key, int) else key: name for key, name in value.items()}
    return value


RawValues = Annotated[
    dict[str, str], BeforeValidator(_raw_values, json_schema_input_type=dict[str, str])
]
Share = Annotated[float, Field(gt=0, lt=1)]


class LabelsFile(Section):
    """Class names in a file."""

    file: str = Field(description="JSON list, or one name a line; relative to the config")


class TaskConfig(Section):
    """What is decided about what."""

    kind: TaskKind = Field(
        default="text-classification",
        description="text-classification asks a classifier; the others a causal language model: "
        "prompted-classification (which label's text is likeliest after the prompt), "
        "multiple-choice (which of a row's own choices), text-generation (how likely the row's text "
        "is, and what the model writes)",
    )
    labels: Annotated[
        list[str] | LabelsFile | None,
        BeforeValidator(
            _labels, json_schema_input_type=list[str] | dict[int, str] | LabelsFile | None
        ),
    ] = Field(
        default=None,
        description="class id → name, or a list of names in the order of their ids, or {file: ...}; "
        "none with text-generation",
        examples=[{0: "benign", 1: "toxic"}],
    )
    favourable: str | None = Field(
        default=None, description="the class that is good for the person concerned"
    )
    prompt: str | None = Field(
        default=None,
        description="what a language model is asked; {text} stands for the row's text",
        examples=["{text}\nIs this toxic?"],
    )
    completions: dict[str, str] | None = Field(
        default=None,
        description="label → text that stands for it after the prompt; a space and the label where "
        "there is none",
    )
    normalise: Normalise = Field(
        default="none",
        description="what the log-likelihood of a candidate is divided by: none, tokens or bytes",
    )
    chat: bool = Field(
        default=False, description="prompt and answer go through the tokenizer's chat template"
    )

    @model_validator(mode="after")
    def _check(self) -> TaskConfig:
        problems = [*self._prompt_problems(), *self._label_problems()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _prompt_problems(self) -> list[str]:
        of_models = ("prompt", "completions", "normalise", "chat")
        # a recorded config names every default
        fields = type(self).model_fields
        given = [name for name in of_models if getattr(self, name) != fields[name].default]
        if self.kind == "text-classification" and given:
            return [f"{' and '.join(given)} must not be given: a classifier is not prompted"]
        problems = []
        if self.prompt is not None and "{text}" not in self.prompt:
            problems.append(f"prompt must hold {{text}}, got {self.prompt!r}")
        if self.completions is not None and self.kind != "prompted-classification":
            problems.append("completions belong to prompted-classification alone")
        return problems

    def _label_problems(self) -> list[str]:
        decides = self.kind != TEXT_GENERATION
        if not decides:
            given = [one for one in ("labels", "favourable") if getattr(self, one) is not None]
            return [f"{' and '.join(given)} must not be given: nothing is decided"] if given else []
        if self.labels is None:
            return ["labels must be given"]
        if isinstance(self.labels, LabelsFile):
            return []
        problems = []
        if len(self.labels) < 2 or len(set(self.labels)) != len(self.labels):
            problems.append("labels must be at least two distinct names")
        if self.favourable is not None and self.favourable not in self.labels:
            problems.append(f"favourable must be one of the labels, got {self.favourable!r}")
        unknown = sorted(set(self.completions or {}) - set(self.labels))
        if unknown:
            problems.append(f"completions must name labels, got {unknown[0]!r}")
        return problems + self._completion_problems(self.labels)

    def _completion_problems(self, labels: list[str]) -> list[str]:
        # a label without a text of its own stands for itself, as where the config is resolved
        texts = {label: (self.completions or {}).get(label, f" {label}") for label in labels}
        problems = [
            f"completions must hold a text for each label, got {text!r} for {label!r}"
            for label, text in texts.items()
            if not text.strip()
        ]
        same = [label for label in labels if list(texts.values()).count(texts[label]) > 1]
        if not problems and self.completions and same:
            got = f"{texts[same[0]]!r} for {' and '.join(repr(label) for label in same)}"
            problems.append(f"completions must differ between labels, got {got}")
        return problems


def _text(value: Any) -> Any:
    """YAML reads 1 and true as a number and a truth value; the cells hold them as text."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else value


def _reasons(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError(
            f"must say why each group is left out of comparisons, {{group: reason}}, got {value!r}"
        )
    for group, reason in value.items():
        if not isinstance(reason, str) or not reason.strip():
            raise ValueError(
                f"must say why {group!r} is left out of comparisons, got {reason!r}; write a reason "
                "that a reader of the report can judge"
            )
    return {_text(key): reason for key, reason in value.items()}


GroupName = Annotated[
    str, BeforeValidator(_text, json_schema_input_type=str | int | bool), Field(min_length=1)
]


class GroupColumnConfig(Section):
    """A group column and what is planned of it, before anything is predicted."""

    column: str
    separator: str | None = Field(
        default=None,
        min_length=1,
        description="a cell holds several groups with this between them: they overlap; cells that "
        "are lists (JSON Lines, Parquet) need none",
        examples=["|"],
    )
    values: list[GroupName] | None = Field(
        default=None,
        min_length=2,
        description="names of the groups; what else stands there is counted as (unknown)",
    )
    reference: GroupName | None = Field(
        default=None, description="group that the others are compared with"
    )
    exclude: Annotated[
        dict[GroupName, str],
        BeforeValidator(_reasons, json_schema_input_type=dict[str, str]),
    ] = Field(
        default_factory=dict,
        description="group → why it is left out of comparisons; it is counted and reported",
        examples=[{"other": "fewer than 2 % of the rows, see memo 12"}],
    )

    @model_validator(mode="after")
    def _check(self) -> GroupColumnConfig:
        problems = []
        known = self.values or []
        doubled = sorted({one for one in known if known.count(one) > 1})
        if doubled:
            problems.append(f"values must be distinct, got {', '.join(doubled)} more than once")
        named = {"reference": [self.reference] if self.reference else [], "exclude": self.exclude}
        for key, names in named.items():
            problems += [
                f"{key} must be one of the values, got {name!r}.{nearest(name, known)}"
                for name in names
                if known and name not in known
            ]
        if self.reference is not None and self.reference in self.exclude:
            problems.append(f"reference must not be excluded, got {self.reference!r} in both")
        if problems:
            raise ValueError("; ".join(problems))
        return self


def _group_columns(value: Any) -> Any:
    value = [value] if isinstance(value, str | dict) else value
    if not isinstance(value, list):
        return value
    names = [one.get("column") if isinstance(one, dict) else one for one in value]
    doubled = sorted({str(name) for name in names if name and names.count(name) > 1})
    if doubled:
        raise ValueError(f"must name each column once, got {', '.join(doubled)} more than once")
    return value


def _is_planned(value: Any) -> str:
    return "dict" if isinstance(value, dict | GroupColumnConfig) else "str"


# by the look of the value: a plain union would report the mistakes of both kinds
_GroupColumn = Annotated[
    Annotated[str, Tag("str")] | Annotated[GroupColumnConfig, Tag("dict")],
    Discriminator(_is_planned),
]
GroupColumns = Annotated[
    list[_GroupColumn],
    BeforeValidator(
        _group_columns,
        json_schema_input_type=str | GroupColumnConfig | list[str | GroupColumnConfig],
    ),
]


class GroupsFileConfig(Section):
    """Group columns that are held in a file of their own, joined by id."""

    path: str
    id: str
    columns: Columns
    encoding: str = "utf-8"


class TableConfig(Section):
    """One table of examples and what its columns are."""

    path: str | None = Field(
        default=None,
        description="CSV, TSV, JSON Lines or Parquet; or a folder that Hugging Face datasets wrote "
        "(save_to_disk), or one of Parquet files; relative to the config",
    )
    hub: str | None = Field(
        default=None,
        description="id of a data set on the Hugging Face hub, instead of path; its scripts are "
        "never run",
        examples=["owner/name"],
    )
    subset: str | None = Field(default=None, description="configuration of a hub data set")
    split: str | None = Field(
        default=None, description="part of a hub data set, or of a folder that holds several"
    )
    revision: str | None = Field(
        default=None, description="commit, branch or tag of a hub data set"
    )
    text: str | None = Field(
        default=None,
        description="column that holds the text; may be left out with model.predictions",
    )
    pair: str | None = Field(default=None, description="column that holds a second text")
    prompt: str | None = Field(
        default=None,
        description="column of what a language model is given; it is read, and not scored",
    )
    completion: str | None = Field(
        default=None, description="column of what should follow the prompt; it is scored"
    )
    choices: Columns = Field(
        default_factory=list,
        description="columns of a row's own candidates, one for each label, for multiple-choice",
        examples=[["ans0", "ans1", "ans2"]],
    )
    label: str | None = None
    id: str | None = None
    groups: GroupColumns = Field(
        default_factory=list,
        description="sensitive feature columns; a mapping says what is planned of one",
        examples=[["religion", {"column": "identities", "separator": "|", "reference": "none"}]],
    )
    groups_file: GroupsFileConfig | None = None
    control: Columns = Field(default_factory=list)
    cluster: str | None = Field(
        default=None, description="rows with the same value are not independent"
    )
    rationale: str | None = None
    member: str | None = None
    weight: str | None = None
    time: str | None = None
    encoding: str = Field(default="utf-8", examples=["utf-8", "gb18030"])
    label_values: RawValues | None = Field(
        default=None, description="value in the file → class name"
    )
    limit: int | None = Field(
        default=None, ge=1, description="use a seeded stratified sample of this many rows"
    )
    licence: str | None = None

    @model_validator(mode="after")
    def _check(self) -> TableConfig:
        if (self.path is None) == (self.hub is None):
            raise ValueError("either path or hub must be given")
        given = [name for name in ("subset", "revision") if getattr(self, name) is not None]
        if self.hub is None and given:
            raise ValueError(f"{' and '.join(given)} must not be given with path, only with hub")
        return self


class ValidationShare(Section):
    """A seeded share of train; clusters stay together."""

    share: Share


class SplitConfig(Section):
    """One file, split once: a seeded share becomes the test set."""

    test: Share
    by: str | None = Field(default=None, description="column whose values stay on one side")


def _named_tests(value: Any) -> Any:
    if isinstance(value, dict) and ("path" in value or "hub" in value):
        return {"test": value}
    return value


def _validation(value: Any) -> Any:
    if isinstance(value, dict) and "share" in value:
        return ValidationShare.model_validate(value)
    if isinstance(value, dict):
        return TableConfig.model_validate(value)
    return value


class DataConfig(Section):
    """Which rows teach, which choose, and which judge."""

    train: TableConfig | None = None
    validation: Annotated[
        ValidationShare | TableConfig | None,
        BeforeValidator(_validation, json_schema_input_type=ValidationShare | TableConfig | None),
    ] = None
    split: SplitConfig | None = None
    test: Annotated[
        dict[str, TableConfig] | None,
        BeforeValidator(
            _named_tests, json_schema_input_type=TableConfig | dict[str, TableConfig] | None
        ),
    ] = Field(default=None, description="one table, or several by name")

    @model_validator(mode="after")
    def _check(self) -> DataConfig:
        problems = []
        if self.test is None and self.split is None:
            problems.append("a test table (or split: {test: 0.2}) must be given")
        if self.test is not None and self.split is not None:
            problems.append("test and split exclude each other")
        if self.split is not None and self.train is None:
            problems.append("split needs train, the file that is split")
        for name in self.test or {}:
            if name in ("train", "validation", "all", "") or not _is_name(name):
                problems.append(f"a test set must have a plain name of its own, got {name!r}")
        if problems:
            raise ValueError("; ".join(problems))
        return self


def _is_name(text: str) -> bool:
    return text.replace("-", "").replace("_", "").replace(".", "").isalnum() and len(text) <= 60


class PredictionsConfig(Section):
    """Stored predictions: audited without a model and without torch."""

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
    """A new small transformer; its tokenizer is learnt from train."""

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
    """Which policy judges."""

    pack: str | None = Field(default=None, examples=["builtin/standard"])
    file: str | None = None

    @model_validator(mode="after")
    def _check(self) -> PolicyConfig:
        if (self.pack is None) == (self.file is None):
            raise ValueError("either pack or file must be given")
        return self


class AuditsConfig(BaseModel):
    """Which audits run; any other key is an audit's id with its options."""

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


class SystemConfig(BaseModel):
    """What the model is for: copied to the record, read by policies. Further keys are kept."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    purpose: str | None = None
    domain: str | None = None
    jurisdictions: Columns = Field(default_factory=list)
    owner: str | None = None
    authors: Columns = Field(default_factory=list)
    limits_of_use: str | None = None


class RunConfig(Section):
    """One run: train (if asked), audit, gate."""

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
    store: str | None = Field(default=None, description="address of the event log")

    @model_validator(mode="before")
    @classmethod
    def _policy_of_task(cls, given: Any) -> Any:
        """Judge what decides nothing by the privacy policy: the standard one speaks of decisions."""
        task = given.get("task") if isinstance(given, dict) else None
        kind = task.get("kind") if isinstance(task, dict) else None
        if kind == TEXT_GENERATION and given.get("policy") is None:
            return {**given, "policy": {"pack": "builtin/privacy"}}
        return given
