"""``assay doctor`` says which detectors there are and whether the fast way is to be had."""

import pytest

from harness.commands import doctor


def texts() -> list[tuple[str, str]]:
    return [(one.state, one.text) for one in doctor.examine() if one.about == "detectors"]


def test_without_hyperscan_it_says_that_scanning_is_slower(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "has_prefilter", lambda: False)
    assert any(state == "note" and "10 times as long" in text for state, text in texts())


def test_with_hyperscan_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "has_prefilter", lambda: True)
    assert ("ok", "Hyperscan says which patterns occur") in texts()
    assert any("patterns, lists" in text for _, text in texts())
