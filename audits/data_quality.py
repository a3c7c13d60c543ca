"""Are the rows fit to learn from and to judge by?

Counted on every test set, and on the training rows where the run has them (data set ``train``). What
is counted over all rows is a fact about them and has no interval; the shifts compare samples of two
populations and have one. Row text is in no measurement.

Measures:

* ``data-quality.largest-class-share``, ``data-quality.smallest-class-share``,
  ``data-quality.class-ratio``: share of the most and of the least frequent class, and how many times
  the one is as frequent as the other. Notes name the classes.
* ``data-quality.empty-share``: rows with fewer than ``min_characters`` characters that are not white
  space.
* ``data-quality.duplicated-share``: rows whose input stands earlier in the same data set.
* ``data-quality.contradictory-share``: rows whose input also stands there with another label. No
  model can be right on both.
* ``data-quality.quarantined-share``: rows that were read and set aside as unusable; part of no other
  figure.
* ``data-quality.characters-median``, ``characters-95th``, ``characters-max``: lengths of inputs in
  characters; and ``data-quality.tokens-median``, ``tokens-95th``, ``tokens-max``: in tokens of the
  model, as far as it reads.
* ``data-quality.truncated-share``: rows that are longer than the model reads.
* ``data-quality.unknown-token-share``: tokens that the model's vocabulary does not know.
* ``data-quality.label-shift``: total variation distance between the label shares of training and test
  rows: 0 same shares, 1 no class in common; corrected for noise, so that two halves of one file give
  about 0.
* ``data-quality.text-shift``: how well a simple classifier (naive Bayes on character n-grams) tells
  test rows from training rows that it has not been fitted on, as an area under the ROC curve: 0.5
  cannot, 1 always can. Chosen over a distance between n-gram counts because it has an honest interval
  at 0.5: such distances are above 0 for two halves of one file.

What the measures hide: wrong labels that contradict no other row, rows that should be there and are
not, near-duplicates (see ``generalisation``), and shifts that character n-grams do not show. Rows of
one cluster stay on one side when the classifier is fitted and judged, and equal inputs of one set
count once.

Source: data audits before any model figure: Gebru et al. 2021 (arXiv:1803.09010); label shift: Lipton,
Wang and Smola 2018 (arXiv:1802.03916); two samples by a classifier: Lopez-Paz and Oquab 2017
(arXiv:1610.06545).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from audits._data_quality_measures import MARKS, MEASURES
from audits._metrics import clustered
from audits._shift import label_parts, told_apart
from harness.auditing import AuditContext, Trial, audit
from harness.data import Dataset
from harness.predictions import Predictions
from harness.records import TASK_KINDS, DatasetRef, Estimate, Measurement, Message, Task
from harness.stats import absolute_sum_estimates, counted_share, delong, exact, undefined
from harness.trials import trial_context

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CHUNK = 2048
"""Rows that are tokens at the same time: of a million rows none needs to stay."""


class Options(BaseModel):
    """Options of ``data-quality``.

    Attributes:
        min_characters: A row with fewer characters that are not white space counts as empty.
        n_shift: Rows of either set that the text shift is measured on, a sample, at most.
        ngram: Characters of an n-gram of the text shift.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_characters: int = Field(default=2, ge=1)
    n_shift: int = Field(default=2000, ge=4)
    ngram: int = Field(default=3, ge=1, le=20)


def planted(seed: int) -> Trial:
    """Plant rows that stand twice with different labels."""
    return Trial(
        guilty=_planted_context(seed, n_contradictions=60),
        innocent=_planted_context(seed, n_contradictions=0),
        rule={"measure": "data-quality.contradictory-share", "require": {"at_most": 0.02}},
    )


