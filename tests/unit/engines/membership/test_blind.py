"""The attack without a model: it finds what tells two data sets apart, and nothing in a random split."""

import numpy as np
import pytest

from harness.engines.membership import blind_scores
from harness.stats import delong

WORDS = [f"word{k}" for k in range(50)]
CHINESE = list("天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏")


def texts(n, seed, words=WORDS, length=8, sep=" "):
    rng = np.random.default_rng(seed)
    return [sep.join(rng.choice(words, size=length)) for _ in range(n)]


def area(one, other, **further):
    is_member = np.arange(len(one) + len(other)) < len(one)
    found = blind_scores([*one, *other], is_member, seed=0, **further)
    return delong(found, is_member)


def test_two_halves_of_one_random_draw_are_not_told_apart():
    found = [area(texts(300, 2 * k), texts(300, 2 * k + 1)).value for k in range(5, 11)]
    # an area has a standard error of 0.035 here, the mean of six one of 0.014
    assert np.mean(found) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    "other",
    [
        texts(300, 2, words=[*WORDS, *["newer"] * 10]),
        texts(300, 2, length=10),
        [one.replace(" ", "  ") for one in texts(300, 2)],
    ],
    ids=["words", "length", "format"],
)
def test_words_lengths_and_formats_that_differ_are_found(other):
    assert area(texts(300, 1), other).value > 0.7


def test_scripts_without_blanks_are_read_too():
    one = texts(200, 1, CHINESE, sep="")
    other = texts(200, 2, [*CHINESE, *"新新新新"], sep="")
    assert area(one, other).value > 0.65


def test_a_later_date_is_found_and_a_date_in_the_middle_too():
    rng = np.random.default_rng(0)
    for later in (rng.random(400) + 0.5 * (np.arange(400) >= 200), None):
        time = (
            rng.normal(size=400) * np.where(np.arange(400) < 200, 0.3, 1)
            if later is None
            else later
        )
        assert area(texts(200, 1), texts(200, 2), columns=[time]).value > 0.65
        assert area(texts(200, 1), texts(200, 2)).value < 0.6


def test_columns_may_have_holes():
    time = np.where(np.arange(400) % 3 == 0, np.nan, np.arange(400.0))
    assert area(texts(200, 1), texts(200, 2), columns=[time, np.full(400, np.nan)]).value > 0.7


def test_the_rows_of_a_cluster_stay_in_one_fold():
    one, other = texts(60, 1), texts(60, 2)
    copied = [text for text in [*one, *other] for _ in range(5)]
    is_member = np.repeat(np.arange(120) < 60, 5)
    cluster = np.repeat(np.arange(120), 5)
    apart = blind_scores(copied, is_member, seed=0, cluster=cluster)
    assert delong(apart, is_member, cluster=cluster).low < 0.5
    # without clusters each row finds its copies in other folds
    assert delong(blind_scores(copied, is_member, seed=0), is_member).value > 0.9


def test_too_few_rows_of_a_kind_give_no_answer():
    is_member = np.array([True] * 4 + [False] * 30)
    assert np.isnan(blind_scores(texts(34, 0), is_member, seed=0)).all()


def test_texts_that_share_no_term_are_judged_by_their_length():
    one, other = [chr(19968 + k) for k in range(40)], [chr(30000 + k) * 9 for k in range(40)]
    assert area(one, other).value > 0.9


def test_the_same_seed_gives_the_same_answer():
    is_member = np.arange(80) < 40
    found = [blind_scores(texts(80, 3), is_member, seed=5) for _ in range(2)]
    np.testing.assert_array_equal(found[0], found[1])
