"""Tables with roles: reading, quarantine, splits, stored predictions.

Text of rows never enters a message: messages name columns, lines and, shortened, labels and ids.
"""

from harness.data.dataset import FURTHER, Dataset, QuarantinedRow, take, with_duplicates
from harness.data.loading import load_dataset
from harness.data.memory import MemoryTable, memory_table
from harness.data.reasons import REASONS
from harness.data.sampling import sample_dataset, split_dataset
from harness.data.spec import GroupsFile, HubTable, PredictionsSpec, TableSpec
from harness.data.stored import StoredPredictions, load_predictions_table
from harness.data.tables import SUFFIXES, table_digest
from harness.data.twins import Twins, TwinsSpec, id_problems, read_twins

__all__ = [
    "FURTHER",
    "REASONS",
    "SUFFIXES",
    "Dataset",
    "GroupsFile",
    "HubTable",
    "MemoryTable",
    "PredictionsSpec",
    "QuarantinedRow",
    "StoredPredictions",
    "TableSpec",
    "Twins",
    "TwinsSpec",
    "id_problems",
    "load_dataset",
    "load_predictions_table",
    "memory_table",
    "read_twins",
    "sample_dataset",
    "split_dataset",
    "table_digest",
    "take",
    "with_duplicates",
]
