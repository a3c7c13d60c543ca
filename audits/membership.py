"""Can it be told which rows the model was trained on?

Rows that a model has learnt from are answered otherwise than rows that it has not: with less loss, with
less doubt. An attacker who holds a row and may ask the model can so learn that a person's text was in the
training data. This audit plays that attacker, with the training rows as members and rows of the same
random split that were held out as others (``others``: a test set, or the validation rows; a test table with
a column ``member`` says it itself).

**Validity first.** Members that nearly stand among the others, others that nearly stand in the training
data, and copies are left out. Then an attack that never sees the model is tried: a linear model on words,
character n-grams, lengths, date, label and, for language models, the loss of the model before fine-tuning,
five-fold. If it tells members from others, no random split has made the two sides, and all attacks would
succeed whatever the model has kept: every other measure is then not-measured with this reason.

Measures, for each test set:

* ``membership.blind-auc``: area under the ROC curve of the attack without the model. 0.5 is chance.
* ``membership.auc``: area of the headline signal. Language models: what the loss is beyond what that of the
  model before fine-tuning lets expect, which everybody has who knows the base. Classifiers: the log-odds of the
  label, or the likelihood ratio where shadow models are named.
* ``membership.auc-minus-blind``: the difference of the two on the same rows; beyond 0.5 where the blind
  attack does worse than chance, which nobody would use.
* ``membership.tpr-at-one-in-100``, ``membership.tpr-at-one-in-1000``: share of members above the threshold
  that lets through at most 1 (0.1) % of the others. The threshold is chosen on one half of the others; no
  member takes part in that, so all are reported, with exact limits, and a note says what it lets
  through of the other half. Fewer than 1,000 (10,000) others: not measured.
* ``membership.subject-auc``, ``membership.subject-tpr-at-one-in-100``,
  ``membership.subject-tpr-at-one-in-1000``: the same of clusters, each with the mean signal of its rows.
* ``membership.auc-loss``, ``membership.auc-reference``, ``membership.auc-calibrated``,
  ``membership.auc-error-zone``, ``membership.auc-zlib``, ``membership.auc-min-k``, ``membership.auc-min-k-plus``: areas of the signals of language models.
* ``membership.auc-phi``, ``membership.auc-loss``, ``membership.auc-entropy``,
  ``membership.auc-modified-entropy``: areas of the signals of classifiers.
* ``membership.auc-lira``, ``membership.auc-rmia``: areas against shadow models: folders that the options
  name, else, for classifiers, ``heads`` last layers fitted on halves of the rows.

``signals.json`` holds the curve of each signal in rough steps and histograms without small cells. A signal of
a single row is written nowhere: that a row was in the training data is itself what leaks.

What the measures hide: attacks that are stronger than these; single rows that are recognised while the
average is not; rows that training saw otherwise than as they stand here. An area of 0.5 is no proof of
privacy: look at exposure and extraction, too. With clusters that stand on both sides (templates), a cluster is
one unit of the interval.

Source: Yeom et al. 2018 (arXiv:1709.01604); Carlini et al. 2021 (arXiv:2012.07805) and 2022
(arXiv:2112.03570); Zarifzadeh, Liu and Shokri 2024 (arXiv:2312.03262); validity: Das, Zhang and Tramer 2024
(arXiv:2406.16201), Meeus et al. 2024 (arXiv:2406.17975).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audits._membership_measures import MEASURES
from audits._membership_notes import (
    BLIND_LIMIT,
    blind_warning,
    false_alarms,
    few_others,
    few_rows,
    headline,
    no_clusters,
    no_model,
    no_subjects,
    not_trained_here,
    told_apart,
    undecided,
    unscored,
)
from audits._membership_options import Options, calls, option_problems
from audits._membership_planted import planted_context
from audits._membership_rows import LEAST, Sides, sides_of
from audits._membership_signals import Asker, Signals, signal_names
from harness.auditing import AuditContext, Trial, audit
from harness.engines.membership import N_FOLDS, blind_scores, rough_curve, rough_histogram
from harness.files import write_whole
from harness.records import Estimate, Measurement, Message
from harness.stats import delong, fixed_rate, paired_area_difference, undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]

_UNITS = {one.key.split(".")[1]: one.unit for one in MEASURES}
_LIMITS = {"tpr-at-one-in-100": 0.01, "tpr-at-one-in-1000": 0.001}


def planted(seed: int) -> Trial:
    """Plant a language model that has seen its members ten times, beside one that never saw them."""
    return Trial(
        guilty=planted_context(membership, seed, has_seen=True),
        innocent=planted_context(membership, seed, has_seen=False),
        rule={"measure": "membership.auc", "require": {"at_most": 0.6}},
    )


@audit(
    id="membership",
    question="Can it be told which rows the model was trained on?",
    needs={"predictions", "rows"},
    uses={
        "labels",
        "clusters",
        "train",
        "validation",
        "base",
        "lineage",
        "model.items",
        "model.logits",
        "model.log-probabilities",
        "model.last-layer",
    },
    measures=MEASURES,
    options=Options,
    suites={"deep"},
    cost="one pass of the model, and of what it was fine-tuned from, over up to 10,000 members and as "
    "many other rows; comparing the texts of so many takes minutes, those of 1,000 a second",
    calls=calls,
    planted=planted,
    check=option_problems,
    tasks={"text-generation", "prompted-classification", "multiple-choice", "text-classification"},
)
def membership(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield whether members can be told without the model, then what the model adds."""
    asker, shapes = Asker(ctx), dict[str, Any]()
    for dataset, sides in sides_of(ctx):
        if isinstance(sides, Message) or not ctx.has_model:
            why = sides if isinstance(sides, Message) else no_model()
            yield from _nothing(ctx, dataset, why, _names(ctx, asker))
            continue
        yield from _measured(ctx, asker, sides, shapes)
    if shapes:
        text = json.dumps(shapes, allow_nan=False, indent=1, sort_keys=True)
        write_whole(ctx.artifact("signals.json"), text + "\n")


