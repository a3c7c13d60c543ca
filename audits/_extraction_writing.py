"""Measurements of ``extraction`` that are about texts: continued ones, and those that a model writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from audits._extraction_measures import UNTARGETED, VERBATIM
from audits._extraction_notes import base_reaches, no_reference, none_found, not_measured
from audits._extraction_targeted import clusters_of, leak_share
from audits._extraction_untargeted import Written, written
from audits._extraction_verbatim import Continued, continued
from harness.records import Message
from harness.secrecy import keyed_digest
from harness.stats import chao1, good_turing, paired_difference, undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._extraction_options import Options
    from audits._extraction_scoring import Pair
    from audits._extraction_targeted import Tell
    from audits._extraction_values import Key, Value
    from harness.data import Dataset
    from harness.detectors import Detector
    from harness.records import Estimate, Measure, Measurement

Wants = Callable[[str], Message | None]
"""Attack → why it is not made."""


def verbatim_measurements(
    pair: Pair, train: Dataset, tell: Tell, wants: Wants
) -> Iterator[Measurement]:
    """Yield how many training texts the model continues word for word."""
    if why_not := wants("verbatim"):
        yield from _nothing(VERBATIM, why_not, tell, is_of_texts=True)
        return
    options: Options = pair.ctx.options
    found = continued(pair, train, options, can_write=pair.ctx.offers("model.generate"))
    if not len(found.rows):
        why = not_measured(
            "short-texts",
            "no training row has {n} tokens: {prefix} to give, and {more} to be continued.",
            n=options.prefix + options.text_tokens,
            prefix=options.prefix,
            more=options.text_tokens,
        )
        yield from _nothing(VERBATIM, why, tell, is_of_texts=True)
        return
    yield from _continued(found, options, tell, _clusters(train, found.rows))


def untargeted_measurements(
    pair: Pair,
    train: Dataset,
    values: Sequence[Value],
    detector: Detector,
    *,
    tell: Tell,
    wants: Wants,
) -> Iterator[Measurement]:
    """Yield what the model gives away when it is left to write."""
    if why_not := wants("untargeted"):
        yield from _nothing(UNTARGETED, why_not, tell)
        return
    found = written(pair, train, values, detector, pair.ctx.options)
    pair.ctx.confide("written", _in_clear(found, values))
    yield from _leaks(found, values, tell)
    yield _overlap(found, pair.ctx.options, tell)


def _continued(
    found: Continued, options: Options, tell: Tell, cluster: NDArray[np.object_] | None
) -> Iterator[Measurement]:
    for k, is_known in found.is_known.items():
        where = {} if k == options.prefix else {"prefix": str(k)}
        if where and len(is_known) < options.min_values:
            continue
        estimate = leak_share(is_known, None if cluster is None else cluster[found.asked[k]])
        notes = none_found(estimate, "texts are continued word for word")
        yield tell("discoverable-share", estimate, where, notes, is_of_texts=True)
    beyond = undefined(no_reference(), unit="difference")
    if found.by_base is not None:
        known = found.is_known[options.prefix]
        beyond = paired_difference(known, found.by_base, cluster=cluster)
    yield tell("discoverable-beyond-base", beyond, {}, (), is_of_texts=True)
    if found.is_near is None:
        why = not_measured("no-generation", "the model does not write texts.")
        yield tell("near-verbatim-share", undefined(why, unit="share"), {}, (), is_of_texts=True)
        return
    estimate = leak_share(found.is_near, cluster)
    notes = none_found(estimate, "texts are continued nearly word for word")
    yield tell("near-verbatim-share", estimate, {}, notes, is_of_texts=True)


def _in_clear(found: Written, values: Sequence[Value]) -> list[dict[str, str]]:
    """Return the values of training that only this model writes, for the run's vault alone."""
    written_now = found.new()
    return [
        {
            "digest": keyed_digest(value.kind, value.written),
            "kind": value.kind,
            "value": value.written,
        }
        for value in values
        if value.key in written_now
    ]


