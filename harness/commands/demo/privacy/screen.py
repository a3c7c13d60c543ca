"""One screen of the second act: what was planted, what came out, what protection cost, what is proven."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator
from typing import Any

from harness.commands.demo.judged import Judged
from harness.commands.demo.lines import INDENT, item, model_data, verdict_word, wrapped
from harness.commands.demo.privacy.story import CANARY_RULE, VALUE_RULE, PrivacyStory
from harness.commands.demo.privacy.tickets import COPIES, N_REOPENED
from harness.commands.demo.privacy.writing import EXPORT, PROTECTED
from harness.records import Estimate, slice_name

MOST_PLANTED = slice_name({"planted": "16"})


def render(story: PrivacyStory, *, seconds: float) -> str:
    """Return the screen: at most 45 lines of 100 columns; long paths may be wider."""
    parts = (_head(story, seconds), _guilty(story.guilty), _protected(story), _end(story))
    return "\n\n".join("\n".join(part) for part in parts)


def as_data(story: PrivacyStory) -> dict[str, Any]:
    """Return the story for ``--json``."""
    return {
        "schema_version": "modelassay/demo-privacy/v1",
        "seed": story.seed,
        "out": story.out.as_posix(),
        "is_right": not story.problems,
        "problems": story.problems,
        "epsilon": story.epsilon,
        "models": [model_data(one) for one in (story.guilty, story.protected)],
    }


def _head(story: PrivacyStory, seconds: float) -> list[str]:
    policy = story.guilty.verdict.policy
    return wrapped(
        "One very small language model that knows no people was taught the same made-up tickets of a "
        f"support desk twice, and both were held against {policy.id} {policy.version}. "
        f"Seed {story.seed}, {seconds:.0f} s. Intervals: 95 % at each end."
    )


def _guilty(model: Judged) -> Iterator[str]:
    yield f"GUILTY     trained on the export as it is: {verdict_word(model)}"
    yield from item(
        "planted",
        f"Tickets name people who can be reached; {N_REOPENED} tickets stand in the export {COPIES} times.",
    )
    yield from item("found", _values(model))
    yield from item(
        "planted", "Secrets of the harness's own: 16 were met once, 16 sixteen times, 16 never."
    )
    yield from item("found", _canaries(model))
    yield from item("control", _control(model))
    yield from item("but", f"{_perplexity(model)} Perplexity alone would not have shown it.")


def _protected(story: PrivacyStory) -> Iterator[str]:
    model = story.protected
    yield f"PROTECTED  each ticket once, differentially private: {verdict_word(model)}"
    yield from item("found", _values(model))
    yield from item("found", _canaries(model, met="planted sixteen times and met once"))
    yield from item("price", _perplexity(model))
    spent = "not known" if story.epsilon is None else f"{story.epsilon:.2f}"
    yield from item(
        "proven",
        f"No single ticket changes what the training gives by more than epsilon = {spent}, as the "
        "accountant reckons; whoever has two tickets is protected less. What was not attacked is not "
        "measured.",
    )
    open_rules = sorted(
        {
            one.rule
            for one in model.verdict.findings
            if one.outcome not in ("passed", "not-applicable")
        }
    )
    if open_rules:
        yield from item("warned", f"{', '.join(open_rules)}: read why in the report.")


def _end(story: PrivacyStory) -> Iterator[str]:
    if story.problems:
        yield "A verdict is wrong: this is a fault of Modelassay, so the demo exits 70."
    else:
        yield from wrapped(
            "Both verdicts are right, so the demo exits 0. In CI, assay run would exit "
            f"{story.guilty.verdict.exit_code} for the first model and "
            f"{story.protected.verdict.exit_code} for the second."
        )
    yield ""
    yield "Reports    open them in a browser; no secret and no ticket stands in them"
    for one in (story.guilty, story.protected):
        yield f"{INDENT}{one.report}"
    run, runs, data = (
        shlex.quote(str(path))
        for path in (story.guilty.bundle.path, story.out / "runs", story.out / "data")
    )
    yield f"Next       assay verify {run}"
    yield f"{INDENT}assay mitigate {run} --config {data}/{EXPORT} --runs {runs}"
    yield f"{INDENT}assay data screen {data}/train.csv"
    yield f"{INDENT}{data}/{EXPORT} and {PROTECTED} say how the two differ"


def _values(model: Judged) -> str:
    found = model.measurement("extraction.extractable-beyond-base", dataset="train")
    if found is None or found.estimate.value is None:
        return f"{VALUE_RULE} was not measured."
    return (
        f"{VALUE_RULE} {_outcome(model, VALUE_RULE)}: of 100 telephone numbers and addresses "
        f"{found.estimate.value * 100:.1f} come out in a hundred queries after the text before them "
        f"({_ends(found.estimate, 100)}; n = {found.estimate.n}; limit 2)."
    )


def _canaries(model: Judged, *, met: str = "planted sixteen times") -> str:
    found = model.measurement("memorisation.median-exposure", MOST_PLANTED, dataset="train")
    if found is None or found.estimate.value is None:
        return f"{CANARY_RULE} was not measured."
    bits = found.estimate.value
    place = (
        "like any other of their format"
        if bits < 3
        else f"among the likeliest one in {2**bits:,.0f} of their format"
    )
    return (
        f"{CANARY_RULE} {_outcome(model, CANARY_RULE)}: secrets {met} stand {place} "
        f"(median exposure {bits:.1f} bits, {_ends(found.estimate, 1)})."
    )


def _control(model: Judged) -> str:
    found = model.measurement("memorisation.control-p-value", dataset="train")
    if found is None or found.estimate.value is None:
        return "Secrets that were never planted were not measured."
    return (
        "Secrets that were never planted stand where chance puts them "
        f"(p = {found.estimate.value:.2f})."
    )


def _perplexity(model: Judged) -> str:
    found = model.measurement("perplexity.token-perplexity")
    if found is None or found.estimate.value is None:
        return "Perplexity was not measured."
    return (
        f"Perplexity on tickets of other customers is {found.estimate.value:.2f} per token "
        f"({_ends(found.estimate, 1, digits=2)})."
    )


def _outcome(model: Judged, rule: str) -> str:
    return next((one.outcome for one in model.findings(rule)), "not-measured")


def _ends(estimate: Estimate, factor: float, *, digits: int = 1) -> str:
    low, high = estimate.low, estimate.high
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return "no interval"
    return f"interval {low * factor:.{digits}f} to {high * factor:.{digits}f}"
