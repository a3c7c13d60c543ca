"""``AssayCallback``: audits while a Hugging Face Trainer trains, and leaves the training as it is.

What can be checked of "never train on the test set, never choose by it" is checked: the rows of the
Trainer's own data sets are compared with the audited ones, as text where they still have it, else by
their tokens. What is compared and what is not stands in ``harness.api.overlap``.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from harness.api.auditing import audit, inputs_of
from harness.api.judging import gate, load_policy
from harness.api.overlap import Overlap, overlap_with
from harness.api.views import Run, SealedVerdict
from harness.errors import GateError, Phrase, UsageError, must, nearest, raise_all
from harness.records import ALL

if TYPE_CHECKING:
    from harness.policy import Policy

PREFIX = "assay/"
_ACTIONS = ("note", "stop", "raise")
_OWN = ("model", "data", "task", "tokenizer", "runs", "name", "reporter")
_SELECTING = 0.5
"""Share of the Trainer's rows among the audited ones from which on they are the same data."""

_log = logging.getLogger("harness.callback")


class AuditsTraining:
    """Audit the model of a Trainer on rows that it never sees, and log what was measured.

    Every audit seals a run, as ``harness.audit`` does. Values and both ends of their intervals go to
    the Trainer's log history and to its reporters, e.g. ``assay/accuracy.accuracy``,
    ``assay/accuracy.accuracy.low`` and ``.high``; what has no value is left out, never 0. Weights,
    modes, devices and random generators stay as they were: training gives the same weights with and
    without the callback. Audited rows that also choose the checkpoint, or that are trained on, are
    refused.

    Args:
        data: The audited rows, as in ``harness.audit``.
        task: Classes, as in ``harness.audit``.
        when: ``epoch`` after each epoch, a number n after every n-th evaluation, ``end`` once when
            training is over. With ``load_best_model_at_end`` the chosen model is audited in any case;
            so is the finished one where nothing was audited before and ``on_blocked`` is not ``note``.
        policy: Judge each run by it, as ``harness.gate`` does; None only measures.
        on_blocked: What a verdict that is neither pass nor pass-with-warnings does: ``note`` writes
            a line to the log, ``stop`` ends training, ``raise`` raises ``GateError``.
        tokenizer: None takes the Trainer's ``processing_class``.
        runs: Folder that holds runs.
        name: Name of the runs; the step is added.
        has_slices: Also log the values of slices.
        keep_models: Keep the saved copies of the audited models, one for each audit.
        arguments: Further arguments of ``harness.audit``, e.g. ``groups=["region"]``, ``suite``
            (here ``quick`` unless given).

    Attributes:
        audited: The runs, in order.
        verdicts: The verdicts, in order; empty without a policy.

    Raises:
        UsageError: If an argument cannot be used.

    Example:
        >>> from harness import AssayCallback
        >>> watch = AssayCallback(test_frame, task=["benign", "toxic"], groups=["region"])
        >>> trainer.add_callback(watch)
    """

    def __init__(
        self,
        data: Any,
        *,
        task: Any,
        when: Literal["epoch", "end"] | int = "epoch",
        policy: str | Path | Mapping[str, Any] | Policy | None = None,
        on_blocked: Literal["note", "stop", "raise"] = "note",
        tokenizer: Any = None,
        runs: str | Path = "runs",
        name: str = "training",
        has_slices: bool = False,
        keep_models: bool = False,
        **arguments: Any,
    ) -> None:
        raise_all(UsageError, _problems(when, policy, on_blocked, arguments))
        self.audited: list[Run] = []
        self.verdicts: list[SealedVerdict] = []
        self._given = {"suite": "quick", **arguments, "data": data, "task": task}
        self._when = when
        self._policy = None if policy is None else load_policy(policy)
        self._on_blocked = on_blocked
        self._tokenizer = tokenizer
        self._runs = Path(runs)
        self._name = name
        self._has_slices = has_slices
        self._keep_models = keep_models
        self._texts: list[Any] = []
        self._compared: set[int] = set()
        self._n_evaluations = 0
        self._last_step = -1

    def on_train_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Refuse what cannot work before the first step, and rows that are trained on."""
        self._texts = inputs_of(**self._given)
        self._n_evaluations, self._last_step, self._compared = 0, -1, set()
        raise_all(UsageError, _trainer_problems(args, self._on_blocked, self._when))
        if self._tokenizer is None and given.get("processing_class") is None:
            got = Phrase("none, and a Trainer without processing_class")
            raise UsageError(must("tokenizer", "be given", got))
        self._compare("training", given, is_choosing=True)

    def on_epoch_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Audit when that was asked for after each epoch."""
        if self._when == "epoch":
            self._audit(args, state, control, given)

    def on_evaluate(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Refuse rows that choose the checkpoint; audit after every n-th evaluation."""
        is_choosing = args.load_best_model_at_end or args.metric_for_best_model is not None
        self._compare("evaluation", given, is_choosing=is_choosing)
        is_new = state.global_step != self._last_step and state.global_step > 0
        if isinstance(self._when, int) and is_new:
            self._n_evaluations += 1
            if self._n_evaluations % self._when == 0:
                self._audit(args, state, control, given)

    def on_train_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Audit the finished model when asked, or when an earlier checkpoint was taken back."""
        is_left_out = not self.audited and self._on_blocked != "note"
        if self._when == "end" or args.load_best_model_at_end or is_left_out:
            self._last_step = -1
            self._audit(args, state, control, given)
        elif not self.audited and state.is_world_process_zero:
            _log.warning("Training ended before anything was audited (when=%r).", self._when)

    def _audit(self, args: Any, state: Any, control: Any, given: Mapping[str, Any]) -> None:
        if state.global_step == self._last_step or not state.is_world_process_zero:
            return
        self._last_step = state.global_step
        run = audit(
            given["model"],
            tokenizer=self._tokenizer or given["processing_class"],
            name=f"{self._name}-step-{state.global_step}",
            runs=self._runs,
            **self._given,
        )
        self.audited.append(run)
        logs = logged(run, has_slices=self._has_slices)
        if not self._keep_models:
            _remove_copy(self._runs / "models" / run.record.model.name)
        verdict = None
        if self._policy is not None:
            verdict = gate(run, self._policy)
            self.verdicts.append(verdict)
            logs[f"{PREFIX}exit_code"] = float(verdict.exit_code)
        elif run.exit_code:
            logs[f"{PREFIX}exit_code"] = float(run.exit_code)
        _log_to_trainer(args, state, control, logs)
        if verdict is not None and verdict.verdict not in ("pass", "pass-with-warnings"):
            self._act(verdict, control, state.global_step)

    def _act(self, verdict: SealedVerdict, control: Any, step: int) -> None:
        said = f"Step {step}: {verdict.because.text} ({verdict.path})"
        if self._on_blocked == "raise":
            raise GateError(said, exit_code=verdict.exit_code)
        _log.warning(said)
        if self._on_blocked == "stop":
            control.should_training_stop = True

    def _compare(self, what: str, given: Mapping[str, Any], *, is_choosing: bool) -> None:
        """Compare the audited rows with those of a Trainer's data set, once for each of these."""
        loader = given.get("train_dataloader" if what == "training" else "eval_dataloader")
        rows = getattr(loader, "dataset", None)
        if rows is None or id(rows) in self._compared:
            return
        self._compared.add(id(rows))
        text = self._given.get("text", "text")
        found = overlap_with(rows, self._texts, self._tokenizer or given["processing_class"], text)
        if found is None:
            _log.info("The rows of %s could not be compared with the audited ones.", what)
        elif found.share >= _SELECTING and is_choosing:
            raise UsageError(_refusal(what, found))
        elif found.n_shared:
            _log.warning(
                "%d of %d rows of the data set for %s stand among the audited ones.",
                found.n_shared, found.n_rows, what,
            )  # fmt: skip


def logged(run: Run, *, has_slices: bool = False) -> dict[str, float]:
    """Return what a run adds to a Trainer's log: name → number, without what has no value.

    Args:
        run: The sealed run.
        has_slices: Also the values of slices, as ``assay/<measure>[<slice>]``.
    """
    measurements = run.measurements.measurements
    has_several = len({one.dataset for one in measurements}) > 1
    logs: dict[str, float] = {}
    for one in measurements:
        if one.slice != ALL and not has_slices:
            continue
        slice_part = "" if one.slice == ALL else f"[{one.slice}]"
        name = f"{PREFIX}{one.measure}{slice_part}" + (f"@{one.dataset}" if has_several else "")
        estimate = one.estimate
        ends = {name: estimate.value, f"{name}.low": estimate.low, f"{name}.high": estimate.high}
        logs |= {key: number for key, number in ends.items() if number is not None}
    return logs


@cache
def callback_class() -> type[Any]:
    """Return ``AssayCallback``: ``AuditsTraining`` as a callback of transformers.

    Raises:
        MissingExtra: If transformers is not installed.
    """
    from harness.errors import MissingExtra

    try:
        base = import_module("transformers").TrainerCallback
    except ImportError as err:
        raise MissingExtra(
            "AssayCallback needs the package 'transformers', which is not installed. "
            "Run: pip install 'modelassay[audit]'"
        ) from err
    names = {"__doc__": AuditsTraining.__doc__, "__module__": "harness"}
    return type("AssayCallback", (AuditsTraining, base), names)


def __getattr__(name: str) -> Any:
    if name == "AssayCallback":
        return callback_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _problems(when: Any, policy: Any, on_blocked: Any, arguments: Mapping[str, Any]) -> list[str]:
    problems = []
    if when not in ("epoch", "end") and not (type(when) is int and when >= 1):
        problems.append(must("when", "be 'epoch', 'end' or a number of evaluations >= 1", when))
    if on_blocked not in _ACTIONS:
        problems.append(must("on_blocked", f"be one of {', '.join(_ACTIONS)}", on_blocked))
    if policy is None and on_blocked != "note":
        got = Phrase(f"none, with on_blocked={on_blocked!r}")
        problems.append(must("policy", "be given", got))
    known = [name for name in inspect.signature(audit).parameters if name not in _OWN]
    for name in arguments:
        if name not in known:
            what = "be an argument of AssayCallback or harness.audit"
            problems.append(must(name, what, Phrase("another name"), do=nearest(name, known)))
    return problems


def _trainer_problems(args: Any, on_blocked: str, when: Any = "epoch") -> list[str]:
    problems = []
    if (
        isinstance(when, int)
        and str(getattr(args.eval_strategy, "value", args.eval_strategy)) == "no"
    ):
        what = "be 'epoch' or 'end' where the Trainer never evaluates"
        do = "Or set eval_strategy. Nothing would be audited."
        problems.append(must("when", what, when, do=do))
    if args.world_size > 1 and on_blocked != "note":
        do = (
            "One process audits and the others would go on alone. Judge the finished model instead."
        )
        what = "be 'note' where several processes train"
        problems.append(must("on_blocked", what, on_blocked, do=do))
    if getattr(args, "fsdp", None) or getattr(args, "deepspeed", None):
        do = "No process holds the whole model. Audit the saved model with harness.audit instead."
        what = "train one whole model in each process"
        problems.append(must("The Trainer", what, Phrase("FSDP or DeepSpeed"), do=do))
    if (args.metric_for_best_model or "").removeprefix("eval_").startswith(PREFIX):
        what = "be a metric of validation rows"
        problems.append(must("metric_for_best_model", what, args.metric_for_best_model))
    return problems


def _refusal(what: str, found: Overlap) -> str:
    use = "are trained on" if what == "training" else "choose the checkpoint"
    return must(
        "data",
        "hold rows that neither train nor choose the model",
        Phrase(f"{found.n_shared} of {found.n_rows} rows of the {what} set, which {use}"),
        do="Give rows of their own, or choose by validation rows.",
    )


def _remove_copy(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def _log_to_trainer(args: Any, state: Any, control: Any, logs: dict[str, float]) -> None:
    """Write as ``Trainer.log`` does: into the history, then to everybody who is told of logs."""
    entry = dict(logs) | ({"epoch": state.epoch} if state.epoch is not None else {})
    state.log_history.append({**entry, "step": state.global_step})
    handler = _calling_handler()
    if handler is not None:
        wanted = control.should_log
        handler.on_log(args, state, control, entry)
        control.should_log = wanted


def _calling_handler() -> Any:
    """Return the handler that called this callback.

    transformers hands a callback everything but the way to its reporters; the handler that calls it
    has one, and stands a few frames up. Without it the values are in the history alone.
    """
    kind = import_module("transformers.trainer_callback").CallbackHandler
    frame = inspect.currentframe()
    while frame is not None:
        owner = frame.f_locals.get("self")
        if isinstance(owner, kind):
            return owner
        frame = frame.f_back
    return None
