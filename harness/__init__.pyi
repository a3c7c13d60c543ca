from harness.api import Run as Run
from harness.api import audit as audit
from harness.api import explain as explain
from harness.api import gate as gate
from harness.api import load_policy as load_policy
from harness.api import open_run as open_run
from harness.api.callback import AuditsTraining as AssayCallback
from harness.api.lm_eval import bridge_lm_eval as bridge_lm_eval
from harness.api.lm_eval import run_lm_eval as run_lm_eval

__version__: str

__all__ = [
    "AssayCallback",
    "Run",
    "audit",
    "bridge_lm_eval",
    "explain",
    "gate",
    "load_policy",
    "open_run",
    "run_lm_eval",
]
