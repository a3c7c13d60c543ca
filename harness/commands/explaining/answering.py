"""From inputs to what their decisions rest on.

Legend of shapes: k inputs, p parts, t tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import numpy as np

from harness.attributions import METHODS_WITHOUT_BASELINE, UNSIGNED_METHODS
from harness.commands.explaining.asking import Answered, ask
from harness.commands.explaining.parts import (
    span_of_tokens,
    token_spans,
    unread_spans,
    word_spans,
)
from harness.commands.explaining.readings import Reading, by_sentence, without_special
from harness.commands.explaining.status import because_of, check_of
from harness.engines.prediction import softmax64
from harness.figures.explained import CrossCheck, Explained, MethodCard, Piece
from harness.records import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.commands.explaining.asking import Progress
    from harness.commands.explaining.pairs import Pair
    from harness.commands.explaining.questions import Question
    from harness.commands.explaining.values import Input
    from harness.modelling import HasParts, Item, Model


def explain_inputs(
    model: Model,
    classes: Sequence[str],
    inputs: Sequence[Input],
    question: Question,
    *,
    pair: Pair | None = None,
    on_progress: Progress | None = None,
) -> tuple[Explained, ...]:
    """Return what the decisions about some inputs rest on.

    Args:
        model: Who decides.
        classes: Names of its classes, in the order of its logits.
        inputs: What is decided about, none of them empty.
        question: By which method, and how.
        pair: Classes whose lead is explained; None for the decided class of each input over its
            runner-up.
        on_progress: Told how many inputs are done, of how many.

    Raises:
        MethodRefused: If the method is refused, or the model does not offer what it needs.
    """
    items = model.prepare([one.given for one in inputs])
    answered = ask(model, items, question, pair=pair, on_progress=on_progress)
    rows = zip(inputs, items, token_spans(model, inputs), strict=True)
    return tuple(
        _explained(model, classes, question, answered, index=index, row=row)
        for index, row in enumerate(rows)
    )


def _explained(
    model: Model,
    classes: Sequence[str],
    question: Question,
    answered: Answered,
    *,
    index: int,
    row: tuple[Input, Item, NDArray[np.int64] | None],
) -> Explained:
    one, item, spans = row
    found = answered.attributions[0]
    able = cast("HasParts", model)
    reading = _reading(
        able, item, spans, one=one, answered=answered, question=question, index=index
    )
    parts = able.parts(item)
    pieces = reading.pieces
    has_base = found.status[index] != "not-checked"
    return Explained(
        name=one.name,
        texts=reading.texts,
        pieces=pieces,
        unread=unread_spans(spans, one.texts, is_truncated=item.is_truncated),
        classes=tuple(classes),
        logits=tuple(map(float, answered.logits[index])),
        scores=tuple(map(float, softmax64(answered.logits[index]))),
        target=int(found.target[index]),
        runner_up=int(found.runner_up[index]),
        whole=float(found.whole[index]),
        blank=float(found.blank[index]) if has_base else None,
        gap=float(np.mean([each.gap[index] for each in answered.attributions])),
        status=found.status[index],
        because=because_of(found, index),
        n_tokens=item.length,
        n_special=item.length - sum(len(part.positions) for part in parts),
        special=reading.special,
        card=card_of(
            model,
            question,
            n_gradients=answered.n_gradients(index),
            n_forwards=answered.n_forwards(index),
            n_seeds=len(answered.attributions),
        ),
        check=_check(question, pieces),
        notes=_notes(item, one, spans),
        label=one.label,
    )


def _reading(
    model: HasParts,
    item: Item,
    spans: NDArray[np.int64] | None,
    *,
    one: Input,
    answered: Answered,
    question: Question,
    index: int,
) -> Reading:
    texts, places = word_spans(model, item, spans, one.texts)
    is_token = question.unit == "token" and spans is not None
    if is_token and spans is not None:
        places = span_of_tokens(spans)
    reading = Reading(
        texts=texts,
        places=tuple(places),
        values=np.stack([each.of(index) for each in answered.attributions]),
        checked=None if answered.check is None else answered.check.of(index),
        positions=tuple(range(len(places))),
    )
    if is_token:
        return without_special(reading)
    return by_sentence(reading) if question.unit == "sentence" else reading


def _check(question: Question, pieces: Sequence[Piece]) -> CrossCheck | None:
    if question.check is None:
        return None
    is_signed = question.method not in UNSIGNED_METHODS
    return check_of(question.check.id, pieces, is_signed=is_signed)


def card_of(
    model: Model, question: Question, *, n_gradients: int, n_forwards: int, n_seeds: int
) -> MethodCard:
    """Return how attributions were computed."""
    method = question.asked
    return MethodCard(
        method=method.id,
        baseline=None if method.id in METHODS_WITHOUT_BASELINE else method.baseline,
        target=method.target,
        unit=question.unit,
        engine=method.engine,
        precision=method.precision,
        n_gradients=n_gradients,
        n_forwards=n_forwards,
        model=model.ref.name,
        weights=model.ref.weights_digest,
        n_seeds=n_seeds if n_seeds > 1 else 0,
    )


def _notes(item: Item, one: Input, spans: NDArray[np.int64] | None) -> tuple[Message, ...]:
    notes = []
    if item.is_truncated:
        notes.append(_truncated(item, one, spans))
    if spans is None:
        notes.append(
            Message.of(
                "explain.no-spans",
                "The tokenizer does not say where its tokens stand, so the words are shown as it gives "
                "them back, not as they were written.",
            )
        )
    return tuple(notes)


def _truncated(item: Item, one: Input, spans: NDArray[np.int64] | None) -> Message:
    if spans is None:
        return Message.of(
            "explain.truncated-somewhere",
            "The model reads {n_tokens} tokens and no more: the end of the text had no part in the decision.",
            n_tokens=item.length,
        )
    cut = unread_spans(spans, one.texts, is_truncated=True)
    n_cut = sum(stop - start for _, start, stop in cut)
    return Message.of(
        "explain.truncated",
        "The model reads {n_tokens} tokens and no more: {percent} % of the characters were not read and had "
        "no part in the decision. To read on in windows: --whole.",
        n_tokens=item.length,
        percent=round(100 * n_cut / max(1, sum(map(len, one.texts))), 1),
    )
