import csv
import io
import json
import re
from dataclasses import replace

import pytest

from harness.exports.explanation import (
    LINES,
    explanation_csv,
    explanation_data,
    explanation_json,
    render_explanation_card,
    render_explanation_html,
)
from harness.exports.explanation_screen import render_explanation_screen
from harness.figures.explained import Contrast, TrainingRow
from harness.records import Message
from harness.wording.language import speaking

TAGS = re.compile(r"<(/?)([a-z0-9]+)[^>]*?(/?)>")
VOID = {"meta", "br", "line", "circle", "path", "use"}


def is_balanced(html):
    open_tags = []
    for closing, name, alone in TAGS.findall(re.sub(r"<style>.*?</style>", "", html, flags=re.S)):
        if name in VOID or alone:
            continue
        if closing:
            if open_tags.pop() != name:
                return False
        else:
            open_tags.append(name)
    return open_tags == []


@pytest.fixture
def whole(explanations):
    made = explanations
    bad = made.insult(status="unconverged", name="17")
    return made.explanation(made.checked(made.insult(label=1)), made.chinese(), bad)


def test_a_page_is_whole_inert_and_asks_nobody(whole):
    html = render_explanation_html(whole, top=5)
    assert is_balanced(html)
    assert "default-src &#x27;none&#x27;" in html
    assert not re.search(r"<script|https?://(?!www.w3.org)|@import|url\(", html)
    assert "痴" in html
    assert html.count("One scale for everything on this page: −3.40 to +3.40 logits") == 3


def test_a_page_is_read_in_chinese(whole):
    english = render_explanation_html(whole, top=5)
    with speaking("zh"):
        html = render_explanation_html(whole, top=5)
        screen = render_explanation_screen(whole, top=5, color=False, width=80)
    assert '<html lang="zh-CN">' in html
    assert html.count("本页全部内容使用同一尺度：−3.40 至 +3.40 logit") == 3
    assert "换一个词就会改变判定" in html
    assert "判定：toxic，领先 benign" in screen
    assert "；真实类别：" in screen
    assert render_explanation_html(whole, top=5) == english


def test_a_page_says_what_explanations_cannot_say(whole):
    html = render_explanation_html(whole, top=5)
    assert "That another word would have changed the decision." in html
    assert "That people would give the same reasons." in html


def test_a_row_that_did_not_converge_says_why_and_has_no_colours(whole):
    html = render_explanation_html(whole, top=5)
    block = html.split('class="explained"')[3]
    assert "Drawn without colours. After 128 gradients" in block
    assert not re.search(r'class="(for|against)', block)


def test_the_method_card_names_method_baseline_target_cost_and_status(whole):
    html = render_explanation_html(whole, top=5)
    for words in (
        "integrated-gradients, word",
        "<dd>mask</dd>",
        "logit of toxic minus that of benign",
        "15 gradients and 6 forward passes, float32",
        "of the 5 strongest parts of each method 4 are the same, 4 of these with the same sign",
        "base value −1.20 (every word masked) + attributions +3.19 + not explained −0.02 = lead +1.97",
    ):
        assert words in html


def test_the_table_says_what_the_heat_map_says(whole):
    html = render_explanation_html(whole, top=5)
    first = html.split('class="explained"')[1]
    table = first[first.index('<table class="numbers"') :]
    assert table.count("<tr>") == 1 + len(whole.rows[0].pieces)
    assert "By occlusion" in table


def test_a_card_for_a_notebook_keeps_its_style_to_itself(whole):
    card = render_explanation_card(whole, top=5)
    assert card.startswith("<div")
    assert is_balanced(card)
    style = card[card.index("<style>") : card.index("</style>")]
    assert ".assay-card.assay-card .heat .for.s8" in style
    for selectors in re.findall(r"([^{}]+)\{[^{}]*\}", style.removeprefix("<style>")):
        assert all(".assay-card" in one for one in selectors.split(","))


def test_json_holds_every_part_by_position_unrounded(whole):
    data = json.loads(explanation_json(whole))
    assert data["schema_version"] == "modelassay/explanation/v1"
    first = data["rows"][0]
    assert first["pieces"][7]["value"] == 3.4
    assert first["pieces"][7]["span"] == [0, 38, 44]
    assert first["check"] == {"method": "occlusion", "n_top": 5, "n_shared": 4, "n_same_sign": 4}
    assert data["scale"] == whole.scale == 3.4


