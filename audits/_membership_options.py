"""Options of ``membership``, what can be wrong with them before a run, and what they cost."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from harness.auditing import CostFacts, OptionFacts
from harness.errors import must

WHERE = "audits.membership"


class Options(BaseModel):
    """Options of ``membership``.

    Attributes:
        rows: Members, and other rows, that are looked at, samples, at most.
        others: Which rows were not learnt: ``test``, each test set, or ``validation``. A test set with a
            column ``member`` says it itself.
        headline: Signal behind the measures that name none. ``auto``: ``calibrated`` for language
            models, for classifiers ``lira`` where shadow folders are named, else ``phi``.
        shadows: Folders of models that were trained like this one, on none of the rows looked at.
        heads: Last layers that are fitted as shadows of a classifier, half of the rows each; 0 for none.
        overlap: Jaccard similarity of character n-grams from which two rows are copies.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: int = Field(default=10_000, ge=50, le=200_000)
    others: Literal["test", "validation"] = "test"
    headline: Literal[
        "auto",
        "calibrated",
        "reference",
        "loss",
        "error-zone",
        "zlib",
        "min-k",
        "min-k-plus",
        "phi",
        "entropy",
        "modified-entropy",
        "lira",
        "rmia",
    ] = "auto"
    shadows: tuple[str, ...] = ()
    heads: int = Field(default=64, ge=0, le=512, multiple_of=2)
    overlap: float = Field(default=0.8, gt=0, le=1)


def option_problems(facts: OptionFacts) -> list[str]:
    """Return what is wrong with the folders that the options name."""
    return [
        must(
            f"{WHERE}.shadows.{number}",
            "name a folder of a model",
            one,
            place=facts.place("shadows", number),
        )
        for number, one in enumerate(facts.options.shadows)
        if not facts.file(one).is_dir()
    ]


def calls(facts: CostFacts) -> dict[str, int]:
    """Return the model calls of each data set: one pass of every model over the rows looked at."""
    n_models = 1 + facts.has_reference + len(facts.options.shadows)
    most = n_models * facts.options.rows
    if facts.options.others == "validation":
        found = {"validation": min(most, n_models * facts.n_validation)}
    else:
        found = {name: min(most, n_models * one.n_rows) for name, one in facts.sets.items()}
    return found | ({"train": min(most, n_models * facts.n_train)} if facts.n_train else {})
