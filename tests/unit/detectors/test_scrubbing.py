from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.detectors import Scrubber, Span, default_detector

KEY = b"k" * 32


def test_the_same_value_is_replaced_alike_wherever_it_stands() -> None:
    scrubber = Scrubber(KEY)
    texts = [
        "write to ann.lee@mail.com",
        "cc: Ann.Lee@mail.com, bob@mail.com",
        "卡号4539148803436467已冻结",
    ]
    found = scrubber.texts(texts)
    mails = [re.findall(r"[\w.]+@[\w.]+", one) for one in found]
    assert mails[0] == [mails[1][0]]
    assert mails[1][0] != mails[1][1]
    assert "4539148803436467" not in found[2]
    assert found[2].startswith("卡号")
    assert found[2].endswith("已冻结")
    assert scrubber.counts == {"email": 3, "card": 1}


def test_a_replacement_is_a_value_of_its_kind() -> None:
    text = Scrubber(KEY).texts(["pay 4539148803436467 from 192.168.10.77, id 484-76-4769"])[0]
    kinds = {one.kind for one in default_detector().find([text])[0]}
    assert kinds >= {"card", "ip", "ssn"}


def test_another_key_gives_other_values() -> None:
    texts = [f"user{i}@mail.com" for i in range(20)]
    assert Scrubber(KEY).texts(texts) == Scrubber(KEY).texts(texts)
    assert not set(Scrubber(KEY).texts(texts)) & set(Scrubber(b"o" * 32).texts(texts))


def test_no_row_decides_about_another() -> None:
    texts = [f"user{i}@mail.com has 4539148803436467" for i in range(6)]
    whole = Scrubber(KEY).texts(texts)
    assert [Scrubber(KEY).texts([one])[0] for one in reversed(texts)][::-1] == whole


def test_rows_of_several_texts_keep_their_shape() -> None:
    rows = ["a@mail.com", ("to a@mail.com", "none", ""), ("x", "y@mail.com")]
    found = Scrubber(KEY).rows(rows)
    assert isinstance(found[0], str)
    assert found[1] == (f"to {found[0]}", "none", "")
    assert found[2][0] == "x"


class Fixed:
    id = "fixed"
    kinds = frozenset({"badge", "person"})

    def find(self, texts: list[str]) -> list[list[Span]]:
        found = []
        for text in texts:
            spans = [Span(0, 4, "badge", self.id)]
            if "王小明" in text:
                at = text.index("王小明")
                spans.append(Span(at, at + 3, "person", self.id))
            found.append(spans)
        return found


def test_a_kind_that_cannot_be_made_up_is_named_instead() -> None:
    found = Scrubber(KEY, Fixed()).texts(["7781 was 王小明 here"])[0]
    assert found.startswith("[BADGE] was ")
    assert "王小明" not in found
    assert re.search("[\u4e00-\u9fff]", found), "a Chinese name is replaced by one"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=80), max_size=5))
def test_texts_without_spans_come_back_as_they_were(texts: list[str]) -> None:
    spans = default_detector().find(texts)
    found = Scrubber(KEY).texts(texts)
    assert [a for a, b in zip(texts, spans, strict=True) if not b] == [
        a for a, b in zip(found, spans, strict=True) if not b
    ]
