from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest

Script = Callable[[str], ModuleType]


def test_a_figure_of_the_privacy_audits_is_measured_by_its_name(
    script: Script, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    area = script("privacy_extraction")
    monkeypatch.setitem(area.FIGURES, "overlap", lambda n: area.overlap(n, n_tokens=20_000))
    figures = area.FIGURES["overlap"](1)
    assert "20 of 20 planted texts found, 0 others" in figures[1].same
    # how fast is not asserted; that every figure is printed is
    script("privacy").main(["overlap", "--repetitions", "1"])
    printed = capsys.readouterr().out
    assert "| index of the 50-grams of 20,000 tokens |" in printed
    assert "| generations looked up in it |" in printed


def test_a_figure_that_is_not_there_is_named_beside_those_that_are(
    script: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        script("privacy").main(["overlaps"])
    assert ended.value.code == 2
    assert "overlap" in capsys.readouterr().err


def test_the_statistics_of_membership_are_those_of_the_slow_ways(script: Script) -> None:
    area = script("privacy_membership")
    speed, error = area.delong(1, n=400, bootstraps=400)
    assert "times faster" in speed.measured
    # 400 draws know a standard error to 3.5 %
    known = [float(one) for one in error.measured.split(" against ")]
    assert known[0] == pytest.approx(known[1], rel=0.12)
    assert area.rmia(1, n=300)[0].same == "equal to the matrix"


def test_the_prefilter_is_measured_beside_the_patterns_one_by_one(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    area = script("privacy_detectors")
    monkeypatch.setattr(area, "N_DOCUMENTS", 20)
    monkeypatch.setattr(area, "_presidio", lambda: None)
    fast, presidio = area.speed(1)
    assert fast.same == "0 of 20 documents with other spans"
    assert "documents/CPU s" in fast.measured
    assert presidio.measured == "not installed"


def test_the_shipped_table_of_recall_names_the_script_that_makes_it(script: Script) -> None:
    from harness.detectors import detector_recall

    table = detector_recall("patterns")
    area = script("privacy_detectors")
    assert table is not None
    assert (table.source, table.made) == (area.SOURCE, area.MADE)
    assert set(table.by_kind) == {"card", "email", "iban", "ip", "phone", "ssn"}


@pytest.mark.slow
def test_candidates_score_the_same_whichever_way_they_are_read(script: Script) -> None:
    speed, error = script("privacy_candidates").candidates(1, n_candidates=12)
    assert "times faster than one by one" in speed.measured
    assert error.is_reached
