"""The ``train`` section as Python hands it over; every problem is reported at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from harness.config import TrainConfig
from harness.config.privacy import CanariesConfig, PrivateConfig
from harness.config.training import (
    EarlyStoppingConfig,
    LoraConfig,
    option_problems,
)
from harness.errors import ModelError, raise_all
from harness.yamlfile import validation_problems

_KNOWN = (
    *TrainConfig.model_fields,
    *LoraConfig.model_fields,
    *EarlyStoppingConfig.model_fields,
    *PrivateConfig.model_fields,
    *CanariesConfig.model_fields,
)


def read_options(
    given: Mapping[str, Any], classes: Sequence[str], kind: str = "text-classification"
) -> TrainConfig:
    """Read the ``train`` section.

    Args:
        given: Key → value, as in the file.
        classes: Classes of the task.
        kind: Kind of the task.

    Raises:
        ModelError: With every problem.
    """
    try:
        options = TrainConfig.model_validate(dict(given))
    except ValidationError as err:
        raise ModelError(*validation_problems(err, None, prefix=("train",), known=_KNOWN)) from err
    raise_all(ModelError, option_problems(options, classes, kind=kind))
    return options


def plain(options: TrainConfig) -> dict[str, Any]:
    """Return the options as JSON data, defaults written out."""
    data: dict[str, Any] = options.model_dump(mode="json")
    if options.adapter is not None:
        data["lora"] = options.adapter.model_dump(mode="json")
    return data
