"""How a model meets a secret: what it has read before, and in which tokens it is asked about it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from harness.canaries import parse_format, planted_row
from harness.engines.exposure.spelling import Spelling, Vocabulary
from harness.records import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.canaries import Canary, SecretFormat
    from harness.modelling import HasLogProbabilities, Model
    from harness.records import Prompting

_N_PROBES = 32
"""Other secrets of the format whose tokens are looked at before the format is believed."""


@dataclass(frozen=True, slots=True)
class Framing:
    """One canary before one model.

    Attributes:
        context: Token ids that are read before.
        secret: The secret.
        target: Its token ids behind the context, lead included.
        lead: Text between context and secret, which the first token may hold.
        layout: Its format.
        spelling: Of the format, for this lead.
        ids: Secret of the format → ids of context and secret.
    """

    context: NDArray[np.int64]
    secret: str
    target: NDArray[np.int64]
    lead: str
    layout: SecretFormat
    spelling: Spelling
    ids: Callable[[str], NDArray[np.int64]]

    @property
    def log_size(self) -> float:
        """Logarithm of the number of secrets of the format, in nats."""
        return self.layout.log2_size * math.log(2)

    def is_rival(self, tokens: list[int]) -> bool:
        """Return whether tokens are another secret of the format in the tokens it is given."""
        text = self.spelling.vocabulary.spelled(tokens)[len(self.lead) :]
        if text == self.secret:
            return False
        return bool(self.ids(text).tolist() == [*self.context.tolist(), *tokens])


@dataclass(slots=True)
class Framer:
    """Frames canaries for one model, and keeps what many of them share.

    Attributes:
        model: A language model.
        vocabulary: Its tokens.
        is_pair: Whether the training rows have a prompt and a completion.
        prompting: How it is asked; None for texts as they are.
    """

    model: HasLogProbabilities
    vocabulary: Vocabulary
    is_pair: bool
    prompting: Prompting | None
    _spellings: dict[tuple[str, str], Spelling]

    def frame(self, canary: Canary, rng: np.random.Generator) -> Framing | Message:
        """Return the framing of a canary, or why its secret cannot be followed token by token.

        Args:
            canary: The canary.
            rng: Draws other secrets of its format, which must be spelled the same way.
        """
        ids = self._ids_of(canary)
        layout = parse_format(canary.format)
        probes = [layout.draw(rng) for _ in range(_N_PROBES)]
        whole = [ids(text) for text in (canary.secret, *probes)]
        context = whole[0][: self._n_context(canary, whole)]
        lead = self._lead(context, whole[0], canary.secret)
        if lead is None:
            return _unspelled(canary, len(whole), len(whole))
        key = canary.format, lead
        if key not in self._spellings:
            self._spellings[key] = Spelling(self.vocabulary, layout, lead)
        spelling = self._spellings[key]
        n_lost = sum(not spelling.accepts(one[len(context) :].tolist()) for one in whole)
        if n_lost:
            return _unspelled(canary, n_lost, len(whole))
        target = whole[0][len(context) :]
        return Framing(context, canary.secret, target, lead, layout, spelling, ids)

    def _ids_of(self, canary: Canary) -> Callable[[str], NDArray[np.int64]]:
        if self.is_pair and not canary.is_masked:
            return lambda secret: self._of_pair(canary, secret)
        before = canary.prefix
        if self.is_pair and self.prompting is not None:
            before = self.prompting.template.partition("{text}")[0] + before
        return lambda secret: self.model.encode(before + secret, is_start=True)

    def _of_pair(self, canary: Canary, secret: str) -> NDArray[np.int64]:
        """Return the ids of prompt and secret as the modality puts them together."""
        row = planted_row(canary, is_pair=True)
        item = cast("Model", self.model).prepare([(row[0], secret)])[0]
        ids: NDArray[np.int64] = item.arrays["input_ids"]
        end = int(np.flatnonzero(item.arrays["segment"])[-1]) + 1
        while end and self.model.decode(ids[end - 1 : end]) == "":  # what ends a row is no secret
            end -= 1
        return ids[:end]

    def _n_context(self, canary: Canary, whole: list[NDArray[np.int64]]) -> int:
        """Return how many tokens all secrets share at the beginning, none of them of a secret."""
        shortest = min(map(len, whole))
        table = np.array([one[:shortest] for one in whole])
        differs = (table != table[0]).any(axis=0)
        shared = int(differs.argmax()) if differs.any() else shortest
        # what the secrets of a format all begin with belongs to them
        while shared > 1 and not self._is_before(self.model, whole[0], shared, canary.secret):
            shared -= 1
        return shared

    @staticmethod
    def _is_before(
        model: HasLogProbabilities, ids: NDArray[np.int64], shared: int, secret: str
    ) -> bool:
        rest = model.decode(ids)[len(model.decode(ids[:shared])) :]
        return rest.endswith(secret)

    def _lead(
        self, context: NDArray[np.int64], whole: NDArray[np.int64], secret: str
    ) -> str | None:
        rest = self.vocabulary.spelled(whole[len(context) :].tolist())
        return rest[: len(rest) - len(secret)] if rest.endswith(secret) else None


def framer_for(model: HasLogProbabilities, *, is_pair: bool, prompting: Prompting | None) -> Framer:
    """Read the vocabulary of a model, so that many canaries can be framed.

    Args:
        model: A model that offers log-probabilities.
        is_pair: Whether the training rows have a prompt and a completion.
        prompting: How it is asked.
    """
    return Framer(model, Vocabulary(model), is_pair, prompting, {})


def _unspelled(canary: Canary, n_lost: int, n: int) -> Message:
    return Message.of(
        "exposure.not-spelled",
        "Not measured: {n_lost} of {n} secrets of family {family} have tokens that do not spell the "
        "format piece by piece.",
        n_lost=n_lost,
        n=n,
        family=canary.family,
    )
