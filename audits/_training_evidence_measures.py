"""The measures of ``training-evidence``: what each reads as, what it is blind to, and its source."""

from __future__ import annotations

from harness.records import Measure

_TRACIN = "Pruthi et al. 2020, arXiv:2002.08484"
_NEAR = "Hanawa et al. 2021, arXiv:2006.04528"


def _share(
    name: str, title: str, reads_as: str, *, better: str, blind_to: str, source: str
) -> Measure:
    return Measure(
        key=f"training-evidence.{name}",
        title=title,
        unit="share",
        better="higher" if better == "higher" else "lower",
        range_low=0.0,
        range_high=1.0,
        reads_as=reads_as,
        blind_to=blind_to,
        source=source,
    )


MEASURES = (
    _share(
        "suspect-support",
        "Suspect labels behind wrong decisions",
        "Of 100 training rows that stand behind wrong decisions, about {per_100} carry a label that "
        "their own near rows speak against.",
        better="lower",
        blind_to="Wrong labels that stand together, and whether the decision would be another one "
        "without these rows.",
        source=_TRACIN,
    ),
    _share(
        "near-support",
        "Near training rows of the decided class",
        "Of 100 training rows that are nearest to a decision, about {per_100} carry the decided class.",
        better="higher",
        blind_to="Whether their labels are right, and what near means beyond the last layer.",
        source=_NEAR,
    ),
    _share(
        "near-agreement",
        "Influential training rows that are near ones, too",
        "Of 100 training rows that stand behind decisions, about {per_100} are among the nearest, too.",
        better="higher",
        blind_to="Which of the two is the better evidence where they differ.",
        source=_NEAR,
    ),
    _share(
        "concentration",
        "Influence that comes from few training rows",
        "Of 100 parts of the influence towards a decision, about {per_100} come from the few rows "
        "that are named.",
        better="lower",
        blind_to="Rows of equal kind: copies share the influence that one of them would have.",
        source=_TRACIN,
    ),
)
