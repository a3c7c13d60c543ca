"""A long audit says how far it is, of the calls that it declared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.cli import shared


def test_an_audit_shows_its_calls_against_what_it_declared(
    run: Callable[..., Any], listener: Any
) -> None:
    run(reporter=listener)
    steps = listener.steps["audit occlusion"]
    assert "audit accuracy" not in listener.steps
    done = [each for each, _ in steps]
    assert done == sorted(done)
    (total,) = {each for _, each in steps}
    assert total / 2 <= done[-1] <= total


def test_an_audit_that_declares_nonsense_is_an_error_and_the_run_goes_on(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from harness import registry

    def fail(facts: object) -> dict[str, int]:
        raise ValueError("no idea")

    known = registry.audits()
    broken = known | {"occlusion": replace(known["occlusion"], calls=fail)}
    monkeypatch.setattr(registry, "audits", lambda: broken)
    status = {one.id: one.status for one in run().record.audits}
    assert status["occlusion"] == "error"
    assert status["accuracy"] == "measured"


def test_calls_for_a_data_set_that_is_not_there_are_a_mistake_by_name(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from harness import registry

    known = registry.audits()
    broken = known | {"occlusion": replace(known["occlusion"], calls=lambda facts: {"tset": 3})}
    monkeypatch.setattr(registry, "audits", lambda: broken)
    (error,) = [one for one in run().record.audits if one.status == "error"]
    assert (
        "calls of occlusion must name data sets of the run (test), got 'tset'" in error.because.text
    )


def lines_of(monkeypatch: pytest.MonkeyPatch, *, seconds: list[float]) -> list[str]:
    shown: list[str] = []
    times = iter([0.0, *seconds])
    monkeypatch.setattr(shared.time, "monotonic", lambda: next(times))
    monkeypatch.setattr(shared.click, "echo", lambda text, **_: shown.append(text))
    progress = shared.Progress()
    progress.stage("audit occlusion")
    for number in range(len(seconds)):
        progress.step(1000 * (number + 1), 9000)
    return shown


def test_without_a_terminal_there_is_one_line_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = lines_of(monkeypatch, seconds=[30.0, 59.0, 61.0, 119.0, 122.0])
    assert [line.split("  ")[2] for line in shown] == ["3,000 of 9,000", "5,000 of 9,000"]


def test_a_line_of_progress_says_how_long_it_will_take(monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = lines_of(monkeypatch, seconds=[60.0])
    assert line.endswith("1,000 of 9,000  about 8 min left")