@audit(
    id="data-quality",
    question="Are the rows fit to learn from and to judge by?",
    needs={"predictions"},
    tasks=TASK_KINDS,
    uses={"labels", "rows", "clusters", "train", "model.items"},
    measures=MEASURES,
    options=Options,
    suites={"quick", "standard", "deep"},
    cost="no model calls; all rows are turned into tokens once more",
    planted=planted,
    version="2",
)
def data_quality(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield what was counted on each test set and on the training rows, then the shifts."""
    train = ctx.train_rows()
    for dataset in ctx.datasets:
        yield from _counted(ctx, _Rows.of(ctx, dataset))
    if train is not None and train.n:
        yield from _counted(ctx, _Rows(train.ref.name, train.n, train, train.label))
    for dataset in ctx.datasets:
        yield from _shifts(ctx, _Rows.of(ctx, dataset), train)


@dataclass(frozen=True, slots=True)
class _Rows:
    """One data set: its rows where they are known, and its labels [n]."""

    name: str
    n: int
    known: Dataset | None
    label: NDArray[np.int64] | None

    @classmethod
    def of(cls, ctx: AuditContext, dataset: str) -> _Rows:
        seen = ctx.predictions(dataset)
        known = ctx.rows(dataset) if ctx.has_rows(dataset) else None
        return cls(dataset, seen.n, known, seen.label)

    @property
    def inputs(self) -> Sequence[str | tuple[str, ...]] | None:
        """Texts or pairs; None where there are none."""
        return self.known.inputs if self.known is not None and self.known.has_inputs else None


def _counted(ctx: AuditContext, rows: _Rows) -> Iterator[Measurement]:
    for name, estimate, notes in (*_balance(ctx, rows), *_texts(ctx, rows), *_tokens(ctx, rows)):
        whole = 1.0 if estimate.is_measured else None
        yield ctx.measurement(name, estimate, dataset=rows.name, share=whole, notes=notes)


_Found = tuple[str, Estimate, tuple[Message, ...]]


def _balance(ctx: AuditContext, rows: _Rows) -> Iterator[_Found]:
    if rows.label is None:
        why = _lacks(rows, "labels")
        for name in ("largest-class-share", "smallest-class-share"):
            yield name, undefined(why, unit="share"), ()
        yield "class-ratio", undefined(why, unit="ratio"), ()
        return
    counts = np.bincount(rows.label, minlength=len(ctx.task.classes))
    most, least = int(counts.argmax()), int(counts.argmin())
    for name, k in (("largest-class-share", most), ("smallest-class-share", least)):
        note = Message.of("data-quality.class", "It is the class {name}.", name=ctx.task.classes[k])
        yield name, counted_share(int(counts[k]), rows.n), (note,)
    if counts[least] == 0:
        why = Message.of(
            "data-quality.class-missing",
            "The class {name} has no row, so no other is a number of times as frequent.",
            name=ctx.task.classes[least],
        )
        yield "class-ratio", undefined(why, unit="ratio", n=rows.n), ()
    else:
        yield "class-ratio", exact(counts[most] / counts[least], n=rows.n, unit="ratio"), ()


def _texts(ctx: AuditContext, rows: _Rows) -> Iterator[_Found]:
    yield "quarantined-share", _quarantined(rows), ()
    inputs = rows.inputs
    if inputs is None:
        why = _lacks(rows, "texts")
        for name in ("empty-share", "duplicated-share", "contradictory-share"):
            yield name, undefined(why, unit="share"), ()
        yield from _marks(None, "characters", why)
        return
    least = ctx.options.min_characters
    n_empty = sum(_n_visible(one, least) < least for one in inputs)
    yield "empty-share", counted_share(n_empty, rows.n), ()
    yield "duplicated-share", counted_share(rows.n - len(set(inputs)), rows.n), ()
    if rows.label is None:
        yield "contradictory-share", undefined(_lacks(rows, "labels"), unit="share"), ()
    else:
        n_against = _n_contradictory(inputs, rows.label)
        yield "contradictory-share", counted_share(n_against, rows.n), ()
    lengths = np.fromiter((_n_characters(one) for one in inputs), dtype=np.int64, count=rows.n)
    yield from _marks(lengths, "characters", None)


def _quarantined(rows: _Rows) -> Estimate:
    if rows.known is None:
        return undefined(_lacks(rows, "rows"), unit="share")
    ref = rows.known.ref
    return counted_share(sum(one.n for one in ref.quarantined), ref.n_read)


def _n_visible(one: str | tuple[str, ...], enough: int) -> int:
    """Return how many characters are not white space; may stop counting at what is enough."""
    parts = (one,) if isinstance(one, str) else one
    if any(len(part) > 8 * enough and len(part[: 8 * enough].split()) >= enough for part in parts):
        return enough
    return sum(len(word) for part in parts for word in part.split())


def _n_characters(one: str | tuple[str, ...]) -> int:
    return len(one) if isinstance(one, str) else sum(map(len, one))


def _n_contradictory(inputs: Sequence[str | tuple[str, ...]], label: NDArray[np.int64]) -> int:
    first: dict[str | tuple[str, ...], int] = {}
    torn: set[str | tuple[str, ...]] = set()
    for one, own in zip(inputs, label.tolist(), strict=True):
        if first.setdefault(one, own) != own:
            torn.add(one)
    return sum(one in torn for one in inputs) if torn else 0


def _tokens(ctx: AuditContext, rows: _Rows) -> Iterator[_Found]:
    inputs = rows.inputs
    if inputs is None or not ctx.has_model:
        why = _lacks(rows, "texts") if inputs is None else _no_model()
        yield from _marks(None, "tokens", why)
        yield "truncated-share", _truncated(ctx, rows, why), ()
        yield "unknown-token-share", undefined(why, unit="share"), ()
        return
    counted = _count_tokens(ctx, inputs)
    yield from _marks(counted.lengths, "tokens", None)
    yield "truncated-share", counted_share(counted.n_truncated, rows.n), ()
    if counted.n_unknown is None:
        why = Message.of(
            "data-quality.no-unknown-token",
            "Not measured: the model has no token for what it does not know, or does not say.",
        )
        yield "unknown-token-share", undefined(why, unit="share"), ()
    else:
        yield "unknown-token-share", counted_share(counted.n_unknown, counted.n_tokens), ()


@dataclass(frozen=True, slots=True)
class _Tokens:
    """Lengths of rows [n], rows that are cut, unknown tokens (None: not known) among tokens."""

    lengths: NDArray[np.int64]
    n_truncated: int
    n_unknown: int | None
    n_tokens: int


def _count_tokens(ctx: AuditContext, inputs: Sequence[str | tuple[str, ...]]) -> _Tokens:
    lengths: list[int] = []
    n_truncated, unknown = 0, []
    for start in range(0, len(inputs), _CHUNK):
        items = ctx.prepare(inputs[start : start + _CHUNK])
        lengths += [item.length for item in items]
        n_truncated += sum(item.is_truncated for item in items)
        unknown.append(ctx.unknown_tokens(items))
    said = [each for each in unknown if each is not None]
    n_unknown = sum(one for one, _ in said) if said else None
    return _Tokens(np.array(lengths), n_truncated, n_unknown, sum(each for _, each in said))


def _truncated(ctx: AuditContext, rows: _Rows, why: Message) -> Estimate:
    """Stored predictions of this house's own bundles say which inputs were cut."""
    cut = ctx.predictions(rows.name).truncated if rows.name in ctx.datasets else None
    if cut is None:
        return undefined(why, unit="share")
    return counted_share(int(cut.sum()), len(cut))


def _marks(lengths: NDArray[np.int64] | None, unit: str, why: Message | None) -> Iterator[_Found]:
    for name, share, _ in MARKS:
        if lengths is None:
            assert why is not None  # a reason stands wherever lengths do not
            yield f"{unit}-{name}", undefined(why, unit=unit), ()
        else:
            # a length that some row has, not one between two
            value = np.quantile(lengths, share, method="inverted_cdf")
            yield f"{unit}-{name}", exact(float(value), n=len(lengths), unit=unit), ()


def _shifts(ctx: AuditContext, rows: _Rows, train: Dataset | None) -> Iterator[Measurement]:
    labels, texts = _label_shift(ctx, rows, train), _text_shift(ctx, rows, train)
    yield ctx.measurement("label-shift", labels, dataset=rows.name)
    caveats = clustered(ctx.predictions(rows.name).cluster) if texts.is_measured else ()
    yield ctx.measurement("text-shift", texts, dataset=rows.name, caveats=caveats)


def _label_shift(ctx: AuditContext, rows: _Rows, train: Dataset | None) -> Estimate:
    if train is None or train.n == 0:
        return undefined(_no_train(), unit="share")
    if rows.label is None or train.label is None:
        return undefined(_lacks(rows, "labels"), unit="share")
    parts = label_parts(
        (rows.label, ctx.predictions(rows.name).cluster),
        (train.label, train.cluster),
        n_classes=len(ctx.task.classes),
    )
    corrected, _ = absolute_sum_estimates(parts, rng=ctx.rng, keep=ctx.keep, unit="share")
    return corrected


def _text_shift(ctx: AuditContext, rows: _Rows, train: Dataset | None) -> Estimate:
    if train is None or not train.n or not train.has_inputs or rows.inputs is None:
        why = _no_train() if train is None or not train.n else _lacks(rows, "texts")
        return undefined(why, unit="probability")
    assert rows.known is not None  # it has inputs
    judged = told_apart(
        rows.known, train, limit=ctx.options.n_shift, ngram=ctx.options.ngram, rng=ctx.rng
    )
    if judged is None:
        why = Message.of(
            "data-quality.too-few-texts",
            "Not measured: a classifier needs at least two different texts (or clusters) of either set.",
        )
        return undefined(why, unit="probability", n=rows.n)
    score, is_test = judged
    return delong(score, is_test)


def _lacks(rows: _Rows, what: str) -> Message:
    return Message.of(
        f"data-quality.no-{what}",
        "Not measured: data set {dataset} comes without {what}.",
        dataset=rows.name,
        what=what,
    )


def _no_model() -> Message:
    return Message.of(
        "data-quality.no-model",
        "Not measured: the run has stored predictions only, and no model to count tokens with.",
    )


def _no_train() -> Message:
    return Message.of("data-quality.no-train", "Not measured: the run has no training rows.")


def _planted_context(seed: int, *, n_contradictions: int) -> AuditContext:
    rng = np.random.default_rng([seed, 6])
    n = 1000
    words = rng.choice(np.array([f"word{k}" for k in range(50)], dtype=object), size=(n, 6))
    texts: list[Any] = [f"{k} {' '.join(each)}" for k, each in enumerate(words.tolist())]
    label = rng.integers(0, 2, size=n)
    for k in range(n_contradictions):
        texts[2 * k + 1], label[2 * k + 1] = texts[2 * k], 1 - label[2 * k]
    ids = np.array([f"e{index}" for index in range(n)], dtype=object)
    ref = DatasetRef("test", "planted", None, "", n, n, {"text": "text"})
    return trial_context(
        data_quality,
        task=Task(kind="text-classification", modality="text", classes=("no", "yes")),
        predictions=[Predictions("test", ids, label, 2, label=label)],
        rows={"test": Dataset(ref, ids, texts, label=label)},
        seed=seed,
    )
