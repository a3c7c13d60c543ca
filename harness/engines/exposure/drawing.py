"""Secrets drawn from the model itself, restricted to what the format allows at each step.

A share of the draws is uniform over the format instead: where the model is sure of something else,
its own draws say little of a secret that stands in the middle. Each draw is weighed by the probability
of being drawn either way, so that the count stays without bias and no weight exceeds what either way
alone would give.

Source: mixture proposals by fixed shares: Veach and Guibas 1995, doi:10.1145/218380.218498; Owen and
Zhou 2000, doi:10.1080/01621459.2000.10473909
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.engines.exposure.framing import Framing
    from harness.engines.exposure.spelling import Spelling
    from harness.engines.exposure.stepping import Steps

    FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DrawPlan:
    """How secrets are drawn.

    Attributes:
        n: Draws.
        n_uniform: Those of them that are uniform over the format, fewer than n.
        mix: Share of the uniform distribution over the allowed tokens in each step of the others.
    """

    n: int
    n_uniform: int
    mix: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn.

    Attributes:
        weights: One over the probability of each draw that stands before the secret, 0 for the
            others, shape [n].
        n_nodes: About how many beginnings of secrets an exact search would have to go through.
    """

    weights: FloatArray
    n_nodes: float


@dataclass(slots=True)
class _Walk:
    """Draws under way.

    Attributes:
        tokens: Of each, shape [n, s].
        state: Where each is, shape [n]; -1 where nothing can follow.
        loss: Minus log-probability so far, in nats, shape [n].
        log_q: Logarithm of the probability of being drawn so from the model, shape [n].
        given: Tokens of draws that are uniform and only followed, shape [n, l]; -1 for the others,
            and behind the end.
    """

    tokens: NDArray[np.int64]
    state: NDArray[np.int64]
    loss: FloatArray
    log_q: FloatArray
    given: NDArray[np.int64]

    def only(self, kept: NDArray[np.bool_]) -> _Walk:
        return _Walk(
            self.tokens[kept], self.state[kept], self.loss[kept], self.log_q[kept], self.given[kept]
        )

    @property
    def is_free(self) -> NDArray[np.bool_]:
        return self.given[:, 0] < 0


def draw_rivals(
    steps: Steps, framing: Framing, *, plan: DrawPlan, limit: float, rng: np.random.Generator
) -> Drawn:
    """Draw secrets and weigh those that stand before the one that was planted.

    Args:
        steps: Asks the model.
        framing: The canary.
        plan: How many are drawn, and how.
        limit: Loss up to which a secret stands before the planted one, in nats.
        rng: Where the draws come from.
    """
    whole = _start(framing, plan, rng)
    size = steps.most_rows or plan.n
    weights: list[float] = []
    n_nodes = 1.0
    for at in range(0, plan.n, size):
        is_in = np.zeros(plan.n, dtype=np.bool_)
        is_in[at : at + size] = True
        for level in _levels(steps, framing.spelling, whole.only(is_in), (plan.mix, limit), rng):
            weights += _weights(framing, plan, level.only(level.state == framing.spelling.final))
            free = level.log_q[level.is_free & (level.state != framing.spelling.final)]
            n_nodes += float(np.exp(-free).sum()) / (plan.n - plan.n_uniform)
    padded = np.zeros(plan.n)
    padded[: len(weights)] = weights
    return Drawn(padded, n_nodes)


def _levels(
    steps: Steps,
    spelling: Spelling,
    walk: _Walk,
    how: tuple[float, float],
    rng: np.random.Generator,
) -> Iterator[_Walk]:
    """Yield the draws after each token: those that still can stand before the secret."""
    mix, limit = how
    while len(walk.state):
        walk = _step(steps, spelling, walk, mix, rng)
        # whatever has lost more than the limit weighs nothing, however it ends
        walk = walk.only((walk.loss <= limit) & (walk.state >= 0))
        yield walk
        walk = walk.only(walk.state != spelling.final)


