"""Loading and asking metrics that others wrote, through ``evaluate``.

Their code is run as it is. It is loaded only where the run trusts code; what ran is known by the
SHA-256 of its file, taken before the first line of it is executed.
"""

from __future__ import annotations

import importlib.util
import inspect
import math
import os
import random
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import AssayError, Interrupted, UsageError, must, nearest
from harness.files import sha256_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class ForeignError(AssayError):
    """A foreign metric cannot be used, or did something that a metric must not do."""

    exit_code = UsageError.exit_code


@dataclass(frozen=True, slots=True)
class Loaded:
    """A metric that was loaded.

    Attributes:
        metric: The ``evaluate.EvaluationModule``.
        sha256: Digest of the file that its code stands in.
    """

    metric: Any
    sha256: str


def is_local(path: str) -> bool:
    """Return whether a path names a file or folder, and not a metric on the hub."""
    return path.endswith(".py") or path.startswith((".", "/", "~")) or "\\" in path


def load(
    path: str,
    *,
    base: Path | None,
    revision: str | None,
    config: str | None,
    sha256: str | None,
    seed: int,
) -> Loaded:
    """Load a metric.

    Args:
        path: Script or folder, relative to the base, or id of a metric on the hub.
        base: Folder of the config.
        revision: Commit of a hub id.
        config: Name of the metric's configuration.
        sha256: What the digest of the code must be; None takes any.
        seed: Seed of a metric that draws at random.

    Raises:
        ForeignError: If it cannot be found or loaded, or its code is not what the digest says.
    """
    where = path
    if is_local(path):
        where = str(((base or Path()) / Path(path).expanduser()).absolute())
    try:
        with _quiet(), _own_random(seed), _discreet():
            import evaluate

            digest = _digest(_locate(where, revision))
            if sha256 is not None and digest != sha256:
                raise ForeignError(
                    f"The code of the metric {path} must have the SHA-256 {sha256}, got {digest}. "
                    "Read what changed before you trust it."
                )
            with tempfile.TemporaryDirectory(prefix="assay-metric-") as folder:
                metric = evaluate.load(
                    where,
                    config,
                    revision=revision,
                    keep_in_memory=True,
                    cache_dir=folder,
                    seed=seed,
                )
            # where the hub does not answer, the library takes any revision that it has kept
            ran = sha256_file(Path(inspect.getfile(type(metric))))
            if ran != digest:
                raise ForeignError(
                    f"The metric {path} must be loaded from code with the SHA-256 {digest}, got {ran}."
                )
    except (ForeignError, Interrupted):
        raise
    except (Exception, SystemExit) as err:  # foreign code may fail in any way
        raise ForeignError(f"The metric {path} must be loadable, got {_reason(err)}.") from err
    return Loaded(metric, digest)


class Question:
    """A metric with the inputs that it is asked about, whole or row by row.

    The library copies inputs into a table of its own for every call, which takes longer than most
    metrics. So what reaches the metric is kept from the first call, and draws are taken from it.

    Args:
        loaded: The metric.
        inputs: Name → values of each row.
        constants: Further arguments.
        result: Key of the number in what the metric returns; None where it returns only one.
        seed: Seed of a metric that draws at random, the same for every call.
        is_strict: Take a value that scikit-learn warns of as undefined for none, and not for the 0 that
            it puts in its place.
    """

    def __init__(
        self,
        loaded: Loaded,
        inputs: Mapping[str, Sequence[Any] | NDArray[Any]],
        constants: Mapping[str, Any],
        *,
        result: str | None,
        seed: int,
        is_strict: bool = False,
    ) -> None:
        self._is_strict = is_strict
        self._metric = loaded.metric
        self._given = dict(inputs)
        self._constants = dict(constants)
        self._result = result
        self._seed = seed
        self._kept: dict[str, Any] = {}

    def __call__(self, rows: NDArray[np.int64]) -> float:
        """Return the metric of some rows; the first call must be for all rows in order.

        Raises:
            ForeignError: If the metric raises, or returns anything but a number.
        """
        try:
            with warned() as was_undefined, _own_random(self._seed):
                found = self._some(rows) if self._kept else self._all()
        except Interrupted:
            raise
        except (Exception, SystemExit) as err:  # foreign code may fail in any way
            raise ForeignError(f"The metric must answer, got {_words(err)}.") from err
        if self._is_strict and was_undefined():
            return math.nan
        return number_of(found, self._result)

    def _all(self) -> Any:
        own, kept = self._metric._compute, {}

        def remember(**given: Any) -> Any:
            kept.update(given)
            return own(**given)

        self._metric._compute = remember
        try:
            found = self._metric.compute(**self._given, **self._constants)
        finally:
            del self._metric._compute
        self._kept = kept
        return found

    def _some(self, rows: NDArray[np.int64]) -> Any:
        taken = {
            name: _take(values, rows) if name in self._given else values
            for name, values in self._kept.items()
        }
        return self._metric._compute(**taken)


