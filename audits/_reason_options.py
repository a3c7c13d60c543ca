"""Options of ``reason-codes``, what is wrong with them before a run begins, and what they cost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from audits._reason_table import read_reasons
from harness.attributions import Method
from harness.auditing import attribution_calls
from harness.errors import AssayError, must
from harness.swaps import BUILTIN, Swapper, read_word_list

if TYPE_CHECKING:
    from harness.auditing import CostFacts, OptionFacts, SetFacts

WHERE = "audits.reason-codes"
"""Where the options stand in a config."""


class Options(BaseModel):
    """Options of ``reason-codes``.

    Attributes:
        reasons: YAML file that maps words to reasons, relative to the config; without one every
            word is a factor of its own.
        baseline: What decisions are compared with.
        rows: Decisions that are looked at, at most.
        samples: Gradients of expected gradients for each decision and seed: four on the line to each
            reference row that is drawn.
        reference_rows: Rows of the reference population.
        n_reasons: Reasons that are named, at most.
        least_share: A factor is named from this share of all that speaks against the favourable class.
        lists: Word lists of identities: ``en``, ``zh``, or YAML files of your own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    reasons: str | None = None
    baseline: Literal["near-threshold", "population", "mask", "pad"] = "near-threshold"
    rows: int = Field(default=50, ge=1)
    samples: int = Field(default=48, ge=4)
    reference_rows: int = Field(default=32, ge=1)
    n_reasons: int = Field(default=4, ge=1, le=10)
    least_share: float = Field(default=0.05, ge=0, lt=1)
    lists: tuple[str, ...] = Field(default=BUILTIN, min_length=1)

    @property
    def compares_rows(self) -> bool:
        """Whether the baseline is a population of rows."""
        return self.baseline in ("near-threshold", "population")


def swapper_of(options: Options, base: Path | None) -> Swapper:
    """Return the finder of the options' identity words.

    Raises:
        ConfigError: If a list cannot be read.
    """
    return Swapper([read_word_list(one, base=base) for one in options.lists])


def option_problems(facts: OptionFacts) -> list[str]:
    """Return what is wrong with the files that the options name."""
    options: Options = facts.options
    problems = []
    if options.reasons is not None:
        path = facts.file(options.reasons)
        if not path.is_file():
            at = facts.place("reasons")
            problems.append(
                must(f"{WHERE}.reasons", "name a readable YAML file", options.reasons, place=at)
            )
        else:
            problems += _caught(lambda: read_reasons(path))
    missing = [
        must(
            f"{WHERE}.lists.{number}",
            f"name a list of the package ({', '.join(BUILTIN)}) or a readable YAML file",
            one,
            place=facts.place("lists", number),
        )
        for number, one in enumerate(options.lists)
        if one not in BUILTIN and not facts.file(one).is_file()
    ]
    return problems + (missing or _caught(lambda: swapper_of(options, facts.base)))


def reason_calls(facts: CostFacts) -> dict[str, int]:
    """Return the model calls of each data set; half of the decisions are taken to be against people."""
    return {name: _calls(one, facts.options) for name, one in facts.sets.items()}


def reason_units(facts: CostFacts) -> dict[str, dict[str, int]]:
    """Return the decisions behind each value, at most."""
    names = ("stable-share", "coverage", "confirmed-share", "unmapped-first-share")
    return {
        name: {
            f"reason-codes.{each}": min(facts.options.rows, one.n_rows)
            for each in (*names, "protected-in-top-share")
        }
        for name, one in facts.sets.items()
    }


def _calls(facts: SetFacts, options: Options) -> int:
    if not facts.n_parts:
        return 0
    rows = min(options.rows, facts.n_rows // 2)
    first, seeds = Method(id="integrated-gradients"), 1
    if options.compares_rows:
        first, seeds = Method(id="expected-gradients", n_samples=options.samples), 2
    asked = seeds * attribution_calls(facts, first, rows)
    asked += attribution_calls(facts, Method(id="occlusion"), rows)
    return round(asked + rows * min(options.n_reasons, facts.mean_parts))


def _caught(read: Callable[[], object]) -> list[str]:
    try:
        read()
    except AssayError as err:
        return list(err.problems)
    return []
