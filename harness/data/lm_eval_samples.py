"""Samples of lm-evaluation-harness (``--log_samples``) as predictions, and as rows.

Each line of such a file is one document of a task, with the requests that were put to the model and
its answers. Of multiple-choice tasks the answers are log-likelihoods of the choices: they become
scores, divided as the task here says. What else stands there is looked at by nobody.

Legend: n documents, c choices.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.data.memory import MemoryTable
from harness.errors import DataError, Phrase, must, raise_all

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.records.run import Normalise

ID = "doc_id"
"""What a document is known by, where nobody names a field of it."""

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Sample:
    """One document of a multiple-choice task.

    Attributes:
        line: Line of the file, from 1.
        doc_id: Its position in the task's data set.
        doc: The document itself.
        prompt: What stood before the choices.
        choices: What was scored after it, c of them.
        log_likelihood: Of each choice, in nats, shape [c].
        target: Position of the right choice; None where the file does not say it as a number.
    """

    line: int
    doc_id: int
    doc: Mapping[str, Any]
    prompt: str
    choices: tuple[str, ...]
    log_likelihood: NDArray[np.float64]
    target: int | None


def read_samples(path: Path, *, where: str = "samples", place: str = "") -> list[Sample]:
    """Read the samples of a multiple-choice task, sorted by document.

    Args:
        path: ``samples_<task>_<time>.jsonl``.
        where: What messages call the file's key.
        place: ``file:line`` of that key.

    Raises:
        DataError: If the file cannot be read, holds something else than such samples, or a document
            twice.
    """
    if not path.is_file():
        raise DataError(must(f"{where}.path", "be a readable file", str(path), place=place))
    samples: list[Sample] = []
    bad: dict[str, list[int]] = {}
    with path.open(encoding="utf-8") as stream:
        for line, text in enumerate(stream, start=1):
            if not text.strip():
                continue
            try:
                samples.append(_sample(line, json.loads(text)))
            except _Unfit as err:
                bad.setdefault(str(err), []).append(line)
            except (ValueError, RecursionError):
                bad.setdefault("no JSON", []).append(line)
    what = "hold samples of a multiple-choice task, as lm-evaluation-harness writes them"
    raise_all(
        DataError,
        [
            must(
                f"{where}.path",
                what,
                Phrase(f"{why} on {_listed(lines)} of {path.name}"),
                place=place,
            )
            for why, lines in bad.items()
        ],
    )
    if not samples:
        got = Phrase(f"no line in {path.name}")
        raise DataError(must(f"{where}.path", what, got, place=place))
    return _checked(samples, path, where, place)


def samples_table(
    samples: Sequence[Sample],
    *,
    normalise: Normalise = "none",
    id: str = ID,
    where: str = "samples",
    place: str = "",
) -> MemoryTable:
    """Return samples as a table of scores: columns ``id`` and ``p0`` to ``p<c - 1>``.

    Args:
        samples: Of one file.
        normalise: What a log-likelihood is divided by before the softmax; tokens are not known here.
        id: Field of the documents that they are known by.
        where: What messages call the file's key.
        place: ``file:line`` of that key.

    Raises:
        DataError: If a document lacks the field, or tokens are asked for.
    """
    if normalise == "tokens":
        what = "be none or bytes for samples of lm-evaluation-harness, which count no tokens"
        raise DataError(must("task.normalise", what, normalise))
    lacking = [one.line for one in samples if id != ID and one.doc.get(id) is None]
    if lacking:
        got = Phrase(f"none on {_listed(lacking)}")
        raise DataError(
            must(f"{where}.id", f"name a field of every document, {id!r}", got, place=place)
        )
    scores = np.stack([_scores(one, normalise) for one in samples])
    columns: list[list[Any]] = [
        [str(one.doc_id if id == ID else one.doc[id]) for one in samples],
        *(scores[:, k].tolist() for k in range(scores.shape[1])),
    ]
    names = ("id", *score_columns(scores.shape[1]))
    return MemoryTable("lm-eval", names, len(samples), lambda position: columns[position])


def score_columns(n_choices: int) -> tuple[str, ...]:
    """Return the names of the columns of scores."""
    return tuple(f"p{k}" for k in range(n_choices))


def _scores(one: Sample, normalise: Normalise) -> NDArray[np.float64]:
    sizes = [
        max(1, len(choice.strip().encode())) if normalise == "bytes" else 1
        for choice in one.choices
    ]
    logits = one.log_likelihood / np.array(sizes)
    weights = np.exp(logits - logits.max())
    scores: NDArray[np.float64] = weights / weights.sum()
    return scores


class _Unfit(Exception):
    """Says in a few words, without any text of the file, why a line is no sample."""


def _sample(line: int, found: Any) -> Sample:
    if (
        not isinstance(found, Mapping)
        or not {"doc_id", "arguments", "filtered_resps"} <= found.keys()
    ):
        raise _Unfit("no doc_id, arguments and filtered_resps")
    requests, answers = _without_prior(_requests(found["arguments"]), found["filtered_resps"])
    if not isinstance(answers, list) or len(answers) != len(requests) or len(requests) < 2:
        raise _Unfit("generations or single texts, not answers to several choices,")
    numbers = np.array([_log_likelihood(one) for one in answers])
    prompts = {prompt for prompt, _ in requests}
    doc = found.get("doc")
    doc_id = found["doc_id"]
    if not isinstance(doc_id, int) or isinstance(doc_id, bool):
        raise _Unfit("a doc_id that is no whole number")
    return Sample(
        line,
        doc_id,
        doc if isinstance(doc, Mapping) else {},
        prompts.pop() if len(prompts) == 1 else "",
        tuple(choice for _, choice in requests),
        numbers,
        _target(found.get("target"), len(requests)),
    )


def _without_prior(
    requests: list[tuple[str, str]], answers: Any
) -> tuple[list[tuple[str, str]], Any]:
    """Leave out the second half of the requests where that asks for the choices without a prompt."""
    half = len(requests) // 2
    has_prior = (
        isinstance(answers, list)
        and len(answers) == len(requests) == 2 * half
        and [choice for _, choice in requests[:half]] == [choice for _, choice in requests[half:]]
        and not any(prompt for prompt, _ in requests[half:])
    )
    return (requests[:half], answers[:half]) if has_prior else (requests, answers)


def _requests(arguments: Any) -> list[tuple[str, str]]:
    """Return prompt and choice of every request; a mapping in files, a list in memory."""
    if isinstance(arguments, Mapping):
        by_number = sorted(arguments.items(), key=lambda one: int(str(one[0]).rpartition("_")[2]))
        rows: list[Any] = [_pair(one) for _, one in by_number]
    else:
        rows = list(arguments) if isinstance(arguments, list | tuple) else []
    found = [
        (row[0], row[1])
        for row in rows
        if isinstance(row, list | tuple)
        and len(row) > 1
        and all(isinstance(x, str) for x in row[:2])
    ]
    if not found or len(found) < len(rows):
        raise _Unfit("requests that are no prompts with choices")
    return found


def _pair(one: Any) -> list[Any]:
    return [one.get("arg_0"), one.get("arg_1")] if isinstance(one, Mapping) else []


def _log_likelihood(answer: Any) -> float:
    """Return the number of an answer: ``[log-likelihood, is greedy]``, as numbers or as their text."""
    number = answer[0] if isinstance(answer, list | tuple) and answer else answer
    try:
        value = float(number)
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value) or value > 1e-6:
        raise _Unfit("answers that are no log-likelihoods")
    return value


def _target(target: Any, n_choices: int) -> int | None:
    try:
        position = int(target)
    except (TypeError, ValueError):
        return None
    return position if 0 <= position < n_choices else None


def _checked(samples: list[Sample], path: Path, where: str, place: str) -> list[Sample]:
    sizes = {len(one.choices) for one in samples}
    problems = []
    if len(sizes) > 1:
        got = Phrase(f"from {min(sizes)} to {max(sizes)} choices in {path.name}")
        problems.append(
            must(f"{where}.path", "hold equally many choices for each document", got, place=place)
        )
    seen: set[int] = set()
    doubled = [one.line for one in samples if one.doc_id in seen or seen.add(one.doc_id)]  # type: ignore[func-returns-value]
    if doubled:
        got = Phrase(f"documents a second time on {_listed(doubled)} of {path.name}")
        do = "Keep the lines of one filter."
        problems.append(must(f"{where}.path", "hold each document once", got, place=place, do=do))
    raise_all(DataError, problems)
    return sorted(samples, key=lambda one: one.doc_id)


def _listed(lines: Sequence[int]) -> str:
    shown = ", ".join(map(str, lines[:_NAMED]))
    more = f" and {len(lines) - _NAMED} more" if len(lines) > _NAMED else ""
    return f"line{'s' if len(lines) > 1 else ''} {shown}{more}"
