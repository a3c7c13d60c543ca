"""Persons and addresses by lists, in English and Chinese."""

import pytest

from harness.detectors.lists import ListDetector


def found(text: str) -> set[tuple[str, str]]:
    [spans] = ListDetector().find([text])
    return {(one.kind, text[one.start : one.stop]) for one in spans}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("yesterday Alice Baker came", ("person", "Alice Baker")),
        ("Daniel J. Okonkwo signed", ("person", "Daniel J. Okonkwo")),
        ("Ngozi Johnson signed", ("person", "Ngozi Johnson")),
        ("Dear Dr. Okonkwo,", ("person", "Okonkwo")),
        ("昨天王建国来了", ("person", "王建国")),
        ("请联系李女士", ("person", "李")),
        ("联系人：欧阳娜", ("person", "欧阳娜")),
        ("lives at 12 Green Oak Street, Apt 4.", ("address", "12 Green Oak Street, Apt 4")),
        ("P.O. Box 1234", ("address", "P.O. Box 1234")),
        ("住在北京市海淀区中关村大街27号", ("address", "北京市海淀区中关村大街27号")),
    ],
)
def test_a_name_or_address_is_found(text: str, expected: tuple[str, str]) -> None:
    assert any(kind == expected[0] and expected[1] in value for kind, value in found(text))


@pytest.mark.parametrize(
    "text",
    [
        "nothing here",
        "the Oak Street market",
        "天气很好",
        "In May the King spoke",
        "3 apples and 4 pears",
    ],
)
def test_plain_text_stays_quiet(text: str) -> None:
    assert found(text) == set()
