"""Message, Measure, Estimate, Measurement: what was seen, with its uncertainty and no judgement."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal
from urllib.parse import quote, unquote

ALL = "all"
"""The slice that holds every example of a data set."""

_STRICT = {"extra": "forbid", "strict": True}

Param = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Message:
    """One sentence that a reader sees.

    Attributes:
        id: Stable dotted kebab-case id, the key of a translation, e.g. ``gate.straddles``.
        params: Values that the sentence names. Never text of a row.
        text: The sentence in English, parameters filled in.
    """

    __pydantic_config__ = _STRICT

    id: str
    text: str
    params: dict[str, Param] = field(default_factory=dict)

    @classmethod
    def of(cls, id: str, template: str, /, **params: Param) -> Message:
        """Build a message from an English template in ``str.format`` style."""
        return cls(id=id, text=template.format(**params), params=params)


@dataclass(frozen=True, slots=True)
class Measure:
    """What an audit can measure.

    Attributes:
        key: ``<audit-id>.<measure-id>``, both kebab-case.
        title: A few words, sentence case.
        unit: ``share``, ``difference``, ``ratio``, ``nats``, ``count``, ``correlation`` ...
        better: Which direction is better for the people concerned.
        range_low, range_high: Ends of what is possible; None where there is no end.
        reads_as: One sentence in natural frequencies. Placeholders: ``{value}``, ``{per_100}``
            (value times 100, rounded), ``{low}``, ``{high}``, ``{n}``, ``{slice}``.
        blind_to: What the measure cannot see.
        source: Where the definition comes from.
    """

    __pydantic_config__ = _STRICT

    key: str
    title: str
    unit: str
    better: Literal["higher", "lower"]
    range_low: float | None
    range_high: float | None
    reads_as: str
    blind_to: str
    source: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an estimate can be recomputed from.

    Attributes:
        values: Counts or constants, inline; lists are counts, or names of groups.
        path: File in the bundle that holds an array, relative, with ``/``; None when all is inline.
        sha256: Digest of that file.
        column: Column of that file.
    """

    __pydantic_config__ = _STRICT

    values: dict[str, int | float | str | list[int] | list[float] | list[str] | list[list[int]]] = (
        field(default_factory=dict)
    )
    path: str | None = None
    sha256: str | None = None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its uncertainty, or the reason why there is none.

    Attributes:
        value: The point; None when it is undefined or was not measured.
        low, high: Ends of the interval; None where there is no bound.
        n: Number of units behind the value (the denominator).
        unit: Unit of value, low and high.
        method: One of ``harness.stats.METHODS``, or ``none`` when nothing was measured.
        alpha_low, alpha_high: One-sided error of each end.
        evidence: What ``harness.stats.reestimate`` needs to move an end.
        why_undefined: Set exactly when value is None.
    """

    __pydantic_config__ = _STRICT

    value: float | None
    low: float | None
    high: float | None
    n: int
    unit: str
    method: str
    alpha_low: float = 0.05
    alpha_high: float = 0.05
    evidence: Evidence | None = None
    why_undefined: Message | None = None

    @property
    def is_measured(self) -> bool:
        """True when there is a value or at least one bound."""
        return self.value is not None or self.low is not None or self.high is not None


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measure on one slice of one data set.

    Attributes:
        measure: Key of the measure.
        dataset: Name of the data set.
        slice: ``all`` or ``column=value,column=value`` (see ``slice_name``).
        estimate: The value with its uncertainty.
        share: Share of the data set's examples that lie in the slice, 0 to 1.
        caveats: What a reader must know before using the value.
        notes: What else was found, e.g. which word is the one that decides.
    """

    __pydantic_config__ = _STRICT

    measure: str
    dataset: str
    slice: str
    estimate: Estimate
    share: float | None = None
    caveats: tuple[Message, ...] = ()
    notes: tuple[Message, ...] = ()

    @property
    def key(self) -> str:
        """``measure@dataset[slice]``, unique within a run."""
        return f"{self.measure}@{self.dataset}[{self.slice}]"


@dataclass(frozen=True, slots=True)
class Measurements:
    """Everything that a run measured, with the definitions beside it (``measurements.json``)."""

    __pydantic_config__ = _STRICT

    schema_version: Literal["modelassay/measurements/v1"]
    measures: tuple[Measure, ...]
    measurements: tuple[Measurement, ...]


def slice_name(values: Mapping[str, str]) -> str:
    """Return the canonical name of a slice: columns sorted, names and values percent-encoded."""
    if not values:
        return ALL
    return ",".join(
        f"{quote(column, safe='')}={quote(values[column], safe='')}" for column in sorted(values)
    )


