"""Long texts to their end: read in windows that overlap, and stitched together.

The decision is about the first window, because that is what the model reads. What the others hold is
attributed to the same lead, as if each window stood alone; together they have no base value.

Legend of shapes: w windows, t tokens of a window, p parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from harness.commands.explaining.answering import card_of, explain_inputs
from harness.commands.explaining.asking import Answered, ask
from harness.commands.explaining.readings import Reading, by_sentence
from harness.commands.explaining.status import because_of
from harness.engines.batching import default_budget
from harness.engines.prediction import decide, predict, softmax64
from harness.engines.stitching import Stitched, Window, spans_by, stitch, sum_by, words_of
from harness.errors import Phrase, UsageError, must
from harness.figures.explained import Explained
from harness.modelling import HasWindows
from harness.records import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.attributions import Attributions, Status
    from harness.commands.explaining.asking import Progress
    from harness.commands.explaining.pairs import Pair
    from harness.commands.explaining.questions import Question
    from harness.commands.explaining.values import Input
    from harness.modelling import HasParts, Item, Model


@dataclass(frozen=True, slots=True)
class _Read:
    """A long input: its windows, where their tokens stand, and what was computed of them."""

    items: list[Item]
    spans: list[NDArray[np.int64]]
    answered: Answered


def explain_whole(
    model: Model,
    classes: Sequence[str],
    one: Input,
    question: Question,
    *,
    pair: Pair | None = None,
    on_progress: Progress | None = None,
) -> Explained:
    """Return what a long text holds for and against a decision, read to its end.

    Args:
        model: Who decides.
        classes: Names of its classes.
        one: The input; one that is not too long is explained as ever.
        question: By which method, and how; a cross-check of every window would cost too much.
        pair: Classes whose lead is explained; None for what the first window decides.
        on_progress: Told how many windows are done, of how many.

    Raises:
        UsageError: If the model cannot read in windows.
    """
    if not isinstance(model, HasWindows):
        got = Phrase(f"{cast(Any, model).ref.name}, whose tokenizer cannot")
        raise UsageError(must("--whole", "come with a model that reads in windows", got))
    windows = model.windows(one.given)
    if len(windows) == 1:
        return explain_inputs(model, classes, [one], question, pair=pair, on_progress=on_progress)[
            0
        ]
    items, spans = [item for item, _ in windows], [table for _, table in windows]
    logits = predict(model, items[:1], token_budget=default_budget(model.device))
    pair = pair or _decided(logits[0])
    by_token = replace(question, unit="token", has_check=False)
    read = _Read(items, spans, ask(model, items, by_token, pair=pair, on_progress=on_progress))
    stitched = _stitched(model, read)
    return _explained(model, classes, one, question, read=read, stitched=stitched)


def _decided(logits: NDArray[np.float32]) -> Pair:
    target = int(decide(logits[None])[0])
    rest = np.where(np.arange(len(logits)) == target, -np.inf, logits)
    return target, int(np.argmax(rest))


def _stitched(model: Model, read: _Read) -> list[Stitched]:
    parts = [cast("HasParts", model).parts(item) for item in read.items]
    owners = [words_of(each, item.length) for each, item in zip(parts, read.items, strict=True)]
    return [
        stitch(
            [
                Window(found.of(index), read.spans[index], owners[index])
                for index in range(len(read.items))
            ]
        )
        for found in read.answered.attributions
    ]


def _explained(
    model: Model,
    classes: Sequence[str],
    one: Input,
    question: Question,
    *,
    read: _Read,
    stitched: list[Stitched],
) -> Explained:
    found, answered = read.answered.attributions[0], read.answered
    reading = _reading(one, question, stitched)
    windows = range(len(read.items))
    return Explained(
        name=one.name,
        texts=one.texts,
        pieces=reading.pieces,
        unread=(),
        classes=tuple(classes),
        logits=tuple(map(float, answered.logits[0])),
        scores=tuple(map(float, softmax64(answered.logits[0]))),
        target=int(found.target[0]),
        runner_up=int(found.runner_up[0]),
        whole=float(found.whole[0]),
        blank=None,
        gap=0.0,
        status=_worst(found.status.tolist()),
        because=_because(found),
        n_tokens=len(stitched[0].values),
        n_special=0,
        special=0.0,
        card=card_of(
            model,
            question,
            n_gradients=sum(map(answered.n_gradients, windows)),
            n_forwards=1 + sum(map(answered.n_forwards, windows)),
            n_seeds=len(answered.attributions),
        ),
        notes=(_windows(len(read.items), stitched[0].beyond_first),),
        label=one.label,
    )


def _reading(one: Input, question: Question, stitched: list[Stitched]) -> Reading:
    first = stitched[0]
    values, spans = np.stack([each.values for each in stitched]), first.spans
    if question.unit != "token":
        n = int(first.words.max(initial=-1)) + 1
        values = np.stack([sum_by(each, first.words, n) for each in values])
        spans = spans_by(first.spans, first.words, n)
    places = tuple((int(a), int(b), int(c)) for a, b, c in spans)
    reading = Reading(one.texts, places, values, None, tuple(range(len(places))))
    return by_sentence(reading) if question.unit == "sentence" else reading


def _worst(statuses: list[Status]) -> Status:
    if "unconverged" in statuses:
        return "unconverged"
    return "nothing-to-attribute" if set(statuses) == {"nothing-to-attribute"} else _other(statuses)


def _other(statuses: list[Status]) -> Status:
    return "not-checked" if "not-checked" in statuses else "converged"


def _because(found: Attributions) -> Message:
    statuses = found.status.tolist()
    if "not-checked" in statuses:
        return because_of(found, statuses.index("not-checked"))
    n, n_bad = len(statuses), statuses.count("unconverged")
    if n_bad:
        return Message.of(
            "explain.because-windows-unconverged",
            "In {n_bad} of {n} windows the attributions did not converge: these numbers are not to be relied on.",
            n_bad=n_bad,
            n=n,
        )
    return Message.of(
        "explain.because-windows",
        "In none of {n} windows did the attributions fail to converge; in {n_nothing} there is nothing to "
        "attribute.",
        n=n,
        n_nothing=statuses.count("nothing-to-attribute"),
    )


def _windows(n: int, beyond: float) -> Message:
    return Message.of(
        "explain.windows",
        "The text was read in {n} windows. The decision is about the first; {percent} % of the tokens lie "
        "beyond it and had no part in it. Their values say what they would add to the same lead if their "
        "window stood alone, so they do not add up to anything.",
        n=n,
        percent=round(100 * beyond, 1),
    )
