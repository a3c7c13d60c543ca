"""The numbers of ``faithfulness``: rankings of words, and what taking words away does.

Legend of shapes: k rows, p parts of a row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from audits._attribution import Sampled
from harness.engines.perturbation import (
    Curve,
    aopc_limits,
    comprehensiveness,
    delta_over_random,
    normalised,
    orders_of,
    random_orders,
    removal_scores,
    sufficiency,
)
from harness.errors import MethodRefused

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._clusters import Clusters
    from harness.attributions import Attributions
    from harness.auditing import AuditContext
    from harness.modelling import Item

    Floats = NDArray[np.float64]
    Order = NDArray[np.int64]

RANDOM = "random"
"""Slice of the random orders, beside those of the methods."""

EXACT_UP_TO = 8
"""Most words of a row whose best and worst order are known exactly: 256 inputs."""

WIDTH = 3
"""States that a search for the best and worst order keeps."""

REMOVALS = ("mask", "pad", "delete")

POINTS = ("dataset", "example_id", "ranking", "n_taken", "n_words", "without", "kept")
"""Columns of the artifact with the curves: words that are taken, and probabilities."""

ORDERS_SEED = 0
"""Random orders are those of every run: they depend on the content of a row alone."""


@dataclass(slots=True)
class Sample:
    """Sampled rows of one data set with the rankings that are judged.

    Attributes:
        of_rows: The rows.
        n_parts: p of each, shape [k].
        found: Method → its attributions.
        refused: Method → why it is not measured.
        chance: Random orders, r lists of k.
    """

    of_rows: Sampled
    n_parts: NDArray[np.int64]
    found: dict[str, Attributions] = field(default_factory=dict)
    refused: dict[str, MethodRefused] = field(default_factory=dict)
    chance: list[list[Order]] = field(default_factory=list)

    @classmethod
    def of(cls, ctx: AuditContext, dataset: str, n: int) -> Sample:
        """Draw the rows of a data set and explain them by every method of the options."""
        rows = Sampled.of(ctx, dataset, n)
        n_parts = np.array([len(ctx.parts_of.parts(item)) for item in rows.items], dtype=np.int64)
        one = cls(rows, n_parts)
        for id in ctx.options.methods:
            try:
                one.found[id] = rows.explained(ctx.options.chosen(id))
            except MethodRefused as err:
                one.refused[id] = err
        n_orders = ctx.options.random_orders
        one.chance = random_orders(
            rows.items, n_parts.tolist(), n_orders=n_orders, seed=ORDERS_SEED
        )
        return one

    @property
    def ctx(self) -> AuditContext:
        """The audit's context."""
        return self.of_rows.ctx

    @property
    def dataset(self) -> str:
        """Name of the data set."""
        return self.of_rows.dataset

    @property
    def rows(self) -> NDArray[np.int64]:
        """Positions, shape [k]."""
        return self.of_rows.rows

    @property
    def items(self) -> list[Item]:
        """Prepared inputs, k of them."""
        return self.of_rows.items

    @property
    def logits(self) -> NDArray[np.float32]:
        """Of the whole inputs, shape [k, c]."""
        return self.of_rows.logits

    @property
    def cluster(self) -> Clusters:
        """Clusters where rows share some, shape [k]."""
        return self.of_rows.cluster

    def is_sound(self, id: str) -> NDArray[np.bool_]:
        """Return which rows count for a method: those with words, and not unconverged; shape [k]."""
        has_parts = self.n_parts > 0
        return has_parts if id == RANDOM else has_parts & (self.found[id].status != "unconverged")

    def rankings(self, index: NDArray[np.int64] | None = None) -> dict[str, list[Order]]:
        """Return every ranking of some rows, or of all: methods by their ids, then ``random-<i>``."""
        chosen = np.arange(len(self.items)) if index is None else index
        named = {id: orders_of(each) for id, each in self.found.items()}
        named |= {f"{RANDOM}-{i}": each for i, each in enumerate(self.chance)}
        return {name: [orders[i] for i in chosen.tolist()] for name, orders in named.items()}

    def curves(self, index: NDArray[np.int64] | None = None, **how: Any) -> Curves:
        """Take words away along all rankings of some rows, or of all, in one packed call."""
        chosen = np.arange(len(self.items)) if index is None else index
        options: dict[str, Any] = {
            "variant": self.ctx.options.variant,
            "removal": self.ctx.options.removal,
        }
        curves = removal_scores(
            self.ctx.parts_of,
            [self.items[i] for i in chosen.tolist()],
            self.rankings(chosen),
            logits=self.logits[chosen],
            ask=self.ctx.ask_many,
            **(options | how),
        )
        return Curves({id: curves[id] for id in self.found}, _random(curves))

    def points(self, curves: Curves) -> list[tuple[object, ...]]:
        """Return every point of every curve, as the columns ``POINTS`` name them."""
        ids = self.ctx.predictions(self.dataset).example_id[self.rows]
        named = curves.of | {f"{RANDOM}-{i}": one for i, one in enumerate(curves.random)}
        return [
            (
                self.dataset,
                str(ids[row]),
                name,
                int(curve.taken[at]),
                int(curve.n_parts[row]),
                float(curve.without[at]),
                float(curve.kept[at]),
            )
            for name, curve in named.items()
            for row in range(len(self.rows))
            for at in range(int(curve.starts[row]), int(curve.starts[row + 1]))
        ]


