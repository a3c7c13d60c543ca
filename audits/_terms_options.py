"""Options of ``sensitive-terms``, and what is wrong with them before a run begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from audits._counterfactual_options import class_problems, list_problems
from audits._explained import method_problems
from harness.swaps import BUILTIN

if TYPE_CHECKING:
    from harness.auditing import OptionFacts

WHERE = "audits.sensitive-terms"

_COMPARING = ("against", "compare", "baseline", "other_model", "choose")


class Options(BaseModel):
    """Options of ``sensitive-terms``.

    Attributes:
        lists: Word lists: ``en``, ``zh``, or YAML files of your own, relative to the config.
        categories: Categories that are looked at; all of the lists where none are named.
        rows: Rows that hold a term, at most, shared out evenly over the categories.
        method: Attribution method; ``auto`` takes integrated gradients where the model can be
            differentiated by its inputs, else occlusion.
        controls: Draws of other words that are masked in the same row.
        swaps_per_text: Counterfactuals of each text and category, at most.
        min_texts: A category, or a slice of it, in fewer texts is not measured.
        positive: The class of interest; class 1 of two where none is named.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    lists: tuple[str, ...] = Field(default=BUILTIN, min_length=1)
    categories: tuple[str, ...] = ()
    rows: int = Field(default=200, ge=1)
    method: str = "auto"
    controls: int = Field(default=3, ge=1)
    swaps_per_text: int = Field(default=2, ge=0)
    min_texts: int = Field(default=10, ge=2)
    positive: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _refuse_choice(cls, data: Any) -> Any:
        asked = [key for key in _COMPARING if isinstance(data, dict) and key in data]
        if asked:
            raise ValueError(
                f"{asked[0]} is refused: attributions can point at decisions that lean on sensitive terms, "
                "but they are unreliable for choosing the better of two models (arXiv:2509.22291). Compare "
                "models by their decisions: counterfactual.flip-rate and group-metrics"
            )
        return data


def option_problems(facts: OptionFacts) -> list[str]:
    """Return what is wrong with the options, as far as config and data can tell."""
    options: Options = facts.options
    return [
        *list_problems(facts, options, WHERE),
        *class_problems(facts, "positive", WHERE),
        *method_problems(facts, f"{WHERE}.method", [options.method]),
    ]
