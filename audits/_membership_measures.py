"""The measures of ``membership``: what each reads as, what it is blind to, and its source."""

from __future__ import annotations

from harness.records import Measure

_DELONG = "interval: DeLong, DeLong and Clarke-Pearson 1988, doi:10.2307/2531595"
_LIRA = "Carlini et al. 2022, arXiv:2112.03570"
_BLIND = "Das, Zhang and Tramer 2024, arXiv:2406.16201"
_AVERAGE = "Whether a few rows are recognised with certainty: see the rates at few false alarms."


def _measure(
    name: str, title: str, reads_as: str, *, unit: str, blind_to: str, source: str
) -> Measure:
    return Measure(
        key=f"membership.{name}",
        title=title,
        unit=unit,
        better="lower",
        range_low=-1.0 if unit == "difference" else 0.0,
        range_high=1.0,
        reads_as=reads_as,
        blind_to=blind_to,
        source=source,
    )


def _area(name: str, what: str, source: str, *, blind_to: str = _AVERAGE) -> Measure:
    return _measure(
        name,
        f"How well {what} tells training rows from others",
        f"Of 100 pairs of a training row and another one, {what} puts the training row first in about "
        "{per_100}; 50 is chance.",
        unit="probability",
        blind_to=blind_to,
        source=f"{source}; {_DELONG}",
    )


def _rate(name: str, who: str, others: str, *, one_in: str) -> Measure:
    return _measure(
        name,
        f"{who.capitalize()} recognised at one false alarm in {one_in} others",
        f"Of 100 {who}, about {{per_100}} are recognised where one in {one_in} {others} is taken for one.",
        unit="share",
        blind_to="Other thresholds; how far the threshold is from what it should be: see the note.",
        source=f"{_LIRA}; Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404",
    )


MEASURES = (
    _area(
        "blind-auc",
        "an attack that never sees the model",
        _BLIND,
        blind_to="Differences between members and others that no word, length or date shows.",
    ),
    _area("auc", "the membership signal", "Watson et al. 2022, arXiv:2111.08440"),
    _measure(
        "auc-minus-blind",
        "What the model adds to an attack that never sees it",
        "Of 100 pairs of a training row and another one, the membership signal puts about {per_100} more "
        "in the right order than an attack that never sees the model (below 0: fewer).",
        unit="difference",
        blind_to=_AVERAGE,
        source=f"{_BLIND}; {_DELONG}",
    ),
    _rate("tpr-at-one-in-100", "training rows", "other rows", one_in="100"),
    _rate("tpr-at-one-in-1000", "training rows", "other rows", one_in="1,000"),
    _area(
        "subject-auc",
        "the membership signal of all rows of a person, document or other cluster",
        "Song and Shmatikov 2019, arXiv:1811.00513",
    ),
    _rate("subject-tpr-at-one-in-100", "clusters of training rows", "other clusters", one_in="100"),
    _rate(
        "subject-tpr-at-one-in-1000", "clusters of training rows", "other clusters", one_in="1,000"
    ),
    _area("auc-loss", "the loss", "Yeom et al. 2018, arXiv:1709.01604"),
    _area(
        "auc-reference",
        "the loss beside that of the model before fine-tuning",
        "Carlini et al. 2021, arXiv:2012.07805",
    ),
    _area(
        "auc-calibrated",
        "the loss beyond what that of the model before fine-tuning lets expect",
        "Watson et al. 2022, arXiv:2111.08440 (difficulty calibration)",
    ),
    _area("auc-error-zone", "what was gained where the model errs", "arXiv:2601.12104"),
    _area(
        "auc-zlib",
        "the loss beside the size of the compressed text",
        "Carlini et al. 2021, arXiv:2012.07805",
    ),
    _area("auc-min-k", "the loss of the least likely tokens", "Shi et al. 2024, arXiv:2310.16789"),
    _area(
        "auc-min-k-plus",
        "the standardised loss of the least likely tokens",
        "Zhang et al. 2025, arXiv:2404.02936",
    ),
    _area("auc-phi", "the log-odds of the label", _LIRA),
    _area("auc-entropy", "how sure the model is", "Song and Mittal 2021, arXiv:2003.10595"),
    _area(
        "auc-modified-entropy",
        "how sure the model is of the label",
        "Song and Mittal 2021, arXiv:2003.10595",
    ),
    _area("auc-lira", "the likelihood ratio against shadow models", _LIRA),
    _area(
        "auc-rmia",
        "what the model says beside models without the row, among such ratios of others",
        "Zarifzadeh, Liu and Shokri 2024, arXiv:2312.03262",
    ),
)