def slice_columns(name: str) -> dict[str, str]:
    """Return column → value of a slice name; empty for ``all``.

    Raises:
        ValueError: If the name is not in canonical form.
    """
    if name == ALL:
        return {}
    values: dict[str, str] = {}
    for part in name.split(","):
        column, equals, value = part.partition("=")
        if not equals or not column:
            raise ValueError(f"not a slice: {name!r}")
        values[unquote(column)] = unquote(value)
    if len(values) != name.count(",") + 1:
        raise ValueError(f"a column stands twice in the slice {name!r}")
    return values


def _difference(values: Mapping[str, object]) -> Fraction | None:
    shares = []
    for group in ("a", "b"):
        successes, trials = values.get(f"successes_{group}"), values.get(f"trials_{group}")
        if not isinstance(successes, int) or not isinstance(trials, int) or trials <= 0:
            return None
        shares.append(Fraction(successes, trials))
    return shares[0] - shares[1]


def exact_share(estimate: Estimate) -> Fraction | None:
    """Return the value as an exact fraction when the evidence holds its counts."""
    values = estimate.evidence.values if estimate.evidence else {}
    successes, trials = values.get("successes"), values.get("trials")
    if isinstance(successes, int) and isinstance(trials, int) and trials > 0:
        return Fraction(successes, trials)
    if estimate.method == "newcombe":
        return _difference(values)
    if estimate.method in ("worst-difference", "worst-ratio") and not values.keys() & _NO_FRACTION:
        found = [_worst(estimate.method, *rows) for rows in _tables(successes, trials)]
        known = [one for one in found if one is not None]
        pick = max if estimate.method == "worst-difference" else min
        return pick(known) if known else None
    return None


_NO_FRACTION = frozenset({"weights", "reference"})
"""A mean over classes, or a comparison with one group, is not the worst of the counts."""


def _tables(successes: object, trials: object) -> Iterator[tuple[list[int], list[int]]]:
    if isinstance(successes, list) and isinstance(trials, list):
        for rows in zip(successes, trials, strict=False):
            if isinstance(rows[0], list) and isinstance(rows[1], list):
                yield rows[0], rows[1]


def _worst(method: str, successes: list[int], trials: list[int]) -> Fraction | None:
    rates = [Fraction(x, n) for x, n in zip(successes, trials, strict=False) if n > 0]
    if len(rates) < 2:
        return None
    if method == "worst-difference":
        return max(rates) - min(rates)
    return min(rates) / max(rates) if max(rates) else None


def estimate_problems(estimate: Estimate) -> list[str]:
    """Say what breaks the contract of an estimate: no naked, non-finite or inverted numbers."""
    if _is_plain(estimate):
        return []
    problems = []
    ends = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    for name, number in ends.items():
        if number is not None and not math.isfinite(number):
            problems.append(f"{name} must be finite, got {number}")
    if problems:
        return problems
    if (estimate.value is None) != (estimate.why_undefined is not None):
        problems.append("a value and a reason why there is none exclude each other")
    if not (0 < estimate.alpha_low < 0.5 and 0 < estimate.alpha_high < 0.5):
        problems.append("alpha_low and alpha_high must lie between 0 and 0.5")
    if estimate.n < 0:
        problems.append(f"n must be >= 0, got {estimate.n}")
    return problems + _order_problems(estimate)


def _is_plain(estimate: Estimate) -> bool:
    """Tell whether an estimate is what most are, so that no rule of the contract can be broken."""
    low, value, high = estimate.low, estimate.value, estimate.high
    if low is None or value is None or high is None or estimate.why_undefined is not None:
        return False
    is_ordered = -math.inf < low <= value <= high < math.inf and low < high
    return is_ordered and 0 < estimate.alpha_low < 0.5 > estimate.alpha_high > 0 <= estimate.n


def _order_problems(estimate: Estimate) -> list[str]:
    low, high, value = estimate.low, estimate.high, estimate.value
    problems = []
    if value is not None and (low is None or high is None):
        problems.append("a value needs both ends of its interval")
    if low is not None and high is not None:
        if low > high:
            problems.append(f"low must be <= high, got {low} > {high}")
        if low == high and estimate.method != "exact":
            problems.append(f"low == high only for the method 'exact', got {estimate.method!r}")
        if value is not None and not low <= value <= high:
            problems.append(f"value must lie in its interval, got {value} outside [{low}, {high}]")
    return problems
