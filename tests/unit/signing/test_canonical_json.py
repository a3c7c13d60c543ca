import hashlib
import json
import struct

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.files import canonical_json, digest_of, sorted_json

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"]), max_size=4), inner, max_size=5
        )
    ),
    max_leaves=20,
)


@given(DOCUMENTS)
@settings(max_examples=300, deadline=None)
def test_every_document_has_the_bytes_that_the_package_rfc8785_writes(document):
    assert canonical_json(document) == rfc8785.dumps(document)


@given(st.integers(0, 2**64 - 1))
@settings(max_examples=500, deadline=None)
def test_every_bit_pattern_of_a_double_is_written_as_by_the_package_rfc8785(bits):
    number = struct.unpack("<d", struct.pack("<Q", bits))[0]
    try:
        expected = rfc8785.dumps(number)
    except rfc8785.FloatDomainError:
        with pytest.raises(ValueError, match="finite"):
            canonical_json(number)
    else:
        assert canonical_json(number) == expected
        assert float(expected) == number


# the numbers of RFC 8785, appendix B, and the places where ECMAScript changes its way of writing
@pytest.mark.parametrize(
    ("bits", "written"),
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_the_numbers_of_the_standard_are_written_as_it_says(bits, written):
    number = struct.unpack(">d", bytes.fromhex(bits))[0]
    assert canonical_json(number) == written.encode()


def test_keys_are_sorted_by_utf_16_code_units_and_not_by_code_points():
    # the example of RFC 8785, section 3.2.3
    document = {"€": 1, "\r": 2, "\ufb33": 3, "1": 4, "😀": 5, "\x80": 6, "ö": 7}
    assert list(json.loads(canonical_json(document)).values()) == [2, 4, 6, 7, 1, 5, 3]
    assert canonical_json(document) != sorted_json(document)


@pytest.mark.parametrize("number", [2**53, -(2**53), 2**60, 10**400])
def test_an_integer_that_a_double_cannot_hold_exactly_is_refused(number):
    with pytest.raises(ValueError, match=r"2\^53"):
        canonical_json({"n": number})


@pytest.mark.parametrize(
    "bad", [float("nan"), float("inf"), {1: "a"}, {"a": {1, 2}}, b"raw", "\ud83d"], ids=repr
)
def test_what_has_no_place_in_json_is_refused(bad):
    with pytest.raises(ValueError, match=r"\w"):
        canonical_json(bad)


def test_digests_of_before_are_still_made_over_the_form_of_before():
    config = {"b": 3.0, "a": 1e-05, "\U0001f600": 2**60, "\ufb33": "é"}
    written = '{"a":1e-05,"b":3.0,"\ufb33":"é","\U0001f600":1152921504606846976}'.encode()
    assert sorted_json(config) == written
    assert digest_of(config) == hashlib.sha256(written).hexdigest()
    assert canonical_json({"b": 3.0, "a": 1e-05}) == b'{"a":0.00001,"b":3}'


@given(DOCUMENTS)
@settings(max_examples=200, deadline=None)
def test_without_floats_and_rare_keys_the_two_forms_are_one(document):
    # plan digests, gate ids and log entries are made of such data: any verifier can make them again
    def is_plain(part):
        if isinstance(part, dict):
            return all(max(map(ord, key), default=0) < 0xD800 for key in part) and all(
                map(is_plain, part.values())
            )
        return all(map(is_plain, part)) if isinstance(part, list) else not isinstance(part, float)

    assert (canonical_json(document) == sorted_json(document)) or not is_plain(document)
