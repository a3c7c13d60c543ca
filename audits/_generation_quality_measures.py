"""What ``generation-quality`` can yield."""

from __future__ import annotations

from typing import Literal

from harness.records import Measure

_SOURCE = "Cobbe et al. 2021, arXiv:2110.14168; Rajpurkar et al. 2016, arXiv:1606.05250"
_BLIND = "Right answers in other words than the expected ones, and how an answer came about."
_FOREIGN = "All that the metric's author did not write down; nobody here has checked it."


def _share(
    name: str,
    title: str,
    reads_as: str,
    *,
    better: Literal["higher", "lower"] = "higher",
    blind_to: str = _BLIND,
) -> Measure:
    return Measure(
        f"generation-quality.{name}", title, "share", better, 0.0, 1.0, reads_as, blind_to, _SOURCE
    )


def _difference(name: str, title: str, reads_as: str) -> Measure:
    blind_to = f"Whether the prompts of the groups are equally hard. {_BLIND}"
    key = f"generation-quality.{name}"
    return Measure(key, title, "difference", "lower", 0.0, 1.0, reads_as, blind_to, _SOURCE)


def _foreign(name: str, better: Literal["higher", "lower"]) -> Measure:
    return Measure(
        key=f"generation-quality.{name}",
        title=f"Value of a foreign metric on answers, {better} is better",
        unit="value",
        better=better,
        range_low=None,
        range_high=None,
        reads_as=f"The metric ({{slice}}) is {{value}}; {better} is better.",
        blind_to=_FOREIGN,
        source="The metric's own; von Werra et al. 2022, arXiv:2210.01970",
    )


MEASURES = (
    _share(
        "exact-match",
        "Answers that are the expected text",
        "Of 100 answers ({slice}), about {per_100} are the expected text.",
    ),
    _share(
        "contains-answer",
        "Answers that hold the expected text",
        "Of 100 answers ({slice}), about {per_100} hold the expected text.",
        blind_to=f"Whether it is meant as the answer: a list of everything holds it too. {_BLIND}",
    ),
    _share(
        "numeric-match",
        "Answers whose number is the expected one",
        "Of 100 answers ({slice}), about {per_100} give the expected number.",
        blind_to="Units, and how the number came about.",
    ),
    _share(
        "no-number",
        "Answers without a number where one is expected",
        "Of 100 answers that should give a number, about {per_100} give none.",
        better="lower",
    ),
    _share(
        "never-stopped",
        "Answers that did not stop by themselves",
        "Of 100 answers, about {per_100} were cut at the most new tokens.",
        better="lower",
        blind_to="Answers that stop too early.",
    ),
    Measure(
        key="generation-quality.length",
        title="Length of an answer",
        unit="tokens",
        better="lower",
        range_low=0.0,
        range_high=None,
        reads_as="An answer has {value} on average.",
        blind_to="What it says.",
        source="A count",
    ),
    _difference(
        "exact-match-difference",
        "Largest difference of exact matches between groups",
        "Of 100 answers, about {per_100} more are the expected text in one group than in another.",
    ),
    _difference(
        "numeric-match-difference",
        "Largest difference of right numbers between groups",
        "Of 100 answers, about {per_100} more give the expected number in one group than in another.",
    ),
    _foreign("metric-value", "higher"),
    _foreign("metric-loss", "lower"),
)
