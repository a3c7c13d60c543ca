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
