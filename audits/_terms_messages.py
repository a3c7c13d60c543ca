"""What ``sensitive-terms`` says beside its figures."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from audits._counterfactual_common import lists_message
from audits._counterfactual_options import swapper_of
from harness.records import Message

if TYPE_CHECKING:
    from audits._terms_found import Held
    from harness.auditing import AuditContext
    from harness.records import Estimate


def points_only() -> Message:
    """Say what the figures are not for."""
    return Message.of(
        "sensitive-terms.points-only",
        "This may point at decisions that lean on such terms. It certifies nothing and does not say which of two "
        "models is the better one; a model trained to hide what it uses shows a low share.",
    )


def not_backed(agreement: Estimate) -> Message:
    """Say that the share is not backed by what masking does."""
    return Message.of(
        "sensitive-terms.not-backed",
        "Do not trust the share: over texts it does not go with what masking the terms does (rank correlation "
        "{value}).",
        value="unknown" if agreement.value is None else f"{agreement.value:.2f}",
    )


def flag_notes(flagged: Sequence[str], shown: Collection[str]) -> list[Message]:
    """Name the categories that are flagged; nothing where none is."""
    if not flagged:
        return []
    return [
        Message.of(
            "sensitive-terms.flagged",
            "Flagged: {categories}, of {n} categories. Attribution on these terms and the effect of masking them "
            "both exceed chance: look at the decisions about texts that hold them.",
            categories=", ".join(flagged),
            n=len(shown),
        )
    ]


def few_texts(categories: Sequence[str], least: int) -> Message:
    """Say which categories stand in too few texts."""
    return Message.of(
        "sensitive-terms.few-texts",
        "Terms of {categories} stand in fewer than {least} texts (min_texts) and are not measured.",
        categories=", ".join(categories),
        least=least,
    )


def design(ctx: AuditContext, held: Held, method: str) -> list[Message]:
    """Say what was looked at, and with which words."""
    said = [
        Message.of(
            "sensitive-terms.design",
            "{n} texts that hold a term are explained by {method}; {n_searched} were searched.{more}",
            n=len(held.holders),
            method=method,
            n_searched=held.n_searched,
            more=" More hold one: raise rows to take them in." if held.is_full else "",
        ),
        lists_message(swapper_of(ctx.options, ctx.base)),
    ]
    if held.n_cut:
        said.append(
            Message.of(
                "sensitive-terms.cut-off",
                "{n} texts more are left out: their terms lie behind what the model reads.",
                n=held.n_cut,
            )
        )
    return said
