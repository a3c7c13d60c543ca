# %% [markdown]
# # A screen for messages, measured and judged in a notebook
#
# Made-up messages with made-up scores; the model that gave them decides wrongly about one region.
# Open this file in an editor that knows cells (`# %%`), or turn it into a notebook with jupytext.

# %%
import random

import numpy as np
import pandas as pd

import harness

rng = random.Random(0)
rows = []
for i in range(1200):
    region = rng.choice(["north", "south", "west"])
    label = rng.choice(["routine", "urgent"])
    is_wrong = rng.random() < (0.3 if region == "west" else 0.05)
    urgent = rng.uniform(0.6, 1.0) if (label == "urgent") != is_wrong else rng.uniform(0.0, 0.4)
    rows.append({"text": f"message {i}", "label": label, "region": region, "urgent": urgent})
frame = pd.DataFrame(rows)
frame.head()

# %% Measure: what is asked for is written beside the data
scores = np.column_stack([1 - frame["urgent"], frame["urgent"]])
run = harness.audit(
    scores,
    frame,
    task=["routine", "urgent"],
    groups=["region"],
    name="messages",
    system={"purpose": "Sort messages", "domain": "service"},
)
run

# %% Every measurement is a row of a table
table = run.measurements.to_frame()
table[table["measure"] == "group-error.error-rate"][["slice", "value", "low", "high", "n"]]

# %% Judge: a rule names a measure and a limit, and the interval decides
policy = {
    "rules": [
        {
            "id": "GROUP-ERROR",
            "title": "No region is decided wrongly much more often than the others",
            "severity": "block",
            "measure": "group-error.difference-to-rest",
            "require": {"at_most": 0.10},
            "slices": {"by": "every"},
            "basis": "policy_choice",
        },
    ]
}
verdict = harness.gate(run, policy)
verdict

# %% The same verdict, as a table and as files for a reviewer
verdict.to_frame()[["rule", "outcome", "slice", "value", "low", "high", "limit"]]

# %%
sorted(path.name for path in verdict.path.iterdir())
