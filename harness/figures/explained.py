"""What a drawing of attributions is made from: one decision, its parts by position, and their values.

Plain values only, so that a terminal, a page, a notebook and a report draw the same thing. The texts
may be left out (a report shows none unless asked); parts are then named by their position.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.attributions import UNSIGNED_METHODS, Status
from harness.records import Message
from harness.wording.messages import t
from harness.wording.text import NAME_LIMIT, one_line

PartUnit = Literal["word", "token", "sentence"]
Span = tuple[int, int, int]
"""Text (0, or 1 for the second of a pair), and where it starts and stops there, in characters."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of an input.

    Attributes:
        index: Position among the parts of the input, from 0.
        span: Where it stands; None where that is not known.
        value: What it adds to the lead, in logits.
        low, high: Range of the value over seeds; None where the method draws nothing at random.
        checked: Its value by the method that cross-checks; None without one.
    """

    index: int
    span: Span | None
    value: float
    low: float | None = None
    high: float | None = None
    checked: float | None = None

    @property
    def is_unsure(self) -> bool:
        """Whether the range of the value holds 0."""
        return self.low is not None and self.high is not None and self.low <= 0 <= self.high


@dataclass(frozen=True, slots=True)
class MethodCard:
    """How the attributions were computed.

    Attributes:
        method, baseline, target, engine, precision: As in ``harness.attributions.Method``; the
            baseline is None where nothing stands for absence.
        unit: What a part is.
        n_gradients, n_forwards: What was spent on this input.
        n_seeds: Seeds that a sampling method was repeated with; 0 for the others.
        model: Name of the model.
        weights: Digest of its weights; None where it has none.
    """

    method: str
    baseline: str | None
    target: str
    unit: PartUnit
    engine: str
    precision: str
    n_gradients: int
    n_forwards: int
    model: str
    weights: str | None = None
    n_seeds: int = 0


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """How far a second method tells the same of one input.

    Attributes:
        method: The second method.
        n_top: Parts that are compared, the strongest of each method.
        n_shared: How many of them both have.
        n_same_sign: How many of the shared ones have the same sign; None where the method has none.
    """

    method: str
    n_top: int
    n_shared: int
    n_same_sign: int | None


@dataclass(frozen=True, slots=True)
class Explained:
    """One decision with what its parts add to it.

    Attributes:
        name: Id of the example, or what the text is called.
        texts: The text, or both of a pair, as they were given; empty where they must not be shown.
        pieces: The parts in order.
        unread: Where the input goes on that the model did not read.
        classes: Names of the classes.
        logits, scores: What the model said, one for each class.
        target, runner_up: The class that is explained, and the one that it leads over: the decided
            class and the second one, unless two texts are compared.
        whole: The lead of the whole input, in logits.
        blank: The lead with the baseline in the place of every part; None where a method has none.
        gap: Sum of the attributions minus (whole - blank).
        status: Whether the attributions can be relied on as numbers.
        because: The status in a sentence.
        n_tokens: Tokens that the model read, special ones included; 0 where that is not known.
        n_special: Special and template tokens among them.
        special: What those add together.
        card: How it was computed.
        check: How a second method compares; None without one.
        notes: What else a reader must know.
        label: The true class; None where it is not known.
    """

    name: str
    texts: tuple[str, ...]
    pieces: tuple[Piece, ...]
    unread: tuple[Span, ...]
    classes: tuple[str, ...]
    logits: tuple[float, ...]
    scores: tuple[float, ...]
    target: int
    runner_up: int
    whole: float
    blank: float | None
    gap: float
    status: Status
    because: Message
    n_tokens: int
    n_special: int
    special: float
    card: MethodCard
    check: CrossCheck | None = None
    notes: tuple[Message, ...] = ()
    label: int | None = None

    @property
    def decision(self) -> int:
        """The decided class: the one with the largest logit, the first of equal ones."""
        return self.logits.index(max(self.logits))

    @property
    def is_of_text(self) -> bool:
        """Whether nothing is decided: the logit is the log-probability of what follows a prompt."""
        return len(self.classes) == 1

    @property
    def sides(self) -> tuple[str, str]:
        """What values below and above 0 speak for."""
        if self.is_of_text:
            return t("explain.less-likely"), t("explain.likelier")
        return self.class_name(self.runner_up), self.class_name(self.target)

    def class_name(self, index: int) -> str:
        """Return the name of a class as one visible line."""
        return one_line(self.classes[index], NAME_LIMIT)

    def said(self, id: str, **parameters: str) -> str:
        """Return a message in the words for a decision, or for a text."""
        return t(f"{id}-text" if self.is_of_text else id, **parameters)

    @property
    def is_relied_on(self) -> bool:
        """Whether colours and signs may be drawn."""
        return self.status in ("converged", "not-checked")

    @property
    def is_signed(self) -> bool:
        """Whether the method says for and against."""
        return self.card.method not in UNSIGNED_METHODS

    @property
    def total(self) -> float:
        """Sum of all attributions."""
        return sum(one.value for one in self.pieces) + self.special

    @property
    def unexplained(self) -> float:
        """What is missing so that base value and attributions add up to the lead; 0 if not promised."""
        return -self.gap if self.blank is not None else 0.0

    @property
    def unread_share(self) -> float:
        """Share of the characters that the model did not read, from 0 to 1."""
        n = sum(map(len, self.texts))
        return sum(stop - start for _, start, stop in self.unread) / n if n else 0.0

    def words(self, piece: Piece) -> str:
        """Return what stands at a part; empty where the texts are left out."""
        if piece.span is None or not self.texts:
            return ""
        text, start, stop = piece.span
        return self.texts[text][start:stop]


@dataclass(frozen=True, slots=True)
class Contrast:
    """How two texts differ in what their decision rests on.

    Attributes:
        first, second: Lead of the first text's decided class over its runner-up, in both texts.
        only_first, only_second: Words that only one of them holds, strongest first, each with the
            sum of its attributions.
        said: The leads and the decisions in sentences.
    """

    first: float
    second: float
    only_first: tuple[tuple[str, float], ...]
    only_second: tuple[tuple[str, float], ...]
    said: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """A training row behind a decision: similar training evidence, no proof of a cause.

    Attributes:
        example_id: Its id.
        label: Name of its class.
        influence: How far a step on it makes the decision firmer: a product of gradients.
        cosine: How similar it is to the input in what the last layer reads, -1 to 1; None where a
            model does not show it.
        shared: Words of the input with a strong attribution that it holds, too.
    """

    example_id: str
    label: str
    influence: float
    cosine: float | None = None
    shared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Decisions with what they rest on, drawn on one scale.

    Attributes:
        rows: One for each decision.
        contrast: Where the second of two rows is compared with the first.
        training_rows: For each row the training rows behind it; empty where nobody asked.
        notes: What a reader must know of all rows.
    """

    rows: tuple[Explained, ...]
    contrast: Contrast | None = None
    training_rows: tuple[tuple[TrainingRow, ...], ...] = ()
    notes: tuple[Message, ...] = ()

    @property
    def scale(self) -> float:
        """Value of the strongest colour, the same for all rows."""
        return scale_of(self.rows)


