"""Every sentence of the dashboard is there in both languages, with the same parameters."""

import string

import pytest

from dashboards import wording


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("page", wording.PAGES, ids=lambda page: page.__name__.rpartition(".")[2])
def test_both_languages_say_the_same_with_the_same_parameters(page):
    assert page.EN.keys() == page.ZH.keys()
    for id in page.EN:
        assert fields(page.ZH[id]) <= fields(page.EN[id]), id
        # a Chinese sentence has no plural and may leave the number of one out, nothing else
        if not id.endswith((".one", ".other")):
            assert fields(page.ZH[id]) == fields(page.EN[id]), id


def test_no_two_pages_give_one_id_two_sentences():
    ids = [id for page in wording.PAGES for id in page.EN]
    assert len(ids) == len(set(ids))


def test_what_a_model_answers_and_what_a_person_decides_have_two_chinese_words():
    """A model's answer is 判定 on every page; 决定 is a reviewer's."""
    for page in (wording.examples, wording.compare, wording.measurements):
        for id, text in page.EN.items():
            about_the_model = text.lower().replace("page decision", "")
            if "decision" in about_the_model or "decided" in about_the_model:
                assert "决定" not in page.ZH[id], id


def test_no_caption_says_darker_where_larger_is_brighter_on_a_dark_page():
    for page in wording.PAGES:
        assert not [id for id, text in page.EN.items() if "darker" in text]
        assert not [id for id, text in page.ZH.items() if "颜色越深" in text]
