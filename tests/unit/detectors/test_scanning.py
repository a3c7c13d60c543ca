"""Both ways of scanning find the same, in any text, and no text makes them slow."""

import re
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.detectors import REPLACED, PatternDetector, Span, default_detector, replacement
from harness.detectors.patterns import KINDS, SHAPES
from harness.detectors.prefilter import has_prefilter, prefilter
from harness.detectors.scanning import REACH, WINDOW, resolve

needs_hyperscan = pytest.mark.skipif(not has_prefilter(), reason="Hyperscan is not installed")
_WORDS = (
    "phone tel: call me at on fax card cc no. ssn password: api_key= aws bearer :// @ ( ) (at) (dot) at dot "
    "Office 电话 卡号 密码： 社保 版本 version + - . x ext 00 0 86 +44 +1 001 \n \u200b ４ 中 。 eyJ AKIA0 0x bc1q 1A"
)
WORDS = _WORDS.split(" ")


def values(seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    return [replacement(kind, rng) for kind in sorted(REPLACED)]


pieces = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(values(1) + values(2)),
    st.text(alphabet="0123456789-. ()+xX", max_size=22),
    st.text(alphabet="0123456789abcdefABCDEF:.", max_size=30),
    st.text(max_size=8),
)


@needs_hyperscan
@given(st.lists(pieces, max_size=30), st.sampled_from(["", " ", "-", "\n"]))
@settings(max_examples=150, deadline=None)
def test_the_prefilter_changes_no_span(parts: list[str], between: str) -> None:
    texts = [between.join(parts)]
    assert PatternDetector(prefilter, worth=0).find(texts) == PatternDetector().find(texts)


@needs_hyperscan
@pytest.mark.parametrize("kind", sorted(REPLACED & KINDS))
def test_a_value_on_the_edge_of_a_window_is_found_once(kind: str) -> None:
    value = replacement(kind, np.random.default_rng(3))
    texts = ["~" * (WINDOW - before) + value + "~" * 2000 for before in range(len(value) + 2)]
    for text, spans in zip(texts, PatternDetector(prefilter, worth=0).find(texts), strict=True):
        of_kind = [text[one.start : one.stop] for one in spans if one.kind == kind]
        assert of_kind == [value]
    assert PatternDetector(prefilter, worth=0).find(texts) == PatternDetector().find(texts)


@pytest.mark.parametrize("kind", sorted(REPLACED & KINDS))
def test_a_made_up_value_is_found_between_chinese_characters(kind: str) -> None:
    for seed in range(20):
        text = f"值{replacement(kind, np.random.default_rng(seed))}。"
        [spans] = default_detector().find([text])
        assert (1, len(text) - 1, kind) in {(one.start, one.stop, one.kind) for one in spans}


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: f"{shape.kind}:{shape.hint[:20]}")
def test_no_match_is_longer_than_its_shape_says(shape) -> None:
    width = re._parser.parse(shape.regex).getwidth()[1]  # type: ignore[attr-defined]
    assert width + 8 <= shape.longest
    assert re._parser.parse(shape.hint).getwidth()[0] < REACH  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "hostile",
    [
        "a" * 50_000,
        "a." * 25_000,
        "a@" * 25_000,
        "0" * 50_000,
        "+1 (0) " * 7_000,
        "1-" * 25_000,
        "4539 1488 0343 " * 3_000,
        "call me at on to " * 3_000,
        "phone: " * 7_000 + "1",
        "ab12 " * 10_000,
        "::" * 25_000,
        "f:" * 25_000,
        "eyJ" * 16_000,
        "-----BEGIN PRIVATE KEY-----" * 1_500,
        "aws secret " * 4_500,
        "password=" * 5_000,
        "://" * 16_000,
        "a " * 25_000 + "@",
        "\u200b" * 50_000,
        "４" * 50_000,
    ],
    ids=lambda text: repr(text[:8]),
)
def test_no_text_makes_it_slow(hostile: str) -> None:
    start = time.process_time()
    PatternDetector().find([hostile])
    # plain text of this length takes about 0.02 s; a busy machine triples that
    assert time.process_time() - start < 3.0


def test_spans_lead_back_into_the_given_text() -> None:
    text = "a\u200b b\u200bo\u200bb@mail.example\u200b z ａ４５３９１４８８０３４３６４６７"
    [spans] = default_detector().find([text])
    assert [text[one.start : one.stop] for one in spans] == ["b\u200bo\u200bb@mail.example"]


def test_of_one_kind_the_longest_checked_span_stays_and_other_kinds_stay() -> None:
    spans = [
        Span(0, 9, "card", "patterns", False),
        Span(2, 8, "card", "patterns", True),
        Span(0, 20, "phone", "patterns", False),
        Span(9, 12, "card", "patterns", False),
    ]
    assert resolve(spans) == [spans[2], spans[1], spans[3]]


def test_no_text_and_lone_surrogates_are_read() -> None:
    assert default_detector().find([]) == []
    assert default_detector().find(["", "\ud800 bob@mail.example \udfff"])[0] == []
    assert len(default_detector().find(["\ud800 bob@mail.example \udfff"])[0]) == 1
