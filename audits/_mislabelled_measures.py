"""The measures of ``mislabelled``: what each reads as, what it is blind to, and its source."""

from __future__ import annotations

from harness.records import Measure

_TRACIN = "Pruthi et al. 2020, arXiv:2002.08484"
_NEAR = "Wilson 1972, doi:10.1109/TSMC.1972.4309137"
_CONFIDENT = "Northcutt, Jiang and Chuang 2021, arXiv:1911.00068"


def _measure(
    name: str,
    title: str,
    reads_as: str,
    *,
    unit: str = "share",
    better: str,
    blind_to: str,
    source: str,
) -> Measure:
    return Measure(
        key=f"mislabelled.{name}",
        title=title,
        unit=unit,
        better="higher" if better == "higher" else "lower",
        range_low=0.0,
        range_high=1.0,
        reads_as=reads_as,
        blind_to=blind_to,
        source=source,
    )


def _ranking(name: str, what: str, source: str) -> Measure:
    return _measure(
        f"auroc-{name}",
        f"How well {what} finds changed labels",
        f"Of a row whose label was changed and another one, {what} puts the changed one first in "
        "about {per_100} of 100 cases.",
        unit="probability",
        better="higher",
        blind_to="Wrong labels that the model has learnt: it never learnt the changed ones.",
        source=source,
    )


MEASURES = (
    _measure(
        "suspect-share",
        "Training rows whose label stands alone among near rows",
        "Of 100 training rows, about {per_100} carry a label that most of their nearest rows speak "
        "against.",
        better="lower",
        blind_to="Wrong labels that stand together, and whether a row that stands alone is wrong.",
        source=_NEAR,
    ),
    _measure(
        "against-model-share",
        "Training rows that the model decides otherwise",
        "Of 100 training rows, about {per_100} are decided otherwise than they are labelled.",
        better="lower",
        blind_to="Wrong labels that the model has learnt by heart.",
        source=_CONFIDENT,
    ),
    _measure(
        "planted-found",
        "Changed labels that near rows point at",
        "Of 100 labels that were changed at random, about {per_100} are pointed at by near rows.",
        better="higher",
        blind_to="Labels that are wrong for a reason, as those of rows between two classes are.",
        source=_NEAR,
    ),
    _ranking("self-influence", "self-influence", _TRACIN),
    _ranking("loss", "the loss", _CONFIDENT),
    _ranking("neighbours", "the share of near rows with another label", _NEAR),
)
