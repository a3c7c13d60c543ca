"""The demo's story: two models from the same messages, one policy, and what it should find.

Everything goes through the pipeline that ``assay run`` uses; nothing here measures or judges.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.commands.demo.judged import Judged, judged, outcomes, wrong
from harness.commands.demo.messages import FLIPPED_REGION, STAMP
from harness.commands.demo.writing import CONFIG, CONFIG_REPAIRED, write_demo_files
from harness.pipeline.reporting import Reporter
from harness.records import Message, slice_name

GROUP_RULE: Final = "GROUP-ERROR"
WORD_RULE: Final = "ONE-WORD"
FLIPPED_SLICE: Final = slice_name({"region": FLIPPED_REGION})


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
        guilty = judged("guilty", out, CONFIG, argv=argv, reporter=reporter)
        innocent = judged("innocent", out, CONFIG_REPAIRED, argv=argv, reporter=reporter)
    return Story(seed, out, guilty, innocent)


def top_word(model: Judged) -> Message | None:
    """Return the note that names the word with the strongest hold on decisions."""
    found = model.measurement("occlusion.single-token-reliance")
    notes = found.notes if found else ()
    return next((note for note in notes if "word" in note.params), None)


def guilty_problems(model: Judged) -> list[str]:
    """Say where the verdict on the guilty model is not the one that its defects deserve."""
    problems = []
    if model.verdict.verdict != "blocked":
        problems.append(wrong(model, "be blocked"))
    groups = [one.slice for one in model.findings(GROUP_RULE) if one.outcome == "failed"]
    if FLIPPED_SLICE not in groups:
        problems.append(
            f"The guilty model must fail {GROUP_RULE} on the slice {FLIPPED_SLICE}, got "
            f"{', '.join(groups) or 'no failure'}."
        )
    note = top_word(model)
    word = note.params["word"] if note else None
    if word != STAMP or not any(one.outcome == "failed" for one in model.findings(WORD_RULE)):
        problems.append(
            f"The guilty model must fail {WORD_RULE} with the word {STAMP!r}, got "
            f"{outcomes(model, WORD_RULE)} with the word {word!r}."
        )
    return problems


def innocent_problems(model: Judged) -> list[str]:
    """Say why the verdict on the innocent model is not a pass."""
    return [] if model.verdict.verdict == "pass" else [wrong(model, "pass")]


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
