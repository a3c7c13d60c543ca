from harness.api import Run as Run
from harness.api import audit as audit
from harness.api import explain as explain
from harness.api import gate as gate
from harness.api import load_policy as load_policy
from harness.api import open_run as open_run
from harness.api.callback import AuditsTraining as AssayCallback

__version__: str

__all__ = ["AssayCallback", "Run", "audit", "explain", "gate", "load_policy", "open_run"]
