"""Where in a text the parts of an input stand, and which of them weigh most.

Legend: p parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from audits._robustness_attack import Place
from harness.attributions import Method
from harness.modelling import HasSpans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.auditing import AuditContext
    from harness.edits import Text
    from harness.modelling import Part


def ranked_places(ctx: AuditContext, dataset: str, rows: NDArray[np.int64]) -> list[list[Place]]:
    """Return the words of each row that carry its decision, the heaviest first.

    Raises:
        MethodRefused: If the model does not offer what the ranking needs.
    """
    found = ctx.attribute(dataset, rows, Method(id=ctx.options.ranking, unit="word"))
    inputs = ctx.rows(dataset).inputs
    texts = [inputs[row] for row in rows.tolist()]
    ranked = []
    for index, (text, parts) in enumerate(zip(texts, _parts(ctx, texts), strict=True)):
        values = found.of(index)
        places = places_of_parts(ctx, text, parts)
        order = np.argsort(-values, kind="stable").tolist()
        ranked.append([place for at in order if (place := places[at]) is not None])
    return ranked


def places_of_parts(ctx: AuditContext, text: Text, parts: Sequence[Part]) -> list[Place | None]:
    """Return where each part stands in its text, p of them; None where that cannot be told."""
    texts = [text] if isinstance(text, str) else list(text)
    model: object = ctx.model
    if isinstance(model, HasSpans):
        spans = model.spans([text])[0]
        return [_of_tokens(texts, spans[list(part.positions)]) for part in parts]
    return _searched(texts, parts)


def _parts(ctx: AuditContext, texts: Sequence[Text]) -> list[list[Part]]:
    return [ctx.parts_of.parts(item) for item in ctx.prepare(texts)]


def _of_tokens(texts: Sequence[str], spans: NDArray[np.int64]) -> Place | None:
    index = int(spans[0, 0]) if len(spans) else -1
    if index < 0:
        return None
    start, stop = int(spans[:, 1].min()), int(spans[:, 2].max())
    return Place(index, start, stop, texts[index][start:stop]) if start < stop else None


def _searched(texts: Sequence[str], parts: Sequence[Part]) -> list[Place | None]:
    """Look for what the parts hold, one behind the other."""
    found: list[Place | None] = []
    index, reach = 0, 0
    for part in parts:
        at = _find(texts[index], part.content, reach)
        if at < 0 and index + 1 < len(texts) and _find(texts[index + 1], part.content, 0) >= 0:
            index, reach = index + 1, 0
            at = _find(texts[index], part.content, 0)
        if at < 0 or not part.content:
            found.append(None)
            continue
        reach = at + len(part.content)
        found.append(Place(index, at, reach, texts[index][at:reach]))
    return found


def _find(text: str, word: str, start: int) -> int:
    at = text.find(word, start)
    lowered = text.lower()
    if at < 0 and len(lowered) == len(text):
        at = lowered.find(word.lower(), start)
    return at
