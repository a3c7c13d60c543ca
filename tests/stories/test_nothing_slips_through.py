"""What a stranger tried in order to get a bad model through, each now an answer."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Assay = Callable[..., tuple[int, str, str]]


def test_a_condition_of_the_wrong_type_does_not_switch_a_rule_off(
    story: Path, assay: Assay
) -> None:
    from harness.policy import locate_policy

    assay("audit", "--quiet")
    text = locate_policy("builtin/standard", Path()).read_text()
    for wrong in ("yes", '"true"', "1"):
        changed = text.replace(
            "{field: data.has_groups, equals: true}", f"{{field: data.has_groups, equals: {wrong}}}"
        )
        assert changed != text
        (story / "mine.policy.yaml").write_text(changed)
        assert assay("gate", "latest", "--policy", "mine.policy.yaml")[0] == 3


def test_rows_set_aside_stand_on_the_first_screen(story: Path, assay: Assay) -> None:
    path = story / "rows.csv"
    lines = path.read_text().splitlines()
    lines[5:60] = [
        line.replace(",urgent,", ",other,").replace(",routine,", ",other,") for line in lines[5:60]
    ]
    path.write_text("\n".join(lines) + "\n")
    assay("run")
    assert "55 of 900 rows" in assay("report", "latest", "--format", "md")[1]


def test_gate_falls_back_on_the_policy_of_the_newest_gate(story: Path, assay: Assay) -> None:
    from harness.policy import locate_policy

    (story / "mine.policy.yaml").write_text(locate_policy("builtin/standard", Path()).read_text())
    config = story / "assay.yaml"
    config.write_text(
        config.read_text().replace("{pack: builtin/standard}", "{file: mine.policy.yaml}")
    )
    assay("run")
    assert assay("gate", "latest", "--now", "2027-01-01")[0] == 3


def test_an_alias_inside_itself_is_refused(story: Path, assay: Assay) -> None:
    (story / "loop.yaml").write_text("a: &a [*a]\n")
    code, _, err = assay("policy", "lint", "loop.yaml")
    assert code == 2
    assert "loop.yaml" in err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes of this kind here")
def test_a_reader_that_goes_away_is_never_mistaken_for_a_verdict() -> None:
    with subprocess.Popen(
        [sys.executable, "-P", "-c", "from harness.cli import main; main()", "list", "measures"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(timeout=60) not in (1, 2, 3, 4, 5, 70)
