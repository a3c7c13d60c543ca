"""What a plan knows of canaries before anything is asked of a model."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from harness.config.privacy import CanariesConfig
from harness.pipeline.origin import canary_counts


def plan(base: Path | None, *, canaries: CanariesConfig | None = None) -> Any:
    """A plan as far as canaries go: a model folder, or a training that is to come."""
    model = SimpleNamespace(base=None if base is None else str(base), adapter=None)
    model.predictions = None if base is not None or canaries else object()
    config = SimpleNamespace(model=model, train=SimpleNamespace(canaries=canaries))
    loaded = SimpleNamespace(config=config, path=Path)
    return SimpleNamespace(loaded=loaded, train_digest="a" if canaries else None)


def test_a_training_that_is_to_come_says_what_it_will_plant() -> None:
    section = CanariesConfig(repeats=[0, 2, 8], per_level=5, n_drawn=300)
    assert canary_counts(plan(None, canaries=section)) == ({0: 5, 2: 5, 8: 5}, 300)


def test_a_model_folder_says_it_in_its_lineage_alone(tmp_path: Path) -> None:
    assert canary_counts(plan(tmp_path)) == ({}, 0)
    path = tmp_path / "lineage.json"
    path.write_text(json.dumps({"canaries": {"n": 26, "levels": {"0": 3, "4": 3}}}))
    assert canary_counts(plan(tmp_path)) == ({0: 3, 4: 3}, 20)
    path.write_text(json.dumps({"canaries": {"n": 26}}))
    assert canary_counts(plan(tmp_path)) == ({}, 0)


def test_stored_predictions_know_of_none() -> None:
    assert canary_counts(plan(None)) == ({}, 0)
