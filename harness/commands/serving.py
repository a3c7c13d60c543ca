"""``assay dashboard``: starts the server of the reviewers' pages and waits for its end."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

from harness.depot import find_address
from harness.errors import MissingExtra, UsageError

VARIABLE = "MODELASSAY_DASHBOARD"


def serve(runs: Path, store: str | None, port: int) -> int:
    """Run the server in the foreground.

    Args:
        runs: Folder of sealed runs, read where no store is named.
        store: Address of a store; None takes ``ASSAY_STORE``.
        port: Where it listens on 127.0.0.1.

    Raises:
        MissingExtra: If Streamlit is not installed.
    """
    if importlib.util.find_spec("streamlit") is None:
        raise MissingExtra(
            "The dashboard needs Streamlit. Install it with: pip install 'modelassay[dashboard]'"
        )
    found = importlib.util.find_spec("dashboards")
    if found is None or not found.submodule_search_locations:
        raise UsageError("The package dashboards must be installed, got none. Install modelassay.")
    script = Path(found.submodule_search_locations[0]) / "serve.py"
    address = find_address(store)
    handed = {"runs": str(runs.resolve()), "store": store if address is not None else None}
    argv = [sys.executable, "-P", "-m", "streamlit", "run", str(script)]
    argv += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    done = subprocess.run(argv, env={**os.environ, VARIABLE: json.dumps(handed)}, check=False)
    return done.returncode