class ScikitQuestion:
    """A metric of scikit-learn, asked about some rows. What it warns of as undefined is no value.

    Args:
        name: Function of ``sklearn.metrics``.
        inputs: ``references`` and one more argument, values of each row.
        constants: Further arguments.

    Raises:
        ForeignError: If there is no such function, or it takes something else than labels.
    """

    def __init__(
        self, name: str, inputs: Mapping[str, Sequence[Any]], constants: Mapping[str, Any]
    ) -> None:
        from sklearn import metrics

        known = [one for one in metrics.__all__ if _takes_labels(getattr(metrics, one, None))]
        if name not in known:
            raise ForeignError(
                must(
                    "sklearn",
                    "name a metric of sklearn.metrics",
                    name,
                    do=nearest(name, known).strip(),
                )
            )
        self._function = getattr(metrics, name)
        self._label = np.asarray(inputs["references"])
        self._given = next(np.asarray(one) for key, one in inputs.items() if key != "references")
        self._constants = dict(constants)
        self._is_checked = False

    def __call__(self, rows: NDArray[np.int64]) -> float:
        """Return the metric of some rows; NaN where it is undefined.

        Raises:
            ForeignError: If the metric raises, or returns anything but a number.
        """
        try:
            with warned() as was_undefined, _unchecked() if self._is_checked else nullcontext():
                found = self._function(self._label[rows], self._given[rows], **self._constants)
        except Interrupted:
            raise
        except Exception as err:  # foreign code may fail in any way
            raise ForeignError(f"The metric must answer, got {_words(err)}.") from err
        self._is_checked = True
        return math.nan if was_undefined() else number_of(found, None)


def number_of(found: Any, result: str | None) -> float:
    """Return the number in what a metric returned.

    Raises:
        ForeignError: If there is none, or several and no key that tells which.
    """
    if isinstance(found, Mapping) and result is None and len(found) == 1:
        found = next(iter(found.values()))
    elif isinstance(found, Mapping):
        if result not in found:
            keys = ", ".join(sorted(map(str, found)))
            raise ForeignError(
                f"result must name what the metric returns ({keys}), got {result!r}."
            )
        found = found[result]
    number = found.item() if isinstance(found, np.generic) else found
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise ForeignError(
            f"The metric must return a number, got a value of type {type(found).__name__}."
        )
    return float(number)


def _takes_labels(function: Any) -> bool:
    if not inspect.isfunction(function):
        return False
    return next(iter(inspect.signature(function).parameters), "") == "y_true"


def _locate(where: str, revision: str | None) -> str:
    """Bring the code to where it can be imported, without importing it; returns the module's name."""
    from evaluate.loading import HubEvaluationModuleFactory, evaluation_module_factory

    if is_local(where):
        return str(evaluation_module_factory(where).module_path)
    return str(HubEvaluationModuleFactory(where, revision=revision).get_module().module_path)


def _digest(module_path: str) -> str:
    spec = importlib.util.find_spec(module_path)
    if spec is None or spec.origin is None:
        raise ForeignError(f"The code of the metric must stand in a file, got {module_path}.")
    return sha256_file(Path(spec.origin))


def _take(values: Any, rows: NDArray[np.int64]) -> Any:
    if isinstance(values, np.ndarray):
        return values[rows]
    return [values[row] for row in rows.tolist()]


def _words(err: BaseException) -> str:
    # the text of an unknown exception may quote a row
    return type(err).__name__


def _reason(err: BaseException) -> str:
    """Say why a script could not be loaded; it has seen no row yet, but may quote a path."""
    if isinstance(err, SyntaxError):
        return f"{_words(err)} on line {err.lineno}"
    if isinstance(err, ImportError):
        return f"{_words(err)}: {' '.join(str(err).split())[:200].rstrip('. ')}"
    return _words(err)


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _unchecked() -> Iterator[None]:
    """Spare scikit-learn from looking at the same arguments hundreds of times."""
    from sklearn import config_context

    with config_context(skip_parameter_validation=True):
        yield


@contextmanager
def warned() -> Iterator[Callable[[], bool]]:
    """Keep warnings from the terminal, and say whether one was that a metric is undefined."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        yield lambda: any(one.category.__name__ == "UndefinedMetricWarning" for one in seen)


@contextmanager
def _discreet() -> Iterator[None]:
    """Count no downloads at anybody's, and stay offline where models would."""
    from evaluate import config

    before = config.HF_UPDATE_DOWNLOAD_COUNTS, config.HF_EVALUATE_OFFLINE
    is_offline = os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}
    config.HF_UPDATE_DOWNLOAD_COUNTS = False
    config.HF_EVALUATE_OFFLINE = before[1] or is_offline
    try:
        yield
    finally:
        config.HF_UPDATE_DOWNLOAD_COUNTS, config.HF_EVALUATE_OFFLINE = before


@contextmanager
def _own_random(seed: int) -> Iterator[None]:
    """Seed the global generators for foreign code, and leave them as they were found."""
    before, numpy_before = random.getstate(), np.random.get_state()
    torch = sys.modules.get("torch")
    torch_before = None if torch is None else torch.random.get_rng_state()
    random.seed(seed)
    np.random.seed(seed % 2**32)
    if torch is not None:
        # not torch.manual_seed, which also queues calls for devices that nobody has
        torch.random.set_rng_state(torch.Generator().manual_seed(seed).get_state())
    try:
        yield
    finally:
        random.setstate(before)
        np.random.set_state(numpy_before)
        if torch is not None and torch_before is not None:
            torch.random.set_rng_state(torch_before)
