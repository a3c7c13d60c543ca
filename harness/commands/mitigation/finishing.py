"""What every mitigation ends in: a run of its own, audited and judged like the run before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.commands.judging import policy_of_run
from harness.commands.logbook import log_gated, log_sealed
from harness.commands.mitigation.looks import count_look
from harness.commands.mitigation.relearning import JOIN
from harness.depot import StoreAddress, find_address
from harness.errors import PolicyError
from harness.evidence import open_run
from harness.files import digest_of
from harness.pipeline.environment import package_versions
from harness.pipeline.execute import measure
from harness.pipeline.gating import gate

if TYPE_CHECKING:
    from harness.commands.mitigation.method import Method
    from harness.commands.mitigation.subject import Subject
    from harness.config import LoadedConfig
    from harness.evidence import Bundle
    from harness.pipeline.reporting import Reporter
    from harness.records import Mitigation

FOLDER = "mitigations"


@dataclass(frozen=True, slots=True)
class Finished:
    """A mitigated run.

    Attributes:
        bundle: The run.
        path: Its folder.
        exit_code: Of the audits: 0, or 3.
        verdicts: Verdicts of the run before and of this one, under the same policy; None where one
            was not judged.
        n_looks: Models that were judged on these test rows so far.
    """

    bundle: Bundle
    path: Path
    exit_code: int
    verdicts: tuple[str | None, str | None]
    n_looks: int


def finished(
    subject: Subject,
    loaded: LoadedConfig,
    mitigation: Mitigation,
    *,
    argv: Sequence[str],
    reporter: Reporter,
) -> Finished:
    """Carry out the config of a mitigated run, seal, judge, and count the look at the test rows."""
    sealed = measure(loaded, runs=subject.runs, argv=argv, reporter=reporter, mitigation=mitigation)
    after = open_run(sealed.path)
    store = find_address(None, loaded.config.store, base=loaded.base)
    log_sealed(after, store)
    verdicts = _judged(subject.bundle, after, store)
    n_looks = count_look(subject.runs, subject.bundle, after)
    return Finished(after, sealed.path, sealed.exit_code, verdicts, n_looks)


def folder_for(subject: Subject, method: Method, what: dict[str, Any]) -> Path:
    """Return the folder of a mitigation, named by what it is made of; made when missing."""
    identity = digest_of(
        {
            "run": subject.bundle.digest,
            "method": method.id,
            "packages": package_versions(),
            **what,
        }
    )
    name = subject.loaded.config.name.lower()
    slug = "".join(char if char.isalnum() else "-" for char in name)[:40]
    steps = method.id.replace(JOIN, "-")
    folder = subject.runs / FOLDER / f"{slug}-{steps}-{identity[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _judged(
    before: Bundle, after: Bundle, store: StoreAddress | None
) -> tuple[str | None, str | None]:
    """Judge the mitigated run by the policy of the run that it comes from."""
    gates = before.gates()
    was = gates[-1].verdict.verdict if gates else None
    try:
        policy = policy_of_run(before)
    except PolicyError:
        return was, None
    gated = gate(after, policy)
    log_gated(gated.verdict, gated.path, store)
    return was, gated.verdict.verdict
