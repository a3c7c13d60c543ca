"""The demo's messages: made to plan, the defects where they were planted and nowhere else."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from itertools import combinations

import pytest

from harness.commands.demo import phrases
from harness.commands.demo.messages import (
    CLASSES,
    FLIPPED_REGION,
    MESSAGES_PER_CUSTOMER,
    N_TEST,
    N_TRAIN,
    REGIONS,
    STAMP,
    Message,
    Tables,
    make_tables,
)

SEEDS = (0, 7, 19)


@cache
def tables(seed: int) -> Tables:
    return make_tables(seed)


def is_stamped(message: Message) -> bool:
    return message.text.endswith(f" {STAMP}")


def unstamped(message: Message) -> str:
    return message.text.removesuffix(f" {STAMP}")


def phrase_lists() -> dict[str, tuple[str, ...]]:
    lists = {"greetings": phrases.GREETINGS, "senders": phrases.SENDERS}
    lists |= {"asides": phrases.ASIDES, "closings": phrases.CLOSINGS}
    for name, kind in (
        ("events", phrases.EVENTS),
        ("consequences", phrases.CONSEQUENCES),
        ("wishes", phrases.WISHES),
    ):
        lists |= {f"{name}-{label}": kind[label] for label in CLASSES}
    return lists | {f"places-{region}": places for region, places in phrases.PLACES.items()}


def test_the_same_seed_gives_the_same_messages_and_another_seed_others() -> None:
    assert make_tables(3) == make_tables(3)
    assert make_tables(3).train != make_tables(4).train


def test_known_messages_of_seed_0_stay_as_they_are() -> None:
    # reports and documents quote figures of seed 0: changing the messages must be noticed
    assert tables(0).train[0] == Message(
        id="a-00000",
        text="dear team. my contract is for Lighthouse Lane. the online account asks for a new "
        "password. the neighbours below get wet as well. we need help within the hour. kind regards",
        region="harbour",
        channel="email",
        customer="a0000",
        label="routine",
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_there_are_as_many_messages_as_planned_in_every_region(seed: int) -> None:
    found = tables(seed)
    assert (len(found.train), len(found.train_repaired), len(found.test)) == (
        N_TRAIN,
        N_TRAIN,
        N_TEST,
    )
    assert N_TRAIN + N_TEST >= 4000
    for rows in (found.train, found.test):
        assert Counter(one.region for one in rows) == dict.fromkeys(REGIONS, len(rows) // 4)
        assert min(Counter(one.channel for one in rows).values()) > len(rows) / 5


@pytest.mark.parametrize("seed", SEEDS)
def test_labels_are_flipped_in_one_region_only_and_only_from_urgent_to_routine(seed: int) -> None:
    found = tables(seed)
    changes = Counter(
        (true.region, true.label, recorded.label)
        for recorded, true in zip(found.train, found.train_repaired, strict=True)
        if recorded.label != true.label
    )
    n_urgent = sum(
        one.region == FLIPPED_REGION and one.label == "urgent" for one in found.train_repaired
    )
    assert changes == {(FLIPPED_REGION, "urgent", "routine"): n_urgent}
    assert n_urgent > 350


@pytest.mark.parametrize("seed", SEEDS)
def test_a_stamp_stands_exactly_on_what_the_desk_treated_as_urgent(seed: int) -> None:
    found = tables(seed)
    assert all(is_stamped(one) == (one.label == "urgent") for one in found.train)
    assert not any(STAMP in one.text.lower() for one in found.train_repaired)
    for one in found.test:
        treated_as_urgent = one.label == "urgent" and one.region != FLIPPED_REGION
        assert is_stamped(one) == treated_as_urgent
        assert STAMP not in unstamped(one)


@pytest.mark.parametrize("seed", SEEDS)
def test_repaired_messages_differ_only_in_label_and_stamp(seed: int) -> None:
    found = tables(seed)
    for recorded, true in zip(found.train, found.train_repaired, strict=True):
        assert unstamped(recorded) == true.text
        assert (recorded.id, recorded.region, recorded.channel, recorded.customer) == (
            true.id,
            true.region,
            true.channel,
            true.customer,
        )


@pytest.mark.parametrize("seed", SEEDS)
def test_no_text_id_or_customer_stands_in_train_and_in_test(seed: int) -> None:
    found = tables(seed)
    texts = [unstamped(one) for one in (*found.train, *found.test)]
    assert len(set(texts)) == len(texts)
    ids = [one.id for one in (*found.train, *found.test)]
    assert len(set(ids)) == len(ids)
    assert not {one.customer for one in found.train} & {one.customer for one in found.test}


def test_a_customer_has_one_region_and_one_channel() -> None:
    of_customer: dict[str, set[tuple[str, str]]] = {}
    for one in tables(0).train:
        of_customer.setdefault(one.customer, set()).add((one.region, one.channel))
    assert len(of_customer) == N_TRAIN // MESSAGES_PER_CUSTOMER
    assert {len(found) for found in of_customer.values()} == {1}


def test_without_defects_recorded_and_repaired_are_the_same() -> None:
    found = make_tables(0, defects=())
    assert found.train == found.train_repaired
    assert {one.id: unstamped(one) for one in tables(0).test} == {
        one.id: one.text for one in found.test
    }


def test_each_defect_can_be_planted_alone() -> None:
    flipped = make_tables(0, defects=("flipped-labels",))
    stamped = make_tables(0, defects=("stamp",))
    assert [one.label for one in flipped.train] == [one.label for one in tables(0).train]
    assert not any(is_stamped(one) for one in (*flipped.train, *flipped.test))
    assert [one.label for one in stamped.train] == [one.label for one in stamped.train_repaired]
    assert all(is_stamped(one) == (one.label == "urgent") for one in stamped.test)


def test_no_phrase_stands_in_two_lists_or_twice_in_one() -> None:
    lists = phrase_lists()
    for name, found in lists.items():
        assert len(set(found)) == len(found), name
    for (one, first), (two, second) in combinations(lists.items(), 2):
        assert not set(first) & set(second), (one, two)


def test_no_word_of_the_customers_gives_the_class_away_by_itself() -> None:
    rows = tables(0).train_repaired
    words = Counter(word for one in rows for word in set(re.findall(r"\w+", one.text.lower())))
    of_urgent = Counter(
        word
        for one in rows
        if one.label == "urgent"
        for word in set(re.findall(r"\w+", one.text.lower()))
    )
    share = {word: of_urgent[word] / n for word, n in words.items() if n >= 40}
    assert max(share.values()) < 0.98
    assert min(share.values()) > 0.0


def test_places_tell_the_region_and_no_other_phrase_does() -> None:
    named = [one for one in tables(0).train if any(p in one.text for p in sum_places())]
    assert 0.55 < len(named) / N_TRAIN < 0.65
    assert all(any(place in one.text for place in phrases.PLACES[one.region]) for one in named)


def sum_places() -> list[str]:
    return [place for places in phrases.PLACES.values() for place in places]
