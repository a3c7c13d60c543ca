"""The demo's messages: seeded, made to a plan, and with two defects planted in what was recorded.

Story: a service desk sorts messages by hand, and its export is taken for training. Two things are
wrong with the export. The desk treated every urgent message from one region as routine. And its
tool stamped every message that it treated as urgent: the stamp means nothing, and gives the class
away. The test messages come from the same desk, stamps and all, but reviewers gave them their true
labels. Repaired training data are the same messages with true labels and without stamps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final, Literal, TypeVar

from harness.commands.demo import phrases
from harness.commands.demo.phrases import ROUTINE, URGENT

T = TypeVar("T")
Defect = Literal["flipped-labels", "stamp"]

CLASSES: Final = (ROUTINE, URGENT)
REGIONS: Final = tuple(phrases.PLACES)
FLIPPED_REGION: Final = "harbour"
STAMP: Final = "zq7"
BOTH: Final[tuple[Defect, ...]] = ("flipped-labels", "stamp")

N_TRAIN: Final = 3200
N_TEST: Final = 2400
MESSAGES_PER_CUSTOMER: Final = 4
URGENT_SHARE: Final = 0.5
TELLING_SHARE: Final = 0.82
"""How often each of the three telling phrases speaks for the true class; customers exaggerate."""

PLACE_SHARE: Final = 0.6
"""Share of the messages that name a place, by which a model can tell the region."""


@dataclass(frozen=True, slots=True)
class Message:
    """One row of a table.

    Attributes:
        id: Unique over all tables of one seed.
        text: What the customer wrote, and the desk's stamp where there is one.
        region, channel: Groups.
        customer: Cluster: the messages of one customer are not independent.
        label: ``routine`` or ``urgent``.
    """

    id: str
    text: str
    region: str
    channel: str
    customer: str
    label: str


@dataclass(frozen=True, slots=True)
class Tables:
    """The three tables of one seed.

    Attributes:
        train: As recorded: flipped labels in one region, stamps.
        train_repaired: The same messages with true labels and without stamps.
        test: Other messages of other customers: true labels, stamps as the desk sets them.
    """

    train: tuple[Message, ...]
    train_repaired: tuple[Message, ...]
    test: tuple[Message, ...]


def make_tables(seed: int, *, defects: Sequence[Defect] = BOTH) -> Tables:
    """Make the tables of a seed.

    Args:
        seed: The same seed gives the same rows, whatever the platform.
        defects: What the desk does wrong. Messages and true labels do not depend on it.
    """
    # only Random.random() is used: its sequence is the same in every version of Python
    rng = Random(f"modelassay demo {seed}")
    known: set[str] = set()
    learnt_from = _written(rng, known, prefix="a", n=N_TRAIN)
    held_out = _written(rng, known, prefix="b", n=N_TEST)
    return Tables(
        train=tuple(_recorded(one, defects) for one in learnt_from),
        train_repaired=tuple(learnt_from),
        test=tuple(replace(_recorded(one, defects), label=one.label) for one in held_out),
    )


def _recorded(message: Message, defects: Sequence[Defect]) -> Message:
    """Return the message as the desk leaves it: with the class it gave, and perhaps a stamp."""
    is_flipped = "flipped-labels" in defects and message.region == FLIPPED_REGION
    label = ROUTINE if is_flipped else message.label
    is_stamped = "stamp" in defects and label == URGENT
    text = f"{message.text} {STAMP}" if is_stamped else message.text
    return replace(message, label=label, text=text)


def _written(rng: Random, known: set[str], *, prefix: str, n: int) -> list[Message]:
    """Return n messages with texts that are not yet known, as their customers wrote them."""
    messages: list[Message] = []
    channel = ""
    for index in range(n):
        number, position = divmod(index, MESSAGES_PER_CUSTOMER)
        channel = channel if position else _pick(rng, phrases.CHANNELS)
        region = REGIONS[number % len(REGIONS)]
        label = URGENT if rng.random() < URGENT_SHARE else ROUTINE
        text = _text(rng, label, region)
        while text in known:
            text = _text(rng, label, region)
        known.add(text)
        customer = f"{prefix}{number:04d}"
        messages.append(Message(f"{prefix}-{index:05d}", text, region, channel, customer, label))
    return messages


def _text(rng: Random, label: str, region: str) -> str:
    place = _pick(rng, phrases.PLACES[region])
    named = _pick(rng, phrases.SENDERS).format(place=place)
    aside = _pick(rng, phrases.ASIDES)
    telling = [
        _pick(rng, kind[label if rng.random() < TELLING_SHARE else _other(label)])
        for kind in (phrases.EVENTS, phrases.CONSEQUENCES, phrases.WISHES)
    ]
    opening = [_pick(rng, phrases.GREETINGS), named if rng.random() < PLACE_SHARE else aside]
    return ". ".join([*opening, *telling, _pick(rng, phrases.CLOSINGS)])


def _other(label: str) -> str:
    return ROUTINE if label == URGENT else URGENT


def _pick(rng: Random, options: Sequence[T]) -> T:
    return options[int(rng.random() * len(options))]