@dataclass(frozen=True, slots=True)
class _Compared:
    """One comparison whose two sides are alike.

    Attributes:
        sides: Members and others.
        blind: What the attack without the model says, shape [n].
        signals: What the model says.
        caveats: What to know of every value.
    """

    ctx: AuditContext
    sides: Sides
    blind: FloatArray
    signals: Signals
    caveats: tuple[Message, ...]

    @property
    def headline(self) -> str:
        """Name of the signal behind the measures that name none."""
        chosen: str = self.ctx.options.headline
        if chosen != "auto":
            return chosen
        if "phi" not in self.signals.known:
            return "calibrated"
        return "lira" if self.ctx.options.shadows else "phi"

    def rows(self, signal: str) -> tuple[FloatArray, BoolArray, BoolArray] | Message:
        """Return values and kinds of the rows that have a signal, and which these are, shape [n]."""
        if signal not in self.signals.known:
            return self.signals.missing.get(signal) or _no_such_signal(signal)
        values = self.signals.known[signal]
        has = np.isfinite(values)
        return values[has], self.sides.is_member[has], has

    def say(
        self, name: str, estimate: Estimate, signal: str, notes: tuple[Message, ...] = ()
    ) -> Measurement:
        """Return a measurement with what is to be known of it."""
        caveats = (*self.caveats, *self.signals.caveats.get(signal, ()))
        return self.ctx.measurement(
            name, estimate, dataset=self.sides.dataset, caveats=caveats, notes=notes
        )


def _measured(
    ctx: AuditContext, asker: Asker, sides: Sides, shapes: dict[str, Any]
) -> Iterator[Measurement]:
    base = asker.base_loss(sides)
    if base is not None:
        empty = np.isnan(base)
        sides, base = sides.without(empty, unscored(int(empty.sum()))), base[~empty]
    blind = _blind(ctx, sides, base)
    found = delong(blind, sides.is_member, cluster=sides.cluster, n_folds=N_FOLDS)
    few = few_rows(*map(len, sides.kept))
    yield ctx.measurement("blind-auc", found, dataset=sides.dataset, caveats=(*sides.caveats, *few))
    why = _why_invalid(found)
    if why is not None:
        names = [name for name in _names(ctx, asker) if name != "blind-auc"]
        yield from _nothing(ctx, sides.dataset, why, names)
        return
    signals = asker.signals(sides)
    caveats = (*sides.caveats, *few, *blind_warning(found), *_unchecked(ctx))
    compared = _Compared(ctx, sides, blind, signals, caveats)
    yield from _headline(compared)
    yield from _subjects(compared)
    yield from _areas(compared, signal_names(is_language=asker.is_language), shapes)


def _why_invalid(blind: Estimate) -> Message | None:
    """Say why no attack is measured: the two sides differ, or may do so."""
    if blind.value is None or blind.value <= BLIND_LIMIT:
        return blind.why_undefined
    auc = round(blind.value, 3)
    is_shown = blind.low is not None and blind.low > 0.5
    return told_apart(auc) if is_shown else undecided(auc, blind.n)


def _blind(ctx: AuditContext, sides: Sides, base: FloatArray | None) -> FloatArray:
    """Return how much each row looks like a member to who never saw the model, shape [n]."""
    columns = [one for one in (sides.time, base) if one is not None]
    label = sides.label
    if label is not None and len(ctx.task.classes) <= LEAST:
        columns += [(label == k).astype(np.float64) for k in range(len(ctx.task.classes))]
    texts = [one if isinstance(one, str) else "\n".join(one) for one in sides.inputs]
    return blind_scores(
        texts,
        sides.is_member,
        seed=int(ctx.rng.integers(2**31)),
        columns=columns,
        cluster=sides.cluster,
    )


def _headline(compared: _Compared) -> Iterator[Measurement]:
    signal = compared.headline
    notes = (headline(signal),)
    found = compared.rows(signal)
    if isinstance(found, Message):
        for name in ("auc", "auc-minus-blind", *_LIMITS):
            yield compared.say(name, undefined(found, unit=_UNITS[name]), signal)
        return
    values, is_member, has = found
    cluster = compared.sides.cluster
    units = None if cluster is None else cluster[has]
    yield compared.say("auc", delong(values, is_member, cluster=units), signal, notes)
    yield compared.say(
        "auc-minus-blind", _beyond(values, compared.blind[has], is_member, units), signal, notes
    )
    yield from _rates(compared, values, is_member, units, prefix="")


