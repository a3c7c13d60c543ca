"""Integrated gradients with as many nodes as a row needs, where it needs them.

Level 1 takes 15 nodes. Rows that neither add up nor rank as with 7 of these 15 go on: the line is cut
at the nodes, and every panel whose own sum misses the change of the output across it is halved,
forward passes only, until it is known where the output changes; new nodes go there. A panel that
adds up keeps its gradients. Each level may double the gradients of a row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from harness.attributions import LEAST_CHANGE, RELATIVE_GAP, Status
from harness.engines.attribution.convergence import is_stable, judged, top_overlap
from harness.engines.attribution.quadrature import gauss_kronrod, gauss_legendre
from harness.engines.attribution.rows import Found, Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.engines.attribution.gradients import Work
    from harness.engines.attribution.lines import Lines

    Floats = NDArray[np.float64]

_BEARABLE_GAP = 0.1
"""Largest relative gap at which agreement on what comes first ends the search."""

_REFINED = 1.5
"""Gradients of a level for each of the level before, from which their agreement says something."""

_NARROW = 1e-5
"""Width of a panel that is not cut any further."""


@dataclass(slots=True)
class Panel:
    """A stretch of a line with its own rule.

    Attributes:
        low, high: Where it begins and ends; the output is known at both.
        nodes: Where gradients are taken.
        weights: What each counts; they add up to the width.
        doubt: By how much the sum over it, or its share of a larger panel, missed the change.
    """

    low: float
    high: float
    nodes: Sequence[float] = ()
    weights: Sequence[float] = ()
    doubt: float = 0.0


@dataclass(slots=True)
class Path:
    """The line of one row and all that is known along it.

    Attributes:
        content: Which tokens count, shape [t].
        outputs: Place → f there.
        slopes: Place → what each token adds there, shape [t].
        panels: From 0 to 1 without gaps.
        values: Of the last level, shape [t].
        before: Of the level before.
        n_forwards: Forward passes spent.
        n_slopes: Gradients that the level before and the last one had.
    """

    content: NDArray[np.bool_]
    outputs: dict[float, float]
    slopes: dict[float, Floats] = field(default_factory=dict)
    panels: list[Panel] = field(default_factory=list)
    values: Floats = field(default_factory=lambda: np.zeros(0))
    before: Floats = field(default_factory=lambda: np.zeros(0))
    n_forwards: int = 1
    n_slopes: tuple[int, int] = (0, 0)

    @property
    def change(self) -> float:
        """f(x) - f(baseline)."""
        return self.outputs[1.0] - self.outputs[0.0]

    @property
    def gap(self) -> float:
        """Sum of the values minus the change."""
        return float(self.values.sum()) - self.change

    @property
    def overlap(self) -> float:
        """Overlap of what comes first at the last two levels."""
        return top_overlap(self.values, self.before, self.content)

    @property
    def status(self) -> Status:
        """Verdict after the last level.

        Agreement on what comes first counts where the level was worth the name. The 15 nodes of level
        1 hold the 7 that it is compared with, so that it may agree with itself and yet have missed a
        jump altogether; and so may a level that had but a few gradients left.
        """
        before, now = self.n_slopes
        is_level = now >= _REFINED * before
        stable = is_level and is_stable(self.overlap, int(self.content.sum()))
        return judged(self.gap, self.change, is_stable=stable)

    @property
    def goes_on(self) -> bool:
        """Whether another level is worth its gradients: also where values agree but hardly add up."""
        miss = abs(self.gap) / max(abs(self.change), LEAST_CHANGE)
        return self.status == "unconverged" or (self.status == "converged" and miss > _BEARABLE_GAP)

    def step(self, panel: Panel) -> float:
        """Return how much the output changes across a panel."""
        return self.outputs[panel.high] - self.outputs[panel.low]

    def carried(self, panel: Panel) -> float:
        """Return how much may happen in a panel: the change across it, and what was missed there."""
        return abs(self.step(panel)) + panel.doubt

    def error(self, panel: Panel) -> float:
        """Return by how much the sum over a panel misses the change across it."""
        total = sum(
            weight * float(self.slopes[node].sum())
            for node, weight in zip(panel.nodes, panel.weights, strict=True)
        )
        return abs(total - self.step(panel))

    def integrate(self) -> None:
        """Take the sum over all panels as the values of a new level."""
        self.before = self.values
        self.n_slopes = (self.n_slopes[1], len(self.slopes))
        total = np.zeros(len(self.content))
        for panel in self.panels:
            for node, weight in zip(panel.nodes, panel.weights, strict=True):
                total += weight * self.slopes[node]
        self.values = total


def adaptive(work: Work, rows: Rows) -> Found:
    """Attribute rows of one chunk; see the head of this module."""
    found = Found.nothing(rows)
    found.status = ["nothing-to-attribute"] * rows.n
    baselines = work.baselines(rows)
    lines = work.lines(rows, baselines)
    found.blank = work.blank(lines, baselines)
    paths = {
        row: Path(rows.content[row], {0.0: float(found.blank[row]), 1.0: float(rows.whole[row])})
        for row in range(rows.n)
        if rows.content[row].any()
    }
    _first_level(lines, paths)
    for n_most in _levels(work.method.max_gradients):
        missing = {row: path for row, path in paths.items() if path.goes_on}
        if not missing:
            break
        _next_level(lines, missing, n_most)
    for row, path in paths.items():
        found.values[row], found.gap[row] = path.values, path.gap
        found.status[row], found.top_overlap[row] = path.status, path.overlap
        found.n_gradients[row], found.n_forwards[row] = len(path.slopes), path.n_forwards
    return found


def _levels(most: int) -> list[int]:
    """Return how many gradients a row may have had after each level: 32, 64, ... up to the most."""
    doubled = [16 * 2**k for k in range(1, 32)]
    return [n for n in doubled if n < most] + [most] * (most > len(gauss_kronrod()[0]))


def _first_level(lines: Lines, paths: dict[int, Path]) -> None:
    nodes, weights, small = gauss_kronrod()
    _differentiate(lines, paths, {row: nodes.tolist() for row in paths})
    for path in paths.values():
        for rule in (small, weights):
            path.panels = [Panel(0.0, 1.0, nodes.tolist(), rule.tolist())]
            path.integrate()


def _next_level(lines: Lines, paths: dict[int, Path], n_most: int) -> None:
    """Renew the panels that do not add up, with the gradients that a row has left."""
    kept: dict[int, list[Panel]] = {}
    renewed: dict[int, list[Panel]] = {}
    left = {row: n_most - len(path.slopes) for row, path in paths.items()}
    for row, path in paths.items():
        if len(path.panels) == 1:
            path.panels = _cut_at_nodes(path)
        kept[row], renewed[row] = _sorted_out(path, max(1, left[row] // 2))
    _halve(lines, paths, renewed, left)
    for row, path in paths.items():
        _place_nodes(path, renewed[row], left[row])
        path.panels = sorted([*kept[row], *renewed[row]], key=lambda panel: panel.low)
    wanted = {
        row: [node for panel in panels for node in panel.nodes] for row, panels in renewed.items()
    }
    _differentiate(lines, paths, wanted)
    for path in paths.values():
        path.integrate()


def _differentiate(
    lines: Lines, paths: dict[int, Path], wanted: Mapping[int, Sequence[float]]
) -> None:
    """Take gradients at places of some rows, all of them in one go."""
    asked = [(row, at) for row, places in wanted.items() for at in places]
    nodes = [lines.node(row, at) for row, at in asked]
    for i, output, slopes in lines.slopes(nodes):
        row, at = asked[i]
        paths[row].outputs[at] = output
        paths[row].slopes[at] = slopes


def _cut_at_nodes(path: Path) -> list[Panel]:
    """Return panels between neighbouring gradients, each with the gradients at its ends."""
    places = sorted(path.outputs)
    panels = []
    for low, high in pairwise(places):
        ends = [end for end in (low, high) if end in path.slopes]
        panels.append(Panel(low, high, ends, [(high - low) / len(ends)] * len(ends)))
    return panels


def _sorted_out(path: Path, most: int) -> tuple[list[Panel], list[Panel]]:
    """Return panels that are kept, and those that are renewed: the worst, until the rest adds up."""
    for panel in path.panels:
        panel.doubt = path.error(panel)
    worst = sorted(path.panels, key=lambda panel: -panel.doubt)
    bearable = RELATIVE_GAP / 2 * abs(path.change)
    behind = np.cumsum([panel.doubt for panel in worst][::-1])[::-1]
    n_bad = min(most, max(1, int((behind > bearable).sum())))
    return worst[n_bad:], worst[:n_bad]


def _halve(
    lines: Lines,
    paths: dict[int, Path],
    renewed: dict[int, list[Panel]],
    n_nodes: dict[int, int],
) -> None:
    """Halve the panels that carry most of the change, all rows at a time, forward passes only."""
    allowed = {row: n // 2 for row, n in n_nodes.items()}
    while True:
        cuts = [
            (row, panel)
            for row, panels in renewed.items()
            if (panel := _to_halve(paths[row], panels, n_nodes[row])) and allowed[row] > 0
        ]
        if not cuts:
            return
        middles = [(panel.low + panel.high) / 2 for _, panel in cuts]
        outputs = lines.outputs(
            [lines.node(row, at) for (row, _), at in zip(cuts, middles, strict=True)]
        )
        for (row, panel), at, output in zip(cuts, middles, outputs.tolist(), strict=True):
            paths[row].outputs[at] = output
            paths[row].n_forwards += 1
            allowed[row] -= 1
            renewed[row].remove(panel)
            renewed[row] += [
                Panel(panel.low, at, doubt=panel.doubt / 2),
                Panel(at, panel.high, doubt=panel.doubt / 2),
            ]


def _to_halve(path: Path, panels: list[Panel], n_nodes: int) -> Panel | None:
    """Return the panel that carries most, unless its share would be two nodes or fewer."""
    carried = [path.carried(panel) for panel in panels]
    first = int(np.argmax(carried))
    is_small = carried[first] * n_nodes <= 2 * sum(carried)
    is_narrow = panels[first].high - panels[first].low < _NARROW
    return None if is_small or is_narrow else panels[first]


def _place_nodes(path: Path, panels: list[Panel], n_nodes: int) -> None:
    """Give each panel one node, and share out the others by what it carries."""
    carried = np.array([path.carried(panel) for panel in panels])
    spare = n_nodes - len(panels)
    share = carried / carried.sum() * spare if carried.sum() > 0 else np.zeros(len(panels))
    counts = 1 + np.floor(share).astype(int)
    rest = n_nodes - int(counts.sum()) if carried.sum() > 0 else 0
    counts[np.argsort(-(share % 1), kind="stable")[:rest]] += 1
    for panel, count in zip(panels, counts.tolist(), strict=True):
        nodes, weights = gauss_legendre(count)
        width = panel.high - panel.low
        panel.nodes = (panel.low + width * nodes).tolist()
        panel.weights = (width * weights).tolist()
