"""Sentences of ``reason-codes``: what was compared with what, and which decisions have no stable reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from harness.records import Message

if TYPE_CHECKING:
    from audits._reason_asking import Subject
    from audits._reason_rows import Decision
    from harness.auditing import AuditContext

_BASELINES = {
    "near-threshold": "Reasons by expected gradients ({samples} draws, two seeds) against {n_reference} "
    "decisions for {favourable} just above the cutoff.",
    "population": "Reasons by expected gradients ({samples} draws, two seeds) against {n_reference} rows of "
    "all decisions.",
    "mask": "Reasons by integrated gradients against a text of mask tokens, which stands for no person.",
    "pad": "Reasons by integrated gradients against a text of pad tokens, which stands for no person.",
    "no-gradients": "Reasons by Shapley sampling (two seeds) against a text of mask tokens, which stands for "
    "no person: the model does not offer gradients.",
}


def nothing_why(ctx: AuditContext, dataset: str) -> Message | None:
    """Say why there is nothing to give reasons for; None where there is."""
    if ctx.task.favourable is None:
        return Message.of(
            "reason-codes.no-favourable",
            "Not measured: the task names no favourable class, so that no decision is against anybody.",
        )
    favourable = ctx.task.classes.index(ctx.task.favourable)
    is_favourable = ctx.predictions(dataset).decision == favourable
    if is_favourable.all():
        return Message.of(
            "reason-codes.no-adverse",
            "Not measured: all decisions are {favourable}, the favourable class.",
            favourable=ctx.task.favourable,
        )
    if not is_favourable.any() and ctx.options.baseline == "near-threshold":
        return Message.of(
            "reason-codes.none-above",
            "Not measured: no decision is {favourable}, so that there is none just above the cutoff to compare "
            "with. Choose the baseline population, mask or pad.",
            favourable=ctx.task.favourable,
        )
    return None


def unmapped_why() -> Message:
    """Say that without a table no word is mapped."""
    return Message.of(
        "reason-codes.no-table",
        "Not measured: no table maps words to reasons. Name one with reasons.",
    )


def notes_of(subject: Subject, decisions: Sequence[Decision]) -> list[Message]:
    """Say what was compared with what, and how many decisions were left out."""
    ctx, favourable = subject.ctx, subject.ctx.task.favourable
    kind = ctx.options.baseline
    if subject.methods[0].id == "shapley-sampling":
        kind = "no-gradients"
    notes = [
        Message.of(
            f"reason-codes.baseline-{kind}",
            _BASELINES[kind],
            samples=ctx.options.samples,
            n_reference=len(subject.reference),
            favourable=favourable,
        ),
        Message.of(
            "reason-codes.decisions",
            "{n} of {n_adverse} decisions that are not {favourable} were looked at; {n_left_out} more were left "
            "out, as the model does not weigh them against {favourable} or they have no word.",
            n=len(decisions),
            n_adverse=subject.n_adverse,
            favourable=favourable,
            n_left_out=len(subject.sampled) - len(decisions),
        ),
        Message.of(
            "reason-codes.evidence",
            "Reasons are evidence for a notice, never the notice. Reasons that are not stable must not be told to "
            "anybody.",
        ),
    ]
    without = sum(not one.factors for one in decisions)
    if without:
        notes.append(
            Message.of(
                "reason-codes.no-factor",
                "{n} decisions have no word that speaks against {favourable}: they count as not stable.",
                n=without,
                favourable=favourable,
            )
        )
    unconverged = sum(not one.is_converged for one in decisions)
    if unconverged:
        notes.append(
            Message.of(
                "reason-codes.unconverged",
                "The attributions of {n} of {n_all} decisions did not converge for every seed: what their words "
                "add does not sum up to what is to be explained.",
                n=unconverged,
                n_all=len(decisions),
            )
        )
    firsts = _firsts(subject, decisions)
    if firsts:
        notes.append(
            Message.of(
                "reason-codes.first",
                "First reasons, stable ones only: {listed}.",
                listed=", ".join(f"{id} ({n})" for id, n in firsts),
            )
        )
    return notes


def row_notes(decisions: Sequence[Decision]) -> list[Message]:
    """Say how many decisions have no stable reason; which ones stands in the table."""
    unstable = sum(not one.is_stable for one in decisions)
    if not unstable:
        return []
    return [
        Message.of(
            "reason-codes.not-stable",
            "{n} of {n_all} decisions: not stable. Their first reason depends on the seed or the method; "
            "reasons.parquet says which ones they are.",
            n=unstable,
            n_all=len(decisions),
        )
    ]


def _firsts(subject: Subject, decisions: Sequence[Decision]) -> list[tuple[str, int]]:
    """Return how often each reason of the table is the stable first one."""
    if subject.table is None:
        return []
    names = [
        "unmapped" if first.reason is None else subject.table.reasons[first.reason].id
        for one in decisions
        if one.is_stable
        for first in one.factors[:1]
    ]
    found, counts = np.unique(names, return_counts=True)
    pairs = [(str(name), int(n)) for name, n in zip(found, counts, strict=True)]
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
