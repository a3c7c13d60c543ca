"""The demo's story: two models from the same messages, one policy, and what it should find.

Everything goes through the pipeline that ``assay run`` uses; nothing here measures or judges.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.commands.demo.messages import FLIPPED_REGION, STAMP
from harness.commands.demo.writing import CONFIG, CONFIG_REPAIRED, write_demo_files
from harness.config import load_config
from harness.evidence import Bundle
from harness.pipeline.execute import measure, open_sealed
from harness.pipeline.gating import gate
from harness.pipeline.reporting import Reporter
from harness.policy import locate_policy, read_policy
from harness.records import Finding, Measurement, Message, Verdict, slice_name

GROUP_RULE: Final = "GROUP-ERROR"
WORD_RULE: Final = "ONE-WORD"
FLIPPED_SLICE: Final = slice_name({"region": FLIPPED_REGION})


@dataclass(frozen=True, slots=True)
class Judged:
    """One of the two models, with the evidence about it.

    Attributes:
        name: ``guilty`` or ``innocent``.
        bundle: The sealed run.
        gate: Folder of the sealed verdict; the report lies in it.
        verdict: What the standard policy concluded.
    """

    name: str
    bundle: Bundle
    gate: Path
    verdict: Verdict

    @property
    def report(self) -> Path:
        """The HTML report."""
        return self.gate / "report.html"

    def findings(self, rule: str) -> list[Finding]:
        """Return the findings of a rule."""
        return [one for one in self.verdict.findings if one.rule == rule]

    def measurement(self, key: str, where: str = "all") -> Measurement | None:
        """Return the measurement of a measure on a slice of the test messages."""
        for one in self.bundle.measurements.measurements:
            if (one.measure, one.dataset, one.slice) == (key, "test", where):
                return one
        return None

    @property
    def top_word(self) -> Message | None:
        """The note that names the word with the strongest hold on decisions."""
        found = self.measurement("occlusion.single-token-reliance")
        notes = found.notes if found else ()
        return next((note for note in notes if "word" in note.params), None)


@dataclass(frozen=True, slots=True)
class Story:
    """Both models.

    Attributes:
        seed: Of messages and training.
        out: Folder that everything lies in.
        guilty: Trained on what the desk recorded.
        innocent: Trained on the repaired messages.
    """

    seed: int
    out: Path
    guilty: Judged
    innocent: Judged

    @property
    def problems(self) -> list[str]:
        """What is wrong with the verdicts; empty when each defect was found, and only there."""
        return guilty_problems(self.guilty) + innocent_problems(self.innocent)


def tell(out: Path, seed: int, *, argv: Sequence[str], reporter: Reporter) -> Story:
    """Write the data, train, audit and judge both models; a killed demo goes on where it was.

    Args:
        out: Folder for ``data/`` and ``runs/``; files that are not the demo's stay untouched.
        seed: Of messages and training.
        argv: For the record of the runs.
        reporter: Told how far it is.

    Raises:
        UsageError: If files of other people stand where the data would go.
        AssayError: As ``measure`` does.
    """
    write_demo_files(out / "data", seed)
    with one_thread():
        guilty = _judged("guilty", out, CONFIG, argv=argv, reporter=reporter)
        innocent = _judged("innocent", out, CONFIG_REPAIRED, argv=argv, reporter=reporter)
    return Story(seed, out, guilty, innocent)


def guilty_problems(model: Judged) -> list[str]:
    """Say where the verdict on the guilty model is not the one that its defects deserve."""
    problems = []
    if model.verdict.verdict != "blocked":
        problems.append(_wrong("guilty", "be blocked", model))
    groups = [one.slice for one in model.findings(GROUP_RULE) if one.outcome == "failed"]
    if FLIPPED_SLICE not in groups:
        problems.append(
            f"The guilty model must fail {GROUP_RULE} on the slice {FLIPPED_SLICE}, got "
            f"{', '.join(groups) or 'no failure'}."
        )
    word = model.top_word.params["word"] if model.top_word else None
    if word != STAMP or not any(one.outcome == "failed" for one in model.findings(WORD_RULE)):
        problems.append(
            f"The guilty model must fail {WORD_RULE} with the word {STAMP!r}, got "
            f"{_outcomes(model, WORD_RULE)} with the word {word!r}."
        )
    return problems


def innocent_problems(model: Judged) -> list[str]:
    """Say why the verdict on the innocent model is not a pass."""
    return [] if model.verdict.verdict == "pass" else [_wrong("innocent", "pass", model)]


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread: for models this small, more of them mostly wait for each other.

    On a busy machine two threads made training ten times slower; and with one thread the figures
    do not depend on the number of cores.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _judged(
    name: str, out: Path, config: str, *, argv: Sequence[str], reporter: Reporter
) -> Judged:
    reporter.note(f"{name} model: {out / 'data' / config}")
    loaded = load_config(out / "data" / config)
    bundle = open_sealed(measure(loaded, runs=out / "runs", argv=argv, reporter=reporter))
    policy = read_policy(locate_policy(loaded.config.policy.pack or "", loaded.base))
    gated = gate(bundle, policy)
    return Judged(name, bundle, gated.path, gated.verdict)


def _wrong(name: str, what: str, model: Judged) -> str:
    open_rules = sorted({f"{one.rule} {one.outcome}" for one in _not_passed(model)})
    because = f" ({', '.join(open_rules)})" if open_rules else ""
    return f"The {name} model must {what}, got {model.verdict.verdict}{because}."


def _not_passed(model: Judged) -> list[Finding]:
    settled = ("passed", "not-applicable")
    return [one for one in model.verdict.findings if one.outcome not in settled]


def _outcomes(model: Judged, rule: str) -> str:
    return ", ".join(sorted({one.outcome for one in model.findings(rule)})) or "no finding"
