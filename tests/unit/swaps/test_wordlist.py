"""What a list of the user's may be, and what its errors say."""

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.swaps import BUILTIN, Swapper, read_word_list


def read(tmp_path: Path, text: str) -> Swapper:
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    return Swapper([read_word_list("mine.yaml", base=tmp_path)])


@pytest.mark.parametrize("name", BUILTIN)
def test_the_lists_of_the_package_hold_all_categories(name: str) -> None:
    words = read_word_list(name)
    wanted = {
        "religion",
        "gender",
        "sexual-orientation",
        "race",
        "nationality",
        "disability",
        "age",
    }
    assert wanted <= set(words.categories)
    assert len(words.sha256) == 64


@pytest.mark.parametrize("name", BUILTIN)
def test_every_identity_of_the_package_can_be_swapped_with_another(name: str) -> None:
    words = read_word_list(name)
    for one in words.identities:
        for form in one.words:
            others = [
                other
                for other in words.identities
                if other.category == one.category and other.name != one.name and form in other.words
            ]
            assert others, (one.name, form)


def test_a_plain_list_of_words_is_enough(tmp_path: Path) -> None:
    swapper = read(tmp_path, "categories:\n  team: [reds, blues]\n")
    assert swapper.swap("The Reds won", "reds", "blues") == "The Blues won"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "categories: {team: [reds]}",
            ["categories.team must hold at least 2 identities, got 1 (mine.yaml:1)"],
        ),
        (
            "categories: {team: [reds, REDS]}",
            ["must hold words of no other entry, got 'reds'", "categories.team[0]"],
        ),
        ("categories: {team: [reds, {noun: ''}]}", ["categories.team.1", "mine.yaml:1"]),
        (
            "categories: {team: [reds, {with_people: [noun], noun: blue}, {name: x}]}",
            ["must hold a word in some form"],
        ),
        (
            "categories: {team: [reds, {with_people: [nuon], noun: blue}]}",
            ["with_people must name forms of this entry (noun), got 'nuon'"],
        ),
        (
            "categories: {team: [reds, blues]}\nblocked: {taem: [he]}",
            ["blocked must name a category of the list (team), got 'taem' (mine.yaml:2)"],
        ),
        (
            "categorys: {team: [reds, blues]}",
            ["Did you mean 'categories'?", "categories must be given"],
        ),
        ("categories: {team: [1, 2]}", ["mine.yaml:1", "got 1"]),
        (
            "categories: {team: [reds, blues]}\nboundaries: yes",
            ["boundaries must be 'words' or 'none'"],
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, said: list[str]) -> None:
    with pytest.raises(ConfigError) as err:
        read(tmp_path, text)
    for each in said:
        assert each in str(err.value)


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must be a readable file"):
        read_word_list("none.yaml", base=tmp_path)
