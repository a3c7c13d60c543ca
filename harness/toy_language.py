"""A toy language model whose every number can be worked out by hand, for planted defects and tests; no torch.

It counts which character follows which few characters before it, and mixes the orders as Witten and
Bell do: p_k = (count + T * p_(k-1)) / (n + T), with n characters counted after the context and T
different ones among them. A text that it was shown often it knows by heart, once the context is long
enough to tell it from the others; a text that it was never shown it does not know.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from harness.errors import ContractError, must
from harness.modelling import Decoding, Generation, Item, Part, TokenScores
from harness.records import ModelRef

if TYPE_CHECKING:
    from numpy.typing import NDArray

START, STOP, UNKNOWN = 0, 1, 2
"""Tokens that are no characters: before a text, after it, and for characters that were never seen."""

_N_SPECIAL = 3


class ToyLanguageModel:
    """A character model of a given order, counted from texts.

    Args:
        texts: What it was trained on.
        n_copies: How often each text was met; once where not given.
        order: Characters of context that it looks back at.
        alphabet: Characters that it knows beside those of the texts.
        n_classes: c: 1 for text-generation, else the number of candidates of a row.
        name: What it is called.
        max_tokens: Longest input; a longer one loses its beginning and is marked.

    Attributes:
        vocabulary: Character of each token id; empty texts for the three that are none.
    """

    capabilities = frozenset({"logits", "log-probabilities", "generate", "parts"})
    device = "cpu"
    dtype = "float32"

    def __init__(
        self,
        texts: Sequence[str],
        *,
        n_copies: Sequence[int] | None = None,
        order: int = 5,
        alphabet: str = "",
        n_classes: int = 1,
        name: str = "toy",
        max_tokens: int = 512,
    ) -> None:
        known = sorted(set("".join(texts)) | set(alphabet))
        self.vocabulary = ["", "", "", *known]
        self.n_classes = n_classes
        self.max_tokens = max_tokens
        self.ref = ModelRef(kind="given", name=name)
        self._order = order
        self._id = {char: number for number, char in enumerate(known, start=_N_SPECIAL)}
        self._counts: dict[tuple[int, ...], dict[int, int]] = {}
        self._known: dict[tuple[int, ...], NDArray[np.float64]] = {}
        for text, n in zip(texts, n_copies or [1] * len(texts), strict=True):
            self._count([START, *self._ids(text), STOP], n)

    def prepare(self, inputs: Sequence[str | tuple[str, ...]]) -> list[Item]:
        """Turn rows into items: a text; prompt and completion; or prompt and candidates."""
        return [self._item(one) for one in inputs]

    def logits(self, items: Sequence[Item]) -> NDArray[np.float32]:
        """Return the log-probability of each candidate in nats, shape [b, c]."""
        found = np.zeros((len(items), self.n_classes), dtype=np.float32)
        for i, scores in enumerate(self.log_probabilities(items)):
            for k in range(self.n_classes):
                found[i, k] = scores.log_probability[scores.segment == k + 1].sum()
        return found

    def log_probabilities(
        self,
        items: Sequence[Item],
        *,
        decoding: Decoding | None = None,
        has_moments: bool = False,
    ) -> list[TokenScores]:
        """Score the tokens of a batch; see ``HasLogProbabilities``."""
        return [self._scored(item, decoding, has_moments=has_moments) for item in items]

    def candidate_log_probabilities(
        self, prefix: NDArray[np.int64], candidates: Sequence[NDArray[np.int64]]
    ) -> NDArray[np.float64]:
        """Return the log-probability of each candidate after a prefix, shape [k]."""
        start = prefix.tolist()
        return np.array([self._sum(start, one.tolist()) for one in candidates], dtype=np.float64)

    def next_log_probabilities(
        self, prefix: NDArray[np.int64], continuations: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Return the log-probabilities of the next token, shape [k, v]."""
        rows = [self._next([*prefix.tolist(), *one.tolist()]) for one in continuations]
        return np.array(rows, dtype=np.float32).reshape(len(rows), len(self.vocabulary))

    def encode(self, text: str, *, is_start: bool) -> NDArray[np.int64]:
        """Return token ids, one for each character, after ``START`` where ``is_start``."""
        return np.array([START] * is_start + self._ids(text), dtype=np.int64)

    def decode(self, tokens: NDArray[np.int64]) -> str:
        """Return the text of token ids."""
        return "".join(self.vocabulary[token] for token in tokens.tolist())

    def generate(
        self,
        items: Sequence[Item],
        *,
        decoding: Decoding,
        max_new_tokens: int,
        seed: int,
        stop: Sequence[str] = (),
    ) -> list[Generation]:
        """Continue prompts; see ``CanGenerate``."""
        return [self._continued(item, decoding, max_new_tokens, seed, stop) for item in items]

    def parts(self, item: Item) -> list[Part]:
        """Return the words of what is only read; candidates and special tokens belong to none."""
        ids, segment = item.arrays["input_ids"].tolist(), item.arrays["segment"]
        found: list[Part] = []
        word: list[int] = []
        for position in range(len(ids) + 1):
            is_inside = position < len(ids) and (
                segment[position] == 0 and self.vocabulary[ids[position]].strip() != ""
            )
            if is_inside:
                word.append(position)
            elif word:
                content = "".join(self.vocabulary[ids[one]] for one in word)
                found.append(Part(len(found), tuple(word), content))
                word = []
        return found

    def without(self, item: Item, part_indexes: Sequence[int]) -> Item:
        """Return the item with some words deleted.

        Raises:
            ContractError: If a part does not exist.
        """
        parts = self.parts(item)
        wrong = [index for index in part_indexes if not 0 <= index < len(parts)]
        if wrong:
            raise ContractError(must("A part", f"lie in 0..{len(parts) - 1}", wrong[0]))
        gone = {place for index in part_indexes for place in parts[index].positions}
        kept = [place for place in range(item.length) if place not in gone]
        ids, segment = item.arrays["input_ids"][kept], item.arrays["segment"][kept]
        return _made(ids, segment, is_truncated=item.is_truncated)

    def _ids(self, text: str) -> list[int]:
        return [self._id.get(char, UNKNOWN) for char in text]

    def _count(self, ids: list[int], n: int) -> None:
        for place in range(1, len(ids)):
            for length in range(min(self._order, place) + 1):
                after = self._counts.setdefault(tuple(ids[place - length : place]), {})
                after[ids[place]] = after.get(ids[place], 0) + n

    def _probabilities(self, context: tuple[int, ...]) -> NDArray[np.float64]:
        """Return the distribution of the next token, shape [v]."""
        found = self._known.get(context)
        if found is not None:
            return found
        if context:
            shorter = self._probabilities(context[1:])
        else:
            shorter = np.full(len(self.vocabulary), 1.0 / (len(self.vocabulary) - 1))
            shorter[START] = 0.0
        counted = self._counts.get(context)
        if counted is None:
            found = shorter
        else:
            n, kinds = sum(counted.values()), len(counted)
            found = shorter * (kinds / (n + kinds))
            for token, count in counted.items():
                found[token] += count / (n + kinds)
        self._known[context] = found
        return found

    def _next(self, before: Sequence[int]) -> NDArray[np.float64]:
        context = tuple(before[max(0, len(before) - self._order) :])
        with np.errstate(divide="ignore"):  # START never follows
            logs: NDArray[np.float64] = np.log(self._probabilities(context))
        return logs

    def _sum(self, before: list[int], candidate: list[int]) -> float:
        read, total = list(before), 0.0
        for token in candidate:
            total += float(self._next(read)[token])
            read.append(token)
        return total

    def spans(self, inputs: Sequence[str | tuple[str, ...]]) -> list[NDArray[np.int64]]:
        """Return where the characters of each row stand, shape [t, 3]; see ``HasSpans``."""
        return [self._pieces(one)[2] for one in inputs]

    def _item(self, one: str | tuple[str, ...]) -> Item:
        ids, segment, _, is_truncated = self._pieces(one)
        return _made(ids, segment, is_truncated=is_truncated)

    def _pieces(
        self, one: str | tuple[str, ...]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], bool]:
        """Return ids, segments and spans of a row, and whether it lost something."""
        texts = ("", one) if isinstance(one, str) else one
        prompt = [(START, 0, (-1, -1, -1)), *self._places(texts[0], 0, 0)]
        # a text of one candidate ends; what stands beside others is only compared
        ends = [(STOP, 1, (-1, -1, -1))] if len(texts) == 2 else []
        scored = []
        for number, text in enumerate(texts[1:], start=1):
            scored += [*self._places(text, 0 if isinstance(one, str) else number, number), *ends]
        n_kept = max(1, self.max_tokens - len(scored))
        is_truncated = len(prompt) > n_kept or len(scored) + 1 > self.max_tokens
        whole = [*prompt[max(0, len(prompt) - n_kept) :], *scored][: self.max_tokens]
        ids, segment, spans = zip(*whole, strict=True)
        return (
            np.array(ids, dtype=np.int64),
            np.array(segment, dtype=np.int64),
            np.array(spans, dtype=np.int64),
            is_truncated,
        )

    def _places(
        self, text: str, number: int, segment: int
    ) -> list[tuple[int, int, tuple[int, int, int]]]:
        ids = self._ids(text)
        return [(token, segment, (number, i, i + 1)) for i, token in enumerate(ids)]

    def _scored(self, item: Item, decoding: Decoding | None, *, has_moments: bool) -> TokenScores:
        ids, segment = item.arrays["input_ids"].tolist(), item.arrays["segment"].tolist()
        prompt = [token for token, part in zip(ids, segment, strict=True) if part == 0]
        logs: list[float] = []
        greedy: list[bool] = []
        moments: list[tuple[float, float]] = []
        read, current = list(prompt), 0
        for token, part in zip(ids, segment, strict=True):
            if part == 0:
                continue
            if part != current:
                read, current = list(prompt), part
            plain = self._next(read)
            greedy.append(int(plain.argmax()) == token)
            logs.append(float(decoded(plain, decoding)[token]))
            if has_moments:
                moments.append(_moments(plain))
            read.append(token)
        table = np.array(moments, dtype=np.float64).reshape(-1, 2)
        return TokenScores(
            log_probability=np.array(logs, dtype=np.float64),
            is_greedy=np.array(greedy, dtype=np.bool_),
            segment=np.array([part for part in segment if part], dtype=np.int64),
            mean=table[:, 0] if has_moments else None,
            deviation=table[:, 1] if has_moments else None,
        )

    def _continued(
        self, item: Item, decoding: Decoding, max_new_tokens: int, seed: int, stop: Sequence[str]
    ) -> Generation:
        ids, segment = item.arrays["input_ids"], item.arrays["segment"]
        read = ids[segment == 0].tolist()
        rng = np.random.default_rng([seed, int.from_bytes(item.key[:8], "big")])
        made: list[int] = []
        ended: Literal["stop", "length"] = "length"
        text = ""
        while len(made) < max_new_tokens:
            logs = decoded(self._next(read), decoding)
            token = int(rng.choice(len(logs), p=np.exp(logs) / np.exp(logs).sum()))
            if token == STOP:
                ended = "stop"
                break
            made.append(token)
            read.append(token)
            text = self.decode(np.array(made, dtype=np.int64))
            met = [text.index(one) for one in stop if one in text]
            if met:
                text, ended = text[: min(met)], "stop"
                break
        return Generation(np.array(made, dtype=np.int64), text, ended)


