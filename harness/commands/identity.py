"""Is a folder the model that a run audited?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.errors import Phrase, UsageError, must, raise_all
from harness.modelling.weights import ADAPTER_CONFIG, PICKLES, weights_digest
from harness.records import ModelRef


def model_problems(model: ModelRef, folders: Sequence[Path]) -> tuple[list[str], list[str]]:
    """Return where folders are not the audited model, and what their digests cannot tell.

    Args:
        model: As the run recorded it.
        folders: The model; for an adapter the adapter, and its base where that is at hand too.

    Raises:
        UsageError: If a folder is not there.
    """
    what = "be a folder of a model"
    raise_all(
        UsageError,
        [must("--model", what, str(one)) for one in folders if not one.is_dir()],
    )
    problems: list[str] = []
    notes: list[str] = []
    seen = set()
    for folder in folders:
        is_adapter = (folder / ADAPTER_CONFIG).is_file()
        name = "adapter" if is_adapter else "weights"
        expected = model.adapter_digest if is_adapter else model.weights_digest
        found = weights_digest(folder)
        seen.add(name)
        if expected is None or found != expected:
            problems.append(_differs(folder, name, expected, found))
        elif pickles := sorted(path.name for kind in PICKLES for path in folder.glob(kind)):
            notes.append(f"{folder} also holds {', '.join(pickles)}: no digest covers them.")
    if model.adapter_digest is not None and "adapter" not in seen:
        got = Phrase("the base alone")
        problems.append(must("--model", f"include the adapter {model.adapter_digest[:12]}", got))
    elif model.adapter_digest is not None and "weights" not in seen:
        base = str(model.weights_digest)[:12]
        notes.append(f"The base of the adapter ({base}) was not given, so it was not compared.")
    if not problems:
        notes.append(f"The model is the one that was audited ({' and '.join(sorted(seen))}).")
    return problems, notes


def _differs(folder: Path, name: str, expected: str | None, found: str) -> str:
    if expected is None:
        do = "It was made from stored predictions, or of another kind of model."
        return must(f"The {name} of the run", "have a digest", Phrase("none"), do=do)
    return must(str(folder), f"have the {name} {expected} that were audited", Phrase(found))
