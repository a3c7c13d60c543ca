"""``harness.explain``: what single decisions rest on, as an object that shows itself."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from harness.api.plain_errors import raised_at_the_call
from harness.errors import Phrase, UsageError, must
from harness.exports.explanation import (
    EXPLANATION_HEAD,
    decided_words,
    explanation_csv,
    explanation_data,
    explanation_json,
    explanation_rows,
    render_explanation_card,
    render_explanation_html,
)
from harness.figures.explained import Explanation as _Explanation
from harness.wording.text import NAME_LIMIT, one_line

if TYPE_CHECKING:
    import pandas as pd

    from harness.commands.explaining import Loading, Subject

TOP = 10
"""Bars of a drawing."""

_KINDS = {
    "row": "Int64", "position": "Int64", "text": "Int64", "start": "Int64", "stop": "Int64",
    "value": "Float64", "low": "Float64", "high": "Float64", "checked": "Float64",
}  # fmt: skip


class Explanation(_Explanation):
    """Decisions with what they rest on; in a notebook it draws itself.

    Attributes:
        rows: One for each decision: scores, ``pieces`` with their values, base value, gap, status.
        contrast: What differs, where two texts are compared.
        scale: Value of the strongest colour, the same for all rows.

    Example:
        >>> found = harness.explain("models/my-model", "You are an idiot")
        >>> found.to_frame().sort_values("value")
    """

    __slots__ = ()

    @classmethod
    def of(cls, found: _Explanation) -> Explanation:
        """Return the same explanation as something to look at."""
        return cls(**{one.name: getattr(found, one.name) for one in fields(_Explanation)})

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, as ``assay explain --json`` prints it."""
        return explanation_data(self)

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas DataFrame, one row for each part, addressed by position.

        Columns: row, name, position (from 0), text (0, or 1 for the second of a pair), start and stop
        (characters), part, value (logits), low and high (range over seeds), checked (value by the
        cross-check).

        Raises:
            MissingExtra: If pandas is not installed.
        """
        from harness.api.frames import frame_of

        kinds = [(name, _KINDS.get(name, "string")) for name in EXPLANATION_HEAD]
        lines = [dict(zip(EXPLANATION_HEAD, row, strict=True)) for row in explanation_rows(self)]
        return frame_of(kinds, lines)

    def save(self, path: str | Path, *, top: int = TOP) -> Path:
        """Write the drawing (``.html``), or the numbers (``.json``, ``.csv``).

        Raises:
            UsageError: If the suffix says none of these.
        """
        from harness.files import write_whole

        target = Path(path)
        suffix = target.suffix.lower()
        if suffix not in (".html", ".json", ".csv"):
            raise UsageError(must("path", "end in .html, .json or .csv", str(path)))
        made = {".json": explanation_json, ".csv": explanation_csv}
        write = made.get(suffix)
        write_whole(target, write(self) if write else render_explanation_html(self, top=top))
        return target

    def __repr__(self) -> str:
        said = "; ".join(
            f"{one_line(one.name, NAME_LIMIT)}: {decided_words(one)} ({one.status})"
            for one in self.rows[:3]
        )
        more = f"; and {len(self.rows) - 3} more" if len(self.rows) > 3 else ""
        return f"<Explanation of {said}{more}; to_frame() gives a table>"

    def _repr_html_(self) -> str:
        return render_explanation_card(self, top=TOP)


@raised_at_the_call
def explain(
    model: Any,
    text: str | tuple[str, ...] | Sequence[str | tuple[str, ...]],
    *,
    against: str | None = None,
    method: str = "integrated-gradients",
    baseline: Literal["mask", "pad"] = "mask",
    unit: Literal["word", "token", "sentence"] = "word",
    check: bool = True,
    whole: bool = False,
    evidence: int = 0,
    steps: int = 0,
    seed: int = 0,
    tokenizer: Any = None,
    adapter: str | Path | None = None,
    revision: str | None = None,
    max_tokens: int | None = None,
    device: str = "auto",
    trust_code: bool = False,
    runs: str | Path = "runs",
) -> Explanation:
    """Say what decisions rest on: each part of a text with what it adds to the decision.

    What is explained is the lead of the decided class over the second one, in logits. The same code
    as ``assay explain``. Where the attributions did not converge, or there is nothing to attribute,
    the drawing has no colours and says why.

    Args:
        model: A model folder, a hub id, a config, or how a run is named; a transformers model (with
            ``tokenizer``), or a pair ``(model, tokenizer)``. A live model is saved to a temporary
            folder first, and stays as it was.
        text: A text, a pair of texts, or a list of them; a list is drawn on one scale.
        against: A text to compare with: what differs between the two.
        method: ``integrated-gradients``, ``gradient-x-input``, ``gradient-norm``, ``occlusion``,
            ``shapley-sampling``, ``kernel-shap``, ``lime``, or ``captum:<class>``.
        baseline: What stands for absence.
        unit: What has an attribution of its own.
        check: Hold the method against occlusion, which takes each part away and asks again.
        whole: Read a text that is too long for the model to its end, in windows; without a check.
        evidence: Name so many training rows behind each decision, for a config or a run.
        steps: Fixed steps of integrated gradients; 0 takes as many as needed.
        seed: Of methods that draw at random.
        tokenizer: Of a live model.
        adapter: Folder of a LoRA adapter for the folder or hub id.
        revision: Commit of a hub id.
        max_tokens: Longer texts are cut; the drawing shows what was not read.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        trust_code: Let code that comes with a model run.
        runs: Folder that holds runs and trained models.

    Returns:
        The explanation: ``rows``, ``to_frame()``, ``to_dict()``, ``save(path)``.

    Raises:
        AssayError: If an argument cannot be used, or the method is refused; it says why.

    Example:
        >>> harness.explain("models/my-model", "He is a doctor", against="She is a doctor")
    """
    from harness.commands.explaining import (
        Input,
        Loading,
        Question,
        check_input,
        check_question,
    )
    from harness.commands.explaining import explain as answer

    question = Question(method, baseline, unit, check, steps, seed, whole)
    check_question(question, dashes="")
    given = _listed(text)
    if against is not None:
        if len(given) != 1:
            raise UsageError(must("against", "come with one text", Phrase(f"{len(given)} texts")))
        given.append((against, given[0][1]))
    names = ["text", "against"] if against is not None else _names(len(given))
    inputs = [Input(*pair, name=name) for pair, name in zip(given, names, strict=True)]
    for one in inputs:
        check_input(one, where=one.name)
    loading = Loading(
        None if adapter is None else Path(adapter), revision, max_tokens, device, trust_code
    )
    with _subject(model, tokenizer, Path(runs), loading) as subject:
        found = answer(
            subject,
            inputs,
            question,
            is_contrast=against is not None,
            n_training_rows=evidence,
        )
    return Explanation.of(found)


def _listed(text: Any) -> list[tuple[str, str | None]]:
    many = text if isinstance(text, list) else [text]
    found: list[tuple[str, str | None]] = []
    for one in many:
        if isinstance(one, str):
            found.append((one, None))
        elif isinstance(one, tuple) and len(one) == 2 and all(isinstance(x, str) for x in one):
            found.append((one[0], one[1]))
        else:
            what = "be a text, a pair of texts, or a list of them"
            raise UsageError(must("text", what, Phrase(f"an object {type(one)!r}")))
    if not found:
        raise UsageError(must("text", "hold at least one text", Phrase("an empty list")))
    return found


def _names(n: int) -> list[str]:
    return ["text"] if n == 1 else [f"text {number}" for number in range(1, n + 1)]


@contextmanager
def _subject(model: Any, tokenizer: Any, runs: Path, loading: Loading) -> Iterator[Subject]:
    from harness import registry
    from harness.api.subject import live_of
    from harness.commands.explaining import open_folder, open_subject
    from harness.modelling import SavesLive

    if isinstance(model, str | Path):
        yield open_subject(str(model), runs, loading)
        return
    problems: list[str] = []
    live = live_of(model, tokenizer, problems)
    if problems or live is None:
        what = "be a folder, a hub id, a config, a run, or a transformers model with tokenizer="
        raise UsageError(*(problems or [must("model", what, Phrase(f"an object {type(model)!r}"))]))
    modality = registry.modality_for("text-classification")
    if not isinstance(modality, SavesLive):
        got = Phrase(f"a live one of modality {modality.id}, which cannot save it")
        raise UsageError(must("model", "be a folder or hub id", got))
    with tempfile.TemporaryDirectory(prefix="assay-explain-") as folder:
        modality.save_live(*live, Path(folder))
        yield open_folder(folder, loading)
