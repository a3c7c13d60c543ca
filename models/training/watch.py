"""What happens beside the steps: lines for people, whole checkpoints, an early end."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

from harness.errors import ModelError
from models.training.checkpoints import mark_whole
from models.training.curve import early_stop
from models.training.score import LOSS

if TYPE_CHECKING:
    from models.training.fit import Fitting


def watch(fitting: Fitting, log_every: int) -> Any:
    """Return the callback of one training.

    Args:
        fitting: What is fitted, and who is told.
        log_every: Steps between two entries of the history, beside the end of each epoch.
    """
    from transformers import TrainerCallback

    class Watch(TrainerCallback):  # type: ignore[misc]
        """Marks whole checkpoints, says how it goes, stops when the numbers are no longer any."""

        def __init__(self) -> None:
            self.bar: Any = None

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if sys.stderr.isatty() and state.is_world_process_zero:
                from tqdm import tqdm  # type: ignore[import-untyped]

                self.bar = tqdm(
                    total=state.max_steps, initial=state.global_step, desc="train", unit="step"
                )

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step % log_every == 0:
                control.should_log = True
            if self.bar is not None:
                self.bar.update(state.global_step - self.bar.n)

        def on_evaluate(
            self, args: Any, state: Any, control: Any, metrics: dict[str, float], **_: Any
        ) -> None:
            check_finite(metrics[LOSS], state.global_step)
            stop = early_stop(state.log_history, fitting.options.early_stopping)
            control.should_training_stop = control.should_training_stop or stop is not None
            line = _line(state, fitting.lesson.line(metrics)) + (
                f"; ends here: {stop['because']}" if stop else ""
            )
            if self.bar is not None:
                self.bar.set_postfix_str(line, refresh=False)
            elif state.is_world_process_zero:
                fitting.report(line)

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            folder = fitting.workspace / f"checkpoint-{state.global_step}"
            fitting.processes.wait()  # each writes the state of its own generators
            fitting.processes.lead(lambda: mark_whole(folder, fitting.key))

        def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if self.bar is not None:
                self.bar.close()

    return Watch()


def check_finite(loss: float, step: int) -> None:
    """Refuse to go on where the numbers are no longer any.

    Raises:
        ModelError: If the validation loss is not finite.
    """
    if not math.isfinite(loss):
        raise ModelError(
            f"The validation loss must be a finite number, got {loss} after step {step}. "
            "Lower train.learning_rate, or train in float32."
        )


def _line(state: Any, figures: str) -> str:
    return f"epoch {state.epoch:g} of {state.num_train_epochs:g}: {figures}"
