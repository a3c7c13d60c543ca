"""Task, DatasetRef, ModelRef and RunRecord: what was run, on what, by what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from harness.records.measurement import Message

_STRICT = {"extra": "forbid", "strict": True}


TaskKind = Literal[
    "text-classification", "prompted-classification", "multiple-choice", "text-generation"
]
"""What a model is asked for; the last three are a causal language model's."""

DECIDING: frozenset[str] = frozenset(
    {"text-classification", "prompted-classification", "multiple-choice"}
)
"""Kinds of task that end in one of several classes."""

TEXT_GENERATION = "text-generation"
TASK_KINDS: frozenset[str] = DECIDING | {TEXT_GENERATION}
TARGET = "target"
"""The one class of a task that decides nothing: its logit is the log-probability of the row's text."""

Normalise = Literal["none", "tokens", "bytes"]
"""What the log-likelihood of a candidate is divided by before candidates are compared."""


@dataclass(frozen=True, slots=True)
class Prompting:
    """How a causal language model is asked.

    Attributes:
        template: The prompt; ``{text}`` stands for the row's text.
        completions: Text that stands for each class after the prompt, in their order; empty where
            the candidates are the row's own, or the task decides nothing.
        normalise: What a candidate's log-likelihood is divided by: nothing, its tokens or its bytes
            in UTF-8.
        is_chat: Whether prompt and completion go through the tokenizer's chat template.
    """

    __pydantic_config__ = _STRICT

    template: str = "{text}"
    completions: tuple[str, ...] = ()
    normalise: Normalise = "none"
    is_chat: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """What is decided about what.

    Attributes:
        kind: One of ``TaskKind``.
        modality: Id of the file under ``models/`` that handles it, e.g. ``text``.
        classes: Class names; the position is the class id. ``(TARGET,)`` where nothing is decided.
        favourable: The class that is good for the person concerned, where there is one.
        prompting: How a causal language model is asked; None for classifiers.
    """

    __pydantic_config__ = _STRICT

    kind: str
    modality: str
    classes: tuple[str, ...]
    favourable: str | None = None
    prompting: Prompting | None = None

    @property
    def is_deciding(self) -> bool:
        """Whether the answer is one of several classes."""
        return self.kind in DECIDING


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Rows that were set aside for one reason; which ones stands in ``personal/quarantine.json``."""

    __pydantic_config__ = _STRICT

    reason: str
    n: int


@dataclass(frozen=True, slots=True)
class DatasetRef:
    """A data set as it was used.

    Attributes:
        name: ``train``, ``validation``, or the name of a test set.
        file: Name of the file or folder that it came from, without where it lies; or id and
            commit of a hub data set; with subset and split.
        file_digest: SHA-256 of that file, or over those files; None where rows came from memory.
        content_digest: SHA-256 over the kept rows in order.
        n_rows: Rows kept.
        n_read: Rows read, before quarantine and limit.
        quarantined: Rows set aside, by reason.
        limit: Size of the seeded stratified sample, when the rows were limited.
        roles: Role → column, or list of columns.
        n_duplicates: Rows whose inputs stand earlier in the same data set; None where rows have no
            inputs.
        n_duplicates_of_train: Rows whose inputs also stand in the training set; None for train, and
            where rows have no inputs.
        licence: As declared in the config.
    """

    __pydantic_config__ = _STRICT

    name: str
    file: str
    file_digest: str | None
    content_digest: str
    n_rows: int
    n_read: int
    roles: dict[str, str | list[str]]
    quarantined: tuple[Quarantined, ...] = ()
    limit: int | None = None
    n_duplicates: int | None = 0
    n_duplicates_of_train: int | None = None
    licence: str | None = None


@dataclass(frozen=True, slots=True)
class ModelRef:
    """The model that was audited.

    Attributes:
        kind: ``trained`` here, ``given`` as a folder or hub id, or stored ``predictions`` only.
        name: Folder name or hub id; file name for predictions.
        base, revision: What it was fine-tuned from.
        weights_digest: SHA-256 over the weight files; None for predictions only.
        lineage_digest: SHA-256 of ``lineage.json`` where there is one.
        adapter_digest, adapter_proof: For adapters: digest, and how the logits differ from the base.
        n_parameters: Number of weights.
        epsilon: What the accountant of a private training says that it spent; None where the training
            was not private, or is not known.
    """

    __pydantic_config__ = _STRICT

    kind: Literal["trained", "given", "predictions"]
    name: str
    base: str | None = None
    revision: str | None = None
    weights_digest: str | None = None
    lineage_digest: str | None = None
    adapter_digest: str | None = None
    adapter_proof: dict[str, Any] | None = None
    dtype: str | None = None
    n_parameters: int | None = None
    epsilon: float | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a run; ``reused`` where its result was there already."""

    __pydantic_config__ = _STRICT

    name: str
    status: Literal["done", "reused", "error"]
    started: str
    ended: str


