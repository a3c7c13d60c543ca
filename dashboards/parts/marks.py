"""Words of Vega-Lite in which the drawings are written: channels, layers and the drawing around them.

Streamlit takes these mappings as they are. A library of classes over them would cost 45 MB of each server and
a check of the schema for every chart of every visit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Spec = dict[str, Any]
"""A part of a Vega-Lite specification, or all of one."""


def number(field: str, **more: Any) -> Spec:
    """Return the channel of a field that holds numbers."""
    return {"field": field, "type": "quantitative", **more}


def name(field: str, **more: Any) -> Spec:
    """Return the channel of a field that holds names."""
    return {"field": field, "type": "nominal", **more}


def end(field: str) -> Spec:
    """Return the channel of the other end of a bar or a line."""
    return {"field": field}


def at(pixel: int) -> Spec:
    """Return the channel of a place in pixels from above."""
    return {"value": pixel}


def label_room(most: int) -> Spec:
    """Return how wide names beside a drawing may be, in pixels: on a telephone not most of its width."""
    return {"expr": f"min({most}, 0.42 * containerSize()[0])"}


def layer(
    rows: Sequence[Mapping[str, Any]], mark: str, encoding: Mapping[str, Any], **style: Any
) -> Spec:
    """Return one layer: a mark for every row.

    Marks are not announced one by one to those who do not see them: the drawing as a whole has its words.

    Args:
        rows: Values by field.
        mark: ``line``, ``point``, ``rule``, ``rect``, ``bar`` or ``text``.
        encoding: Channels by name.
        style: Of the mark.
    """
    return {
        "data": {"values": [dict(row) for row in rows]},
        "mark": {"type": mark, "aria": False, **style},
        "encoding": dict(encoding),
    }


def drawing(layers: Sequence[Spec], *, height: int | Spec, **more: Any) -> Spec:
    """Return layers over each other as one drawing.

    Args:
        layers: The first lies lowest.
        height: In pixels, or of a step.
        more: Other properties of the drawing.
    """
    return {"layer": list(layers), "height": height, **more}