@dataclass(frozen=True, slots=True)
class Curves:
    """Curves of methods, and of random orders of the same rows.

    Attributes:
        of: Method → curve.
        random: One for each random order.
    """

    of: dict[str, Curve]
    random: list[Curve]

    def scores(self, id: str) -> dict[str, Floats]:
        """Return what a method, or chance, is worth on each row, shape [k] each."""
        if id == RANDOM:
            return {
                "comprehensiveness": np.mean(
                    [comprehensiveness(one) for one in self.random], axis=0
                ),
                "sufficiency": np.mean([sufficiency(one) for one in self.random], axis=0),
            }
        curve = self.of[id]
        return {
            "comprehensiveness": comprehensiveness(curve),
            "sufficiency": sufficiency(curve),
            "comprehensiveness-over-random": delta_over_random(curve, self.random),
            "sufficiency-over-random": delta_over_random(curve, self.random, sufficiency),
        }


def _random(curves: dict[str, Curve]) -> list[Curve]:
    return [curve for name, curve in curves.items() if name.startswith(f"{RANDOM}-")]


def normalised_scores(sample: Sample, index: NDArray[np.int64]) -> dict[str, dict[str, Floats]]:
    """Return normalised scores of short rows: method or ``random`` → measure → shape [m].

    Args:
        sample: The rows.
        index: Which of them are short, shape [m].
    """
    ctx, options = sample.ctx, sample.ctx.options
    curves = sample.curves(index, variant="every-word")
    limits = aopc_limits(
        ctx.parts_of,
        [sample.items[i] for i in index.tolist()],
        logits=sample.logits[index],
        ask=ctx.ask_many,
        removal=options.removal,
        exact_up_to=EXACT_UP_TO,
        width=WIDTH,
        search_up_to=options.short_words,
    ).widened(*curves.of.values(), *curves.random)
    kinds = {"comprehensiveness": comprehensiveness, "sufficiency": sufficiency}

    def of(curve: Curve) -> dict[str, Floats]:
        # the least and greatest order of sufficiency may lie a rounding beside those that were asked
        return {name: np.clip(normalised(curve, limits, one), 0, 1) for name, one in kinds.items()}

    found = {id: of(curve) for id, curve in curves.of.items()}
    chance = [of(curve) for curve in curves.random]
    found[RANDOM] = {name: np.mean([one[name] for one in chance], axis=0) for name in kinds}
    return found


def agreement(
    sample: Sample, curves: Curves, index: NDArray[np.int64]
) -> dict[str, NDArray[np.bool_]] | MethodRefused:
    """Return for each method on which rows all ways to take words away agree, shape [m].

    They agree on a row where each says that the ranking is better than random orders, or each that
    it is not.

    Args:
        sample: The rows.
        curves: Of all rows, for the removal of the options.
        index: Rows that are looked at, shape [m].
    """
    used = sample.ctx.options.removal
    wins = {id: [delta_over_random(c, curves.random)[index] > 0] for id, c in curves.of.items()}
    for removal in REMOVALS:
        if removal == used:
            continue
        try:
            other = sample.curves(index, removal=removal)
        except MethodRefused as err:
            return err
        for id, curve in other.of.items():
            wins[id].append(delta_over_random(curve, other.random) > 0)
    return {id: np.all(np.array(each) == each[0], axis=0) for id, each in wins.items()}
