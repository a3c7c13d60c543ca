"""Options of ``robustness``, and what is wrong with them before a run begins."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from harness.edits import BUILTIN, Edit, Synonyms, edits, named, read_synonyms
from harness.errors import AssayError, must, nearest

if TYPE_CHECKING:
    from harness.auditing import OptionFacts

WHERE = "audits.robustness"
"""Where the options stand in a config."""


class Options(BaseModel):
    """Options of ``robustness``.

    Attributes:
        rows: Texts that are edited, at most.
        edits: Ids of the edits that are made; all of them where none are named.
        synonyms: Lists of synonyms: ``en``, ``zh``, or YAML files of your own, relative to the config; an
            empty list for no synonyms.
        min_texts: An edit that changes fewer texts has no slice of its own.
        attack_rows: Texts that are attacked word by word, at most; 0 for no attack.
        words: Words of a text that an attack may change.
        queries: Times that an attack may ask the model about one text; finding out which words weigh
            most is not counted.
        ranking: How an attack finds those words.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: int = Field(default=300, ge=1)
    edits: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = BUILTIN
    min_texts: int = Field(default=10, ge=1)
    attack_rows: int = Field(default=100, ge=0)
    words: int = Field(default=3, ge=1)
    queries: int = Field(default=40, ge=1)
    ranking: Literal["occlusion", "gradient-x-input", "integrated-gradients"] = "occlusion"


def lists_of(options: Options, base: Path | None) -> tuple[Synonyms, ...]:
    """Return the lists of synonyms that the options name.

    Raises:
        ConfigError: If a list cannot be read.
    """
    return tuple(
        _builtin(one) if one in BUILTIN else read_synonyms(one, base=base)
        for one in options.synonyms
    )


def edits_of(options: Options, lists: tuple[Synonyms, ...]) -> tuple[Edit, ...]:
    """Return the edits that the options name, or all.

    Raises:
        ContractError: If there is no edit of a name.
    """
    return named(options.edits, lists) if options.edits else edits(lists)


def option_problems(facts: OptionFacts) -> list[str]:
    """Return what is wrong with the options, as far as the config can tell."""
    options: Options = facts.options
    known = [one.id for one in edits()]
    problems = [
        must(
            f"{WHERE}.edits.{number}",
            f"be one of {', '.join(known)}",
            one,
            place=facts.place("edits", number),
            do=nearest(one, known).strip(),
        )
        for number, one in enumerate(options.edits)
        if one not in known
    ]
    if "synonyms" in options.edits and not options.synonyms:
        what = "name a list where the edit synonyms is asked for"
        problems.append(must(f"{WHERE}.synonyms", what, [], place=facts.place("synonyms")))
    for number, one in enumerate(options.synonyms):
        if one in BUILTIN:
            continue
        if not facts.file(one).is_file():
            what = f"name a list of the package ({', '.join(BUILTIN)}) or a readable YAML file"
            at = facts.place("synonyms", number)
            problems.append(must(f"{WHERE}.synonyms.{number}", what, one, place=at))
            continue
        try:
            read_synonyms(one, base=facts.base)
        except AssayError as err:
            problems += err.problems
    return problems


@cache
def _builtin(name: str) -> Synonyms:
    return read_synonyms(name)
