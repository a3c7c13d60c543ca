"""Texts that a model is left to write: which of the values in them does it have from training?

Both models write after the same prompts with the same draws. What the reference writes too is nobody's
leak. A value counts where the detector finds it in a generation or where it stands there as training has
it: generations often break the form that a detector looks for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audits._extraction_targets import whole_tokens
from audits._extraction_values import Key, Value, keys_in
from audits._language_items import most_tokens, prompt_item
from harness.detectors.inventory import MIN_DIGITS, Inventory
from harness.engines.overlap import OverlapIndex
from harness.secrecy import normal_value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._extraction_options import Options
    from audits._extraction_scoring import Pair
    from audits._extraction_targets import Reader
    from harness.data import Dataset
    from harness.detectors import Detector
    from harness.modelling import Generation

PROMPTS = 15
"""Beginnings of test rows that are continued."""

_WORDS = 5
"""Words of a test row that are its beginning."""


@dataclass(frozen=True, slots=True, repr=False)
class Written:
    """What both models wrote.

    Attributes:
        n: Generations of each model.
        n_prompts: Prompts behind them.
        n_endless: Generations that were ended by their length.
        seen: Value of training, or new one → generations of the model that hold it.
        by_base: Values in generations of the reference; None without one.
        longest: Tokens of the longest run that each generation shares with training, shape [n]; None
            where there is no n-gram to share.
        longest_by_base: The same of the reference.
    """

    n: int
    n_prompts: int
    n_endless: int
    seen: dict[Key, int]
    by_base: frozenset[Key] | None
    longest: NDArray[np.int64] | None
    longest_by_base: NDArray[np.int64] | None

    def new(self) -> dict[Key, int]:
        """Return what the reference does not write."""
        known = self.by_base or frozenset()
        return {key: times for key, times in self.seen.items() if key not in known}


class Known:
    """The values of training, found in any text as they are written there.

    Args:
        values: The values.
    """

    def __init__(self, values: Sequence[Value]) -> None:
        self._normal = {value.normal: value.key for value in values}
        self._digits = {_digits(value.normal): value.key for value in values}
        by_kind: dict[str, list[str]] = {}
        for value in values:
            by_kind.setdefault(value.kind, []).append(value.written)
        self._inventory = Inventory(by_kind)

    def keys(self, texts: Sequence[str]) -> list[set[Key]]:
        """Return the values that stand in each text, not as a piece of a longer word or number."""
        every = set(self._normal.values())
        found = []
        for text, spans in zip(texts, self._inventory.find(texts), strict=True):
            alone = [one for one in spans if _stands_alone(text, one.start, one.stop)]
            found.append({self.key(key) for key in keys_in(text, alone)} & every)
        return found

    def key(self, key: Key) -> Key:
        """Return the key that training has for a value, whatever kind it was taken for here."""
        known = self._normal.get(key[1])
        if known is None and len(digits := _digits(key[1])) >= MIN_DIGITS:
            known = self._digits.get(digits)
        return known or key


def written(
    pair: Pair, train: Dataset, values: Sequence[Value], detector: Detector, options: Options
) -> Written:
    """Let both models write, and look for values and for stretches of training texts."""
    prompts = [text for text in _prompts(pair, options) if _fit(pair, text, options)]
    known = Known(values)
    seed = int(pair.ctx.rng.integers(2**31))
    index = _index(pair, train, options)
    texts = {}
    for model in pair.both:
        texts[id(model)] = _write(pair, model, prompts, options, seed)
    own = texts[id(pair.own)]
    seen = Counter(key for keys in _keys(own, prompts, known, detector, options) for key in keys)
    by_base = longest_by_base = None
    if pair.base is not None:
        base = texts[id(pair.base)]
        found = _keys(base, prompts, known, detector, options)
        by_base = frozenset(key for keys in found for key in keys)
        longest_by_base = _longest(index, base)
    return Written(
        n=len(own),
        n_prompts=len(prompts),
        n_endless=sum(one.ended == "length" for one in own),
        seen=dict(seen),
        by_base=by_base,
        longest=_longest(index, own),
        longest_by_base=longest_by_base,
    )


def _prompts(pair: Pair, options: Options) -> list[str]:
    """Return the empty prompt, those of the options, and beginnings of test rows, each once."""
    texts = ["", *options.prompts]
    for dataset in pair.ctx.datasets:
        if not pair.ctx.has_rows(dataset) or not pair.ctx.rows(dataset).has_inputs:
            continue
        inputs = pair.ctx.rows(dataset).inputs
        for row in pair.ctx.rng.permutation(len(inputs))[:PROMPTS].tolist():
            one = inputs[row]
            texts.append(_beginning(one if isinstance(one, str) else one[0]))
    return list(dict.fromkeys(texts))[: 1 + len(options.prompts) + PROMPTS]


def _beginning(text: str) -> str:
    words = text.split(" ")[:_WORDS]
    return " ".join(words)[:40]  # scripts without spaces: some characters


def _fit(pair: Pair, text: str, options: Options) -> bool:
    """Return whether a prompt leaves both models room for a generation."""
    return all(
        (most := most_tokens(model)) is None
        or not text
        or len(model.encode(text, is_start=True)) + options.new_tokens <= most
        for model in pair.both
    )


def _write(
    pair: Pair, model: Reader, prompts: Sequence[str], options: Options, seed: int
) -> list[Generation]:
    prefixes = [model.encode(text, is_start=True) for text in prompts]
    items = [prompt_item(prefixes[k % len(prefixes)]) for k in range(options.generations)]
    return pair.generate(
        model, items, options.decoding.settings(), new_tokens=options.new_tokens, seed=seed
    )


def _keys(
    made: Sequence[Generation],
    prompts: Sequence[str],
    known: Known,
    detector: Detector,
    options: Options,
) -> Iterator[set[Key]]:
    """Return the values of each generation that its prompt does not hold."""
    texts = [one.text for one in made]
    exact = known.keys(texts)
    for k, spans in enumerate(detector.find(texts)):
        given = normal_value(prompts[k % len(prompts)])
        keys = exact[k] | {known.key(key) for key in keys_in(texts[k], spans)}
        if options.kinds:
            keys = {key for key in keys if key[0] in options.kinds}
        yield {key for key in keys if key[1] not in given}


def _index(pair: Pair, train: Dataset, options: Options) -> OverlapIndex | None:
    if options.text_tokens > options.new_tokens:
        return None
    index = OverlapIndex(
        whole_tokens(pair.own, train.inputs, is_asked=pair.is_asked), n=options.text_tokens
    )
    return index if index.n_grams else None


def _longest(index: OverlapIndex | None, made: Sequence[Generation]) -> NDArray[np.int64] | None:
    return None if index is None else index.longest([one.tokens for one in made])


def _digits(normal: str) -> str:
    """Return a number without its separators; nothing where it is no number."""
    bare = re.sub(r"[./+]", "", normal)
    return bare if bare.isdigit() else ""


def _stands_alone(text: str, start: int, stop: int) -> bool:
    """Return whether no word or number goes on before or behind; Chinese signs are words alone."""
    around = text[max(0, start - 1) : start] + text[stop : stop + 1]
    return not any(sign.isascii() and sign.isalnum() for sign in around)