def _beyond(
    values: FloatArray, blind: FloatArray, is_member: BoolArray, units: NDArray[np.object_] | None
) -> Estimate:
    """Return what the model adds to the blind attack, or to chance where that attack is worse."""
    area = delong(blind, is_member, cluster=units).value
    is_worse = area is not None and area < 0.5
    against, n_folds = (np.zeros_like(blind), None) if is_worse else (blind, N_FOLDS)
    return paired_area_difference(values, against, is_member, cluster=units, n_folds=n_folds)


def _rates(
    compared: _Compared,
    values: FloatArray,
    is_member: BoolArray,
    cluster: NDArray[np.object_] | None,
    *,
    prefix: str,
) -> Iterator[Measurement]:
    signal, ctx = compared.headline, compared.ctx
    for name, limit in _LIMITS.items():
        rate = fixed_rate(values, is_member, limit=limit, rng=ctx.rng, cluster=cluster)
        estimate = rate.true_positives
        if rate.n_negatives < rate.least:
            are_clusters = bool(prefix) or cluster is not None
            why = few_others(limit, rate.least, rate.n_negatives, are_clusters=are_clusters)
            estimate = undefined(why, unit="share", n=len(values))
        notes = (headline(signal), *false_alarms(rate.false_positives))
        yield compared.say(f"{prefix}{name}", estimate, signal, notes)


def _subjects(compared: _Compared) -> Iterator[Measurement]:
    """Yield the same of clusters: each on one side only, with the mean signal of its rows."""
    names = ["subject-auc", *(f"subject-{name}" for name in _LIMITS)]
    signal, found = compared.headline, compared.rows(compared.headline)
    cluster = compared.sides.cluster
    if isinstance(found, Message) or cluster is None:
        why = found if isinstance(found, Message) else no_clusters()
        for name in names:
            yield compared.say(name, undefined(why, unit=_UNITS[name]), signal)
        return
    values, is_member, has = found
    unit = np.unique(cluster[has], return_inverse=True)[1]
    n = np.bincount(unit)
    share = np.bincount(unit, weights=is_member) / n
    is_whole = (share == 0) | (share == 1)
    mean, kind = np.bincount(unit, weights=values)[is_whole] / n[is_whole], share[is_whole] == 1
    if min(int(kind.sum()), int((~kind).sum())) < 2:
        for name in names:
            why = no_subjects(int((~is_whole).sum()))
            yield compared.say(name, undefined(why, unit=_UNITS[name]), signal)
        return
    yield compared.say("subject-auc", delong(mean, kind), signal, (headline(signal),))
    yield from _rates(compared, mean, kind, None, prefix="subject-")


def _areas(
    compared: _Compared, names: tuple[str, ...], shapes: dict[str, Any]
) -> Iterator[Measurement]:
    shown = shapes.setdefault(compared.sides.dataset, {})
    for signal in names:
        found, name = compared.rows(signal), f"auc-{signal}"
        if isinstance(found, Message):
            yield compared.say(name, undefined(found, unit="probability"), signal)
            continue
        values, is_member, has = found
        cluster = compared.sides.cluster
        units = None if cluster is None else cluster[has]
        yield compared.say(name, delong(values, is_member, cluster=units), signal)
        if len(values):
            shown[signal] = {
                "curve": rough_curve(values, is_member),
                "histogram": rough_histogram(values, is_member),
            }


def _names(ctx: AuditContext, asker: Asker) -> list[str]:
    """Return the measures that this kind of model can have."""
    signals = [f"auc-{name}" for name in signal_names(is_language=asker.is_language)]
    return [name for name in _UNITS if name in signals or not _is_of_signal(name)]


def _is_of_signal(name: str) -> bool:
    return name.startswith("auc-") and name != "auc-minus-blind"


def _nothing(
    ctx: AuditContext, dataset: str, why: Message, names: list[str]
) -> Iterator[Measurement]:
    for name in names:
        yield ctx.measurement(name, undefined(why, unit=_UNITS[name]), dataset=dataset)


def _unchecked(ctx: AuditContext) -> tuple[Message, ...]:
    """Return the caveat that nobody checked what the model learnt from, unless its lineage says it."""
    lineage, train = ctx.lineage(), ctx.train_rows()
    recorded = lineage.get("train") if lineage else None
    digest = recorded.get("content_digest") if isinstance(recorded, dict) else None
    is_proved = train is not None and digest == train.ref.content_digest
    return () if is_proved else (not_trained_here(),)


def _no_such_signal(signal: str) -> Message:
    return Message.of(
        "membership.no-such-signal",
        "Not measured: the signal {signal} is none of this kind of model. Set audits.membership.headline to "
        "another one, or to auto.",
        signal=signal,
    )
