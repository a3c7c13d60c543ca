"""Sentences of ``shortcuts``: how it went, and what was found of each word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from audits._shortcut_verdicts import LONGEST_NAME, NAMED_FROM, SHOWN, Tried, flip_rate
from harness.records import Message, Param

if TYPE_CHECKING:
    from audits._shortcut_rows import Rows
    from audits._shortcut_search import Candidate, Search
    from harness.auditing import AuditContext

_TRIAL = (
    "Put into {n} rows that are decided otherwise, {flips} become {label} ({low:.2f} to {high:.2f} of such "
    "rows), and {control} with a control word in its place."
)
_WHERE = "It stands in {n_rows} rows."
_SEEN = (
    "It adds {push:+.2f} logits to the lead of {label} on average, and speaks loudest in {n_top} of "
    "{n_seen} attributed rows that hold it."
)
_VERDICTS = {
    "used-and-in-data": "{word} ({kind}) is in the data and used: it goes with {label} (z = {z:.1f}).",
    "used-not-in-data": "{word} ({kind}) is used for {label} although these data do not teach it (z = {z:.1f}): "
    "the model brought it along.",
    "used": "{word} ({kind}) is used for {label}; without labels nobody knows whether the data teach it.",
    "in-data-not-used": "{word} ({kind}) goes with {label} in the data (z = {z:.1f}) and was not found to decide by "
    "itself.",
    "neither": "{word} ({kind}) was not found to decide for {label} by itself, nor to go with it in the data.",
    "not-tried": "{word} ({kind}) could not be tried for {label}: too few rows.",
}


def verdict_of(one: Tried) -> str:
    """Return what data and trial say together: a key of the sentences."""
    if one.p_value is None:
        return "not-tried"
    if one.is_found:
        if one.of.is_in_data is None:
            return "used"
        return "used-and-in-data" if one.of.is_in_data else "used-not-in-data"
    return "in-data-not-used" if one.of.is_in_data else "neither"


def name_of(one: Candidate) -> str | None:
    """Return a word that is vocabulary; None for one that may be somebody's data."""
    rows = max(one.n_rows, one.n_data_rows)
    if rows < NAMED_FROM or len(one.word) > LONGEST_NAME or not one.word.isprintable():
        return None
    return one.word


def notes_of(ctx: AuditContext, rows: Rows, found: Search, tried: Sequence[Tried]) -> list[Message]:
    """Say what was looked at, and how many words were found."""
    sources = {
        "train": "Words were counted in {n} training rows with their labels.",
        "test": "Words were counted in {n} test rows with their labels, as the run has no labelled training "
        "rows; these rows are not used in trials that are claimed.",
        "none": "There are no labels, so that nothing is known of what the data teach.",
    }
    notes = [
        Message.of(f"shortcuts.source-{found.source}", sources[found.source], n=found.n_labelled),
        Message.of(
            "shortcuts.attributed",
            "Attributions by {method} (baseline mask) of {n} rows; {n_left_out} more did not converge or left "
            "nothing to attribute.",
            method=ctx.options.method,
            n=found.pushes.n_rows,
            n_left_out=found.pushes.n_left_out,
        ),
        Message.of(
            "shortcuts.tried",
            "Of {n} words that were tried {n_found} decide by themselves (exact test of at most "
            "{least_share:.2f} of rows; false discoveries among them at most {rate:.2f} on average).",
            n=sum(one.p_value is not None for one in tried),
            n_found=sum(one.is_found for one in tried),
            least_share=ctx.options.least_share,
            rate=ctx.options.false_discoveries,
        ),
    ]
    if ctx.options.expected:
        notes.append(
            Message.of(
                "shortcuts.expected",
                "{n} words were named as expected, and neither tried nor counted.",
                n=len(ctx.options.expected),
            )
        )
    if any(name_of(one.of) is None for one in tried):
        notes.append(
            Message.of(
                "shortcuts.not-named",
                "Words that stand in fewer than {least} rows, or are long, may be somebody's data: they have "
                "a number, as in words.parquet.",
                least=NAMED_FROM,
            )
        )
    return notes


def word_notes(
    ctx: AuditContext, tried: Sequence[Tried], *, only_found: bool = True
) -> list[Message]:
    """Say what is known of words: those that were found, then those that are in the data only."""
    if not only_found:
        return [_of_word(ctx, one) for one in tried]
    found = [one for one in tried if one.is_found]
    unused = [one for one in tried if verdict_of(one) == "in-data-not-used"]
    unused.sort(key=lambda one: 1.0 if one.p_value is None else one.p_value)
    return [_of_word(ctx, one) for one in (*found[:SHOWN], *unused[:SHOWN])]


def caveats_of(tried: Sequence[Tried]) -> tuple[Message, ...]:
    """Return the caveats of a share of rows with found words."""
    caveats = [
        Message.of(
            "shortcuts.no-proof",
            "A word that decides by itself is no proof of a defect: it may decide rightly, and a text with a "
            "word put in may be unlike anything the model has learnt from.",
        )
    ]
    untried = sum(one.p_value is None for one in tried)
    if untried:
        caveats.append(
            Message.of(
                "shortcuts.untried",
                "{n} of {n_all} words could not be tried, as too few rows are decided otherwise or can be read "
                "with the word put in.",
                n=untried,
                n_all=len(tried),
            )
        )
    return tuple(caveats)


def _of_word(ctx: AuditContext, one: Tried) -> Message:
    verdict, name, push = verdict_of(one), name_of(one.of), one.of.push
    estimate = flip_rate(one.held)
    params: dict[str, Param] = {
        "word": f"no. {one.of.number}" if name is None else f"'{name}'",
        "kind": one.of.kind,
        "label": ctx.task.classes[one.of.position],
        "n_rows": one.of.n_rows,
    }
    pieces = [_VERDICTS[verdict], _WHERE]
    if "{z:" in _VERDICTS[verdict]:
        params["z"] = 0.0 if one.of.z is None else one.of.z
    if estimate.low is not None and estimate.high is not None:
        params |= {
            "n": len(one.held.row),
            "flips": int(one.held.flips.sum()),
            "control": int(one.held.control_flips.sum()),
            "low": estimate.low,
            "high": estimate.high,
        }
        pieces.append(_TRIAL)
    if push is not None and push.n_push[one.of.position]:
        params |= {
            "push": float(push.mean_push()[one.of.position]),
            "n_top": int(push.n_top),
            "n_seen": push.n,
        }
        pieces.append(_SEEN)
    suffix = ("" if _TRIAL in pieces else "-no-trial") + ("" if _SEEN in pieces else "-unseen")
    return Message.of(f"shortcuts.{verdict}{suffix}", " ".join(pieces), **params)
