"""What a causal language model offers beside logits: log-probabilities and generations.

An item of a language model has two arrays of shape [t]: ``input_ids``, and ``segment``: 0 for what
is only read (prompt, special tokens), k >= 1 for what is scored as candidate k. A plain text has its
tokens in segment 1; a multiple-choice row has its candidates one after another, each read after the
prompt alone. ``logits`` of an item, shape [c], are the log-probabilities of its candidates in nats,
divided as the task says.

Legend of shapes: b batch, t tokens, k candidates, s steps, v vocabulary, n samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.modelling.items import Item


@dataclass(frozen=True, slots=True)
class Decoding:
    """How the next token is chosen; the settings that a deployment offers.

    Attributes:
        temperature: Divides the logits, >= 0; 0 takes the likeliest token.
        top_k: Only the k likeliest tokens; None for all.
        top_p: Only the smallest set of likeliest tokens whose probabilities reach p; None for all.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None


GREEDY = Decoding(temperature=0.0)
"""The likeliest token at every step."""


@dataclass(frozen=True, slots=True)
class TokenScores:
    """What a model says of the scored tokens of one item, in their order.

    Attributes:
        log_probability: In nats, shape [t]; -inf where the decoding rules a token out.
        is_greedy: Whether the token is the likeliest one there, shape [t].
        mean, deviation: Of the log-probability over the vocabulary at each place, weighted by the
            probabilities, shape [t] (Min-K%++); None where they were not asked for.
        segment: Candidate that each token belongs to, shape [t].
    """

    log_probability: NDArray[np.float64]
    is_greedy: NDArray[np.bool_]
    segment: NDArray[np.int64]
    mean: NDArray[np.float64] | None = None
    deviation: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True)
class Generation:
    """One continuation.

    Attributes:
        tokens: Ids, shape [s], without the token that ends it.
        text: Decoded; personal data.
        ended: ``stop`` (the model ended it, or a stop text was met) or ``length``.
    """

    tokens: NDArray[np.int64]
    text: str
    ended: Literal["stop", "length"]


@runtime_checkable
class HasLogProbabilities(Protocol):
    """Capability ``log-probabilities``: how likely given tokens are, without sampling them."""

    def log_probabilities(
        self,
        items: Sequence[Item],
        *,
        decoding: Decoding | None = None,
        has_moments: bool = False,
    ) -> list[TokenScores]:
        """Score the tokens of one batch, teacher-forced, model left as it was.

        Args:
            items: One batch; the output head runs only where a token is scored.
            decoding: Under which settings; None for the model's own distribution.
            has_moments: Whether mean and deviation are wanted.
        """
        ...

    def candidate_log_probabilities(
        self, prefix: NDArray[np.int64], candidates: Sequence[NDArray[np.int64]]
    ) -> NDArray[np.float64]:
        """Return the log-probability of each candidate after one prefix, in nats, shape [k].

        The prefix is read once, whatever the number of candidates; equal to ``log_probabilities``
        within 2e-5 nats a sequence in float32.

        Args:
            prefix: Token ids, at least one (the beginning-of-text token where there is nothing else).
            candidates: Token ids of each, any lengths.
        """
        ...

    def next_log_probabilities(
        self, prefix: NDArray[np.int64], continuations: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Return the log-probabilities of the next token, in nats, shape [k, v].

        Args:
            prefix: Token ids, at least one; read once.
            continuations: What stands after the prefix already, shape [k, s]; s may be 0.
        """
        ...

    def encode(self, text: str, *, is_start: bool) -> NDArray[np.int64]:
        """Return token ids of a text; with the tokens that a text begins with where ``is_start``."""
        ...

    def decode(self, tokens: NDArray[np.int64]) -> str:
        """Return the text of token ids; special tokens are left out."""
        ...


class TokenSteps(Protocol):
    """Rows that grow token by token behind one prefix; what they have read is kept.

    Attributes:
        most_rows: Rows that can grow at a time.
        most_steps: Tokens that a row can grow by; None where there is no limit.
    """

    most_rows: int
    most_steps: int | None

    def first(self, wanted: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the log-probabilities of some tokens right after the prefix, shape [1, w].

        All rows begin again from there.
        """
        ...

    def next(
        self, parents: NDArray[np.int64], tokens: NDArray[np.int64], wanted: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Let rows grow by one token, and return the log-probabilities of what follows, shape [k, w].

        Args:
            parents: Which row of the call before each of them continues, shape [k].
            tokens: The token that it grows by, shape [k].
            wanted: Tokens whose log-probabilities are wanted, shape [w].
        """
        ...


@runtime_checkable
class CanStep(Protocol):
    """May stand beside ``log-probabilities``: rows grow without being read again.

    Equal to ``next_log_probabilities`` within rounding; who cannot do it leaves it out.
    """

    def steps(self, prefix: NDArray[np.int64]) -> TokenSteps | None:
        """Read a prefix and return rows that grow behind it; None where nothing can be kept."""
        ...


@runtime_checkable
class EncodesMany(Protocol):
    """May stand beside ``log-probabilities``: many texts are put into tokens in one call."""

    def encode_many(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """Return of each what ``encode(text, is_start=True)`` returns."""
        ...


@runtime_checkable
class CanGenerate(Protocol):
    """Capability ``generate``: the model continues prompts.

    A faster executor can stand behind the same protocol; log-probabilities are never taken from one.
    """

    def generate(
        self,
        items: Sequence[Item],
        *,
        decoding: Decoding,
        max_new_tokens: int,
        seed: int,
        stop: Sequence[str] = (),
    ) -> list[Generation]:
        """Continue one batch of prompts: what stands in segment 0 of each, model left as it was.

        Args:
            items: One batch of prompts.
            decoding: How tokens are chosen.
            max_new_tokens: A generation that never stops is ended here, and says so.
            seed: Decides what is drawn, with the key of the item alone: whatever stands beside it.
                The generation engine gives equal items keys of their own.
            stop: Texts that end a generation; they are not part of it.

        Raises:
            ModelError: If the model answers NaN, or a prompt leaves no room for a token.
        """
        ...
