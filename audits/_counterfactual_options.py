"""Options of ``counterfactual``, and what is wrong with them before a run begins."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.data import (
    PredictionsSpec,
    StoredPredictions,
    TwinsSpec,
    id_problems,
    load_predictions_table,
    read_twins,
    take,
)
from harness.errors import AssayError, DataError, must, nearest
from harness.records import names_of
from harness.swaps import BUILTIN, Swapper, read_word_list

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.auditing import OptionFacts
    from harness.data import Dataset
    from harness.records import Task

WHERE = "audits.counterfactual"
"""Where the options stand in a config."""


class Symmetric(BaseModel):
    """Rows whose texts are symmetric: another identity leaves the right answer as it is.

    Attributes:
        column: A group or control column of the data set.
        values: Its values that mark such rows.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str = Field(min_length=1)
    values: tuple[str, ...] = Field(min_length=1)


class Pairs(BaseModel):
    """Twins that were written elsewhere: a file, or another test set of the run.

    Attributes:
        path: File of the twins, relative to the config.
        dataset: Test set that holds the twins, with the same ids.
        of: Test set whose twins they are; may be left out where only one can be meant.
        id: Id column of the file.
        text: Text column of the file; that of the test set where none is given.
        pair: Column of a second text.
        encoding: Codec of the file.
        scores: Columns of the scores of the twins, for a run on stored predictions.
        decision: Column of the decisions of the twins, the same.
        label_values: Raw decision → class name.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str | None = None
    dataset: str | None = None
    of: str | None = None
    id: str | None = None
    text: str | None = None
    pair: str | None = None
    encoding: str = "utf-8"
    scores: tuple[str, ...] | None = None
    decision: str | None = None
    label_values: dict[str, str] | None = None

    @model_validator(mode="after")
    def _check(self) -> Pairs:
        problems = []
        if (self.path is None) == (self.dataset is None):
            problems.append(
                f"pairs must have either path or dataset, got {'neither' if self.path is None else 'both'}"
            )
        if self.path is not None and self.id is None:
            problems.append("pairs.id must be given: the twins of a file are matched by id")
        if self.path is None and (self.id or self.text or self.pair or self.has_answers):
            problems.append(
                "pairs must have no columns beside dataset: a test set has its own roles"
            )
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def has_answers(self) -> bool:
        """Whether the file holds the answers about the twins."""
        return self.scores is not None or self.decision is not None

    def texts(self, dataset: Dataset) -> tuple[str, ...]:
        """Return the text columns of the file: as named, else those of the data set."""
        if self.text is not None:
            return (self.text,) if self.pair is None else (self.text, self.pair)
        role = dataset.ref.roles.get("text", dataset.ref.roles.get("pair", []))
        names = (role,) if isinstance(role, str) else tuple(role)
        return () if self.has_answers else names


class Options(BaseModel):
    """Options of ``counterfactual``.

    Attributes:
        lists: Word lists: ``en``, ``zh``, or YAML files of your own, relative to the config.
        categories: Categories that are swapped; all of the lists where none are named.
        rows: Texts that are swapped, at most.
        swaps_per_text: Counterfactuals of each of them, at most, shared out over its categories.
        min_texts: An identity that is compared in fewer texts has no slice of its own.
        positive: The class whose score is followed; class 1 of two where none is named.
        symmetric: Whether every text is symmetric, or which rows are; the others are left out then.
        pairs: Twins that were written elsewhere, instead of swaps.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    lists: tuple[str, ...] = Field(default=BUILTIN, min_length=1)
    categories: tuple[str, ...] = ()
    rows: int = Field(default=400, ge=1)
    swaps_per_text: int = Field(default=4, ge=1)
    min_texts: int = Field(default=10, ge=1)
    positive: str | None = None
    symmetric: bool | Symmetric = False
    pairs: Pairs | None = None


def swapper_of(options: WordListOptions, base: Path | None) -> Swapper:
    """Return the swapper of the options' lists.

    Raises:
        ConfigError: If a list cannot be read.
    """
    return _swapper(tuple(_stamped(one, base) for one in options.lists))


def twins_name(pairs: Pairs | None, tests: Mapping[str, object]) -> str | None:
    """Return the test set whose twins the option names; None without pairs, or where it is open."""
    if pairs is None:
        return None
    if pairs.of is not None:
        return pairs.of
    others = [name for name in tests if name != pairs.dataset]
    return others[0] if len(others) == 1 else None


def twins_spec(pairs: Pairs, dataset: Dataset, path: Path, *, place: str = "") -> TwinsSpec:
    """Return what is to be read of a file of twins."""
    assert pairs.id is not None  # the option has been checked
    texts = pairs.texts(dataset) if dataset.has_inputs else ()
    return TwinsSpec(path, pairs.id, texts, pairs.encoding, f"{WHERE}.pairs", place)


def stored_answers(
    pairs: Pairs, dataset: Dataset, task: Task, path: Path, *, place: str = ""
) -> StoredPredictions:
    """Read the answers about the twins of all rows of a data set.

    Raises:
        DataError: If they cannot be read, or do not belong to the rows.
    """
    spec = PredictionsSpec(
        path=path,
        id=pairs.id,
        scores=pairs.scores,
        decision=pairs.decision,
        encoding=pairs.encoding,
        label_values=pairs.label_values,
        where=f"{WHERE}.pairs",
        place=place,
    )
    return load_predictions_table(spec, dataset, task)


