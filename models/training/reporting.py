"""Integrations that watch a training: where their files go, and that a person is told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.training.fit import Fitting

_TENSORBOARD = "TENSORBOARD_LOGGING_DIR"


@contextmanager
def told_where(fitting: Fitting) -> Iterator[None]:
    """Send TensorBoard's files beside the model folder, never into it, and say so.

    The model folder's digest covers every file that matters in it; logs are none of them. Other
    integrations keep the places that their own settings name.
    """
    names = fitting.options.report_to
    if not names or not fitting.processes.is_first:
        yield
        return
    previous = os.environ.get(_TENSORBOARD)
    if "tensorboard" in names:
        os.environ[_TENSORBOARD] = previous or str(fitting.logs)
        fitting.report(f"TensorBoard: tensorboard --logdir {os.environ[_TENSORBOARD]}")
    others = [name for name in names if name != "tensorboard"]
    if others:
        fitting.report(f"Reports to {', '.join(others)}, at the place of its own settings.")
    try:
        yield
    finally:
        if previous is None:
            os.environ.pop(_TENSORBOARD, None)
        else:
            os.environ[_TENSORBOARD] = previous