def decoded(logs: NDArray[np.float64], decoding: Decoding | None) -> NDArray[np.float64]:
    """Return the log-probabilities of the next token under decoding settings, shape [v].

    Args:
        logs: Of the model's own distribution, shape [v].
        decoding: Settings; None changes nothing.
    """
    if decoding is None:
        return logs
    if decoding.temperature == 0:
        only = np.full_like(logs, -np.inf)
        only[int(logs.argmax())] = 0.0
        return only
    warm = logs / decoding.temperature
    order = np.argsort(-warm, kind="stable")
    kept = np.ones(len(warm), dtype=np.bool_)
    if decoding.top_k is not None:
        kept[order[decoding.top_k :]] = False
    if decoding.top_p is not None:
        weights = np.where(kept, np.exp(warm - warm.max()), 0.0)
        before = np.cumsum(weights[order] / weights.sum()) - weights[order] / weights.sum()
        kept[order[before >= decoding.top_p]] = False
    with np.errstate(divide="ignore"):
        weights = np.where(kept, np.exp(warm - warm[kept].max()), 0.0)
        found: NDArray[np.float64] = np.log(weights / weights.sum())
    return found


def with_classes(model: ToyLanguageModel, n_classes: int) -> ToyLanguageModel:
    """Return the same model asked about rows of so many candidates."""
    other = ToyLanguageModel((), order=model._order, n_classes=n_classes, name=model.ref.name)
    other.vocabulary, other._id = model.vocabulary, model._id
    other._counts, other._known = model._counts, model._known
    other.max_tokens, other.ref = model.max_tokens, replace(model.ref)
    return other


def _moments(logs: NDArray[np.float64]) -> tuple[float, float]:
    chance = np.exp(logs)
    finite = np.where(np.isfinite(logs), logs, 0.0)
    mean = float((chance * finite).sum())
    return mean, float(np.sqrt(max(0.0, float((chance * finite**2).sum()) - mean**2)))


def _made(ids: NDArray[np.int64], segment: NDArray[np.int64], *, is_truncated: bool) -> Item:
    raw = ids.astype("<i8").tobytes() + b"|" + segment.astype("<i8").tobytes()
    key = hashlib.sha256(raw).digest()
    return Item({"input_ids": ids, "segment": segment}, len(ids), is_truncated, key)
