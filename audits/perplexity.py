"""How much do texts surprise the model?

Each row's text is read once, every token after the ones before it; of rows with a prompt only the
completion is scored. All sums go over the whole data set before they are divided, so that a token of
a short text weighs as much as one of a long text.

Measures, over all examples of a data set:

* ``perplexity.nats-per-token``, ``bits-per-token``: minus the log-probability of a token on average.
* ``perplexity.token-perplexity``: e to the power of the nats per token, per token of the model's own
  tokenizer; a note says whose it is and how many bytes a token has. Two models are compared by it only
  where they share a tokenizer.
* ``perplexity.bits-per-byte`` and ``bits-per-character``: the same sum divided by bytes of UTF-8 and by
  characters; these can be compared between tokenizers.
* ``perplexity.reference-bits-per-byte``: the same of what the model was fine-tuned from, where that is
  known, and ``perplexity.gain-over-reference``: bits per byte that fine-tuning saves on the same texts.
* ``perplexity.bits-per-byte`` of each group in the slice ``<column>=<group>``, and
  ``perplexity.bits-per-byte-difference`` in the slice ``<column>=*``, the largest difference between two groups,
  where the rows have group columns: is the language of some people more surprising to the model?
* ``perplexity.long-texts``: share of texts that are longer than the model reads at once. Plain texts are
  then read in windows that overlap by half: each token is scored once, after at least half a window of
  context. Completions whose prompt does not fit count as they were read, and a caveat says how many.

The unit of every interval is the text, or the cluster (document, author) where texts share one; a ratio
of sums has Student's t over units by its influence values, the perplexity evenly in its logarithm. The
gain is paired: what makes a text hard for both models cancels. One text or fewer than 10 clusters do not
show how texts vary, and there is then no value.

What the measures hide: whether what is likely is also true, useful or harmless; which texts were part
of pre-training, or of the training set (see ``membership`` and ``memorisation``); single texts that
carry the average, see ``texts.parquet``. Windows give the first half of each less context than a model
with a longer reach would have.

Source: Jelinek et al. 1977 (doi:10.1121/1.2016299); bits per byte: Gao et al. 2021 (arXiv:2101.00027);
units: Miller 2024 (arXiv:2411.00640); ratio of sums: Cochran 1977, chapter 6.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audits._artifacts import write_rows
from audits._clusters import few, shared
from audits._groups import EVERY_VALUE, GroupColumn, GroupOptions, read_columns, small_group
from audits._perplexity_groups import Ratios
from audits._perplexity_measures import MEASURES
from audits._planted_language import planted_language
from audits._scored_texts import ScoredTexts, expected_windows, scored_texts
from harness.auditing import AuditContext, CostFacts, SetFacts, Trial, audit
from harness.engines.prediction import predict
from harness.records import Estimate, Measurement, Message
from harness.stats import counted_share, linear_estimate, undefined
from harness.toy_language import ToyLanguageModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import Model

    IntArray = NDArray[np.int64]
    FloatArray = NDArray[np.float64]

_BIT = math.log(2)


def planted(seed: int) -> Trial:
    """Plant a model that was fine-tuned on something else than it is used for."""
    return Trial(
        guilty=_planted_context(seed, words="stone river lamp cloud north"),
        innocent=_planted_context(seed, words="please refund the late order"),
        rule={"measure": "perplexity.bits-per-byte", "require": {"at_most": 2.0}},
    )


def calls(facts: CostFacts) -> dict[str, int]:
    """Return the windows of long texts, and the same texts read by the reference."""
    n_readers = 2 if facts.has_reference else 1
    found = {}
    for name, one in facts.sets.items():
        n_windows = round(one.n_rows * _more_windows(one))
        found[name] = n_readers * n_windows + (n_readers - 1) * one.n_distinct
    return found


@audit(
    id="perplexity",
    question="How much do texts surprise the model?",
    needs={"predictions", "logits", "rows", "model.logits", "model.log-probabilities"},
    uses={"base", "clusters", "groups"},
    measures=MEASURES,
    options=GroupOptions,
    suites={"quick", "standard", "deep"},
    cost="no model calls for texts that fit, two for each further window of long ones; one for each text where "
    "there is a reference model",
    calls=calls,
    planted=planted,
    tasks={"text-generation"},
)
def perplexity(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield what the texts of every data set cost the model, and what they cost the reference."""
    rows: list[tuple[object, ...]] = []
    for dataset in ctx.datasets:
        found = _Texts.read(ctx, dataset)
        yield from found.measurements()
        for column in read_columns(ctx.predictions(dataset), ctx.options):
            yield from found.groups(column)
        rows += found.rows()
    columns = ("dataset", "example_id", "nats", "tokens", "bytes", "windows", "reference_nats")
    write_rows(ctx, "texts.parquet", rows, columns)


