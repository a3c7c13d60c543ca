"""The statistics start light."""

import subprocess
import sys

PROBE = """
import sys
import harness.stats as stats
stats.reestimate(stats.wilson(3, 10), alpha_low=0.01)
stats.newcombe(3, 10, 4, 10)
print(sorted({name.partition(".")[0] for name in sys.modules} & {"scipy", "pandas", "sklearn", "torch"}))
"""


def test_wilson_and_newcombe_need_neither_scipy_nor_pandas_nor_scikit_learn():
    done = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
