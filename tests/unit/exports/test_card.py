"""Cards: fragments without script that are legible on any ground and touch nothing around them."""

import re
from xml.etree import ElementTree

import pytest

from harness.exports import render_measurements_card, render_run_card, render_verdict_card
from harness.exports._card_style import GROUNDS, SCOPE, TONES, card_style

NAMES = ["blocked", "pass", "incomplete", "warned", "classes", "chinese", "standing"]
ACTIVE = {"script", "iframe", "object", "embed", "link", "img", "form", "input", "base", "meta"}


class Fragment:
    """Tags, links and words of a fragment, which must be well-formed."""

    def __init__(self, html):
        elements = list(ElementTree.fromstring(html).iter())
        self.tags = {one.tag for one in elements}
        self.names = {name for one in elements for name in one.attrib}
        self.links = {one.get(name) for one in elements for name in ("href", "src")} - {None}
        shown = [t for e in elements for t in (e.text if e.tag != "style" else "", e.tail)]
        self.words = re.sub(r"\s+", " ", " ".join(filter(None, shown)))


def cards(sample):
    run, measurements, verdict = sample
    return [
        render_run_card(run, measurements),
        render_verdict_card(run, measurements, verdict),
        render_measurements_card(measurements),
    ]


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", NAMES)
def test_a_card_is_one_inert_element_that_asks_nobody_for_anything(samples, name):
    for html in cards(samples.SAMPLES[name]()):
        found = Fragment(html)
        assert not found.tags & ACTIVE
        assert not any(one.startswith("on") for one in found.names)
        assert all(one.startswith("#") for one in found.links)
        assert "url(" not in html
        assert "@import" not in html
        assert html.startswith('<div class="assay-card"')


def test_hostile_text_stays_text(samples):
    run, measurements, verdict = samples.hostile("<script>alert(1)</script><img src=x onerror=y>")
    for html in cards((run, measurements, verdict)):
        found = Fragment(html)
        assert not found.tags & ACTIVE
        assert "alert(1)" in found.words
        assert "<script" not in html


def test_every_rule_of_the_style_holds_inside_the_card_only():
    css = str(card_style())
    assert "LIGHT" not in css
    assert "TONES" not in css
    rules = re.findall(r"([^{}]+)\{[^{}]*\}", css)
    assert len(rules) > 40
    for selectors in rules:
        for one in re.sub(r"\([^)]*\)", "", selectors).split(","):
            assert one.strip().startswith(SCOPE), one
    assert "@media" not in css  # a fragment cannot know which theme the page around it has


def test_every_property_that_the_style_uses_is_set_in_the_card():
    css = str(card_style())
    used = set(re.findall(r"var\(--([a-z-]+)\)", css))
    assert used <= set(re.findall(r"--([a-z-]+):", css))


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("tone", TONES)
def test_drawn_shapes_have_a_contrast_of_at_least_three_on_every_ground(tone, ground):
    light, dark = sorted((luminance(TONES[tone]), luminance(ground)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 3


def test_words_take_the_colour_of_the_page():
    css = str(card_style())
    assert re.search(r"\.assay-card\.assay-card\{[^}]*color:inherit", css)
    assert "--ink:currentColor" in css
    assert "--paper:transparent" in css


def test_a_run_card_shows_intervals_and_what_was_not_measured_and_judges_nothing(samples):
    run, measurements, _ = samples.incomplete()
    words = Fragment(render_run_card(run, measurements)).words
    assert re.search(r"\d+\.\d % \[\d+\.\d, \d+\.\d\]", words.replace("\u00a0", " "))
    for one in measurements.measurements:
        if one.estimate.why_undefined is not None:
            assert one.estimate.why_undefined.text[:60] in words
    assert "What was not tested" in words
    assert "Measured, not judged" in words
    assert "Passed" not in words


def test_a_verdict_card_says_the_verdict_why_and_what_was_not_tested(samples):
    run, measurements, verdict = samples.blocked()
    words = Fragment(render_verdict_card(run, measurements, verdict)).words
    assert "Blocked" in words
    failed = next(one for one in verdict.findings if one.outcome == "failed")
    assert failed.because.text in words
    assert "What was not tested" in words
    assert f"All {len(verdict.findings)} findings" in words


def test_an_empty_run_says_so(samples):
    run, _, _ = samples.blocked()
    nothing = samples.measurements_of([])
    assert "Nothing was measured." in render_run_card(run, nothing)
    assert "Nothing was measured." in render_measurements_card(nothing)


def test_a_card_of_a_verdict_says_what_it_rests_on_and_names_the_waivers(samples):
    words = Fragment(render_verdict_card(*samples.standing())).words
    for said in ("The policy is a draft", "Exploratory: ", "W-2026-015", "Signed documents"):
        assert said in words
