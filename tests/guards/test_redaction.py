"""Secrets are not recorded, wherever they stand."""

import pytest

from harness.redaction import HIDDEN, redact, redact_argv, redact_data, register_secret


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("postgresql://assay:hunter2@db/runs", "hunter2"),
        ("hf_abcdefghijklmnopqrstuvwxyz0123", "hf_abcdefghijklmnopqrstuvwxyz0123"),
        ("Authorization: Bearer abc.def.ghi-jkl_mno", "abc.def.ghi-jkl_mno"),
        ("https://host/x?token=s3cr3t&y=1", "s3cr3t"),
        ("assay run --token s3cr3t", "s3cr3t"),
        ("AKIAABCDEFGHIJKLMNOP", "AKIAABCDEFGHIJKLMNOP"),
        ("-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----", "abc"),
    ],
)
def test_what_looks_like_a_secret_is_removed(text: str, secret: str) -> None:
    assert secret not in redact(text)
    assert HIDDEN in redact(text)


def test_plain_text_passes_unchanged() -> None:
    text = "data.test.path must be a readable file, got 'a.csv' (assay.yaml:7)."
    assert redact(text) == text


def test_a_registered_secret_is_removed_from_nested_data() -> None:
    register_secret("open-sesame")
    assert redact_data({"a": ["x open-sesame y"], "api_key": "short"}) == {
        "a": [f"x {HIDDEN} y"],
        "api_key": HIDDEN,
    }


def test_an_option_value_is_removed_from_the_arguments() -> None:
    assert redact_argv(["assay", "--token", "abc", "run"]) == ("assay", "--token", HIDDEN, "run")
