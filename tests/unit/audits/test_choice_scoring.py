"""Multiple choice: every way worked out by hand, controls without the question, leans to places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from audits.choice_scoring import choice_scoring
from harness.modelling import Item
from harness.records import Measurement, Prompting
from harness.toy_language import ToyLanguageModel

Spoken = Callable[..., dict[str, Measurement]]

FACTS = {"sky": 1, "grass": 2, "blood": 0, "sea": 1, "leaf": 2, "rose": 0}
COLOURS = (" red", " blue", " green")
ALPHABET = "ABC.:\nAnswer: redbluegreenthe is"


def rows(names: Sequence[str] = tuple(FACTS)) -> list[tuple[str, ...]]:
    return [(f"the {name} is", *COLOURS) for name in names]


def labels(names: Sequence[str] = tuple(FACTS)) -> list[int]:
    return [FACTS[name] for name in names]


def knowing() -> ToyLanguageModel:
    taught = [f"the {name} is{COLOURS[k]}" for name, k in FACTS.items()]
    return ToyLanguageModel(taught, order=8, n_classes=3, alphabet=ALPHABET)


def value(found: dict[str, Measurement], name: str) -> float:
    number = found[name].estimate.value
    assert number is not None
    return number


class Placed(ToyLanguageModel):
    """Where letters are asked for it likes one place; else it is the model that it was made from."""

    def __init__(self, place: int | None, **more: Any) -> None:
        super().__init__([f"the {n} is{COLOURS[k]}" for n, k in FACTS.items()], **more)
        self.place = place

    def logits(self, items: Sequence[Item]) -> Any:
        found = super().logits(items)
        for i, item in enumerate(items):
            read = self.decode(item.arrays["input_ids"][item.arrays["segment"] == 0])
            if "A. " not in read:
                continue
            order = [line[2:] for line in read.split("\n") if line[1:2] == "."]
            name = read.split(" ")[1]
            wanted = order.index(COLOURS[FACTS[name]])
            found[i] = np.eye(3)[wanted if self.place is None else self.place]
        return found


def placed(place: int | None) -> ToyLanguageModel:
    return Placed(place, order=8, n_classes=3, alphabet=ALPHABET)


def test_log_likelihoods_are_compared_in_every_way(spoken: Spoken) -> None:
    model = knowing()
    found = spoken(choice_scoring, rows(), model, label=labels())
    logits = model.logits(model.prepare(rows())).astype(float)
    sizes = np.array([len(one) for one in COLOURS])
    ways = {"none": logits, "tokens": logits / sizes, "bytes": logits / (sizes - 1)}
    for way, worth in ways.items():
        right = float((worth.argmax(axis=1) == labels()).mean())
        assert value(found, f"accuracy[normalise={way}]") == pytest.approx(right)
    alone = model.logits(model.prepare([("Answer:", *COLOURS)])).astype(float)
    prior = float(((logits - alone).argmax(axis=1) == labels()).mean())
    assert value(found, "accuracy[normalise=answer-prior]") == pytest.approx(prior)
    without = float((alone.argmax() == np.array(labels())).mean())
    assert value(found, "answer-only-accuracy[all]") == pytest.approx(without)
    assert value(found, "gain-over-answer-only[all]") == pytest.approx(1 - without)
    longest = float(np.mean([k == 2 for k in labels()]))
    assert value(found, "longest-answer-accuracy[all]") == pytest.approx(longest)


def test_what_the_task_divides_by_is_undone_before_it_is_compared(spoken: Spoken) -> None:
    class PerToken(ToyLanguageModel):
        def logits(self, items: Sequence[Item]) -> Any:
            sizes = [[(item.arrays["segment"] == k).sum() for k in (1, 2, 3)] for item in items]
            return (super().logits(items) / np.array(sizes)).astype(np.float32)

    taught = [f"the {name} is{COLOURS[k]}" for name, k in FACTS.items()]
    per_token = PerToken(taught, order=8, n_classes=3, alphabet=ALPHABET)
    first = spoken(choice_scoring, rows(), knowing(), label=labels())
    second = spoken(
        choice_scoring,
        rows(),
        per_token,
        label=labels(),
        prompting=Prompting(normalise="tokens"),
    )
    for way in ("none", "tokens", "bytes"):
        key = f"accuracy[normalise={way}]"
        assert value(first, key) == value(second, key)
    assert "by tokens" in second["accuracy[normalise=none]"].notes[0].text


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_model_that_likes_one_place_leans_to_it(spoken: Spoken, place: int) -> None:
    names = list(FACTS) * 5
    found = spoken(choice_scoring, rows(names), placed(place), label=labels(names))
    letter = "ABC"[place]
    assert value(found, f"position-share[position={letter}]") == 1.0
    lean = found["position-lean[all]"].estimate
    assert lean.value == pytest.approx(2 / 3)
    assert lean.low is not None
    assert lean.low > 0.4
    assert value(found, "order-flip-rate[all]") == 1.0
    assert value(found, "letter-accuracy[all]") == pytest.approx(1 / 3)


def test_a_model_that_reads_the_list_leans_nowhere(spoken: Spoken) -> None:
    names = list(FACTS) * 5
    found = spoken(choice_scoring, rows(names), placed(None), label=labels(names))
    assert value(found, "letter-accuracy[all]") == 1.0
    assert value(found, "order-flip-rate[all]") == 0.0
    lean = found["position-lean[all]"].estimate
    assert lean.value == pytest.approx(0.0)
    assert lean.high is not None
    assert lean.high < 0.2
    for letter in "ABC":
        assert value(found, f"position-share[position={letter}]") == pytest.approx(1 / 3)


def test_rotations_of_a_question_are_one_unit(spoken: Spoken) -> None:
    names = list(FACTS) * 5
    found = spoken(choice_scoring, rows(names), placed(1), label=labels(names))
    estimate = found["letter-accuracy[all]"].estimate
    assert estimate.evidence is not None
    assert (estimate.method, estimate.evidence.values["n_clusters"]) == ("cluster-t", 30)


def test_a_list_of_more_answers_than_letters_is_not_measured(spoken: Spoken) -> None:
    model = ToyLanguageModel(["abc"], n_classes=27)
    many = [("a", *["b"] * 27)] * 3
    found = spoken(choice_scoring, many, model, label=[0, 1, 2])
    assert {one.estimate.why_undefined.id for one in found.values()} == {  # type: ignore[union-attr]
        "choice-scoring.too-many"
    }
