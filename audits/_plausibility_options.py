"""Options of ``plausibility``, and what is wrong with them or costs what before a run begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from audits._counterfactual_options import class_problems
from audits._explained import method_of, method_problems
from audits._plausibility_sample import share_with_rationale
from harness.auditing import attribution_calls

if TYPE_CHECKING:
    from harness.auditing import CostFacts, OptionFacts


class Options(BaseModel):
    """Options of ``plausibility``.

    Attributes:
        methods: Attribution methods whose words are compared with the marked ones.
        rows: Rows that are explained, at most.
        k: How many words of a row count as on top: ``own``, as many as are marked in it; ``mean``, the
            mean number over all rows.
        rationale_form: Form of the rationales; ``auto`` sees it from the rows.
        of_text: Of a pair of texts, the one that characters and words are those of.
        speaks_for: The class that all rationales speak for; the label of the row where none is named.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    methods: tuple[str, ...] = Field(default=("integrated-gradients", "occlusion"), min_length=1)
    rows: int = Field(default=200, ge=1)
    k: Literal["own", "mean"] = "own"
    rationale_form: Literal["auto", "characters", "spans", "words", "positions", "marks"] = "auto"
    of_text: Literal["first", "second"] = "first"
    speaks_for: str | None = None


def calls(facts: CostFacts) -> dict[str, int]:
    """Return the model calls of each data set."""
    found = {}
    for name, one in facts.sets.items():
        n_fit = (
            one.n_rows if one.rows is None else round(share_with_rationale(one.rows) * one.n_rows)
        )
        rows = min(facts.options.rows, n_fit)
        methods = map(method_of, facts.options.methods)
        found[name] = sum(attribution_calls(one, method, rows) for method in methods)
    return found


def option_problems(facts: OptionFacts) -> list[str]:
    """Return what is wrong with the options, as far as config and data can tell."""
    options: Options = facts.options
    where = "audits.plausibility"
    return [
        *method_problems(facts, f"{where}.methods", options.methods),
        *class_problems(facts, "speaks_for", where),
    ]
