"""One metric of somebody else as a config names it, and what every audit that runs some has to do."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from audits._foreign import ForeignError, Loaded, is_local, load
from harness.auditing import AuditContext
from harness.records import Estimate, Message
from harness.stats import undefined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

UNIT = "value"
"""Unit of a number of which nobody here knows what it counts."""

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Metric(BaseModel):
    """One metric.

    Attributes:
        path: Script or folder, relative to the config, or id of a metric on the hub.
        name: Name in slices; the last part of the path where none is given.
        revision: Commit of a hub id, 40 hex digits.
        sha256: What the SHA-256 of the code must be.
        config: Name of the metric's configuration.
        input: What it is given: decided classes, scores [n, c], the score of class 1, or the names of
            the decided classes (labels are then names too).
        argument: Name of the argument that takes it.
        kwargs: Further arguments.
        result: Key of the number in what it returns; needed where there are several.
        better: Which direction is better.
        column: Column of its slice; ``metric``, or ``loss`` where lower is better, if none is given.
        range: Least and most that it can be; null where there is no end.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field(min_length=1)
    name: str = Field(default="", max_length=60)
    revision: str | None = None
    sha256: str | None = None
    config: str | None = None
    input: Literal["decisions", "scores", "class-1-score", "names"] = "decisions"
    argument: str = "predictions"
    kwargs: dict[str, Any] = Field(default_factory=dict)
    result: str | None = None
    better: Literal["higher", "lower"] = "higher"
    column: str = Field(default="", max_length=60)
    range: tuple[float | None, float | None] = (None, None)

    @model_validator(mode="after")
    def _check(self) -> Self:
        problems = self._problems()
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _problems(self) -> list[str]:
        return [*self._path_problems(), *self._range_problems()]

    def _path_problems(self) -> list[str]:
        problems = []
        if not is_local(self.path) and not _HUB_ID.fullmatch(self.path):
            problems.append(
                f"path must be a script, a folder that begins with ./, or owner/name on the hub (such "
                f"as evaluate-metric/accuracy), got {self.path!r}"
            )
        if not is_local(self.path) and not _COMMIT.fullmatch(self.revision or ""):
            problems.append(
                f"revision must be the commit of {self.path} on the hub, 40 hex digits, got "
                f"{self.revision!r}"
            )
        if self.sha256 is not None and not _SHA256.fullmatch(self.sha256):
            problems.append(f"sha256 must be 64 hex digits, got {self.sha256!r}")
        return problems

    def _range_problems(self) -> list[str]:
        low, high = self.range
        if low is not None and high is not None and low >= high:
            return [f"range must rise, got {[low, high]}"]
        return []

    @property
    def where(self) -> dict[str, str]:
        """Column → value of its slice."""
        return {self.column or ("metric" if self.better == "higher" else "loss"): self.known_as}

    @property
    def known_as(self) -> str:
        """The name in slices."""
        return self.name or PurePath(self.path).stem


def load_metric(ctx: AuditContext, one: Metric, seed: int) -> Loaded | Estimate:
    """Return the metric, or why there is none: code runs only where the run trusts it."""
    if not ctx.trust_code:
        why = Message.of(
            "foreign-metrics.no-trust",
            "Not measured: the metric {name} is code that is not ours, and runs only with trust_code: "
            "true.",
            name=one.known_as,
        )
        return undefined(why, unit=UNIT)
    try:
        return load(
            one.path,
            base=ctx.base,
            revision=one.revision,
            config=one.config,
            sha256=one.sha256,
            seed=seed,
        )
    except ForeignError as err:
        return failed(one, err)


def inputs_of(ctx: AuditContext, dataset: str, one: Metric) -> dict[str, Sequence[Any]] | Message:
    """Return what a metric is given, by argument, or why it cannot be."""
    seen, classes = ctx.predictions(dataset), np.array(ctx.task.classes, dtype=object)
    assert seen.label is not None  # the data set was offered because it has labels
    references: Sequence[Any] = seen.label.tolist()
    if one.input == "decisions":
        return {one.argument: seen.decision.tolist(), "references": references}
    if one.input == "names":
        names = classes[seen.label].tolist()
        return {one.argument: classes[seen.decision].tolist(), "references": names}
    if seen.scores is None or (one.input == "class-1-score" and seen.n_classes != 2):
        what = "scores" if seen.scores is None else "the score of class 1, and so two classes"
        return Message.of(
            "foreign-metrics.no-scores",
            "Not measured: the metric {name} needs {what}.",
            name=one.known_as,
            what=what,
        )
    scores = seen.scores if one.input == "scores" else seen.scores[:, 1]
    return {one.argument: scores.tolist(), "references": references}


def failed(one: Metric, err: ForeignError) -> Estimate:
    """Return the estimate of a metric that ended in an error."""
    why = Message.of(
        "foreign-metrics.failed",
        "The metric {name} ended in an error. {detail}",
        name=one.known_as,
        detail=str(err),
    )
    return undefined(why, unit=UNIT, method="error")


def origin(one: Metric, loaded: Loaded) -> Message:
    """Return the caveat that names the code."""
    revision = f" at {one.revision}" if one.revision else ""
    return Message.of(
        "foreign-metrics.origin",
        "Computed by code that is not ours and that nobody here has checked: {path}{revision}, SHA-256 "
        "{sha256}.",
        path=one.path,
        revision=revision,
        sha256=loaded.sha256,
    )


def within(
    question: Callable[[NDArray[np.int64]], float], span: tuple[float | None, float | None]
) -> Callable[[NDArray[np.int64]], float]:
    """Return the question, refusing answers outside the range that the config gives.

    Raises:
        ForeignError: On being asked, if the answer lies outside.
    """
    low, high = span

    def ask(rows: NDArray[np.int64]) -> float:
        number = question(rows)
        below, above = low is not None and number < low, high is not None and number > high
        if math.isfinite(number) and (below or above):
            raise ForeignError(f"The metric must lie in its range {[low, high]}, got {number}.")
        return number

    return ask
