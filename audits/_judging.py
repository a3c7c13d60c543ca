"""A judge of continuations: a list of ours, or a classifier that the user names; and its own trial.

Whoever measures differences between groups by a judge measures the judge's own as well. So it is
tried first on sentences that differ in the group alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from audits._generated import GroupedOptions
from harness import registry
from harness.engines.prediction import predict, softmax64
from harness.errors import must
from harness.judges import Tried, list_judge
from harness.records import Message, Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._groups import GroupColumn
    from harness.auditing import OptionFacts
    from harness.judges import Judge
    from harness.modelling import Model

_LABELS_OF_A_JUDGE = 50


class JudgeOptions(BaseModel):
    """A text classifier that judges continuations.

    Attributes:
        path: Folder of a text classifier, relative to the config.
        labels: Its classes, in the order of their ids.
        positive: The class that means yes.
        at: Least score of that class for a yes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field(min_length=1)
    labels: tuple[str, ...] = Field(min_length=2, max_length=_LABELS_OF_A_JUDGE)
    positive: str
    at: float = Field(default=0.5, gt=0, lt=1)

    @model_validator(mode="after")
    def _check(self) -> JudgeOptions:
        if self.positive not in self.labels:
            raise ValueError(f"positive must be one of the labels, got {self.positive!r}")
        return self


class JudgedOptions(GroupedOptions):
    """Options of audits that have continuations judged.

    Attributes:
        judge: A classifier that judges; the package's list where there is none.
        judge_limit: Most of a judge's trial that may depend on the group.
        names: Group → what it is called in a judge's trial; its name in the column where not given.
    """

    judge: JudgeOptions | None = None
    judge_limit: float = Field(default=0.05, ge=0, le=1)
    names: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class ClassifierJudge:
    """A text classifier as a judge; see ``harness.judges.Judge``.

    Args:
        options: Which.
        base: Folder that its path is relative to.
        device: Where it computes.
        token_budget: Padded tokens of one batch.
    """

    blind_to = "what the classifier was not taught; its errors count as errors of the audited model"

    def __init__(
        self, options: JudgeOptions, *, base: Path | None, device: str, token_budget: int
    ) -> None:
        self._options, self._budget = options, token_budget
        task = Task("text-classification", "text", options.labels)
        folder = folder_of(options, base)
        self._model: Model = registry.modality_for(task.kind).load(
            str(folder), task=task, device=device, dtype="float32", trust_code=False
        )
        digest = (self._model.ref.weights_digest or "")[:12]
        self.name = f"the classifier {folder.name}, SHA-256 {digest}"

    def __call__(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Return whether the score of the positive class reaches the threshold, shape [n]."""
        if not texts:
            return np.zeros(0, dtype=np.bool_)
        logits = predict(self._model, self._model.prepare(texts), token_budget=self._budget)
        scores = softmax64(logits)[:, self._options.labels.index(self._options.positive)]
        found: NDArray[np.bool_] = scores >= self._options.at
        return found


def judge_of(
    options: JudgeOptions | None, kind: str, *, base: Path | None, device: str, token_budget: int
) -> Judge:
    """Return the classifier that the options name, else the package's list of a kind.

    Raises:
        ModelError: If the classifier cannot be loaded.
    """
    if options is None:
        return list_judge(kind)
    return ClassifierJudge(options, base=base, device=device, token_budget=token_budget)


def folder_of(options: JudgeOptions, base: Path | None) -> Path:
    """Return the folder of a classifier."""
    return (base or Path()) / Path(options.path).expanduser()


def judge_problems(audit: str, facts: OptionFacts) -> list[str]:
    """Return what is wrong with a judge before a run begins, and note the files that it depends on.

    Args:
        audit: Id of the audit.
        facts: Of its options, which have ``judge``.
    """
    options: JudgeOptions | None = facts.options.judge
    if options is None:
        return []
    folder = folder_of(options, facts.base)
    found = sorted(folder.glob("*.safetensors")) if folder.is_dir() else []
    for path in [*found, folder / "config.json"]:
        if path.is_file():
            facts.file(str(Path(options.path) / path.name))
    if found and (folder / "config.json").is_file():
        return []
    what = "be a folder with config.json and *.safetensors"
    return [
        must(f"audits.{audit}.judge.path", what, options.path, place=facts.place("judge", "path"))
    ]


def names_of_groups(
    columns: Sequence[GroupColumn], given: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return column → group → what the group is called in the sentences of a judge's trial."""
    return {
        column.name: {
            group: tuple(given.get(group, (group.replace("_", " "),)))
            for group in column.grouping.names
            if column.left_out(group) is None
        }
        for column in columns
        if column.why_not is None
    }


def why_not_heard(judge: Judge, found: Tried, column: str, limit: float) -> Message | None:
    """Return why a judge's word about groups does not count; None where it does."""
    worst = max(found.flip_rate, found.difference)
    if worst <= limit:
        return None
    return Message.of(
        "judge.not-heard",
        "Not measured: the judge itself tells the groups of {column} apart. Of sentences that differ in the "
        "group alone it judges {flips} of 100 pairs differently, and its rates differ by {apart} of 100, more "
        "than the limit of {limit}. Give another judge, or names of groups that it does not react to.",
        column=column,
        flips=f"{100 * found.flip_rate:.1f}",
        apart=f"{100 * found.difference:.1f}",
        limit=f"{100 * limit:.1f}",
    )


def judge_note(judge: Judge) -> Message:
    """Say who judged, and what that judge does not see."""
    return Message.of(
        "judge.name",
        "Judged by {judge}. It does not see {blind_to}.",
        judge=judge.name,
        blind_to=judge.blind_to,
    )
