"""The exact rank of a secret that few others stand before, by following every likely beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.engines.exposure.framing import Framing
    from harness.engines.exposure.stepping import Steps

_MOST_ENDS = 20
"""Whole secrets that may be looked at for each beginning that may be followed."""


def exact_rank(steps: Steps, framing: Framing, *, limit: float, cap: int) -> int | None:
    """Return 1 + the number of secrets of the format with a loss of at most the limit.

    A beginning that has lost more than the limit cannot lead to one that has lost less, so only
    the others are followed, all of one length at a time; any order follows the same ones.

    Args:
        steps: Asks the model.
        framing: The canary.
        limit: Loss up to which a secret stands before the planted one, in nats.
        cap: Beginnings that may be followed.

    Returns:
        The rank; None where the cap is met.
    """
    spelling = framing.spelling
    tokens = np.zeros((1, 0), dtype=np.int64)
    state, loss = np.full(1, spelling.start, dtype=np.int64), np.zeros(1)
    n_followed, n_ends, rank = 0, 0, 1
    while len(tokens):
        n_followed += len(tokens)
        if n_followed > cap or n_ends > _MOST_ENDS * cap:
            return None
        wanted = np.unique(
            np.concatenate([spelling.allowed(int(one))[0] for one in np.unique(state)])
        )
        if len(wanted) == 0:
            return rank
        logs = steps.next(tokens, wanted)
        found = [
            _followed(spelling.allowed(one), wanted, one, (tokens, state, loss, logs), limit)
            for one in np.unique(state).tolist()
        ]
        tokens, state, loss = (np.concatenate([part[i] for part in found]) for i in range(3))
        is_done = state == spelling.final
        n_ends += int(is_done.sum())
        rank += sum(framing.are_rivals(tokens[is_done].tolist()))
        tokens, state, loss = tokens[~is_done], state[~is_done], loss[~is_done]
    return rank


def _followed(
    allowed: tuple[NDArray[np.int64], NDArray[np.int64]],
    wanted: NDArray[np.int64],
    state: int,
    front: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]],
    limit: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return what follows the beginnings in one state within the limit: tokens, states, losses."""
    ids, after = allowed
    tokens, states, loss, logs = front
    members = np.flatnonzero(states == state)
    total = loss[members, None] - logs[members][:, np.searchsorted(wanted, ids)]
    row, column = np.nonzero(total <= limit)
    return (
        np.column_stack([tokens[members[row]], ids[column]]),
        after[column],
        total[row, column],
    )
