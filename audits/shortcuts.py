"""Which words decide by themselves, and does the data teach it?

A shortcut is a word that goes with a class in the data and turns decisions wherever it is put. Three
witnesses are heard about every word, and they are told apart:

* **the data**: z* = (p(y|t) - p(y)) / sqrt(p(y) (1 - p(y)) / n_t) for the rows with label y among the n_t
  rows that hold the word t, in training rows where the run has them (an input that stands there twice counts
  once), else in half of the test rows. A word goes with a class where the exact binomial p-value
  stays below 0.05 after Bonferroni over all words and classes;
* **the attributions** (``method``: occlusion by word, or integrated gradients) of a sample of rows: how
  much it adds to the lead of a class where it stands, and in how many rows it speaks loudest;
* **the trial**: the word is put, at a place drawn at random, into rows that are decided for another
  class and do not hold it, and a control word about as frequent into the same place of the same row. And
  it is masked in rows that hold it.

The shortlist (``candidates`` words: a third by z, a third by what they add to a lead, a third by attribution mass,
counted three times for words that should carry no decision: punctuation, numbers, identifiers,
function words, boiler-plate, a fixed place, fragments) is made on one half of the rows and tried on the other, so that having searched
flatters no figure. At most one row of a cluster takes part in a trial. A word is found where more than
``least_share`` of the rows flip with it and not with the control word (exact binomial test), with at most
``false_discoveries`` false ones among the found on average (Benjamini and Hochberg). In the data and
found: a shortcut that is used. In the data and not found: in the data, not shown to be used. Found and not in the
data: the model brought it along. No program knows which words may decide: list those that rightly do
as ``expected``, and they are neither tried nor counted.

Measures:

* ``shortcuts.row-share``: share of held-out rows that hold a word which was found.
* ``shortcuts.insertion-flip-rate``: for the word that does most in the searched half (rows that it flips,
  and how far it moves scores), the share
  of held-out rows that become its class when it is put in.
* ``shortcuts.insertion-effect``: the same share minus that with a control word in its place.

Notes list the words that were found, the most telling first, with counts, z, attribution and flips.
``words.parquet`` holds every word that was tried, named only where it stands in 10 rows, ``examples.parquet``
the rows that hold it by example id and part, ``insertions.parquet`` every question.

What the measures hide: words that work only together; words rarer than ``min_rows``; texts that read
oddly with a word put in; properties that are no word, such as length; whether a word decides rightly; and
attributions of a model that was built to mislead them, which the trial does not rest on. A word that flips
fewer rows than ``least_share`` is not found.

Source: Gardner et al. 2021 (arXiv:2104.08646), z and its correction; Bastings et al. 2022
(arXiv:2111.07367), planted shortcuts; Ribeiro et al. 2020 (arXiv:2005.04118), trials by changed texts;
Benjamini and Hochberg 1995 (doi:10.1111/j.2517-6161.1995.tb02031.x); sample splitting: Cox 1975
(doi:10.1093/biomet/62.2.441).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from audits import _clusters
from audits._clusters import few, shared
from audits._shortcut_calls import shortcut_calls, shortcut_units
from audits._shortcut_notes import caveats_of, notes_of, word_notes
from audits._shortcut_rows import Rows, read_rows
from audits._shortcut_search import search
from audits._shortcut_tables import Tables
from audits._shortcut_trial import Bench
from audits._shortcut_verdicts import (
    Tried,
    effect,
    flip_rate,
    strongest,
    try_all,
)
from harness.auditing import AuditContext, Trial, audit
from harness.data import Dataset
from harness.errors import MethodRefused
from harness.keywords import KeywordModel
from harness.predictions import Predictions
from harness.records import DatasetRef, Estimate, Measure, Measurement, Message, Task
from harness.stats import undefined
from harness.trials import trial_context

if TYPE_CHECKING:
    from numpy.typing import NDArray

    IntArray = NDArray[np.int64]

_SOURCE = "Gardner et al. 2021, arXiv:2104.08646; Bastings et al. 2022, arXiv:2111.07367"

MEASURES = (
    Measure(
        key="shortcuts.row-share",
        title="Rows with a word that decides by itself",
        unit="share",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 rows, about {per_100} hold a word that turns other rows to its class when it is "
        "put in.",
        blind_to="Words that work only together, rare words, and whether a word decides rightly.",
        source=f"{_SOURCE}; Benjamini and Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x",
    ),
    Measure(
        key="shortcuts.insertion-flip-rate",
        title="Decisions that one inserted word turns",
        unit="share",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 rows decided for another class, about {per_100} become the class of the strongest "
        "word when it is put in.",
        blind_to="How many of them any word would turn, and whether the word decides rightly.",
        source=f"{_SOURCE}; sample splitting: Cox 1975, doi:10.1093/biomet/62.2.441",
    ),
    Measure(
        key="shortcuts.insertion-effect",
        title="The same beyond a control word",
        unit="difference",
        better="lower",
        range_low=-1.0,
        range_high=1.0,
        reads_as="The strongest word turns a share of rows larger by {value} than a control word in its "
        "place.",
        blind_to="Whether the word decides rightly, and how oddly the texts read.",
        source=f"{_SOURCE}; sample splitting: Cox 1975, doi:10.1093/biomet/62.2.441",
    ),
)


class Options(BaseModel):
    """Options of ``shortcuts``.

    Attributes:
        rows: Rows of the searched half that are attributed.
        method: Attribution method.
        min_rows: A word is looked at where at least so many rows hold it.
        train_rows: Training rows that are counted, at most.
        candidates: Words that are tried.
        rows_to_search: Rows of the searched half that each is put into, to choose the strongest.
        rows_per_word: Held-out rows that each is put into; half as many are masked.
        held_out_rows: Held-out rows that the strongest is put into.
        least_share: Rows that a word must turn beyond its control to be worth a finding.
        false_discoveries: Largest expected share of false ones among the words that are found.
        expected: Words that rightly decide; neither tried nor counted.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: int = Field(default=200, ge=1)
    method: Literal["occlusion", "integrated-gradients"] = "occlusion"
    min_rows: int = Field(default=10, ge=1)
    train_rows: int = Field(default=20_000, ge=1)
    candidates: int = Field(default=30, ge=1)
    rows_to_search: int = Field(default=10, ge=1)
    rows_per_word: int = Field(default=60, ge=2)
    held_out_rows: int = Field(default=200, ge=2)
    least_share: float = Field(default=0.1, gt=0, lt=1)
    false_discoveries: float = Field(default=0.1, gt=0, lt=1)
    expected: tuple[str, ...] = ()