@dataclass(frozen=True, slots=True)
class _Texts:
    """The texts of one data set as both models read them; texts without a scored token are left out.

    ``kept`` are the positions of those that stay, shape [k].
    """

    ctx: AuditContext
    dataset: str
    kept: IntArray
    own: ScoredTexts
    reference: ScoredTexts | None
    cluster: NDArray[np.object_] | None

    @classmethod
    def read(cls, ctx: AuditContext, dataset: str) -> _Texts:
        """Score the texts of a data set."""
        seen, inputs = ctx.predictions(dataset), ctx.rows(dataset).inputs
        logits = seen.logits
        assert logits is not None  # the data set was offered because it has logits
        own = scored_texts(
            ctx.likelihoods_of,
            inputs,
            ctx.prepare(inputs),
            logits,
            ctx.ask_many,
        )
        reference = ctx.reference_model()
        other = None if reference is None else _by_reference(ctx, dataset, reference)
        has_tokens = (own.tokens > 0) & (own.n_bytes > 0)
        if other is not None:
            has_tokens &= (other.tokens > 0) & (other.n_bytes > 0)
        kept = np.flatnonzero(has_tokens)
        cluster = None if seen.cluster is None else seen.cluster[kept]
        return cls(ctx, dataset, kept, own, other, shared(cluster))

    def measurements(self) -> Iterator[Measurement]:
        """Yield every measure."""
        nats, tokens = self.own.nats[self.kept], self.own.tokens[self.kept]
        per_token = self._ratio(nats, tokens, unit="nats")
        yield self._say("nats-per-token", per_token)
        yield self._say("bits-per-token", self._ratio(nats / _BIT, tokens))
        yield self._say("token-perplexity", self._perplexity(nats, tokens))
        yield self._say("bits-per-byte", self._ratio(nats / _BIT, self.own.n_bytes[self.kept]))
        characters = self.own.n_characters[self.kept]
        yield self._say("bits-per-character", self._ratio(nats / _BIT, characters))
        yield from self._against_reference()
        is_long = self.own.is_cut | (self.own.n_windows > 1)
        share = counted_share(int(is_long.sum()), len(is_long))
        yield self.ctx.measurement("long-texts", share, dataset=self.dataset, share=1.0)

    def groups(self, column: GroupColumn) -> Iterator[Measurement]:
        """Yield the bits per byte of each group of a column, and how far groups are apart."""
        if column.why_not is not None:
            nothing = undefined(column.why_not, unit="bits")
            yield self._of_column(column, nothing, ())
            return
        is_kept = np.zeros(len(self.own.nats), dtype=np.bool_)
        is_kept[self.kept] = True
        ratios = Ratios(
            np.where(is_kept, self.own.nats / _BIT, 0.0),
            np.where(is_kept, self.own.n_bytes, 0).astype(np.float64),
            shared(self.ctx.predictions(self.dataset).cluster),
            self.ctx.keep,
        )
        for group, inside in column.slices():
            yield self.ctx.measurement(
                "bits-per-byte",
                ratios.in_group(inside),
                dataset=self.dataset,
                where={column.name: group},
                share=float(inside.mean()),
                caveats=(
                    *small_group(int(inside.sum()), self.ctx.options.min_group),
                    *few(ratios.cluster, inside),
                ),
            )
        yield self._of_column(column, *ratios.apart(column, self.ctx.options.min_group))

    def _of_column(
        self, column: GroupColumn, estimate: Estimate, notes: tuple[Message, ...]
    ) -> Measurement:
        return self.ctx.measurement(
            "bits-per-byte-difference",
            estimate,
            dataset=self.dataset,
            where={column.name: EVERY_VALUE},
            caveats=notes,
        )

    def rows(self) -> list[tuple[object, ...]]:
        """Return one row for each text, without the text."""
        ids = self.ctx.predictions(self.dataset).example_id
        other = self.reference
        return [
            (
                self.dataset,
                str(ids[row]),
                float(self.own.nats[row]),
                int(self.own.tokens[row]),
                int(self.own.n_bytes[row]),
                int(self.own.n_windows[row]),
                None if other is None else float(other.nats[row]),
            )
            for row in range(len(ids))
        ]

    def _against_reference(self) -> Iterator[Measurement]:
        other = self.reference
        if other is None:
            nothing = undefined(_no_reference(), unit="bits", n=len(self.kept))
            for name in ("reference-bits-per-byte", "gain-over-reference"):
                yield self.ctx.measurement(name, nothing, dataset=self.dataset, share=1.0)
            return
        theirs, of_theirs = other.nats[self.kept] / _BIT, other.n_bytes[self.kept]
        yield self._say("reference-bits-per-byte", self._ratio(theirs, of_theirs))
        ours, of_ours = self.own.nats[self.kept] / _BIT, self.own.n_bytes[self.kept]
        gain = linear_estimate(
            _value(theirs, of_theirs) - _value(ours, of_ours),
            _influence(theirs, of_theirs) - _influence(ours, of_ours),
            unit="bits",
            range_low=None,
            range_high=None,
            cluster=self.cluster,
        )
        yield self._say("gain-over-reference", gain)

    def _ratio(self, amount: FloatArray, of: IntArray, *, unit: str = "bits") -> Estimate:
        return linear_estimate(
            _value(amount, of),
            _influence(amount, of),
            unit=unit,
            range_low=0.0,
            range_high=None,
            cluster=self.cluster,
        )

    def _perplexity(self, nats: FloatArray, tokens: IntArray) -> Estimate:
        value = math.exp(min(_value(nats, tokens), 700.0))
        return linear_estimate(
            value,
            value * _influence(nats, tokens),
            unit="perplexity per token",
            range_low=1.0,
            range_high=None,
            cluster=self.cluster,
            is_log=True,
        )

    def _say(self, name: str, estimate: Estimate) -> Measurement:
        return self.ctx.measurement(
            name,
            estimate,
            dataset=self.dataset,
            share=1.0,
            caveats=(*few(self.cluster), *self._caveats()),
            notes=(self._tokens(),),
        )

    def _caveats(self) -> Iterator[Message]:
        n = len(self.own.nats)
        if n_empty := n - len(self.kept):
            yield Message.of(
                "perplexity.nothing-scored",
                "{n_empty} of {n} texts hold no token that is scored and are left out.",
                n_empty=n_empty,
                n=n,
            )
        is_windowed = self.own.n_windows > 1
        if is_windowed.any():
            yield Message.of(
                "perplexity.windows",
                "{n_long} of {n} texts are longer than the model reads at once; they were read in {n_windows} "
                "windows that overlap by half.",
                n_long=int(is_windowed.sum()),
                n=n,
                n_windows=int(self.own.n_windows[is_windowed].sum()),
            )
        if self.own.is_cut.any():
            yield Message.of(
                "perplexity.cut",
                "{n_cut} of {n} texts are longer than the model reads and count as far as they were read.",
                n_cut=int(self.own.is_cut.sum()),
                n=n,
            )

    def _tokens(self) -> Message:
        model = self.ctx.model
        assert model is not None  # the data set was offered because there is a model
        tokens = int(self.own.tokens[self.kept].sum())
        n_bytes = int(self.own.n_bytes[self.kept].sum())
        return Message.of(
            "perplexity.tokens",
            "Tokens are those of the tokenizer of {model}: {tokens} tokens for {n_bytes} bytes, {per_token} "
            "bytes a token.",
            model=model.ref.name,
            tokens=tokens,
            n_bytes=n_bytes,
            per_token=f"{n_bytes / max(tokens, 1):.2f}",
        )


