"""Asking about decisions against people: attributions, what masking does, and where identity words stand.

Legend of shapes: n rows, c classes, k decisions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from audits._reason_options import swapper_of
from audits._reason_rows import Decision, Naming, decide, favourable_lead, near_threshold
from audits._reason_table import Matcher, matcher, read_reasons
from harness.attributions import Method
from harness.modelling import HasSpans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._insertion import TextInput
    from harness.auditing import AuditContext
    from harness.modelling import Item
    from harness.swaps import Swapper

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

Span = tuple[int, int, int]
"""Text of an input, start and stop in characters."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One data set whose decisions are looked at.

    Attributes:
        ctx: Of the audit.
        dataset: Name of the data set.
        items: Prepared inputs, n of them.
        logits: Of whole inputs, shape [n, c].
        decision: Class after threshold or argmax, shape [n].
        favourable: Position of the favourable class.
        table: Reasons of the user; None without a table.
        n_adverse: Decisions that are not the favourable class.
        sampled: Those that are looked at, shape [k].
        reference: Rows of the reference population; empty where the baseline is a token.
        methods: The first method, once for each seed, then the second one.
    """

    ctx: AuditContext
    dataset: str
    items: Sequence[Item]
    logits: FloatArray
    decision: IntArray
    favourable: int
    table: Matcher | None
    n_adverse: int
    sampled: IntArray
    reference: IntArray
    methods: tuple[Method, ...]

    def words(self, row: int) -> tuple[str, ...]:
        """Return the words of a row in order; position i is part i."""
        return tuple(part.content for part in self.ctx.parts_of.parts(self.items[row]))


def subject_of(ctx: AuditContext, dataset: str) -> Subject:
    """Prepare a data set; needs logits, a favourable class and a model with parts."""
    seen = ctx.predictions(dataset)
    assert seen.logits is not None  # the data set was offered because it has logits
    assert ctx.task.favourable is not None  # the caller has looked
    favourable = ctx.task.classes.index(ctx.task.favourable)
    logits = seen.logits.astype(np.float64)
    drawn = ctx.shared_sample(dataset, seen.n)
    adverse = drawn[seen.decision[drawn] != favourable]
    has_gradients = ctx.model is not None and "embeddings" in ctx.model.capabilities
    reference = np.zeros(0, dtype=np.int64)
    if has_gradients and ctx.options.baseline == "near-threshold":
        limit = ctx.options.reference_rows
        reference = near_threshold(logits, seen.decision, favourable, limit=limit)
    elif has_gradients and ctx.options.baseline == "population":
        reference = drawn[: ctx.options.reference_rows]
    return Subject(
        ctx=ctx,
        dataset=dataset,
        items=ctx.items(dataset),
        logits=logits,
        decision=seen.decision,
        favourable=favourable,
        table=_table(ctx),
        n_adverse=len(adverse),
        sampled=adverse[: ctx.options.rows],
        reference=reference,
        methods=_methods(ctx, has_gradients=has_gradients),
    )


def attributed(subject: Subject) -> list[Decision]:
    """Return the sampled decisions with their reasons."""
    reference = [subject.items[row] for row in subject.reference.tolist()] or None
    *seeds, other = (
        subject.ctx.attribute(
            subject.dataset,
            subject.sampled,
            method,
            reference=reference if method.baseline == "population" else None,
        )
        for method in subject.methods
    )
    return decide(
        subject.sampled,
        [subject.words(row) for row in subject.sampled.tolist()],
        seeds,
        other,
        favourable=subject.favourable,
        table=subject.table,
        naming=Naming(subject.ctx.options.n_reasons, subject.ctx.options.least_share),
    )


def confirmed(subject: Subject, decisions: Sequence[Decision]) -> list[list[float]]:
    """Return what the favourable class gains of a lead when each named factor is masked."""
    gains: list[list[float]] = [[] for _ in decisions]
    for rank in range(subject.ctx.options.n_reasons):
        held = [at for at, one in enumerate(decisions) if len(one.named) > rank]
        if not held:
            break
        rows = np.array([decisions[at].row for at in held], dtype=np.int64)
        items = [
            subject.ctx.parts_of.without(
                subject.items[decisions[at].row], decisions[at].named[rank].parts
            )
            for at in held
        ]
        ids = [str(subject.ctx.predictions(subject.dataset).example_id[row]) for row in rows]
        variant = f"{subject.dataset}/without-reason-{rank + 1}"
        after = subject.ctx.ask(ids, items, variant).astype(np.float64)
        before = favourable_lead(subject.logits[rows], subject.favourable)
        gained = favourable_lead(after, subject.favourable) - before
        for at, gain in zip(held, gained.tolist(), strict=True):
            gains[at].append(gain)
    return gains


def located(subject: Subject, decisions: Sequence[Decision]) -> list[list[bool]]:
    """Return for each named factor whether a part of it is an identity word."""
    swapper = swapper_of(subject.ctx.options, subject.ctx.base)
    found = []
    for one in decisions:
        held = _identity_parts(subject, one.row, swapper)
        found.append([bool(held & set(each.parts)) for each in one.named])
    return found


def spans_of(subject: Subject, row: int) -> list[Span | None]:
    """Return where each part of a row stands in its texts; None where the model cannot say."""
    parts = subject.ctx.parts_of.parts(subject.items[row])
    model: object = subject.ctx.model
    if not isinstance(model, HasSpans):
        return [None] * len(parts)
    (table,) = model.spans([_input(subject, row)])
    found: list[Span | None] = []
    for part in parts:
        tokens = table[list(part.positions)]
        tokens = tokens[tokens[:, 0] >= 0]
        if not len(tokens):  # a slow tokenizer does not know where its tokens stand
            found.append(None)
            continue
        found.append((int(tokens[0, 0]), int(tokens[:, 1].min()), int(tokens[:, 2].max())))
    return found


def _identity_parts(subject: Subject, row: int, swapper: Swapper) -> set[int]:
    """Return the parts that an identity word covers, in the text or in the words as they are read."""
    spans = spans_of(subject, row)
    text = _input(subject, row)
    texts = [text] if isinstance(text, str) else [*text]
    if any(span is None for span in spans):
        words = subject.words(row)
        starts = np.cumsum([0, *(len(word) + 1 for word in words)]).tolist()
        spans = [(0, at, at + len(word)) for at, word in zip(starts, words, strict=False)]
        texts = [" ".join(words)]
    hits = [(index, one) for index, each in enumerate(texts) for one in swapper.find(each)]
    return {
        at
        for at, span in enumerate(spans)
        if span is not None
        and any(
            index == span[0] and one.start < span[2] and span[1] < one.stop for index, one in hits
        )
    }


def _input(subject: Subject, row: int) -> TextInput:
    return subject.ctx.rows(subject.dataset).inputs[row]


def _table(ctx: AuditContext) -> Matcher | None:
    if ctx.options.reasons is None:
        return None
    path = (ctx.base or Path()) / Path(ctx.options.reasons).expanduser()

    def split(text: str) -> list[str]:
        (item,) = ctx.prepare([text])
        return [part.content for part in ctx.parts_of.parts(item)]

    return matcher(read_reasons(path), split)


def _methods(ctx: AuditContext, *, has_gradients: bool) -> tuple[Method, ...]:
    """Return the first method, once for each of two seeds where it draws, and occlusion."""
    occlusion = Method(id="occlusion")
    if not has_gradients:
        return *(Method(id="shapley-sampling", seed=seed) for seed in (0, 1)), occlusion
    if ctx.options.compares_rows:
        samples = ctx.options.samples
        return (
            *(
                Method(id="expected-gradients", baseline="population", n_samples=samples, seed=seed)
                for seed in (0, 1)
            ),
            occlusion,
        )
    return Method(id="integrated-gradients", baseline=ctx.options.baseline), occlusion
