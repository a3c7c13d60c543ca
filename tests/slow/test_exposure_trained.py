"""A small GPT-2 that was trained with numbers planted in its texts, exposure by exposure."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.slow

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def area() -> Iterator[Any]:
    """The benchmark that trains such a model."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        yield importlib.import_module("privacy_exposure")
    finally:
        sys.path.remove(str(BENCHMARKS))
        for name in ("privacy_exposure", "figure", "interleaved"):
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def subject(area: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    import torch

    torch.set_num_threads(1)
    return area.trained(tmp_path_factory.mktemp("trained"), sentences=1200, epochs=8)


def test_sampled_exposures_lie_within_half_a_bit_of_the_exact_ones(area: Any, subject: Any) -> None:
    figure = area._distance(subject)
    assert figure.is_reached, figure.measured


def test_secrets_met_often_stand_out_and_unseen_ones_do_not(subject: Any) -> None:
    from harness.engines.exposure import ExposureSettings, exposure_of
    from harness.stats import reported_from

    shown: dict[int, list[float]] = {}
    for canary in subject.canaries:
        found = exposure_of(
            subject.framer,
            canary,
            settings=ExposureSettings(draws=1000),
            rng=np.random.default_rng(canary.index),
        )
        assert found.bits is not None
        assert found.bits <= found.log2_size
        shown.setdefault(canary.n_planted, []).append(found.bits)
    threshold = reported_from(len(subject.canaries))
    assert min(shown[32] + shown[64]) >= threshold
    assert max(shown[0]) < threshold
    medians = [float(np.median(shown[level])) for level in (0, 4, 16, 64)]
    assert medians == sorted(medians)
