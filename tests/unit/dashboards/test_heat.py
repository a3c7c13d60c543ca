"""The heat map shows text as text, survives any value, and says for and against without colour."""

import json

import pytest

pytest.importorskip("streamlit")

from streamlit.testing.v1 import AppTest

from dashboards.parts import heat as part

HOSTILE = (
    "<img src=http://evil.test/x>",
    "![i](http://evil.test/y)",
    "\u202eevil",
    "x" * 2_000_000,
)


def page(parts, values, is_signed):
    import streamlit as st

    from dashboards.parts.heat import heat

    st.text(str(heat(parts, values, label="Parts", key="heat", is_signed=is_signed)))


@pytest.fixture
def shown():
    """Return a function that draws parts and gives what the component was sent."""

    def call(parts, values, *, is_signed=True):
        at = AppTest.from_function(page, args=(parts, values, is_signed)).run()
        assert not at.exception
        return json.loads(at.get("bidi_component")[0].proto.json)

    return call


def test_parts_go_to_the_component_as_plain_short_visible_texts(shown):
    sent = shown(list(HOSTILE), [1.0, -1.0, 0.5, 0.0])
    assert sent["parts"][:2] == list(HOSTILE[:2])
    assert sent["parts"][2] == "<U+202E>evil"
    assert len(sent["parts"][3]) == part.LONGEST


def test_the_component_never_writes_markup():
    assert "textContent" in part._JS
    assert "innerHTML =" not in part._JS
    assert "insertAdjacent" not in part._JS


def test_each_option_says_its_side_and_value_in_words(shown):
    sent = shown(["good", "bad", "the"], [0.5, -1.0, 0.0])
    assert sent["names"] == ["good: supports, +0.50", "bad: opposes, −1.00", "the: 0.00"]
    assert sent["kinds"] == ["for", "against", ""]
    assert sent["shares"] == [0.5, 1.0, 0.0]


def test_a_method_without_signs_claims_no_side(shown):
    sent = shown(["a", "b"], [0.5, 1.0], is_signed=False)
    assert sent["kinds"] == ["plain", "plain"]
    assert sent["names"][0] == "a: +0.50"


@pytest.mark.parametrize("values", [[float("nan"), float("inf")], [0.0, 0.0]])
def test_values_that_are_not_finite_or_all_zero_are_drawn_as_nothing(shown, values):
    assert shown(["a", "b"], values)["shares"] == [0.0, 0.0]


def test_no_part_and_too_many_parts_are_drawn_without_harm(shown):
    assert shown([], [])["parts"] == []
    assert len(shown(["a"] * 6000, [1.0] * 6000)["parts"]) == part.MOST
