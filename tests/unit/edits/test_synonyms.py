"""Lists of synonyms: what they say, and what is wrong with a file of one's own."""

from pathlib import Path

import pytest

from harness.edits import edit_input, edits, read_synonyms
from harness.errors import ConfigError

# never right behind an article, or a plural; "usually" begins with a consonant that is written as a vowel
NO_ARTICLE = {"although", "despite", "until", "okay", "mistakes", "errors", "usually"}


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "words.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_english_synonyms_begin_with_the_same_kind_of_letter_so_that_a_or_an_stays_right() -> None:
    for word, others in read_synonyms("en").words.items():
        for other in others:
            if word not in NO_ARTICLE:
                assert (word[0] in "aeiou") == (other[0].lower() in "aeiou"), (word, other)


def test_the_lists_of_the_package_are_read_and_name_their_language() -> None:
    english, chinese = read_synonyms("en"), read_synonyms("zh")
    assert english.language == "en"
    assert english.has_boundaries
    assert chinese.language == "zh"
    assert not chinese.has_boundaries
    assert all(len(word) >= 2 for word in chinese.words)
    assert english.of("MOVIE") == ("FILM",)
    assert english.of("Movie") == ("Film",)


def test_a_list_of_your_own_takes_the_place_of_ours(tmp_path: Path) -> None:
    path = written(tmp_path, "synonyms:\n  refund: [reimbursement]\n  pay back: [repay]\n")
    own = read_synonyms(path)
    edit = edits([own])[-1]
    assert edit.id == "synonyms"
    assert edit_input(edit, "Refund please", 0) == "Reimbursement please"
    assert edit_input(edit, "to pay  back", 0) == "to repay"
    assert edit_input(edit, "a movie", 0) is None
    assert "synonyms" not in {one.id for one in edits([])}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("synonyms: [a, b]\n", "synonyms"),
        ("synonyms: {a: []}\n", "synonyms"),
        ("synonyms: {}\n", "synonyms"),
        ("words: {a: [b]}\n", "Did you mean|words"),
        ("synonyms: {a: [b, A]}\n", "name other words than the word itself"),
        ("synonyms: {a: [b], A: [c]}\n", "hold each word once"),
        ("[1, 2]\n", "mapping|valid"),
        ("language: en\nboundaries: some\nsynonyms: {a: [b]}\n", "boundaries"),
    ],
)
def test_a_file_of_the_wrong_shape_is_refused_with_its_place(
    tmp_path: Path, text: str, problem: str
) -> None:
    with pytest.raises(ConfigError, match=problem) as caught:
        read_synonyms(written(tmp_path, text))
    assert "words.yaml" in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="readable"):
        read_synonyms("none.yaml", base=tmp_path)