def test_a_lone_surrogate_survives_as_text_everywhere(explanations):
    found = explanations.explanation(explanations.explained("a \ud800 b", [1.0, 0.5, 0.1]))
    explanation_json(found).encode()
    assert json.loads(explanation_json(found))["rows"][0]["texts"] == ["a \ud800 b"]
    explanation_csv(found).encode()
    render_explanation_html(found, top=3).encode()
    render_explanation_screen(found, top=3, color=False, width=80).encode()
    json.dumps(explanation_data(found))


def test_csv_has_a_line_for_each_part_and_no_formula(explanations):
    found = explanations.explanation(explanations.explained("=1+1 is two", [1.0, 0.0, -0.5]))
    lines = list(csv.DictReader(io.StringIO(explanation_csv(found))))
    assert [line["part"] for line in lines] == ["'=1+1", "is", "two"]
    assert [float(line["value"]) for line in lines] == [1.0, 0.0, -0.5]


def test_a_long_table_says_what_it_leaves_out(explanations):
    words = ["word"] * (LINES + 50)
    one = explanations.explained(" ".join(words), [0.5] * len(words))
    html = render_explanation_html(explanations.explanation(one), top=5)
    assert "50 further parts stand in the JSON and the CSV only." in html


def test_the_screen_is_the_same_with_and_without_colour(whole):
    bare = render_explanation_screen(whole, top=5, color=False, width=90)
    coloured = render_explanation_screen(whole, top=5, color=True, width=90)
    assert "\x1b" not in bare
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == bare
    assert "38;5;166" in coloured


def test_the_screen_marks_strength_and_sign_by_signs(whole):
    screen = render_explanation_screen(whole, top=5, color=False, width=90)
    assert "[- Thank] you for your edit, you [+ complete] [+++ idiot.]" in screen
    assert "你这个[++ 白][+++ 痴]，[- 谢][- 谢]你的帮助。" in screen
    assert "not explained" in screen


def test_a_bar_longer_than_the_scale_ends_in_a_mark_that_is_told(explanations):
    made = explanations.insult()
    scale = max(abs(piece.value) for piece in made.pieces)
    within = replace(made, whole=scale, blank=-scale)
    for one, ends in ((within, ""), (replace(made, whole=4 * scale, blank=-4 * scale), "<>")):
        screen = render_explanation_screen(
            explanations.explanation(one), top=3, color=False, width=90
        )
        lines = screen.splitlines()
        lead = next(line for line in lines if line.endswith("the lead"))
        base = next(line for line in lines if line.endswith("base value"))
        assert ("=>" in lead, "<=" in base) == (bool(ends), bool(ends))
        assert ("longer than the scale" in screen) == bool(ends)


@pytest.mark.parametrize("width", [20, 60, 79, 200])
def test_no_line_of_the_screen_is_wider_than_the_terminal(whole, width):
    from harness.wording.text import cells

    screen = render_explanation_screen(whole, top=8, color=False, width=width)
    assert max(map(cells, screen.splitlines())) <= max(60, width)


def test_terminal_escapes_in_a_text_are_written_out(explanations):
    found = explanations.explanation(explanations.explained("a \x1b[31mred\x07 \u202eb", [1, 2, 3]))
    screen = render_explanation_screen(found, top=3, color=False, width=90)
    assert "\x1b" not in screen
    assert "<U+001B>[31mred<U+0007>" in screen


def test_a_contrast_is_told_in_leads_and_words(explanations):
    contrast = Contrast(
        2.0,
        -1.0,
        (("idiot", 3.4),),
        (),
        (Message("explain.contrast-flip", "The decision differs."),),
    )
    rows = (explanations.insult(), explanations.chinese())
    found = explanations.explanation(*rows, contrast=contrast)
    for shown in (
        render_explanation_html(found, top=3),
        render_explanation_screen(found, top=3, color=False, width=100),
    ):
        assert "The decision differs." in shown
        assert "Only in the text: idiot (+3.40)." in shown
        assert "Only in the other: nothing." in shown


def test_training_rows_stand_below_their_decision(explanations):
    row = TrainingRow("train-<9>", "toxic", 0.81, 0.934, ("idiot",))
    found = replace(explanations.explanation(), training_rows=((row,),))
    html = render_explanation_html(found, top=3)
    assert "train-&lt;9&gt; (toxic): influence 0.81, similarity 0.93; shared words: idiot" in html
    assert "Similar training evidence" in render_explanation_screen(
        found, top=3, color=False, width=80
    )
