"""Known answers for edits, and what must hold for any text."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.edits import MOST, edit_input, edits, named, rng_of_text, tables, units_of, word_edits
from harness.edits.edit import latin_words
from harness.errors import ContractError

ALL = {one.id: one for one in edits()}
EN = 'The waiter did not remember anything, although "everybody" couldn\'t complain.'
ZH = "如果你喜欢这个电影，我们马上去看ABC！因为中国人的马很漂亮。"


def done(name: str, text: str, seed: int = 0) -> str | None:
    made = edit_input(ALL[name], text, seed)
    assert made is None or isinstance(made, str)
    return made


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("lower-case", "Don't SHOUT", "don't shout"),
        ("upper-case", "Don't shout", "DON'T SHOUT"),
        ("title-case", "don't shout at once", "Don't Shout At Once"),
        ("double-space", "a b\nc d", "a  b\nc  d"),
        ("trailing-space", "a b", "a b "),
        ("tabs", "a b c", "a\tb\tc"),
        ("non-breaking-space", "a b", "a\u00a0b"),
        ("no-final-stop", "It is over. ", "It is over "),
        ("no-final-stop", "结束了。", "结束了"),
        ("smart-quotes", "He said \"don't\" ('so')", "He said “don’t” (‘so’)"),
        ("straight-quotes", "“don’t”", '"don\'t"'),
        ("contracted", "I do not know", "I don't know"),
        ("contracted", "DO NOT go, I am here", "DON'T go, I'm here"),
        ("expanded", "We don’t and can't", "We do not and cannot"),
        ("expanded", "I'll say I’ve won, and they're", "I will say I have won, and they are"),
        ("full-width-forms", "看ABC 3次", "看ＡＢＣ ３次"),
        ("half-width-forms", "看ＡＢＣ！", "看ABC!"),
        ("traditional", "我们为马", "我們為馬"),
        ("simplified", "我們為馬", "我们为马"),
        ("ascii-marks", "好，很好。", "好,很好."),
        ("spaced-characters", "很好ABC很", "很 好ABC很"),
        ("look-alike-characters", "自己", "自已"),
        ("radical-signs", "人", "⼈"),
    ],
)
def test_an_edit_does_what_it_says(name: str, text: str, expected: str) -> None:
    assert done(name, text) == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("lower-case", "already lower"),
        ("no-final-stop", "and so on..."),
        ("no-final-stop", "no stop"),
        ("contracted", "I know who I am"),
        ("contracted", "You have it for a reason"),
        ("contracted", "I know what they are."),
        ("expanded", "Didn't you see it?"),
        ("expanded", "it's his and he'd go"),
        ("full-width-forms", "no Chinese ABC"),
        ("traditional", "no Chinese"),
        ("typo-swap", "see http://example.com/page or name@example.com or abc123x"),
        ("typo-deletion", "a an the who"),
        ("synonyms", "nothing to swap here"),
        ("synonyms", "a movie-like thing, and mistakes.com"),
    ],
)
def test_what_an_edit_does_not_apply_to_is_none(name: str, text: str) -> None:
    assert done(name, text) is None


def test_typos_and_letters_change_one_word_in_five_and_at_most_three_in_the_middle() -> None:
    text = " ".join(["remember", "complaint", "together", "nothing", "whether"] * 8)
    for name in ("typo-swap", "typo-deletion", "typo-doubled", "typo-keyboard"):
        made = done(name, text)
        assert made is not None
        pairs = [
            (before, after)
            for before, after in zip(text.split(), made.split(), strict=True)
            if before != after
        ]
        assert len(pairs) == MOST
        assert all(before[0] == after[0] for before, after in pairs)
        assert all(abs(len(before) - len(after)) <= 1 for before, after in pairs)
    one = done("look-alike-cyrillic", "remember nothing")
    assert one is not None
    assert sum(a != b for a, b in zip(one.split(), ["remember", "nothing"], strict=True)) == 1


def test_look_alikes_are_other_characters_of_the_named_alphabet() -> None:
    for name, alphabet in (("cyrillic", "CYRILLIC"), ("greek", "GREEK")):
        for letter, other in tables.look_alikes(name).items():
            assert unicodedata.name(letter).startswith("LATIN")
            assert unicodedata.name(other).startswith(alphabet)
            assert letter.isupper() == other.isupper()
    for character, sign in tables.radicals().items():
        assert unicodedata.normalize("NFKC", sign) == character != sign
    for narrow, wide in tables.full_width().items():
        assert unicodedata.normalize("NFKC", wide) == narrow


def test_traditional_characters_can_be_turned_back_and_similar_ones_are_mutual() -> None:
    pairs = tables.traditional()
    assert len(set(pairs.values())) == len(pairs) > 300
    assert not set(pairs) & set(pairs.values())
    similar = tables.similar_characters()
    assert all(len(one) == len(other) == 1 and one != other for one, other in similar.items())


def test_a_pair_of_texts_is_edited_in_both_and_none_where_neither_changes() -> None:
    assert edit_input(ALL["lower-case"], ("One", "Two"), 0) == ("one", "two")
    assert edit_input(ALL["lower-case"], ("one", "Two"), 0) == ("one", "two")
    assert edit_input(ALL["lower-case"], ("one", "two"), 0) is None


def test_what_is_drawn_depends_on_seed_and_text_alone() -> None:
    drawn = [one.id for one in edits() if one.is_drawn]
    assert {"typo-swap", "synonyms", "zero-width-joiner"} <= set(drawn)
    text = " ".join(["remember", "complaint", "together", "nothing", "whether"] * 8)
    assert done("typo-swap", text, 3) == done("typo-swap", text, 3)
    assert len({done("typo-swap", text, seed) for seed in range(5)}) > 1
    for one in edits():
        if not one.is_drawn:
            for text in (EN, ZH):
                assert edit_input(one, text, 1) == edit_input(one, text, 2), one.id


def test_a_text_of_nothing_has_no_edit_and_odd_texts_have_only_plain_ones() -> None:
    assert all(edit_input(one, "", 0) is None for one in edits())
    for text in ("😀😀", "?!", "\ud800"):
        made = {one.id for one in edits() if edit_input(one, text, 0) is not None}
        assert made <= {"trailing-space"}, text


def test_chinese_texts_have_edits_of_their_own() -> None:
    made = {one.id for one in edits() if edit_input(one, ZH, 0) is not None}
    assert made >= {"traditional", "ascii-marks", "spaced-characters", "full-width-forms"}
    assert made >= {"look-alike-characters", "radical-signs", "synonyms", "no-final-stop"}


def test_a_long_text_without_blanks_takes_no_time_that_grows_with_its_square() -> None:
    long = "好" * 40_000 + "3."
    assert latin_words(long) == []
    assert edit_input(ALL["trailing-space"], long, 0) == long + " "


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.sampled_from(sorted(ALL)), st.integers(0, 5))
def test_any_text_is_changed_or_none_and_the_same_twice(text: str, name: str, seed: int) -> None:
    made = edit_input(ALL[name], text, seed)
    assert made != text
    assert made == edit_input(ALL[name], text, seed)


def test_an_unknown_edit_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ContractError, match="typo-swap"):
        named(["typo-swop"])
    assert [one.id for one in named(["tabs", "lower-case"])] == ["tabs", "lower-case"]


def test_ids_are_unique_and_every_edit_says_what_it_does() -> None:
    assert len(ALL) == len(edits())
    assert all(one.does and one.id == one.id.lower() for one in edits())


def test_a_word_can_be_written_in_many_ways_none_of_which_is_the_word() -> None:
    from harness.edits import read_synonyms

    lists = [read_synonyms("en"), read_synonyms("zh")]
    made = word_edits("Terrible", np.random.default_rng(0), most=12, synonyms=lists)
    assert len(made) == len({one.word for one in made}) == 12
    assert made[0].edit == "synonyms"
    assert made[0].word == "Horrible"
    assert all(one.word != "Terrible" for one in made)
    typos = [one.word for one in made if one.edit.startswith("typo")]
    assert typos
    assert all(word[0] == "T" for word in typos)
    assert {one.edit for one in made} >= {"look-alike-cyrillic", "typo-keyboard"}
    assert [one.edit for one in word_edits("the", np.random.default_rng(0), most=9)] == [
        "look-alike-cyrillic",
        "full-width-letters",
        "zero-width-joiner",
    ]
    assert {one.word for one in word_edits("马", np.random.default_rng(0), most=9)} == {"馬"}
    assert word_edits("42", np.random.default_rng(0), most=9) == []


def test_units_are_words_and_single_chinese_characters() -> None:
    assert [one.word for one in units_of("don't 我们 go_3x")] == ["don't", "我", "们", "go", "3x"]
    text = "ab, cd"
    assert [text[one.start : one.stop] for one in units_of(text)] == ["ab", "cd"]


def test_a_generator_of_a_text_takes_lone_surrogates() -> None:
    assert rng_of_text(0, "x", "\ud800").random() == rng_of_text(0, "x", "\ud800").random()