def option_problems(facts: OptionFacts) -> list[str]:
    """Return what is wrong with the options, as far as config and data can tell."""
    options: Options = facts.options
    problems = list_problems(facts, options, WHERE) + class_problems(facts, "positive", WHERE)
    if isinstance(options.symmetric, Symmetric):
        problems += _symmetric_problems(facts, options.symmetric)
    if options.pairs is not None:
        problems += _pair_problems(facts, options.pairs)
    return problems


class WordListOptions(Protocol):
    """Options that name word lists and categories of them."""

    @property
    def lists(self) -> tuple[str, ...]:
        """Word lists."""
        ...

    @property
    def categories(self) -> tuple[str, ...]:
        """Categories of the lists; all where none are named."""
        ...


def class_problems(facts: OptionFacts, key: str, where: str) -> list[str]:
    """Return what is wrong with an option that names a class of the task, or nothing."""
    named = getattr(facts.options, key)
    if named is None or named in facts.task.classes:
        return []
    what = f"name a class of the task ({', '.join(facts.task.classes)})"
    do = nearest(named, facts.task.classes).strip()
    return [must(f"{where}.{key}", what, named, place=facts.place(key), do=do)]


def list_problems(facts: OptionFacts, options: WordListOptions, where: str) -> list[str]:
    """Return what is wrong with word lists and categories.

    Args:
        facts: Of the options.
        options: What names them.
        where: Where the options stand in a config.
    """
    problems = []
    for number, one in enumerate(options.lists):
        if one not in BUILTIN and not facts.file(one).is_file():
            what = f"name a list of the package ({', '.join(BUILTIN)}) or a readable YAML file"
            at = facts.place("lists", number)
            problems.append(must(f"{where}.lists.{number}", what, one, place=at))
    if problems:
        return problems
    try:
        known = swapper_of(options, facts.base).categories
    except AssayError as err:
        return list(err.problems)
    return [
        must(
            f"{where}.categories",
            f"name categories of the lists ({', '.join(known)})",
            one,
            place=facts.place("categories"),
            do=nearest(one, known).strip(),
        )
        for one in options.categories
        if one not in known
    ]


def _symmetric_problems(facts: OptionFacts, symmetric: Symmetric) -> list[str]:
    problems = []
    for name, dataset in facts.tests.items():
        columns = {**dataset.control, **dataset.groups}
        if symmetric.column not in columns:
            what = f"name a group or control column of the data set {name} ({', '.join(columns) or 'none'})"
            at = facts.place("symmetric", "column")
            problems.append(must(f"{WHERE}.symmetric.column", what, symmetric.column, place=at))
            continue
        held = names_of(columns[symmetric.column].tolist())
        problems += [
            must(
                f"{WHERE}.symmetric.values",
                f"occur in the column {symmetric.column} of the data set {name}",
                value,
                place=facts.place("symmetric", "values"),
                do=nearest(value, held).strip(),
            )
            for value in symmetric.values
            if value not in held
        ]
    return problems


def _pair_problems(facts: OptionFacts, pairs: Pairs) -> list[str]:
    at, tests = facts.place("pairs"), facts.tests
    problems = [
        must(f"{WHERE}.pairs.{key}", f"name a test set ({', '.join(tests)})", name, place=at)
        for key, name in (("of", pairs.of), ("dataset", pairs.dataset))
        if name is not None and name not in tests
    ]
    if problems:
        return problems
    name = twins_name(pairs, tests)
    if name is None or name == pairs.dataset:
        what = f"name the test set whose twins they are ({', '.join(tests)})"
        return [must(f"{WHERE}.pairs.of", what, pairs.of, place=at)]
    if facts.has_model and pairs.has_answers:
        what = "have no scores and no decision: the model of the run is asked about the twins"
        return [must(f"{WHERE}.pairs", what, pairs.scores or pairs.decision, place=at)]
    dataset = tests[name]
    if pairs.path is not None:
        path = facts.file(pairs.path)
        try:
            twins = read_twins(twins_spec(pairs, dataset, path, place=at), dataset)
            if pairs.has_answers:
                stored_answers(pairs, take(dataset, twins.position), facts.task, path, place=at)
        except DataError as err:
            return list(err.problems)
        return [] if facts.has_model or pairs.has_answers else [_no_answers(at)]
    assert pairs.dataset is not None
    other = tests[pairs.dataset]
    problems = [*id_problems(dataset), *id_problems(other)]
    shared = set(dataset.example_id.tolist()) & set(other.example_id.tolist())
    if not problems and not shared:
        what = f"share ids with the data set {name}"
        problems.append(must(f"{WHERE}.pairs.dataset", what, pairs.dataset, place=at))
    return problems


def _no_answers(at: str) -> str:
    what = "name the scores or the decision of the twins: the run has stored predictions only"
    return must(f"{WHERE}.pairs", what, None, place=at)


def _stamped(ref: str, base: Path | None) -> tuple[str, str | None, int]:
    if ref in BUILTIN:
        return ref, None, 0
    path = (base or Path()) / Path(ref).expanduser()
    return ref, str(base or ""), path.stat().st_mtime_ns if path.is_file() else 0


@lru_cache(maxsize=8)
def _swapper(lists: tuple[tuple[str, str | None, int], ...]) -> Swapper:
    return Swapper([read_word_list(ref, base=Path(base or "")) for ref, base, _ in lists])
