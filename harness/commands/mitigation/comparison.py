"""What is asked of a mitigation, and what comes of it: a mitigated run beside the run before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.records import Message, Mitigation

if TYPE_CHECKING:
    from harness.commands.mitigation.besides import Beside, Turn
    from harness.commands.mitigation.comparing import Change
    from harness.commands.mitigation.desk import Fitted


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody asks for.

    Attributes:
        method: Method id.
        group, constraint: None takes those of the worst finding.
        options: ``name=value``, each.
        acknowledgement: What they write to take the responsibility for decisions by group.
    """

    method: str
    group: str | None = None
    constraint: str | None = None
    options: tuple[str, ...] = ()
    acknowledgement: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A mitigated run beside the run that it comes from.

    Attributes:
        before, after: Run ids.
        before_digest, after_digest: SHA-256 of their seals.
        mitigation: As in the record of the mitigated run.
        fitted: What was tried and chosen on validation; None where there was nothing to choose.
        changes: Before and after on the same rows, in pairs.
        besides: Every measure of both runs side by side; ``shown`` the same as others may see it.
        turns: Outcome of every rule in both gates.
        verdicts: Verdicts of both runs under the same policy; None where it was not judged.
        n_looks: Models that were judged on these test rows so far.
        notes: What was won and lost, levelling down, looks, what is needed to decide.
        shown_notes: The notes as others may see them; empty where they are the same.
        positive: Class that TPR, FPR and selection rate are about; None where nothing is decided.
        folder: Where the mitigated model or its predictions lie, and this comparison.
        run: Folder of the mitigated run.
        exit_code: Of the audits: 0, or 3.
        least: Rows of the smallest group whose figures a page for others shows.
    """

    before: str
    before_digest: str
    after: str
    after_digest: str
    mitigation: Mitigation
    fitted: Fitted | None
    changes: tuple[Change, ...]
    verdicts: tuple[str | None, str | None]
    n_looks: int
    notes: tuple[Message, ...]
    positive: str | None
    folder: Path
    run: Path
    exit_code: int
    least: int
    besides: tuple[Beside, ...] = ()
    shown: tuple[Beside, ...] = ()
    turns: tuple[Turn, ...] = ()
    shown_notes: tuple[Message, ...] = ()
