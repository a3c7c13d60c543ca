"""Rationales are read in the form they have, and never guessed where they do not fit."""

from __future__ import annotations

import numpy as np
import pytest

from audits._rationales import (
    BEYOND,
    EMPTY,
    FORMS,
    NOT_IN_TEXT,
    NOT_PARSABLE,
    OTHER_FORM,
    WRONG_LENGTH,
    Form,
    marked,
    marked_parts,
    read_cell,
    recognised,
)
from harness.records import Message

TEXT = "you are an idiot and a moron"
IDIOT, MORON = (11, 16), (23, 28)


def _words(form: Form, cell: object, text: str = TEXT) -> str:
    found = marked(form, cell, text).characters
    assert found is not None
    return "".join(char for char, one in zip(text, found, strict=True) if one)


@pytest.mark.parametrize(
    ("form", "cell"),
    [
        ("characters", "[11, 12, 13, 14, 15, 23, 24, 25, 26, 27]"),
        ("characters", [*range(*IDIOT), *range(*MORON)]),
        ("spans", [list(IDIOT), list(MORON)]),
        ("spans", "[(11, 16), (23, 28)]"),
        ("spans", np.array([IDIOT, MORON])),
        ("words", '["idiot", "moron"]'),
        ("words", "Idiot|moron"),
        ("words", ["idiot", "moron"]),
        ("positions", "3, 6"),
        ("positions", np.array([3, 6])),
        ("marks", [0, 0, 0, 1, 0, 0, 1]),
        ("marks", "0 0 0 1 0 0 1"),
    ],
)
def test_one_rationale_reads_the_same_in_every_form(form: Form, cell: object) -> None:
    assert _words(form, cell) == "idiotmoron"


def test_marks_of_as_many_characters_as_the_text_has_are_of_characters() -> None:
    assert _words("marks", [1, 1, 0, 0], "女司机啊") == "女司"


def test_a_word_is_marked_wherever_it_stands_but_never_inside_another() -> None:
    found = marked("words", ["ass"], "ass, class and Ass").characters
    assert found is not None
    assert np.flatnonzero(found).tolist() == [0, 1, 2, 15, 16, 17]


@pytest.mark.parametrize(
    ("form", "cell", "reason"),
    [
        ("characters", "[]", EMPTY),
        ("characters", "", EMPTY),
        ("characters", None, EMPTY),
        ("characters", float("nan"), EMPTY),
        ("marks", [0] * 7, EMPTY),
        ("characters", "[1, 2", NOT_PARSABLE),
        ("characters", "{1: 2}", NOT_PARSABLE),
        ("characters", 7, NOT_PARSABLE),
        ("characters", [28], BEYOND),
        ("characters", [-1], OTHER_FORM),
        ("characters", [1.5], OTHER_FORM),
        ("characters", [1, 1], OTHER_FORM),
        ("spans", [[20, 29]], BEYOND),
        ("spans", [[5, 5]], OTHER_FORM),
        ("spans", [5, 9], OTHER_FORM),
        ("words", ["genius"], NOT_IN_TEXT),
        ("words", ["idio"], NOT_IN_TEXT),
        ("words", [3], OTHER_FORM),
        ("positions", [7], BEYOND),
        ("marks", [0, 1], WRONG_LENGTH),
        ("marks", [0, 0, 2, 0, 0, 0, 1], OTHER_FORM),
    ],
)
def test_what_does_not_fit_is_named_and_marks_nothing(
    form: Form, cell: object, reason: str
) -> None:
    found = marked(form, cell, TEXT)
    assert found.characters is None
    assert found.misfit == reason


def test_deep_nesting_cannot_be_read_and_does_not_crash() -> None:
    assert read_cell("[" * 100_000) is None


_TEXTS = [TEXT, "what a moron he is", "no idiot could say so", "idiot"]


@pytest.mark.parametrize(
    ("form", "cells"),
    [
        ("characters", [[*range(*IDIOT)], [*range(7, 12)], [], [0, 1, 2, 3, 4]]),
        ("spans", [[[11, 16]], [[7, 12]], [[3, 8]], []]),
        ("words", [["idiot"], ["moron"], [], ["idiot"]]),
        ("positions", [[3, 6], [2], [1], []]),
        ("marks", [[0, 0, 0, 1, 0, 0, 1], [0, 0, 1, 0, 0], [0, 1, 0, 0, 0], [1]]),
    ],
)
def test_the_form_of_a_column_is_seen_from_its_rows(form: Form, cells: list[object]) -> None:
    assert recognised(cells, _TEXTS) == form


def test_one_bad_row_does_not_hide_the_form_of_the_others() -> None:
    cells = [[*range(*IDIOT)], [*range(7, 12)], [900], "rubbish]"]
    assert recognised(cells, _TEXTS) == "characters"


def test_two_forms_that_both_fit_are_left_to_the_reader() -> None:
    found = recognised([[0]], ["I am"])
    assert isinstance(found, Message)
    assert found.id == "plausibility.ambiguous-form"
    assert "characters, positions" in found.text
    assert "rationale_form" in found.text


def test_garbage_has_no_form() -> None:
    found = recognised(["{", "{", [[1, 2, 3]], [5000]], _TEXTS)
    assert isinstance(found, Message)
    assert found.id == "plausibility.no-form"


def test_rationales_that_are_all_empty_are_said_to_be_empty() -> None:
    found = recognised(["[]", "", None, []], _TEXTS)
    assert isinstance(found, Message)
    assert found.id == "plausibility.all-empty"


def test_a_part_is_marked_when_half_of_its_characters_are() -> None:
    characters = np.zeros(10, dtype=np.bool_)
    characters[3:6] = True
    spans = np.array([[0, 2], [2, 4], [4, 9], [5, 6], [-1, -1], [8, 40]])
    assert marked_parts(characters, spans).tolist() == [False, True, False, True, False, False]


def test_every_form_has_a_reader() -> None:
    assert all(marked(form, [], TEXT).misfit == EMPTY for form in FORMS)