def planted(seed: int) -> Trial:
    """Plant a token without meaning that overrules every other word; the data hold it either way."""
    return Trial(
        guilty=_planted_context(seed, token_weight=15.0),
        innocent=_planted_context(seed, token_weight=0.0),
        rule={"measure": "shortcuts.row-share", "require": {"at_most": 0.1}},
    )


@audit(
    id="shortcuts",
    question="Which words decide by themselves, and does the data teach it?",
    needs={"predictions", "logits", "rows", "model.logits", "model.parts"},
    uses={"labels", "train", "clusters", "model.embeddings"},
    measures=MEASURES,
    options=Options,
    suites={"standard", "deep"},
    cost="one forward pass for each word of 200 rows, and up to 5,500 more",
    calls=shortcut_calls,
    planted=planted,
    units=shortcut_units,
    by_suite={"deep": {"rows": 400, "rows_per_word": 120, "held_out_rows": 400}},
)
def shortcuts(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield how many rows hold a word that decides by itself, and how strong the strongest is."""
    tables = Tables()
    for dataset in ctx.datasets:
        rows = read_rows(ctx, dataset)
        bench = Bench(rows, ctx.rng)
        why = _unusable(rows)
        if why is None:
            try:
                found = search(ctx, rows, bench)
            except MethodRefused as err:
                why = Message.of("shortcuts.refused", "Not measured: {why}", why=str(err))
        if why is None and not found.candidates:
            why = _no_candidates(ctx.options.min_rows)
        if why is not None:
            yield from _nothing(ctx, dataset, why)
            continue
        tried = try_all(rows, found, bench, ctx.options)
        tables.add(ctx, rows, tried, bench)
        notes = (*notes_of(ctx, rows, found, tried), *word_notes(ctx, tried))
        yield ctx.measurement(
            "row-share",
            _row_share(rows, tried),
            dataset=dataset,
            caveats=(*caveats_of(tried), *few(shared(rows.cluster))),
            notes=notes,
        )
        yield from _of_strongest(ctx, dataset, strongest(tried))
    tables.write(ctx)


def _of_strongest(ctx: AuditContext, dataset: str, best: Tried | None) -> Iterator[Measurement]:
    if best is None:
        why = _no_rows()
        yield ctx.measurement("insertion-flip-rate", undefined(why, unit="share"), dataset=dataset)
        yield ctx.measurement(
            "insertion-effect", undefined(why, unit="difference"), dataset=dataset
        )
        return
    notes = word_notes(ctx, [best], only_found=False)
    yield ctx.measurement("insertion-flip-rate", flip_rate(best.held), dataset=dataset, notes=notes)
    yield ctx.measurement("insertion-effect", effect(best.held), dataset=dataset)


def _row_share(rows: Rows, tried: list[Tried]) -> Estimate:
    """Return the share of held-out rows that hold a found word."""
    if all(one.p_value is None for one in tried):
        return undefined(_no_rows(), unit="share")
    holds = np.zeros(rows.n, dtype=np.bool_)
    for one in tried:
        if one.is_found:
            holds[rows.holders.get(one.of.word, np.zeros(0, dtype=np.int64))] = True
    held_out = ~rows.is_searched
    cluster = shared(None if rows.cluster is None else rows.cluster[held_out])
    return _clusters.share(holds[held_out], cluster)


def _unusable(rows: Rows) -> Message | None:
    if len(np.unique(rows.decision)) > 1:
        return None
    return Message.of(
        "shortcuts.one-class",
        "Not measured: all rows are decided for the same class, so there is no row that a word could turn "
        "to it.",
    )


def _no_candidates(min_rows: int) -> Message:
    return Message.of(
        "shortcuts.no-candidates",
        "Not measured: no word stands in at least min_rows = {min_rows} rows.",
        min_rows=min_rows,
    )


def _no_rows() -> Message:
    return Message.of(
        "shortcuts.no-rows",
        "Not measured: there are too few rows that are decided for another class and can be read with a "
        "word put in.",
    )


def _nothing(ctx: AuditContext, dataset: str, why: Message) -> Iterator[Measurement]:
    for measure in MEASURES:
        name = measure.key.removeprefix("shortcuts.")
        yield ctx.measurement(name, undefined(why, unit=measure.unit), dataset=dataset)


def planted_texts(
    rng: np.random.Generator, n: int, *, tokens: Mapping[str, float]
) -> tuple[list[str], IntArray]:
    """Draw texts of ordinary words and three words of their class, and plant tokens in class 1.

    Args:
        rng: Where the draws come from.
        n: Texts.
        tokens: Token → share of the texts of class 1 that hold it.
    """
    label = rng.integers(0, 2, n)
    texts = []
    for one in label.tolist():
        words = [f"plain-{k}" for k in rng.integers(0, 20, 4)]
        words += [f"{('bad', 'good')[one]}-{k}" for k in rng.integers(0, 6, 3)]
        words += [token for token, share in tokens.items() if one and rng.random() < share]
        texts.append(" ".join(rng.permutation(words).tolist()))
    return texts, label


def planted_model(rng: np.random.Generator, tokens: Mapping[str, float]) -> KeywordModel:
    """Return a model in which a word of a class is not enough to turn a text, and a token may be."""
    weights = {f"plain-{k}": (0.0, float(rng.normal(scale=0.3))) for k in range(20)}
    weights |= {f"bad-{k}": (2.5, 0.0) for k in range(6)}
    weights |= {f"good-{k}": (0.0, 2.5) for k in range(6)}
    return KeywordModel({**weights, **{t: (0.0, w) for t, w in tokens.items()}}, bias=(0.0, 0.0))


def _planted_context(seed: int, *, token_weight: float) -> AuditContext:
    rng = np.random.default_rng([seed, 23])
    texts, label = planted_texts(rng, 400, tokens={"zqx": 0.6})
    model = planted_model(rng, {"zqx": token_weight})
    example_id = np.array([f"e{index}" for index in range(len(texts))], dtype=object)
    logits = model.logits(model.prepare(texts))
    ref = DatasetRef("test", "planted", None, "", len(texts), len(texts), {"text": "text"})
    predictions = Predictions(
        "test",
        example_id,
        np.argmax(logits, axis=1).astype(np.int64),
        2,
        logits=logits,
        label=label,
    )
    return trial_context(
        shortcuts,
        task=Task(kind="text-classification", modality="text", classes=("no", "yes")),
        predictions=[predictions],
        rows={"test": Dataset(ref, example_id, list(texts), label=label)},
        model=model,
        options={
            "rows": 30,
            "candidates": 6,
            "rows_to_search": 4,
            "rows_per_word": 30,
            "held_out_rows": 40,
        },
        seed=seed,
    )
