"""The store: the append-only event log, and what proves that its end was kept."""

from harness.store.checkpoints import (
    Checkpoint,
    checkpoint_of,
    checkpoint_problems,
    clock_problems,
    read_checkpoint,
    sign_checkpoint,
)
from harness.store.log import GENESIS, Event, EventLog, SqlEventLog, open_log, verify_chain
from harness.store.tables import Tables

__all__ = [
    "GENESIS",
    "Checkpoint",
    "Event",
    "EventLog",
    "SqlEventLog",
    "Tables",
    "checkpoint_of",
    "checkpoint_problems",
    "clock_problems",
    "open_log",
    "read_checkpoint",
    "sign_checkpoint",
    "verify_chain",
]
