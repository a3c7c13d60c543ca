"""Private training: DP-SGD with clipped gradients of single rows, noise, and an account of both.

Every row is drawn by itself in every step (Poisson sampling). An empty step is a step: noise is
added and counted. Nothing that is read off the training rows without noise is recorded, so there is
no training loss and no gradient norm. There are no checkpoints: a training that was killed has
published nothing and starts anew.

Source: Abadi et al. 2016 (arXiv:1607.00133); loss per sequence: see docs/decisions/0032.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import ModelError, Phrase, must, raise_all
from models._network import evaluating
from models.training.accounting import Budget, budget_of, need_opacus, opacus_version, spent
from models.training.curve import curve_of, early_stop, steps_of
from models.training.private_check import check_gradients
from models.training.score import LOSS
from models.training.trainer import fed
from models.training.watch import check_finite

if TYPE_CHECKING:
    from harness.config.privacy import PrivateConfig
    from harness.data import Dataset
    from harness.modelling import TrainRequest
    from models.training.fit import Fitting
    from models.training.start import Start

_STREAM = 0xD15C
"""Keeps the draws of a private training apart from whatever else a seed decides."""

_PROBED = 3
"""Rows whose gradients are tried out beforehand."""

_UNDECAYED = ("bias", "norm")
"""Weights with these in their name, and all of one dimension, do not decay."""


def check_private(request: TrainRequest, n_processes: int) -> None:
    """Refuse what would break the guarantee of a private training, or what it cannot do.

    Raises:
        MissingExtra: If Opacus is not installed.
        ModelError: With every problem.
    """
    need_opacus()
    problems = [
        must(name, "be absent from a private training", Phrase(got))
        for name, is_given, got in (
            ("objective", request.objective is not None, "one, which may mix the rows of a batch"),
            ("sampler", request.sampler is not None, "one, but every row is drawn by itself"),
        )
        if is_given
    ]
    if request.architecture is not None:
        do = "Give model.base, or train without private."
        got = Phrase("one, whose tokenizer is learnt from train without noise")
        problems.append(must("model.architecture", "be absent", got, do=do))
    known = set(request.train.inputs)
    n_known = sum(one in known for one in request.validation.inputs)
    if 2 * n_known > request.validation.n:
        got = Phrase(f"{n_known} of {request.validation.n} that stand in train")
        do = "They choose the checkpoint without noise: give rows that are not learnt from."
        problems.append(must("data.validation", "hold other rows than train", got, do=do))
    if n_processes > 1:
        what = "be 1 in a private training"
        problems.append(must("The number of processes", what, n_processes))
    raise_all(ModelError, problems)


def fit_private(
    start: Start, train: Dataset, validation: Dataset, fitting: Fitting
) -> dict[str, Any]:
    """Train ``start.network`` in place, privately.

    Returns:
        What ``fit`` returns, without what training rows would tell, and ``private``.

    Raises:
        ModelError: If the network, the options or the budget allow no private training.
    """
    with warnings.catch_warnings():
        # token ids need no gradient, so the hooks of the first layers fire on outputs: as is right
        warnings.filterwarnings("ignore", message="Full backward hook is firing")
        return _Private(start, train, validation, fitting).run()


class _Private:
    def __init__(self, start: Start, train: Dataset, validation: Dataset, fitting: Fitting) -> None:
        section = fitting.options.private
        assert section is not None  # who calls asks for it
        self._section: PrivateConfig = section
        self._start, self._fitting, self._lesson = start, fitting, fitting.lesson
        self._network = start.network.to(fitting.device)
        self._rows = self._lesson.encode(start, train, fitting)
        held_out = self._lesson.held_out(start, validation)
        self._held_out = sorted(held_out, key=lambda row: row[0].length)
        self._collate = self._lesson.collator(start, fitting)
        options = fitting.options
        self._per_epoch = math.ceil(len(self._rows) / options.batch_size)
        n_steps = options.max_steps or math.ceil(self._per_epoch * options.epochs)
        self._budget: Budget = budget_of(
            section, n=len(self._rows), batch_size=options.batch_size, n_steps=n_steps
        )
        seeds = None if section.noise == "fresh" else [_STREAM, fitting.seed]
        self._rng = np.random.default_rng(seeds)
        self._weights = [one for one in self._network.parameters() if one.requires_grad]
        self._history: list[dict[str, Any]] = []

    def run(self) -> dict[str, Any]:
        self._network.train()
        deviation = check_gradients(self._network, self._probe, self._hooks)
        optimizer, schedule = self._optimizer()
        hooks = self._hooks()
        try:
            step, best = self._steps(optimizer, schedule)
        finally:
            hooks.cleanup()
            for weight in self._weights:
                weight.grad = None
        chosen = step
        if best is not None:
            chosen, kept = best
            self._restore(kept)
        options = self._fitting.options
        return {
            "curve": curve_of(self._history),
            "step_curve": steps_of(self._history),
            "n_steps": step,
            "chosen_step": chosen,
            "early_stop": early_stop(self._history, options.early_stopping),
            "private": self._spent(step, deviation),
            **self._lesson.facts(),
        }

    def _steps(self, optimizer: Any, schedule: Any) -> tuple[int, tuple[int, list[Any]] | None]:
        """Take all steps; return the last one, and the best epoch's with its weights."""
        options = self._fitting.options
        before: list[Any] | None = None
        best: tuple[float, int, list[Any]] | None = None
        step = 0
        for step in range(1, self._budget.n_steps + 1):
            rate = schedule.get_last_lr()[0]
            if before is None and rate > 0:
                before = self._kept()
            self._step(optimizer)
            schedule.step()
            if before:
                self._check_moved(before)
                before = []
            if step % self._per_epoch and step != self._budget.n_steps:
                continue
            loss = self._evaluate(step, rate)
            if options.best_checkpoint and (best is None or loss < best[0]):
                best = (loss, step, self._kept())
            if early_stop(self._history, options.early_stopping) is not None:
                break
        return step, None if best is None else best[1:]

    def _step(self, optimizer: Any) -> None:
        drawn = np.flatnonzero(self._rng.random(len(self._rows)) < self._budget.sampling_rate)
        passes = list(self._passes(drawn.tolist()))
        if not passes:
            import torch

            for weight in self._weights:
                weight.grad_sample = torch.zeros((0, *weight.shape), device=weight.device)
            optimizer.step()
        for number, rows in enumerate(passes, start=1):
            self._losses(rows).mean().backward()
            optimizer.signal_skip_step(do_skip=number < len(passes))
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        optimizer.zero_grad(set_to_none=True)

    def _passes(self, drawn: Sequence[int]) -> Iterator[list[Any]]:
        size = self._section.physical_batch
        ordered = sorted(drawn, key=lambda index: self._rows[index][0].length)
        for at in range(0, len(ordered), size):
            yield [self._rows[index] for index in ordered[at : at + size]]

    def _losses(self, rows: Sequence[Any]) -> Any:
        inputs = self._on_device(self._collate(rows))
        return self._lesson.each(self._network(**fed(inputs)), inputs)

    def _probe(self) -> Any:
        return self._losses(self._rows[:_PROBED])

    def _hooks(self) -> Any:
        from opacus.grad_sample import GradSampleHooks

        try:
            return GradSampleHooks(self._network, loss_reduction="mean", batch_first=True)
        except NotImplementedError as err:
            got = Phrase(str(err)[:200])
            what = "be made of modules that Opacus knows"
            raise ModelError(must("The network of a private training", what, got)) from err

    def _optimizer(self) -> tuple[Any, Any]:
        import torch
        from opacus.optimizers import DPOptimizer
        from transformers import get_scheduler

        options, section, n_steps = self._fitting.options, self._section, self._budget.n_steps
        named = [one for one in self._network.named_parameters() if one[1].requires_grad]
        decays = [one for name, one in named if one.ndim > 1 and not _is_undecayed(name)]
        others = [one for name, one in named if one.ndim <= 1 or _is_undecayed(name)]
        plain = torch.optim.AdamW(
            [
                {"params": params, "weight_decay": decay}
                for params, decay in ((decays, options.weight_decay), (others, 0.0))
                if params
            ],
            lr=options.learning_rate,
        )
        schedule = get_scheduler(
            options.schedule,
            plain,
            num_warmup_steps=math.ceil(options.warmup_share * n_steps),
            num_training_steps=n_steps,
        )
        generator = torch.Generator(self._fitting.device)
        generator.manual_seed(int(self._rng.integers(2**63)))
        private = DPOptimizer(
            plain,
            noise_multiplier=self._budget.noise_multiplier,
            max_grad_norm=section.max_gradient_norm,
            expected_batch_size=options.batch_size,
            loss_reduction="mean",
            generator=generator,
        )
        return private, schedule

    def _evaluate(self, step: int, rate: float) -> float:
        import torch

        options = self._fitting.options
        kept: list[Any] = []
        labels: list[Any] = []
        with evaluating(self._network), torch.inference_mode():
            for at in range(0, len(self._held_out), options.eval_batch_size):
                rows = self._held_out[at : at + options.eval_batch_size]
                inputs = self._on_device(self._collate(rows))
                _, answers = self._lesson.evaluate(self._network(**fed(inputs)), inputs)
                kept.append(answers.float().cpu().numpy())
                labels += [label for _, label, _ in rows]
        answers = SimpleNamespace(predictions=np.concatenate(kept), label_ids=np.array(labels))
        figures = {f"eval_{name}": one for name, one in self._lesson.figures(answers).items()}
        check_finite(figures[LOSS], step)
        epoch = step / self._per_epoch
        nothing = {"loss": math.nan, "grad_norm": math.nan, "learning_rate": rate}
        self._history += [
            {"step": step, "epoch": epoch, **nothing},
            {"step": step, "epoch": epoch, **figures},
        ]
        self._fitting.report(
            f"epoch {epoch:g} of {options.epochs:g}: {self._lesson.line(figures)}; "
            f"epsilon {spent(self._budget, step):.2f}"
        )
        return figures[LOSS]

    def _kept(self) -> list[Any]:
        return [one.detach().clone() for one in self._weights]

    def _restore(self, kept: Sequence[Any]) -> None:
        import torch

        with torch.no_grad():
            for weight, one in zip(self._weights, kept, strict=True):
                weight.copy_(one)

    def _check_moved(self, before: Sequence[Any]) -> None:
        """Refuse to spend epsilon on weights that stay as they are."""
        moved = [
            float((one.detach() - old).abs().max())
            for one, old in zip(self._weights, before, strict=True)
        ]
        if not all(one > 0 for one in moved):
            got = Phrase(f"{sum(one > 0 for one in moved)} of {len(moved)} moved")
            what = "move every trained weight in its first step"
            raise ModelError(must("A private training", what, got))

    def _on_device(self, inputs: dict[str, Any]) -> dict[str, Any]:
        device = self._fitting.device
        return {name: one.to(device) if hasattr(one, "to") else one for name, one in inputs.items()}

    def _spent(self, n_steps: int, deviation: float) -> dict[str, Any]:
        budget, section = self._budget, self._section
        return {
            "epsilon": spent(budget, n_steps),
            "epsilon_asked": section.epsilon,
            "delta": budget.delta,
            "accountant": budget.accountant,
            "noise_multiplier": budget.noise_multiplier,
            "sampling_rate": budget.sampling_rate,
            "n_steps": n_steps,
            "n_examples": len(self._rows),
            "max_gradient_norm": section.max_gradient_norm,
            "unit": section.unit,
            "noise": section.noise,
            "is_cryptographic": False,
            "self_check": deviation,
            "opacus": opacus_version(),
        }


def _is_undecayed(name: str) -> bool:
    return any(one in name.lower() for one in _UNDECAYED)
