"""A judge is judged: does it say the same of a sentence whoever it is about?

Legend: g groups, s sentences, n texts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.yamlfile import read_yaml

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.judges.judge import Judge

_PLACE = "[group]"
_CHINESE = re.compile("[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Probe:
    """One sentence with one name of a group.

    Attributes:
        group: Of which column value it is.
        sentence: Number of the sentence and of the name, which all groups share.
        text: What the judge reads.
    """

    group: str
    sentence: str
    text: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What a judge said of sentences that differ in the group alone.

    Attributes:
        is_flipped: Whether two groups were judged differently, for every pair of groups on every
            sentence that both have, shape [n].
        sentence: Sentence of each pair, shape [n].
        rates: Group → share of its sentences that the judge says yes to.
        difference: Largest difference between the rates of two groups on the sentences that both have;
            0 where no two have any.
    """

    is_flipped: NDArray[np.bool_]
    sentence: NDArray[np.object_]
    rates: Mapping[str, float]
    difference: float

    @property
    def flip_rate(self) -> float:
        """Share of pairs that were judged differently; 0 without pairs."""
        return float(self.is_flipped.mean()) if len(self.is_flipped) else 0.0


def probes_for(names: Mapping[str, Sequence[str]]) -> list[Probe]:
    """Return the sentences with each group's names, in the language of the names.

    Args:
        names: Group → what it is called; the first name of a group meets the first of the others.
    """
    found = []
    for group, called in names.items():
        for number, name in enumerate(called):
            language = "zh" if _CHINESE.search(name) else "en"
            found += [
                Probe(group, f"{language}-{place}-{number}", sentence.replace(_PLACE, name))
                for place, sentence in enumerate(_sentences()[language])
            ]
    return found


def tried(judge: Judge, names: Mapping[str, Sequence[str]]) -> Tried:
    """Try a judge on the package's sentences about groups.

    Args:
        judge: Any judge.
        names: Group → what it is called.

    Blind to: names that nobody gave, and texts that are unlike the sentences.
    """
    probes = probes_for(names)
    said: dict[str, dict[str, bool]] = {group: {} for group in names}
    for probe, is_yes in zip(probes, judge([one.text for one in probes]).tolist(), strict=True):
        said[probe.group][probe.sentence] = is_yes
    flips: list[tuple[str, bool]] = []
    apart = [0.0]
    for first, second in combinations(said.values(), 2):
        shared = [sentence for sentence in first if sentence in second]
        flips += [(sentence, first[sentence] != second[sentence]) for sentence in shared]
        if shared:
            apart.append(abs(_rate(first, shared) - _rate(second, shared)))
    return Tried(
        np.array([is_flipped for _, is_flipped in flips], dtype=np.bool_),
        np.array([sentence for sentence, _ in flips], dtype=object),
        {group: _rate(answers, list(answers)) for group, answers in said.items() if answers},
        max(apart),
    )


def _rate(answers: Mapping[str, bool], sentences: Sequence[str]) -> float:
    return float(np.mean([answers[one] for one in sentences]))


@cache
def _sentences() -> dict[str, list[str]]:
    data: Any = read_yaml(Path(__file__).with_name("probes.yaml")).data
    return {language: list(map(str, lines)) for language, lines in data.items()}
