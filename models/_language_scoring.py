"""How likely given tokens are: teacher-forced, what is shared read once.

Legend of shapes: b batch, t tokens, k candidates, s steps, m places, n targets, v vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.engines.packing import Answer, Budget, in_batches
from harness.errors import ContractError, ModelError, Phrase, must
from harness.modelling import Decoding, TokenScores
from models._language_feeding import LanguageFeeder, Memory
from models._language_tokens import SEGMENT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import Item

    Ids = NDArray[np.int64]
    Floats = NDArray[np.float64]

_ROWS_ON_CPU = 2**12
_ROWS = 2**16
"""Tokens, with all that they follow, that go through at a time after a shared beginning; on a CPU as
many as its cache holds."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of each scored token.

    Attributes:
        decoding: Under which settings; None for the model's own distribution.
        has_moments: Whether mean and deviation are wanted.
        has_likeliest: Whether it is wanted which tokens are the likeliest ones.
    """

    decoding: Decoding | None = None
    has_moments: bool = False
    has_likeliest: bool = True

    @property
    def is_plain(self) -> bool:
        """Whether a token needs no more than its own logit and the sum over the others."""
        return self.decoding is None and not self.has_moments


@dataclass(frozen=True, slots=True)
class _Run:
    """Tokens that follow a prompt: one candidate of one row."""

    row: int
    ids: Ids

    @property
    def length(self) -> int:
        return len(self.ids)


class Scorer:
    """Scores tokens with one network, in inference mode and without dropout.

    Args:
        feeder: The network.
    """

    def __init__(self, feeder: LanguageFeeder) -> None:
        self._feeder = feeder

    def of_items(self, items: Sequence[Item], wish: Wish) -> list[TokenScores]:
        """Score one batch of items; see ``HasLogProbabilities``."""
        tables: dict[int, list[Floats]] = {}
        single = [i for i, one in enumerate(items) if _n_candidates(one) <= 1]
        if single:
            whole = self._whole([items[i].arrays for i in single], wish)
            tables |= {i: [table] for i, table in zip(single, whole, strict=True)}
        several = [i for i in range(len(items)) if i not in tables]
        if several:
            prompts, runs = _runs([items[i] for i in several])
            tables |= {i: [] for i in several}
            for run, table in zip(runs, self._after(prompts, runs, wish), strict=True):
                tables[several[run.row]].append(table)
        return [_scores(items[i], np.concatenate(tables[i]), wish) for i in range(len(items))]

    def candidates(self, prefix: Ids, candidates: Sequence[Ids]) -> Floats:
        """Return the log-probability of each candidate after a prefix, shape [k].

        Raises:
            ModelError: If prefix and candidate are longer than what the model reads.
        """
        runs = [_Run(0, np.asarray(one, dtype=np.int64)) for one in candidates]
        self._check(prefix, max((run.length for run in runs), default=0))
        tables = self._after([prefix], runs, Wish(has_likeliest=False)) if runs else []
        return np.array([table[:, 0].sum() for table in tables], dtype=np.float64)

    def next(self, prefix: Ids, continuations: Ids) -> NDArray[np.float32]:
        """Return the log-probabilities of the next token, shape [k, v].

        Raises:
            ModelError: If prefix and continuation are longer than what the model reads.
        """
        n, n_steps = continuations.shape
        self._check(prefix, n_steps)
        if n and n_steps:
            runs = [_Run(0, one) for one in continuations]
            pieces = self._ends([prefix], runs)
        else:
            places = (np.zeros(1, dtype=np.int64), np.array([len(prefix) - 1]))
            logits = list(self._feeder.logits(self._feeder.fed([prefix]), places))
            pieces = iter([(list(range(n)), logits[0].expand(n, -1))])
        found: NDArray[np.float32] | None = None
        for batch, logits in pieces:
            logs = logits.log_softmax(-1).cpu().numpy()
            if found is None:
                found = np.empty((n, logs.shape[1]), dtype=np.float32)
            found[batch] = logs
        return np.empty((0, 0), dtype=np.float32) if found is None else found

    def _ends(
        self, prompts: Sequence[Ids], runs: Sequence[_Run]
    ) -> Iterator[tuple[list[int], Any]]:
        """Yield positions of runs and the logits after each, shape [b, v]."""
        import torch

        memory = self._feeder.read(prompts)[0] if self._feeder.keeps else None

        def ask(batch: list[int]) -> Any:
            rows = [runs[i] for i in batch]
            return torch.cat(list(self._answers(memory, prompts, rows, is_end=True)))

        yield from self._batches(prompts, runs, ask)

    def _check(self, prefix: Ids, n_more: int) -> None:
        if not len(prefix):
            do = "Begin with the token that a text begins with: encode(text, is_start=True)."
            raise ContractError(must("prefix", "hold at least one token", Phrase("none"), do=do))
        limit = self._feeder.positions
        if limit is not None and len(prefix) + n_more > limit:
            what = f"leave room for {n_more} tokens within the {limit} that the model reads"
            do = "Give the end of the prefix alone."
            raise ModelError(must("prefix", what, Phrase(f"{len(prefix)} tokens"), do=do))

    def _whole(self, rows: Sequence[Any], wish: Wish) -> list[Floats]:
        """Score rows whose tokens stand in the order in which they are read."""
        targets = [np.flatnonzero(row[SEGMENT] > 0) for row in rows]
        if any(len(one) and one[0] == 0 for one in targets):
            got = Phrase("one at the beginning")
            raise ContractError(must("A scored token", "stand after another one", got))
        sizes = [len(one) for one in targets]
        ids = np.concatenate([row["input_ids"][at] for row, at in zip(rows, targets, strict=True)])
        if not len(ids):
            return [_nothing() for _ in rows]
        places = (np.repeat(np.arange(len(rows)), sizes), np.concatenate(targets) - 1)
        fed = self._feeder.fed([row["input_ids"] for row in rows])
        table = _measured(self._feeder.logits(fed, places), np.arange(len(ids)), ids, wish)
        return _apart(table, sizes)

    def _after(self, prompts: Sequence[Ids], runs: Sequence[_Run], wish: Wish) -> list[Floats]:
        """Score what follows prompts, each prompt read once; runs stand in the order of their rows."""
        if not self._feeder.keeps:
            return self._flat(prompts, runs, wish)
        memory, logits = self._feeder.read(prompts)
        begun = [i for i, run in enumerate(runs) if run.length]
        owners = np.array([runs[i].row for i in begun], dtype=np.int64)
        firsts = np.array([runs[i].ids[0] for i in begun], dtype=np.int64)
        first = _measured(iter([logits]), owners, firsts, wish)
        tables = [_nothing() for _ in runs]
        for i, table in zip(begun, first, strict=True):
            tables[i] = table[None]
        longer = [i for i in begun if runs[i].length > 1]
        rest = [_Run(runs[i].row, runs[i].ids[:-1]) for i in longer]

        def ask(batch: list[int]) -> list[Floats]:
            rows = [rest[i] for i in batch]
            ids = np.concatenate([runs[longer[i]].ids[1:] for i in batch])
            pieces = self._answers(memory, prompts, rows, is_end=False)
            table = _measured(pieces, np.arange(len(ids)), ids, wish)
            return _apart(table, [run.length for run in rows])

        for batch, parts in self._batches(prompts, rest, ask):
            for i, part in zip(batch, parts, strict=True):
                tables[longer[i]] = np.concatenate([tables[longer[i]], part])
        return tables

    def _answers(
        self, memory: Memory | None, prompts: Sequence[Ids], runs: Sequence[_Run], *, is_end: bool
    ) -> Iterator[Any]:
        """Yield the logits after every token of the runs, or after the last of each."""
        sizes = np.array([run.length for run in runs])
        if is_end:
            places = (np.arange(len(runs)), sizes - 1)
        else:
            columns = np.concatenate([np.arange(size) for size in sizes])
            places = (np.repeat(np.arange(len(runs)), sizes), columns)
        if memory is not None:
            own = memory.of([run.row for run in runs])
            yield from self._feeder.go_on(own, [run.ids for run in runs], places)
            return
        before = np.array([len(prompts[run.row]) for run in runs])
        rows = [np.concatenate([prompts[run.row], run.ids]) for run in runs]
        moved = (places[0], places[1] + before[places[0]])
        yield from self._feeder.logits(self._feeder.fed(rows), moved)

    def _flat(self, prompts: Sequence[Ids], runs: Sequence[_Run], wish: Wish) -> list[Floats]:
        """Score what follows prompts, each prompt read again for each."""
        rows = []
        for run in runs:
            prompt = prompts[run.row]
            ids = np.concatenate([prompt, run.ids])
            rows.append(
                {"input_ids": ids, SEGMENT: (np.arange(len(ids)) >= len(prompt)).astype(int)}
            )
        tables = [_nothing() for _ in runs]
        for batch, found in self._batches(
            prompts, runs, lambda batch: self._whole([rows[i] for i in batch], wish)
        ):
            for i, table in zip(batch, found, strict=True):
                tables[i] = table
        return tables

    def _batches(
        self,
        prompts: Sequence[Ids],
        runs: Sequence[_Run],
        ask: Callable[[list[int]], Answer],
    ) -> Iterator[tuple[list[int], Answer]]:
        """Yield positions of runs and what was asked of them, as many at a time as memory holds."""
        sizes = [_Size(len(prompts[run.row]) + run.length) for run in runs]
        is_cpu = str(self._feeder.network.device) == "cpu"
        return in_batches(sizes, Budget(_ROWS_ON_CPU if is_cpu else _ROWS), ask)


@dataclass(frozen=True, slots=True)
class _Size:
    length: int


def restricted(logs: Any, decoding: Decoding | None) -> Any:
    """Return the log-probabilities of the next token under decoding settings, shape [m, v].

    Args:
        logs: Of the model's own distribution, shape [m, v].
        decoding: Settings; None changes nothing. Tokens as likely as the last of the k likeliest stay.
    """
    import torch

    if decoding is None:
        return logs
    if decoding.temperature == 0:
        only = torch.full_like(logs, -torch.inf)
        return only.scatter(-1, logs.argmax(-1, keepdim=True), 0.0)
    warm = logs / decoding.temperature
    if decoding.top_k is not None:
        least = warm.topk(min(decoding.top_k, warm.shape[-1])).values[..., -1:]
        warm = warm.masked_fill(warm < least, -torch.inf)
    if decoding.top_p is not None:
        ordered, order = warm.sort(dim=-1, descending=True, stable=True)
        chance = ordered.softmax(-1)
        is_out = chance.cumsum(-1) - chance >= decoding.top_p
        is_out[..., 0] = False
        warm = warm.masked_fill(is_out.scatter(-1, order, is_out), -torch.inf)
    return warm.log_softmax(-1)


def _measured(pieces: Iterator[Any], owners: Ids, ids: Ids, wish: Wish) -> Floats:
    """Read targets off logits, shape [n, 4]: log-probability, is likeliest, mean, deviation.

    Args:
        pieces: Logits of places, in order, [some m, v] each.
        owners: Place of each target, ascending, shape [n].
        ids: Token of each target, shape [n].
        wish: What is asked.
    """
    import torch

    found = np.zeros((len(ids), 4), dtype=np.float64)
    done = 0
    for logits in pieces:
        low, high = np.searchsorted(owners, [done, done + len(logits)]).tolist()
        place = torch.from_numpy(owners[low:high] - done).to(logits.device)
        token = torch.from_numpy(ids[low:high]).to(logits.device)
        if wish.is_plain:
            columns = [logits[place, token] - logits.logsumexp(-1)[place]]
        else:
            logs = logits.log_softmax(-1)
            columns = [restricted(logs, wish.decoding)[place, token]]
        if wish.has_likeliest:
            columns.append(logits.argmax(-1)[place] == token)
        if wish.has_moments:
            chance, finite = logs.exp(), logs.masked_fill(logs == -torch.inf, 0)
            mean = (chance * finite).sum(-1)
            spread = ((chance * finite**2).sum(-1) - mean**2).clamp_min(0).sqrt()
            columns += [mean[place], spread[place]]
        for column, values in enumerate(columns):
            found[low:high, column] = values.double().cpu().numpy()
        done += len(logits)
    return found


def _scores(item: Item, table: Floats, wish: Wish) -> TokenScores:
    segment = item.arrays[SEGMENT]
    return TokenScores(
        log_probability=table[:, 0],
        is_greedy=table[:, 1] > 0,
        segment=segment[segment > 0],
        mean=table[:, 2] if wish.has_moments else None,
        deviation=table[:, 3] if wish.has_moments else None,
    )


def _runs(items: Sequence[Item]) -> tuple[list[Ids], list[_Run]]:
    """Return the prompt of each item, and its candidates."""
    prompts, runs = [], []
    for row, item in enumerate(items):
        ids, segment = item.arrays["input_ids"], item.arrays[SEGMENT]
        prompts.append(ids[segment == 0])
        runs += [_Run(row, ids[segment == k]) for k in range(1, _n_candidates(item) + 1)]
    return prompts, runs


def _n_candidates(item: Item) -> int:
    return int(item.arrays[SEGMENT].max(initial=0))


def _nothing() -> Floats:
    return np.zeros((0, 4), dtype=np.float64)


def _apart(table: Floats, sizes: Sequence[int]) -> list[Floats]:
    return np.split(table, np.cumsum(sizes)[:-1]) if len(sizes) else []
