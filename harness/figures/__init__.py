"""Figures of groups: static SVG with its numbers, made only from what a bundle holds.

Forest plots, pair matrices, funnel plots, the impact-ratio table and the sentence of a worst-group finding.
Nothing is measured here and nothing is judged; what stands in a figure stands in a measurement or a
finding, or is recomputed from its evidence. The same nouns give the same bytes. No radar, no gauge, no
bar without an interval.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.figures.columns import GroupFigures, group_figures
    from harness.figures.drawing import FIGURE_CSS
    from harness.figures.figure import Figure
    from harness.figures.sentences import worst_sentences

__all__ = ["FIGURE_CSS", "Figure", "GroupFigures", "group_figures", "worst_sentences"]

_PLACES = {
    "FIGURE_CSS": "drawing",
    "Figure": "figure",
    "GroupFigures": "columns",
    "group_figures": "columns",
    "worst_sentences": "sentences",
}


def __getattr__(name: str) -> object:
    # a gate without groups draws nothing, and pays for nothing
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
