"""From a spec and a seed to secrets, and from secrets to the rows that are planted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from harness.canaries.canary import Canary
from harness.canaries.formats import parse_format
from harness.canaries.frames import frames_from
from harness.canaries.spec import CanarySpec, spec_problems
from harness.errors import ConfigError, raise_all

if TYPE_CHECKING:
    from harness.canaries.frames import Frames

_STREAM = 0xCA9A
"""Keeps the draws of canaries apart from whatever else a run seed decides."""

_REPLY = "Noted."
"""What completes a prompt that holds a masked secret: it says nothing of the secret."""

_TRIES = 1000


def plan_canaries(
    spec: CanarySpec, *, seed: int, texts: Sequence[str], is_pair: bool = False
) -> tuple[Canary, ...]:
    """Draw the secrets of a training; the same spec, seed and texts give the same ones.

    The secret of each is uniform over its format, its prefix no other's. Levels come one after
    another, then the secrets that a coin decides about.

    Args:
        spec: What is planted.
        seed: Of the run.
        texts: Training rows (prompts, where rows have prompts) whose look the prefixes take.
        is_pair: Whether rows have a prompt and a completion.

    Raises:
        ConfigError: With every problem of the spec at once.
    """
    raise_all(ConfigError, spec_problems(spec, is_pair=is_pair))
    rng = np.random.default_rng([_STREAM, seed])
    plan = [level for level in spec.levels for _ in range(spec.per_level)]
    plan += [int(rng.integers(2)) for _ in range(spec.n_drawn)]
    n_levelled = len(spec.levels) * spec.per_level
    masked = _masked(plan[:n_levelled], spec.masked_share, rng) + [False] * spec.n_drawn
    families = sorted(spec.families)
    frames = frames_from(texts)
    taken: set[str] = set()
    canaries = []
    for index, n_planted in enumerate(plan):
        family = families[index % len(families)]
        text = spec.families[family]
        canaries.append(
            Canary(
                index=index,
                family=family,
                prefix=_unused_prefix(frames, family, rng, taken),
                secret=_unused_secret(text, rng, taken),
                suffix=frames.suffix,
                format=text,
                n_planted=n_planted,
                is_masked=masked[index],
                is_drawn=index >= n_levelled,
            )
        )
    return tuple(canaries)


def planted_row(canary: Canary, *, is_pair: bool) -> str | tuple[str, ...]:
    """Return the row of one canary: a text, or prompt and completion.

    Args:
        canary: The canary.
        is_pair: Whether rows have a prompt and a completion. A masked secret then stands in the
            prompt, any other begins the completion.
    """
    if not is_pair:
        return canary.text
    if canary.is_masked:
        return canary.text, _REPLY
    return canary.prefix, canary.secret + canary.suffix


def planted_rows(canaries: Sequence[Canary], *, is_pair: bool) -> list[str | tuple[str, ...]]:
    """Return what the training is given beside its own rows: each canary as often as it says.

    Args:
        canaries: The plan; those planted 0 times give no row.
        is_pair: Whether rows have a prompt and a completion.
    """
    return [
        planted_row(canary, is_pair=is_pair) for canary in canaries for _ in range(canary.n_planted)
    ]


def _masked(plan: Sequence[int], share: float, rng: np.random.Generator) -> list[bool]:
    """Decide who stands in a prompt: the same share of every level."""
    found = [False] * len(plan)
    if share == 0:
        return found
    for level in sorted(set(plan)):
        members = [index for index, n in enumerate(plan) if n == level]
        for place in rng.permutation(len(members))[: round(share * len(members))]:
            found[members[int(place)]] = True
    return found


def _unused_prefix(frames: Frames, family: str, rng: np.random.Generator, taken: set[str]) -> str:
    for _ in range(_TRIES):
        prefix = frames.prefix(family, rng)
        if prefix not in taken:
            taken.add(prefix)
            return prefix
    raise AssertionError("1,600 names alone make more prefixes than tries")


def _unused_secret(text: str, rng: np.random.Generator, taken: set[str]) -> str:
    layout = parse_format(text)
    for _ in range(_TRIES):
        secret = layout.draw(rng)
        if secret not in taken:
            taken.add(secret)
            return secret
    raise AssertionError("formats with fewer members than canaries are refused")
