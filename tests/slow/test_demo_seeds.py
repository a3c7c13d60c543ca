"""The demo over 20 seeds: the guilty model is blocked for its defects, the innocent one passes.

``pytest -m slow tests/slow/test_demo_seeds.py -s`` prints the table of docs/decisions/0005-demo.md.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness import registry
from harness.commands.demo.judged import Judged
from harness.commands.demo.messages import BOTH, STAMP, Defect, make_tables
from harness.commands.demo.story import (
    FLIPPED_SLICE,
    GROUP_RULE,
    WORD_RULE,
    guilty_problems,
    innocent_problems,
    one_thread,
    top_word,
)
from harness.commands.demo.writing import CONFIG, CONFIG_REPAIRED, render
from harness.config import load_config
from harness.pipeline.execute import measure, open_sealed
from harness.pipeline.gating import gate
from harness.pipeline.reporting import Quiet
from harness.policy import locate_policy, read_policy

pytestmark = pytest.mark.slow

N_SEEDS = 20
SUITE = "suite: standard"
SEEDS_ALONE = range(3)
MOST_WRONG = 1
ASSAY = "from harness.cli import main; main()"
MAX_SECONDS = 120
MAX_MIB = 2048


def judge(folder: Path, config: str, name: str) -> Judged:
    loaded = load_config(folder / config)
    with one_thread():
        sealed = measure(loaded, runs=folder / "runs", argv=["assay", "demo"], reporter=Quiet())
    bundle = open_sealed(sealed)
    gated = gate(bundle, read_policy(locate_policy("builtin/standard", folder)))
    return Judged(name, bundle, gated.path, gated.verdict)


def unread() -> str:
    """Audits that no rule reads: they change no number of the others, and 20 seeds need not wait."""
    rules = read_policy(locate_policy("builtin/standard", Path())).rules
    read = {rule.measure.partition(".")[0] for rule in rules} | {"accuracy", "occlusion"}
    return ", ".join(
        id for id, one in registry.audits().items() if "standard" in one.suites and id not in read
    )


def write(folder: Path, seed: int, defects: Sequence[Defect] = BOTH) -> Path:
    folder.mkdir()
    for name, made in render(make_tables(seed, defects=defects), seed).items():
        is_config = name in (CONFIG, CONFIG_REPAIRED)
        assert SUITE in made or not is_config
        text = made.replace(SUITE, f"{SUITE}, skip: [{unread()}]") if is_config else made
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def figure(model: Judged, measure_key: str, where: str = "all") -> str:
    found = model.measurement(measure_key, where)
    assert found is not None
    estimate = found.estimate
    assert estimate.value is not None
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def row(seed: int, model: Judged) -> str:
    worst = max(model.findings(GROUP_RULE), key=lambda one: one.value or -1.0).slice
    note = top_word(model)
    word = note.params["word"] if note else "?"
    return (
        f"| {seed} | {model.name} | {model.verdict.verdict} "
        f"| {figure(model, 'accuracy.accuracy')} "
        f"| {worst} {figure(model, 'group-error.difference-to-rest', worst)} "
        f"| {word} {figure(model, 'occlusion.single-token-reliance')} |"
    )


def failed(model: Judged, rule: str) -> list[str]:
    return [one.slice for one in model.findings(rule) if one.outcome == "failed"]


def test_both_verdicts_are_right_for_at_least_19_of_20_seeds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong: dict[str, list[str]] = {"guilty": [], "innocent": []}
    with capsys.disabled():
        print("\n| seed | model | verdict | accuracy | worst group | strongest word |")
        print("|---|---|---|---|---|---|")
        for seed in range(N_SEEDS):
            folder = write(tmp_path / f"seed-{seed}", seed)
            guilty = judge(folder, CONFIG, "guilty")
            innocent = judge(folder, CONFIG_REPAIRED, "innocent")
            print(row(seed, guilty), row(seed, innocent), sep="\n", flush=True)
            for name, problems in (
                ("guilty", guilty_problems(guilty)),
                ("innocent", innocent_problems(innocent)),
            ):
                if problems:
                    wrong[name].append(f"seed {seed}: {' '.join(problems)}")
    assert len(wrong["guilty"]) <= MOST_WRONG, wrong["guilty"]
    assert len(wrong["innocent"]) <= MOST_WRONG, wrong["innocent"]


@pytest.mark.parametrize("seed", SEEDS_ALONE)
def test_flipped_labels_alone_are_found_by_the_group_rule(tmp_path: Path, seed: int) -> None:
    model = judge(write(tmp_path / "data", seed, ("flipped-labels",)), CONFIG, "guilty")
    print(row(seed, model))
    assert failed(model, GROUP_RULE) == [FLIPPED_SLICE]


@pytest.mark.parametrize("seed", SEEDS_ALONE)
def test_a_stamp_alone_is_found_by_the_word_rule(tmp_path: Path, seed: int) -> None:
    model = judge(write(tmp_path / "data", seed, ("stamp",)), CONFIG, "guilty")
    print(row(seed, model))
    assert failed(model, WORD_RULE) == ["all"]
    assert failed(model, GROUP_RULE) == []
    note = top_word(model)
    assert note is not None
    assert note.params["word"] == STAMP


MEASURED = """
import json, os, subprocess, sys
child = subprocess.Popen([sys.executable, *sys.argv[1:]])
_, status, used = os.wait4(child.pid, 0)
with open("used.json", "w") as stream:
    json.dump([used.ru_utime + used.ru_stime, used.ru_maxrss], stream)
sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell what a child used")
def test_the_command_tells_its_story_within_its_time_and_memory(tmp_path: Path) -> None:
    # what a process held before it became another one counts as its own: a small one lies between this
    # worker, which may hold gigabytes, and the command
    with (tmp_path / "out").open("wb") as out, (tmp_path / "err").open("wb") as err:
        child = subprocess.run(
            [sys.executable, "-c", MEASURED, "-P", "-c", ASSAY, "demo", "--out", "there", "--json"],
            cwd=tmp_path,
            stdout=out,
            stderr=err,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
            check=False,
        )
    cpu_s, peak = json.loads((tmp_path / "used.json").read_text(encoding="utf-8"))
    assert child.returncode == 0, (tmp_path / "err").read_text(encoding="utf-8")
    told = json.loads((tmp_path / "out").read_text(encoding="utf-8"))
    assert told["is_right"]
    assert [one["verdict"]["verdict"] for one in told["models"]] == ["blocked", "pass"]
    for one in told["models"]:
        assert (tmp_path / one["report"]).read_text(encoding="utf-8").startswith("<!doctype html>")
    # CPU seconds of one thread: at most what a machine needs that does nothing else
    assert cpu_s <= MAX_SECONDS
    mib = peak / (2**20 if sys.platform == "darwin" else 2**10)
    assert mib <= MAX_MIB
