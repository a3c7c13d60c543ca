"""The measures of ``training-data-privacy``: what each reads as, what it is blind to, and its source."""

from __future__ import annotations

from harness.records import Measure

_DUPLICATES = (
    "Lee et al. 2022 (arXiv:2107.06499); Kandpal, Wallace and Raffel 2022 (arXiv:2202.06539)"
)
_VALUES = "Carlini et al. 2021 (arXiv:2012.07805); NIST SP 800-122"
_UNSEEN = "Values that the detector does not find: names and addresses, unless a detector for them is named."
PER = 1000
"""Rows that densities are given for."""
DENSITY_UNIT = "values per 1,000 rows"


def _share(name: str, title: str, reads: str, *, blind_to: str, source: str) -> Measure:
    return Measure(
        key=f"training-data-privacy.{name}",
        title=title,
        unit="share",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as=reads,
        blind_to=blind_to,
        source=source,
    )


MEASURES = (
    _share(
        "personal-share",
        "Training rows with a personal value",
        "Of 100 training rows, about {per_100} hold a personal value or a secret.",
        blind_to=_UNSEEN,
        source=_VALUES,
    ),
    Measure(
        key="training-data-privacy.density",
        title="Personal values in the training rows",
        unit=DENSITY_UNIT,
        better="lower",
        range_low=0.0,
        range_high=None,
        reads_as="There are {value}.",
        blind_to=_UNSEEN,
        source=_VALUES,
    ),
    _share(
        "secret-share",
        "Training rows with a password, token or key",
        "Of 100 training rows, about {per_100} hold a password, a token or a key.",
        blind_to="Passwords without a word beside them, and tokens of issuers that are not known.",
        source="OWASP Top 10 for LLM applications 2025, LLM02",
    ),
    _share(
        "repeated-value-share",
        "Personal values that stand in several training rows",
        "Of 100 different personal values, about {per_100} stand in several training rows.",
        blind_to="Values that are written so differently that they are not seen to be one.",
        source=_DUPLICATES,
    ),
    _share(
        "repeated-share",
        "Training rows that stand earlier in the same way",
        "Of 100 training rows, about {per_100} stand earlier in the training set.",
        blind_to="Near repeats.",
        source=_DUPLICATES,
    ),
    _share(
        "near-repeated-share",
        "Training rows that stand earlier in nearly the same way",
        "Of 100 training rows, about {per_100} are nearly the same as an earlier one that is kept.",
        blind_to="Paraphrases; and passages that are shared by rows that otherwise differ.",
        source=_DUPLICATES,
    ),
    Measure(
        key="training-data-privacy.most-copies",
        title="Copies of the most frequent training row",
        unit="rows",
        better="lower",
        range_low=0.0,
        range_high=None,
        reads_as="The most frequent text makes {value}.",
        blind_to="Near repeats.",
        source=_DUPLICATES,
    ),
)
