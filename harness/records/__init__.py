"""The nouns of Modelassay: frozen, slotted, without I/O.

Sentences for readers are ``Message`` objects (id, parameters, English text). Numbers are
``Estimate`` objects. ``harness.records.codec`` turns every noun into JSON and back.
"""

from harness.records.codec import from_json, json_schema, to_data, to_json
from harness.records.groups import (
    IN_NONE,
    GroupPlan,
    joined,
    members,
    names_of,
    one_group,
    sizes_of,
)
from harness.records.judgement import (
    COUNTED_OUTCOMES,
    Basis,
    Finding,
    Outcome,
    PolicyRef,
    Severity,
    Verdict,
    VerdictWord,
    exit_code_of,
)
from harness.records.measurement import (
    ALL,
    Estimate,
    Evidence,
    Measure,
    Measurement,
    Measurements,
    Message,
    Param,
    estimate_problems,
    exact_share,
    slice_columns,
    slice_name,
)
from harness.records.run import (
    AuditRecord,
    DatasetRef,
    Mitigation,
    ModelRef,
    Quarantined,
    RunRecord,
    Stage,
    Task,
)

__all__ = [
    "ALL",
    "COUNTED_OUTCOMES",
    "IN_NONE",
    "AuditRecord",
    "Basis",
    "DatasetRef",
    "Estimate",
    "Evidence",
    "Finding",
    "GroupPlan",
    "Measure",
    "Measurement",
    "Measurements",
    "Message",
    "Mitigation",
    "ModelRef",
    "Outcome",
    "Param",
    "PolicyRef",
    "Quarantined",
    "RunRecord",
    "Severity",
    "Stage",
    "Task",
    "Verdict",
    "VerdictWord",
    "estimate_problems",
    "exact_share",
    "exit_code_of",
    "from_json",
    "joined",
    "json_schema",
    "members",
    "names_of",
    "one_group",
    "sizes_of",
    "slice_columns",
    "slice_name",
    "to_data",
    "to_json",
]
