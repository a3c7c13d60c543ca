"""The toy language model says what its counts say."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from harness.modelling import GREEDY, CanGenerate, Decoding, HasLogProbabilities, HasParts, Model
from harness.toy_language import START, STOP, ToyLanguageModel, decoded, with_classes


def test_it_has_the_capabilities_that_it_names() -> None:
    model = ToyLanguageModel(["ab"])
    assert isinstance(model, Model)
    assert isinstance(model, HasLogProbabilities)
    assert isinstance(model, CanGenerate)
    assert isinstance(model, HasParts)


def test_counts_are_mixed_as_witten_and_bell_do() -> None:
    model = ToyLanguageModel(["ab"], order=1)
    # five tokens, four of which can follow anything: 1/4 each; then a, b and the end once each
    base = (1 + 3 / 4) / (3 + 3)
    after_a = (1 + base) / 2
    found = model.candidate_log_probabilities(
        model.encode("a", is_start=True), [model.encode("b", is_start=False)]
    )
    assert np.exp(found[0]) == pytest.approx(after_a, rel=1e-12)


def test_the_next_token_is_a_distribution() -> None:
    model = ToyLanguageModel(["the cat sat", "the dog ran"], order=3)
    logs = model.next_log_probabilities(
        model.encode("the ", is_start=True), np.array([[], []], dtype=np.int64)
    )
    assert np.exp(logs.astype(np.float64)).sum(axis=1) == pytest.approx([1.0, 1.0], abs=1e-6)
    assert np.exp(logs[0, START]) == 0.0


def test_the_ways_of_scoring_agree() -> None:
    model = ToyLanguageModel(["pin 4711.", "pin 0815."], order=4)
    (item,) = model.prepare([("pin ", "4711.")])
    whole = model.log_probabilities([item])[0].log_probability.sum()
    target = np.append(model.encode("4711.", is_start=False), STOP)
    one = model.candidate_log_probabilities(model.encode("pin ", is_start=True), [target])[0]
    assert whole == pytest.approx(one, abs=1e-12)
    assert model.logits([item])[0, 0] == pytest.approx(one, abs=1e-5)


def test_candidates_are_read_after_the_prompt_alone() -> None:
    model = with_classes(ToyLanguageModel(["yes no", "yes maybe"], order=4), 2)
    both, turned = model.prepare([("yes ", "no", "maybe"), ("yes ", "maybe", "no")])
    logits = model.logits([both, turned])
    assert logits[0].tolist() == logits[1][::-1].tolist()


def test_what_was_repeated_is_known_by_heart_and_what_was_not_is_not() -> None:
    others = [f"code {number:04d}." for number in range(0, 9000, 300)]
    model = ToyLanguageModel([*others, "code of Ann: 9317."], n_copies=[1] * 30 + [32], order=6)
    (known,) = model.generate(
        model.prepare([("code of Ann: ", "")]), decoding=GREEDY, max_new_tokens=20, seed=0
    )
    assert known.text == "9317."
    assert known.ended == "stop"
    unseen = model.prepare([("code of Ann: ", "9317."), ("code of Ann: ", "6042.")])
    assert model.logits(unseen)[0, 0] > model.logits(unseen)[1, 0] + 5


def test_a_generation_depends_on_its_prompt_and_seed_alone() -> None:
    model = ToyLanguageModel(["abcabcabd", "bcdabc"], order=2)
    items = model.prepare([("a", ""), ("b", "")])
    both = model.generate(items, decoding=Decoding(), max_new_tokens=9, seed=1)
    alone = model.generate(items[1:], decoding=Decoding(), max_new_tokens=9, seed=1)
    assert both[1].text == alone[0].text


def test_a_generation_that_never_stops_says_so() -> None:
    model = ToyLanguageModel(["ab" * 60], order=2)
    (one,) = model.generate(model.prepare([("a", "")]), decoding=GREEDY, max_new_tokens=7, seed=0)
    assert (one.text, one.ended) == ("bababab", "length")


@pytest.mark.parametrize(
    ("decoding", "expected"),
    [
        (Decoding(temperature=0.0), [1.0, 0.0, 0.0]),
        (Decoding(top_k=2), [0.625, 0.375, 0.0]),
        (Decoding(top_p=0.6), [0.625, 0.375, 0.0]),
        (Decoding(top_p=0.5), [1.0, 0.0, 0.0]),
        (Decoding(temperature=0.5), [0.25 / 0.38, 0.09 / 0.38, 0.04 / 0.38]),
    ],
)
def test_decoding_rules_tokens_out(decoding: Decoding, expected: list[float]) -> None:
    logs = np.log(np.array([0.5, 0.3, 0.2]))
    assert np.exp(decoded(logs, decoding)) == pytest.approx(expected, abs=1e-12)


def test_words_of_the_prompt_can_be_taken_away() -> None:
    model = ToyLanguageModel(["the red hat fits"], order=3)
    (item,) = model.prepare([("the red ", "hat")])
    assert [part.content for part in model.parts(item)] == ["the", "red"]
    gone = model.without(item, [1])
    assert model.decode(gone.arrays["input_ids"]) == "the  hat"


def test_a_prompt_that_is_too_long_loses_its_beginning_and_says_so() -> None:
    model = ToyLanguageModel(["abcdefgh"], max_tokens=6)
    (item,) = model.prepare([("abcdef", "gh")])
    assert item.is_truncated
    assert model.decode(item.arrays["input_ids"]) == "defgh"


def test_spans_say_where_characters_stand_in_their_text() -> None:
    model = ToyLanguageModel(["ab", "cd"])
    plain, pair = model.spans(["ab", ("ab", "cd")])
    assert plain.tolist() == [[-1, -1, -1], [0, 0, 1], [0, 1, 2], [-1, -1, -1]]
    assert pair[:, 0].tolist() == [-1, 0, 0, 1, 1, -1]
    assert [len(one) for one in (plain, pair)] == [
        item.length for item in model.prepare(["ab", ("ab", "cd")])
    ]


def test_equal_prompts_with_other_keys_draw_anew() -> None:
    model = ToyLanguageModel(["abcdefgh"], order=0)
    (item,) = model.prepare([("", "")])
    items = [dataclasses.replace(item, key=bytes([k]) * 32) for k in range(5)]
    texts = [
        one.text for one in model.generate(items, decoding=Decoding(), max_new_tokens=20, seed=0)
    ]
    assert len(set(texts)) == 5
