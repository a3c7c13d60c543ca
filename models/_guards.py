"""What stands around calls into model libraries: their noise kept down, their errors translated."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from harness.errors import AssayError, IncompleteError, ModelError


class reading:  # noqa: N801 - used like the functions of contextlib
    """Turn what libraries raise over damaged or foreign files into a ``ModelError``.

    A class instead of ``except``, because tokenizers raises bare ``Exception`` objects: these, and
    only these and the listed kinds, are translated; an error of a subclass that nobody expects
    passes through.

    Args:
        where: What is being read.
        do: What the reader can do.
    """

    def __init__(self, where: str, do: str) -> None:
        self._where = where
        self._do = do

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        err: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        expected = (OSError, ValueError, RuntimeError, KeyError, TypeError, ImportError)
        named = kind is not None and kind.__name__ == "SafetensorError"
        if err is None or not (kind is Exception or named or isinstance(err, expected)):
            return
        if "out of memory" in str(err).lower():
            return
        said = next((line for line in str(err).splitlines() if line.strip()), type(err).__name__)
        raise ModelError(f"{self._where} must be readable, got: {said[:200]} {self._do}") from err


class room:  # noqa: N801 - used like the functions of contextlib
    """Turn a full disk and a full memory, while training, into an error that says what to do.

    torch and safetensors report a failed write by errors of their own, without an errno.
    """

    _DISK = ("no space left", "iostream error", "inline_container", "pytorchstreamwriter")
    _MEMORY = ("out of memory", "not enough memory", "can't allocate memory")

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        err: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        text = str(err).lower()
        is_foreign = err is not None and not isinstance(err, AssayError)
        if is_foreign and any(sign in text for sign in self._DISK):
            raise IncompleteError(
                "A checkpoint must be written, got a full disk or a failed write. Free some space or "
                "choose another place; the same command resumes from the checkpoint before."
            ) from err
        if isinstance(err, MemoryError) or (is_foreign and any(s in text for s in self._MEMORY)):
            raise IncompleteError(
                "One step of training must fit into memory, got out of memory. Lower "
                "train.batch_size or train.max_tokens."
            ) from err


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers from writing bars and load reports to stderr; restored afterwards."""
    from transformers.utils import logging

    verbosity, has_bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if has_bars:
            logging.enable_progress_bar()


@contextmanager
def quiet_peft() -> Iterator[None]:
    """Keep peft's warnings about names that transformers renamed from the reader's terminal."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=FutureWarning)
        warnings.filterwarnings("ignore", message="fan_in_fan_out is set to")
        yield


@contextmanager
def kept_generators() -> Iterator[None]:
    """Put the random generators of Python, NumPy and torch back as they were."""
    import numpy as np
    import torch

    python, numpy, cpu = random.getstate(), np.random.get_state(), torch.random.get_rng_state()
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        torch.random.set_rng_state(cpu)
        if cuda is not None:
            torch.cuda.set_rng_state_all(cuda)
