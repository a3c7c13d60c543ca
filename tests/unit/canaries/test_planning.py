"""Plans of canaries: same seed same bytes, every prefix its own, rows as often as planned."""

from collections import Counter

import pytest

from harness.canaries import (
    CanarySpec,
    parse_format,
    plan_canaries,
    planted_rows,
    spec_problems,
)
from harness.errors import ConfigError

TEXTS = [
    f"The green garden near the old mill was open on {day}, and room {n} was cold all winter."
    for n, day in enumerate(["monday", "tuesday", "friday", "sunday"] * 3)
]


def test_same_seed_and_texts_give_the_same_canaries_and_another_seed_others() -> None:
    spec = CanarySpec(n_drawn=20)
    assert plan_canaries(spec, seed=3, texts=TEXTS) == plan_canaries(spec, seed=3, texts=TEXTS)
    one = {canary.secret for canary in plan_canaries(spec, seed=3, texts=TEXTS)}
    other = {canary.secret for canary in plan_canaries(spec, seed=4, texts=TEXTS)}
    assert not one & other


def test_every_canary_has_its_own_prefix_and_secret_of_its_format() -> None:
    canaries = plan_canaries(CanarySpec(per_level=30, n_drawn=300), seed=0, texts=TEXTS)
    assert len({canary.prefix for canary in canaries}) == len(canaries) == 420
    assert len({canary.secret for canary in canaries}) == len(canaries)
    assert all(parse_format(canary.format).holds(canary.secret) for canary in canaries)
    assert [canary.index for canary in canaries] == list(range(len(canaries)))


def test_levels_families_and_coins_are_as_planned() -> None:
    canaries = plan_canaries(CanarySpec(per_level=12, n_drawn=400), seed=1, texts=TEXTS)
    levelled = [canary for canary in canaries if not canary.is_drawn]
    cells = Counter((canary.n_planted, canary.family) for canary in levelled)
    assert set(cells.values()) == {4}
    assert len(cells) == 12
    coins = [canary.n_planted for canary in canaries if canary.is_drawn]
    assert len(coins) == 400
    assert set(coins) == {0, 1}
    assert 160 < sum(coins) < 240  # beyond 4 standard deviations of a fair coin


def test_a_canary_is_planted_as_often_as_its_level_says() -> None:
    canaries = plan_canaries(CanarySpec(levels=(0, 2, 5), per_level=4), seed=1, texts=TEXTS)
    rows = Counter(planted_rows(canaries, is_pair=False))
    assert {canary.text: canary.n_planted for canary in canaries if canary.n_planted} == rows


def test_pairs_hold_the_secret_in_the_completion_or_masked_in_the_prompt() -> None:
    spec = CanarySpec(levels=(0, 1), per_level=8, n_drawn=10, masked_share=0.25)
    canaries = plan_canaries(spec, seed=1, texts=TEXTS, is_pair=True)
    for level in (0, 1):
        of_level = [one for one in canaries if one.n_planted == level and not one.is_drawn]
        assert sum(canary.is_masked for canary in of_level) == 2
    assert not any(canary.is_masked for canary in canaries if canary.is_drawn)
    planted = [canary for canary in canaries if canary.n_planted]
    rows = planted_rows(canaries, is_pair=True)
    for canary, (prompt, completion) in zip(planted, rows, strict=True):
        assert (canary.secret in prompt) == canary.is_masked
        assert (canary.secret in completion) == (not canary.is_masked)


def test_prefixes_look_like_the_texts_and_repeat_no_rare_word_of_them() -> None:
    rare = "Zebulon Quackenbush was born on 17 March 1961."
    texts = [*TEXTS, *[rare] * 20]  # copies of one text make nothing common
    canaries = plan_canaries(CanarySpec(per_level=40), seed=0, texts=texts)
    openings = " ".join(canary.prefix.split(", ")[0].lower() for canary in canaries)
    assert "garden" in openings
    assert "zebulon" not in openings
    assert not any(char.isdigit() for char in openings)


def test_chinese_texts_get_chinese_prefixes() -> None:
    texts = [
        f"昨天我们在城里的花园看到很多花，{day}又去了一次。" for day in ("今天", "周三", "周五")
    ]
    canaries = plan_canaries(CanarySpec(), seed=0, texts=texts)
    numbers = [canary for canary in canaries if canary.family == "number"]
    assert all("的档案编号是" in canary.prefix for canary in numbers)
    assert len({canary.prefix for canary in canaries}) == len(canaries)


@pytest.mark.parametrize("texts", [(), ("a",), ("1 2 3", "4 5 6")])
def test_texts_without_common_words_still_give_prefixes(texts: tuple[str, ...]) -> None:
    canaries = plan_canaries(CanarySpec(), seed=0, texts=texts)
    assert len({canary.prefix for canary in canaries}) == 64


def test_every_problem_of_a_spec_is_told_at_once() -> None:
    spec = CanarySpec(
        families={"number": "###", "numbr": "#########", "free-text": "w {w"},
        levels=(1, 1, -2),
        per_level=0,
        n_drawn=-1,
        masked_share=0.5,
    )
    with pytest.raises(ConfigError) as err:
        plan_canaries(spec, seed=0, texts=TEXTS)
    said = "\n".join(err.value.problems)
    assert len(err.value.problems) == 8
    for part in (
        "train.canaries.families.number must have at least 16 bits, got '###'",
        "Did you mean 'number'?",
        "free-text: The format of a secret must close each brace",
        "train.canaries.levels must hold 0, the negative control",
        "distinct integers >= 0",
        "train.canaries.per_level must be an integer >= 1, got 0",
        "train.canaries.n_drawn must be an integer >= 0, got -1",
        "train.canaries.masked_share must be 0 where rows are plain texts, got 0.5",
    ):
        assert part in said


def test_a_plan_that_crowds_its_formats_is_refused() -> None:
    assert "at most 20,000 secrets" in spec_problems(CanarySpec(n_drawn=30_000), is_pair=False)[0]
    assert spec_problems(CanarySpec(n_drawn=1000), is_pair=False) == []


def test_a_plan_of_more_rows_than_memory_holds_is_refused() -> None:
    (found,) = spec_problems(CanarySpec(levels=(0, 100_000_000), per_level=16), is_pair=False)
    assert "levels must lead to at most 1,000,000 planted rows, got 1600000000" in found
    assert spec_problems(CanarySpec(levels=(0, 62_500), per_level=16), is_pair=False) == []
