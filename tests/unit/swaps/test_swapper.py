"""Known answers for swaps, and what must hold for any text."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.swaps import MASK, Identity, Swapper, read_word_list

MADLIBS = (
    Path(__file__).resolve().parents[4] / "shared/data/madlibs_identity/en_sentence_templates.csv"
)
ENGLISH = Swapper([read_word_list("en")])
CHINESE = Swapper([read_word_list("zh")])
BOTH = Swapper([read_word_list("en"), read_word_list("zh")])


def texts(swapper: Swapper, text: str) -> dict[str, str]:
    return {one.target: str(one.text) for one in swapper.counterfactuals(text)}


def test_only_the_same_category_and_form_is_put_in() -> None:
    made = texts(ENGLISH, "Muslims came.")
    assert made["jewish"] == "Jews came."
    assert made["atheist"] == "Atheists came."
    assert not set(made) & {"gay", "american", "female"}


def test_an_adjective_before_people_and_a_noun_after_an_article_are_told_apart() -> None:
    assert ENGLISH.swap("A Muslim man", "muslim", "jewish") == "A Jewish man"
    assert ENGLISH.swap("She is a Muslim.", "muslim", "jewish") == "She is a Jew."
    assert ENGLISH.swap("I am Muslim.", "muslim", "jewish") == "I am Jewish."
    assert ENGLISH.swap("the Muslim's coat", "muslim", "jewish") == "the Jew's coat"


def test_where_nothing_tells_the_form_only_identities_whose_forms_look_alike_are_put_in() -> None:
    made = texts(ENGLISH, "One Muslim, and more")
    assert made["christian"] == "One Christian, and more"
    assert "jewish" not in made


@pytest.mark.parametrize(
    ("text", "source", "target", "expected"),
    [
        ("A Muslim man", "muslim", "atheist", "An atheist man"),
        ("an atheist man", "atheist", "muslim", "a Muslim man"),
        ("AN ATHEIST MAN", "atheist", "muslim", "A MUSLIM MAN"),
        ("an American woman", "american", "european", "a European woman"),
        ("a European woman", "european", "indian", "an Indian woman"),
    ],
)
def test_the_article_follows_the_new_word(
    text: str, source: str, target: str, expected: str
) -> None:
    assert ENGLISH.swap(text, source, target) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("muslims", "jews"),
        ("Muslims", "Jews"),
        ("MUSLIMS", "JEWS"),
        ("no muslims here", "no jews here"),
    ],
)
def test_upper_and_lower_case_are_kept(text: str, expected: str) -> None:
    assert ENGLISH.swap(text, "muslim", "jewish") == expected


def test_a_sentence_keeps_its_capital_and_loses_it_inside() -> None:
    assert (
        ENGLISH.swap("Gay people. Some gay people.", "gay", "queer")
        == "Queer people. Some queer people."
    )
    assert ENGLISH.swap("A Muslim woman", "muslim", "atheist") == "An atheist woman"


def test_the_longest_word_wins_and_nothing_is_found_inside_it() -> None:
    (found,) = ENGLISH.find("an African American voter")
    assert found.identity.name == "african american"
    assert texts(ENGLISH, "an African American voter")["white"] == "a white voter"
    (found,) = ENGLISH.find("an African-American voter")
    assert found.identity.name == "african american"


def test_words_inside_longer_words_and_words_of_their_own_are_left_alone() -> None:
    for text in (
        "Christianity",
        "womanly",
        "gayest",
        "the White House",
        "the Indian Ocean",
        "man-made",
    ):
        assert ENGLISH.find(text) == [], text
    for text in ("gay.com", "@gay", "He speaks French", "Polish the table", "polish it"):
        assert ENGLISH.find(text) == [], text


def test_words_with_another_meaning_count_only_beside_people() -> None:
    assert ENGLISH.find("an old house, black coffee, a straight line, a blind spot") == []
    assert ENGLISH.skeleton("old people and black women") == f"{MASK} people and {MASK} {MASK}"
    assert ENGLISH.swap("He is straight", "straight", "gay") == "He is gay"
    assert "black" not in texts(ENGLISH, "Asian food")


def test_every_word_of_an_identity_is_swapped_and_the_others_stay() -> None:
    text = "A Jewish man told Jews and Muslims."
    assert ENGLISH.swap(text, "jewish", "hindu") == "A Hindu man told Hindus and Muslims."
    assert "muslim" not in {
        one.target for one in ENGLISH.counterfactuals(text) if one.source == "jewish"
    }


def test_a_text_whose_pronouns_say_the_gender_is_not_swapped_in_gender() -> None:
    assert ENGLISH.swap("The woman left", "female", "male") == "The man left"
    assert ENGLISH.swap("The woman left her coat", "female", "male") is None
    assert (
        ENGLISH.swap("The Muslim woman left her coat", "muslim", "hindu")
        == "The Hindu woman left her coat"
    )


def test_a_form_that_the_other_identity_lacks_gives_no_counterfactual() -> None:
    assert set(texts(ENGLISH, "The girls sang")) == {"male"}


def test_a_pair_of_texts_is_swapped_in_both() -> None:
    assert ENGLISH.swap(("A gay man", "Is he gay?"), "gay", "queer") == (
        "A queer man",
        "Is he queer?",
    )
    assert ENGLISH.skeleton(("gay", "x")) != ENGLISH.skeleton(("x", "gay"))


@pytest.mark.parametrize(
    ("text", "source", "target", "expected"),
    [
        ("穆斯林在这里", "伊斯兰教", "基督教", "基督徒在这里"),
        ("同性恋者很好", "同性恋", "异性恋", "异性恋者很好"),
        ("同性恋很好", "同性恋", "异性恋", "异性恋很好"),
        ("河南人多", "河南", "上海", "上海人多"),
        ("女孩子和女孩", "女性", "男性", "男孩子和男孩"),
        ("佛教徒信佛教", "佛教", "道教", "道教徒信道教"),
    ],
)
def test_chinese_is_swapped_by_form_longest_first(
    text: str, source: str, target: str, expected: str
) -> None:
    assert CHINESE.swap(text, source, target) == expected


@pytest.mark.parametrize(
    "text", ["他是明白人", "妇女人数上升", "东北人参", "别抹黑人家", "男子汉", "中国人民银行"]
)
def test_chinese_words_inside_longer_words_are_left_alone(text: str) -> None:
    assert CHINESE.find(text) == []


def test_several_lists_are_used_together() -> None:
    assert BOTH.skeleton("Muslims 穆斯林") == f"{MASK} {MASK}"
    assert BOTH.identities("Muslims 和黑人") == {("religion", "muslim"), ("race", "黑人")}


WORDS = [
    word
    for one in (*read_word_list("en").identities, *read_word_list("zh").identities)
    for words in one.words.values()
    for word in words
]
PIECES = st.lists(
    st.sampled_from(
        [
            *WORDS,
            "a",
            "an",
            "A",
            "the",
            "is",
            "people",
            ".",
            "I am",
            "speaks",
            "fries",
            "-",
            "人",
            "大",
            "族",
            "\n",
            "'s",
            "man's",
        ]
    ),
    max_size=9,
)


@given(PIECES, st.sampled_from([" ", "", "  "]))
@settings(max_examples=150, deadline=None)
def test_a_skeleton_is_the_same_for_a_text_and_all_its_counterfactuals(
    pieces: list[str], gap: str
) -> None:
    text = gap.join(pieces)
    expected = BOTH.skeleton(text)
    for one in BOTH.counterfactuals(text):
        assert BOTH.skeleton(one.text) == expected
        assert one.text != text
        assert one.source != one.target


EXACT_CASE = read_word_list("en").exact_case  # where a sentence opens these may be other words
LISTED = [
    (one, form)
    for one in read_word_list("en").identities
    for form in ("nouns", "children")
    if len(one.words.get(form, ())) == 1
]
FRAMES = ["Two {} came", "We know {} and more", "{} came.", "So it is, {}!"]


@given(st.sampled_from(LISTED), st.sampled_from(FRAMES))
@settings(max_examples=100, deadline=None)
def test_swapping_back_gives_the_original_where_each_form_has_one_word(
    listed: tuple[Identity, str], frame: str
) -> None:
    identity, form = listed
    word = identity.words[form][0]
    text = frame.format(word[:1].upper() + word[1:] if frame.startswith("{") else word)
    made = ENGLISH.counterfactuals(text)
    assert bool(made) is not (word in EXACT_CASE and frame.startswith("{"))
    for one in made:
        assert ENGLISH.swap(one.text, one.target, one.source) == text


def test_words_of_a_list_with_two_spellings_come_back_in_the_first() -> None:
    assert ENGLISH.swap("Moslems came", "muslim", "hindu") == "Hindus came"
    assert ENGLISH.swap("Hindus came", "hindu", "muslim") == "Muslims came"


@pytest.mark.skipif(not MADLIBS.is_file(), reason="needs the data set madlibs_identity")
def test_masking_the_50_terms_of_madlibs_leaves_1514_skeletons_of_50_rows(tmp_path: Path) -> None:
    with MADLIBS.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    terms = dict.fromkeys(
        row["phrase"].split(" ", 1)[1] for row in rows if row["template"] == "verb_adj"
    )
    assert len(terms) == 50
    file = tmp_path / "terms.yaml"
    file.write_text(f"categories: {{any: [{', '.join(terms)}]}}\n", encoding="utf-8")
    swapper = Swapper([read_word_list(file)])
    counts: dict[str, int] = {}
    for row in rows:
        if row["template"] != "you_occupation":
            key = swapper.skeleton(row["phrase"])
            assert MASK in key
            counts[key] = counts.get(key, 0) + 1
        else:
            assert swapper.find(row["phrase"]) == []
    assert len(counts) == 1514
    assert set(counts.values()) == {50}
