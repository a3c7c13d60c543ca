"""YAML 1.2, strictly: words stay words, numbers keep their digits, lines are known."""

from fractions import Fraction
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from harness.errors import UsageError
from harness.yamlfile import Decimal64, parse_yaml, read_yaml, validation_problems


def load(text: str) -> object:
    return parse_yaml(text.encode(), name="a.yaml").data


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e-3", 0.001),
        ("[NO, SE, on, yes, off]", ["NO", "SE", "on", "yes", "off"]),
        ("010", 10),
        ("1:30", "1:30"),
        ("2026-11-23", "2026-11-23"),
        ("[true, False, null, ~, '']", [True, False, None, None, ""]),
        ("['1', \"2\"]", ["1", "2"]),
        ("[.5, 1., -2.5e3]", [0.5, 1.0, -2500.0]),
        ("[0x10, 0o10, 1_000]", ["0x10", "0o10", "1_000"]),
        ("a: |\n  line 1\n  line 2\n", {"a": "line 1\nline 2\n"}),
    ],
)
def test_values_are_resolved_by_the_core_schema(text: str, expected: object) -> None:
    assert load(text) == expected


def test_a_float_keeps_its_digits() -> None:
    number = load("0.80")
    assert isinstance(number, Decimal64)
    assert Fraction(number.text) == Fraction(4, 5)


def test_lines_are_known_for_keys_and_list_items() -> None:
    file = parse_yaml(b"a:\n  b: 1\n  c:\n    - x\n    - y\n", name="a.yaml")
    assert file.place(("a", "c", 1)) == "a.yaml:5"
    assert file.place(("a", "b", "deeper")) == "a.yaml:2"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", "a.yaml:3 must not repeat the key 'a', which stands on line 1"),
        ("a: !!python/name:os.system x\n", "must not use the tag"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", "merge"),
        ("a: [1, 2\n", "a.yaml:2 must be YAML"),
        ("", "empty file"),
        ("? [a, b]\n: 1\n", "plain key"),
    ],
)
def test_what_is_not_strict_is_refused_with_its_line(text: str, expected: str) -> None:
    with pytest.raises(UsageError, match=expected.replace("[", r"\[")):
        load(text)


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(UsageError, match="must be UTF-8, got byte 0xff"):
        parse_yaml(b"a: \xff", name="a.yaml")


def test_an_alias_bomb_is_refused() -> None:
    text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 7)
    )
    with pytest.raises(UsageError, match="Use fewer aliases"):
        load(text)


def test_one_word_where_a_list_belongs_is_told_in_words_of_yaml() -> None:
    class Options(BaseModel):
        methods: tuple[str, ...]

    with pytest.raises(ValidationError) as caught:
        Options.model_validate({"methods": "occlusion"})
    assert validation_problems(caught.value, None) == ["methods must be a list, got 'occlusion'."]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"[" * 100_000, "nest at most 50 levels"),
        (b"{a: " * 100_000, "nest at most 50 levels"),
        (b"\n".join(b" " * i + b"a:" for i in range(1000)), "nest at most 50 levels"),
        (b"a: &a [*a]", "An alias must not stand inside what it names"),
        (b"a: *b", "undefined alias 'b'"),
        (b"a: " + b"9" * 5000, "number of at most 100 digits, got 5000"),
        (b"a: 1\n---\nb: 1\n", "a.yaml:2 must hold one document"),
        (b"1: a\n1.0: b\n", "a.yaml:2 must not repeat the key 1.0, which stands on line 1"),
        (b"a: &k b\n*k : c\n", "plain key"),
        (b"a: !!float '1'\n", "must not use the tag"),
        (b"a: \x00\n", "must be YAML"),
        (b"x" * 2_000_001, "at most 2000000 bytes"),
    ],
    ids=lambda value: value[:12].decode() if isinstance(value, bytes) else value[:30],
)
def test_a_hostile_file_ends_in_a_sentence(raw: bytes, expected: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_yaml(raw, name="a.yaml")
    assert expected in str(caught.value)


def test_of_a_file_without_end_no_more_is_read_than_it_takes_to_refuse_it() -> None:
    if Path("/dev/zero").exists():
        with pytest.raises(UsageError, match="zero must be at most 2000000 bytes, got more"):
            read_yaml(Path("/dev/zero"))


def test_an_alias_stands_for_what_it_names_with_lines_of_its_own() -> None:
    file = parse_yaml(b"a: &x {b: [1, &y 2]}\nc: *x\nd: *y\ne: &x 3\nf: *x\n", name="a.yaml")
    assert file.data == {"a": {"b": [1, 2]}, "c": {"b": [1, 2]}, "d": 2, "e": 3, "f": 3}
    assert file.data["c"] is not file.data["a"]
    assert (file.line(("c", "b", 0)), file.line(("d",))) == (1, 3)


@pytest.mark.parametrize(
    "text",
    [
        "a: [1, 'b', {c: d, e: [f, [g]]}]\nh:\n  - i\n  -\n    j: k\n",
        "- &a [1, 2]\n- *a\n- {x: *a, y: *a}\n",
        "a: &a\n  b: &b [1]\n  c: *b\nd: *a\ne: [*a, *b]\n",
        '? a\n: b\n"c d": |\n  e\n  f\ng: >-\n  h\n  i\n',
        "--- # one\na: ''\nb:\n...\n",
    ],
)
def test_words_and_shapes_are_those_of_an_independent_reader(text: str) -> None:
    import yaml

    def as_text(value: object) -> object:
        if isinstance(value, dict):
            return {key: as_text(item) for key, item in value.items()}
        if isinstance(value, list):
            return [as_text(item) for item in value]
        return "" if value is None else str(value)

    # PyYAML's base loader leaves every scalar as text
    assert as_text(load(text)) == yaml.load(text, Loader=yaml.BaseLoader)
