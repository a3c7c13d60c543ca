import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.wording import text


@given(st.text(st.characters(codec=None)))
def test_what_is_visible_holds_no_hidden_character(value):
    shown = text.visible(value)
    hidden = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
    assert all(c in "\n\t" or unicodedata.category(c) not in hidden for c in shown)
    shown.encode()  # no lone surrogate is left


def test_hidden_characters_show_their_number():
    assert text.visible("a\u202eb\x1b[31m\ud800") == "a<U+202E>b<U+001B>[31m<U+D800>"
    assert text.visible("紧急 é 🙂") == "紧急 é 🙂"


def test_one_line_has_no_line_break_and_an_end():
    assert text.one_line("a\nb\tc") == "a ⏎ b c"
    assert text.one_line("x" * 1000, 10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("all", "everything"),
        ("gender=female,religion=none", "gender = female, religion = none"),
        ("%E5%9C%B0%E5%8C%BA=%E4%B8%9C%E5%8C%97", "地区 = 东北"),
        ("a=", "a = (empty)"),
        ("no slice", "no slice"),
    ],
)
def test_a_slice_is_named_in_words(name, expected):
    assert text.slice_words(name, "everything") == expected


@given(st.text(), st.integers(2, 40))
def test_a_fitted_text_fills_exactly_its_columns(value, width):
    line = text.one_line(value)
    assert text.cells(text.fit(line, width)) in (width, width - 1, width)
    assert text.cells(text.cut(line, width)) <= width


@given(st.text(st.sampled_from("ab 中文")), st.integers(4, 20))
def test_wrapping_keeps_every_word_and_the_width(value, width):
    lines = text.wrap(value, width)
    assert all(text.cells(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == value.replace(" ", "")


def test_chinese_characters_fill_two_columns():
    assert text.cells("紧急a") == 5
    assert text.fit("紧急", 6) == "紧急  "


@pytest.mark.parametrize(
    ("value", "inert"),
    [
        ("1. one", "1\\. one"),
        ("- a", "\\- a"),
        ("a|b", "a\\|b"),
        ("<b>", "&lt;b&gt;"),
        ("@octocat", "@\u2060octocat"),
        ("http://a.test", "http:\u2060//a.test"),
        ("www.a.test", "www\u2060.a.test"),
        ("![i](u)", "\\!\\[i\\]\\(u\\)"),
    ],
)
def test_markdown_is_written_so_that_it_renders_as_text(value, inert):
    assert text.markdown(value) == inert


def test_code_that_could_leave_its_span_is_written_as_text():
    assert text.markdown_code("assay verify r-1") == "`assay verify r-1`"
    assert text.markdown_code("a`<b>") == "a\\`&lt;b&gt;"


def test_chinese_breaks_anywhere_but_before_a_mark_that_closes():
    words = "数据集 test：accuracy 为 14.3 %（n = 100）。区间包含限值，因此数据不足以判定。"
    for width in range(10, 60):
        lines = text.wrap(words, width)
        assert all(text.cells(line) <= width for line in lines)
        assert not any(line[0] in "，。：）" for line in lines)
        assert "".join(lines).replace(" ", "") == words.replace(" ", "")
        # no line is left half empty because of a space far back
        assert all(text.cells(line) > width - 12 for line in lines[:-1])
