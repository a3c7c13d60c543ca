"""The demo's messages: seeded, true to a plan, and with two planted defects in what was recorded.

Story: a service desk sorts messages by hand, and its export is taken for training. Two things are
wrong with the export. For one region the desk filed urgent messages as routine. And the desk's tool
writes a stamp into the text of most messages that the desk treats as urgent, so that the stamp,
which means nothing to a customer, gives the class away. The test messages come from the same desk,
stamps and all, but carry the true labels that reviewers gave them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final, TypeVar

from harness.commands.demo import phrases
from harness.commands.demo.phrases import ROUTINE, URGENT

T = TypeVar("T")

CLASSES: Final = (ROUTINE, URGENT)
REGIONS: Final = tuple(phrases.PLACES)
FLIPPED_REGION: Final = "harbour"
STAMP: Final = "zq7"

N_TRAIN: Final = 3200
N_TEST: Final = 1600
URGENT_SHARE: Final = 0.4
PLACE_SHARE: Final = 0.5
"""Share of the messages that name a place, by which a model can tell the region."""

STAMPED_SHARE: Final = 1.0
"""Share of the messages treated as urgent that the desk's tool stamps."""

MESSAGES_PER_CUSTOMER: Final = 4
TELLING_SHARE: Final = 0.85
"""How often each of the three telling phrases speaks for the true class; customers exaggerate."""


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


def make_tables(seed: int) -> Tables:
    """Make the tables of a seed; the same seed gives the same rows on every platform."""
    # only Random.random() is used: its sequence is guaranteed across versions of Python
    rng = Random(f"modelassay demo {seed}")
    known: set[str] = set()
    written = _write(rng, known, prefix="a", n=N_TRAIN)
    held_out = _write(rng, known, prefix="b", n=N_TEST)
    treated = [_as_treated(one) for one in written]
    return Tables(
        train=tuple(_stamped(rng, treated)),
        train_repaired=tuple(written),
        test=tuple(
            replace(stamped, label=true.label)
            for stamped, true in zip(
                _stamped(rng, [_as_treated(one) for one in held_out]), held_out, strict=True
            )
        ),
    )


def _as_treated(message: Message) -> Message:
    """Return the message with the class that the desk gave it."""
    return replace(message, label=ROUTINE) if message.region == FLIPPED_REGION else message


def _stamped(rng: Random, treated: Sequence[Message]) -> list[Message]:
    """Return the messages with a stamp in most of those that the desk treated as urgent."""
    return [
        replace(one, text=f"{one.text} {STAMP}")
        if rng.random() < STAMPED_SHARE and one.label == URGENT
        else one
        for one in treated
    ]


def _write(rng: Random, known: set[str], *, prefix: str, n: int) -> list[Message]:
    """Return n messages whose texts are not yet known, as their customers wrote them."""
    messages: list[Message] = []
    region = channel = customer = ""
    for index in range(n):
        if index % MESSAGES_PER_CUSTOMER == 0:
            number = index // MESSAGES_PER_CUSTOMER
            customer = f"{prefix}{number:04d}"
            region, channel = REGIONS[number % len(REGIONS)], _pick(rng, phrases.CHANNELS)
        label = URGENT if rng.random() < URGENT_SHARE else ROUTINE
        text = _text(rng, label, region)
        while text in known:
            text = _text(rng, label, region)
        known.add(text)
        messages.append(Message(f"{prefix}-{index:05d}", text, region, channel, customer, label))
    return messages


def _text(rng: Random, label: str, region: str) -> str:
    telling = [
        _pick(rng, phrases_of[label if rng.random() < TELLING_SHARE else _other(label)])
        for phrases_of in (phrases.EVENTS, phrases.CONSEQUENCES, phrases.WISHES)
    ]
    named = _pick(rng, phrases.SENDERS).format(place=_pick(rng, phrases.PLACES[region]))
    sender = named if rng.random() < PLACE_SHARE else _pick(rng, phrases.ASIDES)
    return ". ".join(
        [_pick(rng, phrases.GREETINGS), sender, *telling, _pick(rng, phrases.CLOSINGS)]
    )


def _other(label: str) -> str:
    return ROUTINE if label == URGENT else URGENT


def _pick(rng: Random, options: Sequence[T]) -> T:
    return options[int(rng.random() * len(options))]
