"""One screen that says what was planted, what was found, by which rule, and where to read on."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from harness.commands.demo.judged import Judged
from harness.commands.demo.lines import INDENT, item, model_data, verdict_word, wrapped
from harness.commands.demo.messages import FLIPPED_REGION, STAMP
from harness.commands.demo.story import (
    FLIPPED_SLICE,
    GROUP_RULE,
    WORD_RULE,
    Story,
    top_word,
)
from harness.commands.demo.writing import CONFIG
from harness.records import Estimate, Finding, slice_columns


def render(story: Story, *, seconds: float) -> str:
    """Return the screen: at most 40 lines of 100 columns; long paths may be wider."""
    lines = [*_head(story, seconds), "", *_guilty(story.guilty), "", *_innocent(story.innocent), ""]
    return "\n".join([*lines, *_end(story)])


def as_data(story: Story) -> dict[str, Any]:
    """Return the story for ``--json``."""
    return {
        "schema_version": "modelassay/demo/v1",
        "seed": story.seed,
        "out": story.out.as_posix(),
        "is_right": not story.problems,
        "problems": story.problems,
        "models": [model_data(one) for one in (story.guilty, story.innocent)],
    }


def _head(story: Story, seconds: float) -> list[str]:
    policy = story.guilty.verdict.policy
    return wrapped(
        f"Two models, trained on the same {_n_train(story.guilty):,} made-up messages of customers and "
        f"held against {policy.id} {policy.version} on the same {_n_test(story.guilty):,} others. "
        f"Seed {story.seed}, {seconds:.0f} s. Intervals: 95 % at each end."
    )


def _guilty(model: Judged) -> Iterator[str]:
    yield f"GUILTY     trained on what a service desk recorded: {verdict_word(model)}"
    yield from item(
        "planted", f"Every urgent message from the region {FLIPPED_REGION} was recorded as routine."
    )
    yield from item("found", _group_sentence(model, FLIPPED_SLICE))
    yield from item(
        "planted", f'The desk\'s tool stamps "{STAMP}" on every message that it treats as urgent.'
    )
    yield from item("found", _word_sentence(model))
    yield from item("but", f"{_accuracy_sentence(model)} Accuracy alone would not have shown it.")


def _innocent(model: Judged) -> Iterator[str]:
    yield f"INNOCENT   trained on the repaired data, true labels, no stamps: {verdict_word(model)}"
    yield from item("found", _group_sentence(model, _worst_slice(model)))
    yield from item("found", _word_sentence(model))
    yield from item("and", _accuracy_sentence(model))


def _end(story: Story) -> Iterator[str]:
    if story.problems:
        yield "A verdict is wrong: this is a fault of Modelassay, so the demo exits 70."
    else:
        yield from wrapped(
            "Both verdicts are right, so the demo exits 0. In CI, assay run would exit "
            f"{story.guilty.verdict.exit_code} for the first model and "
            f"{story.innocent.verdict.exit_code} for the second."
        )
    yield ""
    yield "Reports    open them in a browser; each begins with one page for a reviewer"
    for one in (story.guilty, story.innocent):
        yield f"{INDENT}{one.report}"
    run, runs, config = (
        shlex.quote(str(path))
        for path in (story.guilty.bundle.path, story.out / "runs", story.out / "data" / CONFIG)
    )
    yield f"Next       assay verify {run}"
    yield f"{INDENT}assay report {run} --format md"
    yield f"{INDENT}assay run {config} --runs {runs}"
    yield f"{INDENT}assay init your.csv        a first verdict on a table of your own"


def _group_sentence(model: Judged, where: str) -> str:
    finding = next((one for one in model.findings(GROUP_RULE) if one.slice == where), None)
    found = model.measurement("group-error.difference-to-rest", where)
    if finding is None or found is None or found.estimate.value is None:
        return f"{GROUP_RULE} was not measured on {where}."
    named = ", ".join(f"{column} {value}" for column, value in slice_columns(where).items())
    value = found.estimate.value
    more = f"{abs(value) * 100:.1f} {'more' if value >= 0 else 'fewer'}"
    is_planted = where == FLIPPED_SLICE and finding.outcome == "failed"
    whom = f"on {named}" if is_planted else f"on every group, worst on {named}"
    return (
        f"{GROUP_RULE} {finding.outcome} {whom}: of 100 messages {more} are decided wrongly than of "
        f"100 others ({_ends(found.estimate)}; {_limit(finding)})."
    )


def _word_sentence(model: Judged) -> str:
    finding = next(iter(model.findings(WORD_RULE)), None)
    found = model.measurement("occlusion.single-token-reliance")
    if finding is None or found is None or found.estimate.value is None:
        return f"{WORD_RULE} was not measured."
    note = top_word(model)
    word = f'the word "{note.params["word"]}"' if note else "the strongest word, not named here,"
    return (
        f"{WORD_RULE} {finding.outcome}: without {word} {found.estimate.value * 100:.0f} of 100 "
        f"decisions on messages that hold it change (n = {found.estimate.n:,}, "
        f"{_ends(found.estimate)}; {_limit(finding)})."
    )


def _accuracy_sentence(model: Judged) -> str:
    found = model.measurement("accuracy.accuracy")
    if found is None or found.estimate.value is None:
        return "Accuracy was not measured."
    value = found.estimate.value * 100
    return f"{value:.1f} of 100 messages are decided rightly ({_ends(found.estimate)})."


def _ends(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return "no interval"
    return f"interval {estimate.low * 100:.1f} to {estimate.high * 100:.1f}"


def _limit(finding: Finding) -> str:
    return "no limit" if finding.limit_value is None else f"limit {finding.limit_value * 100:.0f}"


def _worst_slice(model: Judged) -> str:
    measured = [one for one in model.findings(GROUP_RULE) if one.value is not None]
    return max(measured, key=lambda one: one.value or 0.0).slice if measured else "all"


def _n_train(model: Judged) -> int:
    return sum(one.n_rows for one in model.bundle.record.datasets if one.name != "test")


def _n_test(model: Judged) -> int:
    return sum(one.n_rows for one in model.bundle.record.datasets if one.name == "test")
