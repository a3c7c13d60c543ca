import re

import pytest

from harness.exports._style import style_sheet
from harness.wording.palette import DARK, LIGHT, TEXT_ON


def luminance(colour):
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON)
def test_words_have_a_contrast_of_at_least_four_and_a_half(palette, text, ground):
    assert contrast(palette[text], palette[ground]) >= 4.5


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["blue", "vermilion", "grey", "ink", "rule"])
def test_drawn_shapes_have_a_contrast_of_at_least_three(palette, name):
    assert contrast(palette[name], palette["paper"]) >= 3


def test_every_colour_that_the_style_sheet_uses_is_in_both_palettes():
    used = set(re.findall(r"var\(--([a-z-]+)\)", style_sheet())) - {"sans", "serif", "mono"}
    assert used <= set(LIGHT)
    assert set(LIGHT) == set(DARK)
