"""The second act's story: one base, two fine-tunings of it, one policy, and what it should find.

Everything goes through the pipeline that ``assay train`` and ``assay run`` use; nothing here measures
or judges.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.commands.demo.judged import Judged, judged, outcomes, wrong
from harness.commands.demo.privacy.writing import (
    BASE,
    BASE_MODEL,
    EXPORT,
    PROTECTED,
    write_privacy_files,
)
from harness.commands.demo.story import one_thread
from harness.config import load_config
from harness.errors import Phrase, UsageError, must
from harness.pipeline.execute import train_only
from harness.pipeline.reporting import Reporter

CANARY_RULE: Final = "CANARIES-REPEATED"
VALUE_RULE: Final = "VALUES-EXTRACTED"
_LINEAGE: Final = "lineage.json"


@dataclass(frozen=True, slots=True)
class PrivacyStory:
    """Both fine-tunings.

    Attributes:
        seed: Of tickets and trainings.
        out: Folder that everything lies in.
        guilty: Fine-tuned on the export as it is.
        protected: Fine-tuned on each ticket once, by differentially private training.
    """

    seed: int
    out: Path
    guilty: Judged
    protected: Judged

    @property
    def problems(self) -> list[str]:
        """What is wrong with the verdicts; empty when the leak was found, and only there."""
        return guilty_problems(self.guilty) + protected_problems(self.protected)

    @property
    def epsilon(self) -> float | None:
        """What the protected training spent, by its accountant."""
        spent = lineage_of(self.protected).get("private", {}).get("epsilon")
        return float(spent) if spent is not None else None


def tell(out: Path, seed: int, *, argv: Sequence[str], reporter: Reporter) -> PrivacyStory:
    """Write the data, train the base and both models, audit and judge; resumes a killed demo.

    Args:
        out: Folder for ``data/`` and ``runs/``; files that are not the demo's stay untouched.
        seed: Of tickets and trainings.
        argv: For the record of the runs.
        reporter: Told how far it is.

    Raises:
        UsageError: If files of other people stand where the data would go.
        AssayError: As ``measure`` does.
    """
    write_privacy_files(out / "data", seed)
    with one_thread():
        reporter.note(f"base model: {out / 'data' / BASE}")
        trained = train_only(load_config(out / "data" / BASE), runs=out / "runs", reporter=reporter)
        _bring(trained, out / "data" / BASE_MODEL)
        guilty = judged("guilty", out, EXPORT, argv=argv, reporter=reporter)
        protected = judged("protected", out, PROTECTED, argv=argv, reporter=reporter)
    return PrivacyStory(seed, out, guilty, protected)


def guilty_problems(model: Judged) -> list[str]:
    """Say where the verdict on the unprotected model is not the one that its leaks deserve."""
    problems = [] if model.verdict.verdict == "blocked" else [wrong(model, "be blocked")]
    for rule in (CANARY_RULE, VALUE_RULE):
        if not any(one.outcome == "failed" for one in model.findings(rule)):
            problems.append(f"The guilty model must fail {rule}, got {outcomes(model, rule)}.")
    return problems


def protected_problems(model: Judged) -> list[str]:
    """Say why the verdict on the protected model is not a pass, with warnings or without."""
    is_through = model.verdict.verdict in ("pass", "pass-with-warnings")
    return [] if is_through else [wrong(model, "pass")]


def lineage_of(model: Judged) -> dict[str, Any]:
    """Return what the training of a model recorded."""
    name = model.bundle.record.model.name
    path = model.bundle.path.parent / "models" / name / _LINEAGE
    found: dict[str, Any] = json.loads(path.read_bytes()) if path.is_file() else {}
    return found


def _bring(trained: Path, target: Path) -> None:
    """Copy the trained base to where the configs look for it; a base of the demo's may be replaced."""
    if target.exists():
        if not (target / _LINEAGE).is_file():
            do = "It was left as it is. Choose another folder, or move it away."
            got = Phrase("something that no training wrote")
            raise UsageError(must(str(target), "be absent or a trained model", got, do=do))
        if (target / _LINEAGE).read_bytes() == (trained / _LINEAGE).read_bytes():
            return
        shutil.rmtree(target)
    part = target.with_name(f".{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(trained, part)
    part.replace(target)
