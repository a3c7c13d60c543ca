"""How an audit is declared: the ``audit`` decorator returns a value and changes no global state."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

from harness.errors import ContractError, must
from harness.records import ALL, DECIDING, Estimate, Measure, Measurement, Message

if TYPE_CHECKING:
    from pydantic import BaseModel

    from harness.auditing.checking import Check
    from harness.auditing.comparing import Comparison
    from harness.auditing.context import AuditContext
    from harness.auditing.costs import Calls, Units

Need = Literal[
    "predictions",
    "labels",
    "scores",
    "logits",
    "groups",
    "controls",
    "clusters",
    "rows",
    "train",
    "validation",
    "base",
    "canaries",
    "lineage",
    "model.items",
    "model.logits",
    "model.parts",
    "model.embeddings",
    "model.last-layer",
    "model.per-example-gradients",
    "model.log-probabilities",
    "model.generate",
]
NEEDS: tuple[Need, ...] = Need.__args__  # type: ignore[attr-defined]
Suite = Literal["quick", "standard", "deep"]
SUITES: tuple[Suite, ...] = ("quick", "standard", "deep")

PREDICT = "predict"
"""Name of the prediction stage beside the ids of the audits, where rows are counted."""

AuditFunction = Callable[["AuditContext"], Iterator[Measurement]]


class Planted(Protocol):
    """``planted(seed)``: a guilty and an innocent context, and the rule that tells them apart."""

    def __call__(self, seed: int) -> Trial:
        """Build the two contexts."""
        ...


@dataclass(frozen=True, slots=True)
class Trial:
    """A planted defect.

    Attributes:
        guilty, innocent: Contexts that the audit is run on.
        rule: One rule as a policy file writes it (``measure``, ``require``, ...), severity block.
    """

    guilty: AuditContext
    innocent: AuditContext
    rule: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Audit:
    """One question, answered by measurements.

    Attributes:
        id: Kebab-case; the prefix of its measures' keys.
        question: Ends in ``?``.
        needs: Without these the audit is not measured.
        uses: May be asked for, and may be absent.
        measures: Everything that it can yield.
        options: Pydantic model of its options; None when it has none.
        suites: Suites that hold it; none: it runs only where the config names it.
        cost: What it costs, e.g. ``no model calls`` or ``one forward per word of 200 rows``.
        calls: Facts → data set → inputs that the model is asked about; None when it asks no model.
        units: Facts → test set → measure → units behind its value, where they are not the rows.
        of_errors: Keys of measures that say how often decisions are wrong or right; in a plan a model whose
            errors fall evenly stands in for them.
        beyond: Keys of measures that rest on more than answers, labels and groups (training rows, the
            model), so that they cannot be derived again from what a run keeps; None where nobody said.
        compares: Measure key → which rates of which groups it compares, for what a plan says of it.
        planted: The defect it must find.
        check: Facts → what is wrong with its options, found before a run begins; None for nothing to
            be looked up.
        by_suite: Suite → defaults of options that differ there, below what the user says.
        run: The generator function.
        tasks: Kinds of task that it can judge; by default those that end in a decision.
        version: Raised whenever a value can differ for the same inputs.
        file, doc: Where it stands, and its public page.
    """

    id: str
    question: str
    needs: frozenset[Need]
    uses: frozenset[Need]
    measures: tuple[Measure, ...]
    options: type[BaseModel] | None
    suites: frozenset[Suite]
    cost: str
    calls: Calls | None
    planted: Planted | None
    units: Units | None
    of_errors: frozenset[str]
    beyond: frozenset[str] | None
    compares: Mapping[str, Comparison]
    check: Check | None
    by_suite: Mapping[Suite, Mapping[str, Any]]
    run: AuditFunction
    tasks: frozenset[str]
    version: str
    file: str
    doc: str

    def settled(self, suite: str | None, given: object = None) -> BaseModel | None:
        """Return the options of the audit in a suite: what the user says, above the suite's defaults.

        Args:
            suite: Suite that the run names; None outside a run.
            given: What the user says.

        Raises:
            ValidationError: If the options do not fit.
        """
        if self.options is None:
            return None
        if not (given is None or isinstance(given, Mapping)):
            return self.options.model_validate(given)
        defaults = self.by_suite.get(cast("Suite", suite), {})
        return self.options.model_validate({**defaults, **(given or {})})


def audit(
    *,
    id: str,
    question: str,
    needs: Iterable[Need],
    measures: Sequence[Measure],
    suites: Iterable[Suite],
    cost: str,
    uses: Iterable[Need] = (),
    options: type[BaseModel] | None = None,
    calls: Calls | None = None,
    planted: Planted | None = None,
    units: Units | None = None,
    of_errors: Iterable[str] = (),
    beyond: Iterable[str] | None = None,
    compares: Mapping[str, Comparison] | None = None,
    check: Check | None = None,
    by_suite: Mapping[Suite, Mapping[str, Any]] | None = None,
    tasks: Iterable[str] = DECIDING,
    version: str = "1",
) -> Callable[[AuditFunction], Audit]:
    """Declare an audit. Returns a value; changes no global state.

    An audit that may ask the model (any need or use ``model.*``) says beforehand how often, by
    ``calls``: at most about what it will ask, and not more than twice that.

    Raises:
        ContractError: If the declaration breaks the contract (all problems at once).
    """

    def declare(function: AuditFunction) -> Audit:
        declared = Audit(
            id=id,
            question=question,
            needs=frozenset(needs),
            uses=frozenset(uses),
            measures=tuple(measures),
            options=options,
            suites=frozenset(suites),
            cost=cost,
            calls=calls,
            planted=planted,
            units=units,
            of_errors=frozenset(of_errors),
            beyond=None if beyond is None else frozenset(beyond),
            compares=dict(compares or {}),
            check=check,
            by_suite=dict(by_suite or {}),
            run=function,
            tasks=frozenset(tasks),
            version=version,
            file=inspect.getsourcefile(function) or "",
            doc=inspect.getdoc(inspect.getmodule(function)) or "",
        )
        problems = _declaration_problems(declared)
        if problems:
            raise ContractError(*problems)
        return declared

    return declare


def not_measured(
    audit: Audit, because: Message, *, dataset: str, method: Literal["none", "error"] = "none"
) -> list[Measurement]:
    """Return one measurement without a value for each of the audit's measures.

    Args:
        audit: Whose measures they are.
        because: Why there is no value.
        dataset: Name of the data set.
        method: ``error`` when the audit crashed: findings are then *error*, not *not-measured*.
    """
    return [
        Measurement(
            measure=measure.key,
            dataset=dataset,
            slice=ALL,
            estimate=Estimate(
                value=None,
                low=None,
                high=None,
                n=0,
                unit=measure.unit,
                method=method,
                why_undefined=because,
            ),
        )
        for measure in audit.measures
    ]


def _declaration_problems(declared: Audit) -> list[str]:
    problems = []
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", declared.id):
        problems.append(f"An audit's id must be kebab-case, got {declared.id!r}.")
    if not declared.question.endswith("?"):
        problems.append(
            f"The question of {declared.id} must end in '?', got {declared.question!r}."
        )
    if not declared.doc:
        problems.append(
            f"The module of {declared.id} must have a docstring: it is the audit's public page."
        )
    unknown = (declared.needs | declared.uses) - set(NEEDS)
    if unknown:
        problems.append(
            f"needs of {declared.id} must be among {', '.join(NEEDS)}, got {sorted(unknown)}."
        )
    if not declared.suites <= set(SUITES):
        problems.append(
            f"suites of {declared.id} must be among {', '.join(SUITES)}, got {sorted(declared.suites)}."
        )
    problems += _calls_problems(declared)
    problems += _suite_problems(declared)
    for measure in declared.measures:
        if not re.fullmatch(rf"{re.escape(declared.id)}\.[a-z][a-z0-9]*(-[a-z0-9]+)*", measure.key):
            problems.append(
                f"A measure of {declared.id} must have a key like {declared.id}.some-name, got {measure.key!r}."
            )
    keys = [measure.key for measure in declared.measures]
    if len(set(keys)) != len(keys):
        problems.append(f"Measures of {declared.id} must have distinct keys.")
    if unknown_keys := sorted((declared.beyond or frozenset()) - set(keys)):
        problems.append(must(f"beyond of {declared.id}", "name measures of it", unknown_keys))
    return problems


def _suite_problems(declared: Audit) -> list[str]:
    """Say which defaults of a suite its options would not take."""
    from pydantic import ValidationError

    problems = []
    for suite, defaults in declared.by_suite.items():
        where = f"by_suite of {declared.id}"
        if suite not in SUITES:
            problems.append(must(where, f"name one of {', '.join(SUITES)}", suite))
        elif declared.options is None:
            problems.append(must(where, "be left out: it has no options", dict(defaults)))
        else:
            try:
                declared.options.model_validate(dict(defaults))
            except ValidationError as err:
                problems += [
                    must(
                        f"{where}, {suite}: {item['loc'][0]}",
                        f"be valid ({item['msg']})",
                        item["input"],
                    )
                    for item in err.errors()
                ]
    return problems


def _calls_problems(declared: Audit) -> list[str]:
    # whoever only turns inputs into items asks nothing
    asking = (declared.needs | declared.uses) - {"model.items"}
    asks = sorted(need for need in asking if need.startswith("model."))
    if asks and declared.calls is None:
        what = "a function from CostFacts to data set and number of model calls"
        return [f"{declared.id} must declare calls=, {what}: it needs {', '.join(asks)}, got none."]
    if declared.calls is not None and not asks:
        return [f"{declared.id} must need model.logits to declare calls, got no such need."]
    if declared.id == PREDICT:
        return [f"An audit's id must not be {PREDICT!r}, the name of a stage."]
    return []
