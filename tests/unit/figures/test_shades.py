import numpy as np
import pytest

from harness.figures.shades import AGAINST, FOR, INK, PAPER, STEPS, kind_of, shade, step_of

# full deuteranopia in linear RGB: Machado, Oliveira and Fernandes 2009, doi:10.1109/TVCG.2009.113
DEUTERANOPIA = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)
# sRGB to CIE XYZ under D65: IEC 61966-2-1
XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
WHITE = XYZ.sum(axis=1)
NORMAL = np.eye(3)


def linear(colour):
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIELAB of linear RGB; CIE 15:2004."""
    ratio = XYZ @ np.clip(rgb, 0, 1) / WHITE
    x, y, z = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distance(one, other, seen=NORMAL):
    """CIE 1976 colour difference, as seen by eyes that mix the primaries so."""
    return float(np.linalg.norm(lab(seen @ linear(one)) - lab(seen @ linear(other))))


def contrast(one, other):
    light, dark = sorted((float(XYZ[1] @ linear(c)) for c in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_ruler_itself_knows_red_from_green_and_that_a_deuteranope_does_not():
    assert distance("#ffffff", "#000000") == pytest.approx(100, abs=0.1)
    assert distance("#ff0000", "#00ff00") == pytest.approx(170.6, abs=0.5)
    normal, seen = distance("#ff8080", "#80ff80"), distance("#ff8080", "#80ff80", DEUTERANOPIA)
    assert seen < normal / 2


def test_for_and_against_are_told_apart_under_deuteranopia_at_half_strength():
    half = round(STEPS * 0.5 / 0.8)
    assert distance(shade(FOR, half), shade(AGAINST, half), DEUTERANOPIA) >= 50
    assert distance(shade(FOR, STEPS), shade(AGAINST, STEPS), DEUTERANOPIA) >= 80


@pytest.mark.parametrize("colour", [FOR, AGAINST])
def test_words_on_every_step_have_a_contrast_of_at_least_four_and_a_half(colour):
    assert min(contrast(INK, shade(colour, step)) for step in range(STEPS + 1)) >= 4.5


@pytest.mark.parametrize("colour", [FOR, AGAINST])
def test_underlines_and_bars_have_a_contrast_of_at_least_three(colour):
    assert contrast(colour, PAPER) >= 3


def test_steps_grow_with_the_value_and_do_not_know_the_sign():
    assert [step_of(v, 8.0) for v in (0.0, 0.4, 0.6, 4.0, -4.0, 8.0, 80.0)] == [0, 0, 1, 4, 4, 8, 8]
    assert step_of(1.0, 0.0) == 0
    assert (kind_of(1.0, is_signed=True), kind_of(-1.0, is_signed=True)) == ("for", "against")
    assert kind_of(-1.0, is_signed=False) == "plain"