def _leaks(found: Written, values: Sequence[Value], tell: Tell) -> Iterator[Measurement]:
    by_base = found.by_base or frozenset()
    targets = [value for value in values if value.key not in by_base]
    written_now = found.new()
    is_leaked = np.array([value.key in written_now for value in targets], dtype=np.bool_)
    leaked = {value.key for value in targets} & set(written_now)
    notes = (*_drawn(found), _counted(found, values, leaked))
    if targets:
        recall = leak_share(is_leaked, clusters_of(targets))
        told = (*none_found(recall, "values stand in generations"), *notes)
        yield tell("untargeted-recall", recall, {}, told)
    else:
        why = not_measured("no-targets", "there is no personal value of training to be found.")
        yield tell("untargeted-recall", undefined(why, unit="share"), {}, notes)
    yield tell("untargeted-precision", _precision(len(leaked), len(written_now)), {}, notes)
    times = [written_now[key] for key in sorted(leaked)]
    for name, estimate in _richness(times).items():
        yield tell(name, estimate, {}, notes)


def _precision(n_leaked: int, n: int) -> Estimate:
    if not n:
        why = not_measured("nothing-written", "the generations hold no personal value.")
        return undefined(why, unit="share")
    return leak_share(np.arange(n) < n_leaked, None)


def _richness(times: Sequence[int]) -> dict[str, Estimate]:
    if times:
        return {"untargeted-coverage": good_turing(times), "untargeted-distinct": chao1(times)}
    why = not_measured("no-leaks", "no value of training was seen in a generation.")
    return {
        "untargeted-coverage": undefined(why, unit="share"),
        "untargeted-distinct": undefined(why, unit="count"),
    }


def _overlap(found: Written, options: Options, tell: Tell) -> Measurement:
    if found.longest is None:
        why = not_measured(
            "no-n-grams",
            "no training text, or no generation, has {n} tokens.",
            n=options.text_tokens,
        )
        estimate = undefined(why, unit="share")
        return tell("overlap-share", estimate, {}, (), is_of_texts=True)
    estimate = leak_share(found.longest > 0, None)
    notes = (*none_found(estimate, "generations share such a stretch"), *_drawn(found))
    if found.longest.any():
        notes += (
            Message.of(
                "extraction.longest-run",
                "The longest stretch that a generation shares with a training text has {n} tokens.",
                n=int(found.longest.max()),
            ),
        )
    if found.longest_by_base is not None:
        notes += (base_reaches(int((found.longest_by_base > 0).sum()), found.n),)
    return tell("overlap-share", estimate, {}, notes, is_of_texts=True)


def _drawn(found: Written) -> tuple[Message, ...]:
    return (
        Message.of(
            "extraction.drawn",
            "{n} generations after {n_prompts} prompts; {n_endless} of them did not end by themselves.",
            n=found.n,
            n_prompts=found.n_prompts,
            n_endless=found.n_endless,
        ),
    )


def _counted(found: Written, values: Sequence[Value], leaked: set[Key]) -> Message:
    """Tell leaked values from new ones and from those that the reference writes too."""
    if found.by_base is None:
        return Message.of(
            "extraction.leaked-and-new",
            "Different personal values in generations: {leaked} of training, {new} new ones. What the model "
            "was fine-tuned from is not known, so that nothing is taken away.",
            leaked=len(leaked),
            new=len(found.seen) - len(leaked),
        )
    of_both = len(set(found.seen) & found.by_base)
    return Message.of(
        "extraction.leaked-new-and-known",
        "Different personal values in generations: {leaked} of training, {new} new ones, {known} that the "
        "base model writes too.",
        leaked=len(leaked),
        new=len(found.seen) - len(leaked) - of_both,
        known=of_both,
    )


def _clusters(train: Dataset, rows: NDArray[np.int64]) -> NDArray[np.object_] | None:
    if train.cluster is None:
        return None
    cluster = train.cluster[rows]
    return None if len(np.unique(cluster)) == len(cluster) else cluster


def _nothing(
    group: Sequence[Measure], why: Message, tell: Tell, *, is_of_texts: bool = False
) -> Iterator[Measurement]:
    for one in group:
        estimate = undefined(why, unit=one.unit)
        yield tell(one.key.split(".")[1], estimate, {}, (), is_of_texts=is_of_texts)