@dataclass(frozen=True, slots=True)
class Unconverged:
    """Rows whose attributions are not to be relied on.

    Attributes:
        method: By which method.
        dataset: Name of the data set.
        n_rows: Rows that were explained.
        ids: Ids of those that did not converge.
        n_nothing: Rows with nothing to attribute.
    """

    method: str
    dataset: str
    n_rows: int
    ids: tuple[str, ...]
    n_nothing: int


@dataclass(frozen=True, slots=True)
class Held:
    """What a run holds of attributions.

    Attributes:
        rows: A few decisions, drawn on one scale.
        unconverged: For each method and data set the rows that are not to be relied on.
    """

    rows: Explanation
    unconverged: tuple[Unconverged, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a text that is drawn in one way.

    Attributes:
        start, stop: Characters of the text.
        kind: A part, what stands between parts, or what the model did not read.
        value: Of a part; the sum where several parts share characters.
        is_unsure: Whether a range of it holds 0.
    """

    start: int
    stop: int
    kind: Literal["part", "between", "unread"]
    value: float = 0.0
    is_unsure: bool = False


def stretches_of(one: Explained, text: int) -> list[Stretch]:
    """Cut one text of an input into what is drawn alike, in order, every character once."""
    n = len(one.texts[text])
    own = sorted(
        (piece for piece in one.pieces if piece.span is not None and piece.span[0] == text),
        key=lambda piece: (piece.span or (0, 0, 0))[1:],
    )
    runs: list[Stretch] = []
    for piece in own:
        _, start, stop = piece.span or (0, 0, 0)
        last = runs[-1] if runs else None
        if last is not None and start < last.stop:
            # tokens may share a character: bytes of an emoji
            runs[-1] = Stretch(
                last.start,
                max(last.stop, stop),
                "part",
                last.value + piece.value,
                last.is_unsure or piece.is_unsure,
            )
        elif stop > start:
            runs.append(Stretch(start, stop, "part", piece.value, piece.is_unsure))
    blocks = [Stretch(start, stop, "unread") for where, start, stop in one.unread if where == text]
    return _filled(sorted((*runs, *blocks), key=lambda run: run.start), n)


def _filled(runs: Sequence[Stretch], n: int) -> list[Stretch]:
    found: list[Stretch] = []
    at = 0
    for run in runs:
        if run.start > at:
            found.append(Stretch(at, run.start, "between"))
        found.append(run)
        at = max(at, run.stop)
    return [*found, Stretch(at, n, "between")] if at < n else found


def scale_of(rows: Iterable[Explained]) -> float:
    """Return the largest attribution of all rows that may be coloured: one scale, symmetric about 0."""
    values = (abs(piece.value) for one in rows if one.is_relied_on for piece in one.pieces)
    return max(values, default=0.0)


def strongest(one: Explained, n: int) -> list[Piece]:
    """Return the n parts with the largest attributions; the earlier one where two are equal."""
    return sorted(one.pieces, key=lambda piece: (-abs(piece.value), piece.index))[:n]
