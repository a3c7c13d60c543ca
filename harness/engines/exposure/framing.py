"""How a model meets a secret: what it has read before, and in which tokens it is asked about it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from harness.canaries import parse_format, planted_row
from harness.engines.exposure.spelling import Spelling, Vocabulary
from harness.modelling import EncodesMany
from harness.records import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.canaries import Canary, SecretFormat
    from harness.modelling import HasLogProbabilities, Model
    from harness.records import Prompting

_N_PROBES = 32
"""Other secrets of the format whose tokens are looked at before the format is believed."""


Ids = Callable[[Sequence[str]], "list[NDArray[np.int64]]"]


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
        ids: Secrets of the format → ids of context and secret of each.
    """

    context: NDArray[np.int64]
    secret: str
    target: NDArray[np.int64]
    lead: str
    layout: SecretFormat
    spelling: Spelling
    ids: Ids

    @property
    def log_size(self) -> float:
        """Logarithm of the number of secrets of the format, in nats."""
        return self.layout.log2_size * math.log(2)

    def are_rivals(self, rows: Sequence[list[int]]) -> list[bool]:
        """Return of each row whether it is another secret of the format, in the tokens it is given."""
        texts = [self.text_of(row) for row in rows]
        before = self.context.tolist()
        return [
            text != self.secret and ids.tolist() == [*before, *row]
            for text, ids, row in zip(texts, self.ids(texts), rows, strict=True)
        ]

    def text_of(self, tokens: Sequence[int]) -> str:
        """Return the secret that tokens spell."""
        return self.spelling.vocabulary.spelled(tokens)[len(self.lead) :]


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
        whole = ids([canary.secret, *probes])
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

    def _ids_of(self, canary: Canary) -> Ids:
        if self.is_pair and not canary.is_masked:
            prompt = planted_row(canary, is_pair=True)[0]
            return lambda secrets: self._read([(prompt, one) for one in secrets])
        before = canary.prefix
        if self.is_pair and self.prompting is not None:
            before = self.prompting.template.partition("{text}")[0] + before
        return lambda secrets: self._encoded([before + one for one in secrets])

    def _encoded(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        if isinstance(self.model, EncodesMany):
            return self.model.encode_many(texts)
        return [self.model.encode(text, is_start=True) for text in texts]

    def _read(self, rows: Sequence[tuple[str, ...]]) -> list[NDArray[np.int64]]:
        """Return the ids of rows as the modality puts them together, without what ends a row."""
        found = []
        for item in cast("Model", self.model).prepare(rows):
            ids: NDArray[np.int64] = item.arrays["input_ids"]
            end = int(np.flatnonzero(item.arrays["segment"])[-1]) + 1
            while end and not self.vocabulary.texts[int(ids[end - 1])]:
                end -= 1
            found.append(ids[:end])
        return found

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