@dataclass(frozen=True, slots=True)
class Reused:
    """A result that came from a cache: by which run it was made first.

    Attributes:
        stage: Name of the stage, e.g. ``predict`` or ``audit accuracy``.
        run: Id of the run that made it.
        lock: Digest of that run's lock.
    """

    __pydantic_config__ = _STRICT

    stage: str
    run: str
    lock: str | None


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """How one audit went.

    Attributes:
        status: ``measured``; ``not-measured`` when data or model lack what it needs; ``error``.
        options: Options as resolved.
        because: Why it was not measured or ended in error.
    """

    __pydantic_config__ = _STRICT

    id: str
    status: Literal["measured", "not-measured", "error"]
    options: dict[str, Any]
    version: str
    because: Message | None = None


@dataclass(frozen=True, slots=True)
class Mitigation:
    """Which run a mitigated model comes from, and what was done.

    Attributes:
        of_run, of_run_digest: The run that was mitigated, and the SHA-256 of its seal.
        method: e.g. ``threshold``, ``group-dro``.
        group: Sensitive feature that the method worked on; None for a remedy against leakage.
        constraint: Rate whose worst difference was to become smaller; None for such a remedy.
        options: Options as resolved, and what was chosen on validation.
        needs_group: Whether a decision takes the group of the person.
        acknowledgement: What somebody wrote to take the responsibility for that.
        measure: Measure of leakage whose finding called for it; None where none did.
        train: What a remedy against leakage changed in the ``train`` section: key → value.
    """

    __pydantic_config__ = _STRICT

    of_run: str
    of_run_digest: str
    method: str
    group: str | None = None
    constraint: str | None = None
    options: dict[str, str | int | float | bool | None] = field(default_factory=dict)
    needs_group: bool = False
    acknowledgement: str | None = None
    measure: str | None = None
    train: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class VaultRef:
    """Evidence in clear that lies encrypted outside the bundle, because somebody asked for it.

    Attributes:
        id: Of the vault.
        sha256: Digest of its ciphertext.
        expires: When it may no longer be opened, ISO 8601.
    """

    __pydantic_config__ = _STRICT

    id: str
    sha256: str
    expires: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What the predictions of a run cost. It says as much about the machine as about the model.

    Attributes:
        n_rows: Rows of all test sets that were predicted, in batches.
        wall_s, cpu_s: Time that passed, and processor time of the process.
        peak_memory_bytes: Most that the process held up to then, training included; None where the
            system does not say.
        peak_device_bytes: Most that was held on a GPU; None without one.
    """

    __pydantic_config__ = _STRICT

    n_rows: int
    wall_s: float
    cpu_s: float
    peak_memory_bytes: int | None = None
    peak_device_bytes: int | None = None

    @property
    def latency_ms(self) -> float:
        """Milliseconds for a row, as predicted in batches."""
        return 1000 * self.wall_s / self.n_rows


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One execution (``run.json``).

    Attributes:
        plan_digest: Digest over resolved config, input digests, package versions, device class.
        config: Resolved config, secrets redacted.
        commit, is_dirty: Of the working tree that the command ran in; None outside a repository.
        system, declared: As the config says; policies read them.
        lock_digest: Digest of the policy lock that was fixed before the run, when there was one.
        outputs: Path in the bundle → SHA-256, for what the stages wrote.
        suites: Suite that was asked for and audits that were skipped.
        mitigation: Where the model comes from, when it is another run's, mitigated.
        digest_key: Id of the key of keyed digests in this bundle; the key lies with its owner, and
            when it is destroyed no digest can be linked to a value.
        vault: Evidence in clear, encrypted outside of the bundle, where it was asked for.
        looks: Test set → how many sealed runs had looked at it before this one, by the ledger.
        cost: What the predictions cost; None where no model was asked, a killed run was resumed, or
            a part was reused.
        cut: Data set that a budget cut → content digest of the rows that it was cut from.
        reused: Results that came from a cache, and by which runs they were made first.
    """

    __pydantic_config__ = _STRICT
    LEFT_OUT_WHEN_NONE: ClassVar = (
        "mitigation", "digest_key", "vault", "looks", "cut", "cost", "reused",
    )  # fmt: skip
    """Came later: records without it keep the bytes that they always had."""

    schema_version: Literal["modelassay/run/v1"]
    run_id: str
    name: str
    plan_digest: str
    argv: tuple[str, ...]
    config: dict[str, Any]
    config_digest: str
    task: Task
    datasets: tuple[DatasetRef, ...]
    model: ModelRef
    audits: tuple[AuditRecord, ...]
    stages: tuple[Stage, ...]
    packages: dict[str, str]
    python: str
    platform: str
    device: str
    dtype: str
    seed: int
    token_budget: int
    suite: str
    skipped: tuple[str, ...]
    harness_version: str
    commit: str | None = None
    is_dirty: bool | None = None
    system: dict[str, Any] = field(default_factory=dict)
    declared: dict[str, float] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    lock_digest: str | None = None
    caveats: tuple[Message, ...] = ()
    is_sample: bool = False
    mitigation: Mitigation | None = None
    digest_key: str | None = None
    vault: VaultRef | None = None
    looks: dict[str, int] | None = None
    cut: dict[str, str] | None = None
    cost: Cost | None = None
    reused: tuple[Reused, ...] | None = None

    def whole_digest(self, name: str) -> str | None:
        """Return the content digest of a data set before a budget cut it; None for no such data set."""
        own = {ref.name: ref.content_digest for ref in self.datasets}
        return (self.cut or {}).get(name, own.get(name))