def _weights(framing: Framing, plan: DrawPlan, done: _Walk) -> list[float]:
    """Return one over the probability of each finished draw that is another secret."""
    log_free = math.log((plan.n - plan.n_uniform) / plan.n)
    log_uniform = math.log(max(plan.n_uniform, 1e-300) / plan.n) - framing.log_size
    rows, is_free = done.tokens.tolist(), done.is_free
    # what was drawn uniformly was put into tokens by the tokenizer itself
    is_rival = np.array([framing.text_of(row) != framing.secret for row in rows], dtype=np.bool_)
    is_rival[is_free] = framing.are_rivals([rows[at] for at in np.flatnonzero(is_free)])
    log_q = np.logaddexp(log_free + done.log_q[is_rival], log_uniform)
    return [float(one) for one in np.exp(-log_q)]


def _start(framing: Framing, plan: DrawPlan, rng: np.random.Generator) -> _Walk:
    """Begin all draws; those that are uniform know their tokens already."""
    n_context = len(framing.context)
    drawn = framing.ids([framing.layout.draw(rng) for _ in range(plan.n_uniform)])
    uniform = [one[n_context:] for one in drawn]
    given = np.full((plan.n, max([1, *map(len, uniform)])), -1, dtype=np.int64)
    for row, tokens in enumerate(uniform):
        given[row, : len(tokens)] = tokens
    return _Walk(
        np.zeros((plan.n, 0), dtype=np.int64),
        np.full(plan.n, framing.spelling.start, dtype=np.int64),
        np.zeros(plan.n),
        np.zeros(plan.n),
        given,
    )


def _step(
    steps: Steps, spelling: Spelling, walk: _Walk, mix: float, rng: np.random.Generator
) -> _Walk:
    """Draw the next token of each, or follow the given one; equal beginnings are asked about once."""
    rows, where = _distinct(walk.tokens)
    states = np.unique(walk.state)
    wanted = np.unique(np.concatenate([spelling.allowed(int(state))[0] for state in states]))
    n, at_step = len(walk.state), walk.tokens.shape[1]
    token, after = np.zeros(n, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    loss, log_q = walk.loss.copy(), walk.log_q.copy()
    if len(wanted) == 0:
        return _Walk(walk.tokens, after, loss, log_q, walk.given)
    logs = steps.next(rows, wanted)
    chance = rng.random(n)
    given = walk.given[:, at_step] if at_step < walk.given.shape[1] else np.full(n, -1)
    for state in states.tolist():
        ids, next_states = spelling.allowed(state)
        if len(ids) == 0:
            continue
        members = np.flatnonzero(walk.state == state)
        own = logs[where[members]][:, np.searchsorted(wanted, ids)]
        q = (1.0 - mix) * _normalised(own) + mix / len(ids)
        pick = (np.cumsum(q, axis=1) < chance[members, None]).sum(axis=1).clip(0, len(ids) - 1)
        pick = np.where(given[members] >= 0, np.searchsorted(ids, given[members]), pick)
        pick = pick.clip(0, len(ids) - 1)
        at = np.arange(len(members))
        token[members], after[members] = ids[pick], next_states[pick]
        loss[members] -= own[at, pick]
        log_q[members] += np.log(q[at, pick])
    # tokens that do not spell the format piece by piece lead nowhere
    after[(given >= 0) & (token != given)] = -1
    return _Walk(np.column_stack([walk.tokens, token]), after, loss, log_q, walk.given)


def _normalised(logs: FloatArray) -> FloatArray:
    """Return probabilities that sum to 1 over the allowed tokens; equal ones where all are impossible."""
    top = logs.max(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        weights = np.where(np.isfinite(top), np.exp(logs - top), 1.0)
    scaled: FloatArray = weights / weights.sum(axis=1, keepdims=True)
    return scaled


def _distinct(rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the different rows, and which of them each row is."""
    if rows.shape[1] == 0:
        return rows[:1], np.zeros(len(rows), dtype=np.int64)
    found, where = np.unique(rows, axis=0, return_inverse=True)
    return found, where.reshape(-1)
