"""``assay.yaml``: read strictly, every mistake reported at once with its line."""

from harness.config.load import LoadedConfig, load_config, with_budget, with_rows
from harness.config.models import (
    AuditsConfig,
    BudgetConfig,
    ModelConfig,
    PredictionsConfig,
    RunConfig,
)
from harness.config.tables import DataConfig, TableConfig
from harness.config.training import TrainConfig

__all__ = [
    "AuditsConfig",
    "BudgetConfig",
    "DataConfig",
    "LoadedConfig",
    "ModelConfig",
    "PredictionsConfig",
    "RunConfig",
    "TableConfig",
    "TrainConfig",
    "load_config",
    "with_budget",
    "with_rows",
]