def _by_reference(ctx: AuditContext, dataset: str, reference: Model) -> ScoredTexts:
    inputs = ctx.rows(dataset).inputs
    items = reference.prepare(inputs)

    def ask(asked: object) -> NDArray[np.float32]:
        found = list(asked)  # type: ignore[call-overload]
        ctx.charge(len({one.key for one in found}))
        return predict(reference, found, token_budget=ctx.token_budget)

    # what loads as the same kind of task offers what the model itself offers
    return scored_texts(reference, inputs, items, ask(items), ask)  # type: ignore[arg-type]


def _value(amount: FloatArray, of: IntArray) -> float:
    return float(amount.sum() / max(1, of.sum()))


def _influence(amount: FloatArray, of: IntArray) -> FloatArray:
    """Return how much each text moves a ratio of sums, shape [n]."""
    moved: FloatArray = (amount - _value(amount, of) * of) / max(1, of.sum())
    return moved


def _more_windows(one: SetFacts) -> float:
    if one.rows is None or not one.lengths or not one.rows.has_inputs:
        return 0.0
    picked = np.unique(np.linspace(0, one.rows.n - 1, len(one.lengths)).round()).astype(int)
    texts = [one.rows.inputs[row] for row in picked.tolist()]
    if len(texts) != len(one.lengths) or not all(isinstance(text, str) for text in texts):
        return 0.0
    return expected_windows(one.lengths, [len(text) for text in texts])


def _no_reference() -> Message:
    return Message.of(
        "perplexity.no-reference",
        "Not measured: what the model was fine-tuned from is not known, or not there.",
    )


def _planted_context(seed: int, *, words: str) -> AuditContext:
    rng = np.random.default_rng([seed, 61])
    used = ["please", "refund", "the", "late", "order"]

    def texts(vocabulary: list[str], n: int) -> list[str]:
        return [" ".join(rng.choice(vocabulary, size=6 if i % 10 else 20)) for i in range(n)]

    alphabet = "".join(sorted(set("".join([*used, words, " "]))))
    model = ToyLanguageModel(texts(words.split(), 60), alphabet=alphabet, max_tokens=80)
    reference = ToyLanguageModel(["the lamp"], alphabet=alphabet, name="base", max_tokens=80)
    return planted_language(
        perplexity, model, texts(used, 60), reference=lambda: reference, seed=seed
    )
