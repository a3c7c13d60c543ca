"""Errors of the caller are shown where the caller stands, without the frames below."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from harness.errors import AssayError

P = ParamSpec("P")
R = TypeVar("R")


def raised_at_the_call(function: Callable[P, R]) -> Callable[P, R]:
    """Let an ``AssayError`` look as if the function itself had raised it.

    The sentences of such an error say what to do; the frames between say nothing to the reader, and
    may show text of examples. ``ASSAY_TRACEBACK=1`` keeps them.
    """

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except AssayError as err:
            if os.environ.get("ASSAY_TRACEBACK"):
                raise
            raise err.with_traceback(None) from None

    return call
