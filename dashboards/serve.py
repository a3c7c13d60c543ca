"""The server: the app behind headers that let no page load, run or send anything foreign.

Started by ``assay dashboard`` under ``streamlit run``; any ASGI server can run ``dashboards.serve:app``
too, and must then be told itself where to listen.
"""

from __future__ import annotations

import os
from pathlib import Path

from starlette.middleware import Middleware
from starlette.routing import Route
from streamlit import App, net_util

from dashboards.guards import HostGuard, RequestLog, SecurityHeaders
from dashboards.logs import write_logs
from dashboards.readiness import ready
from dashboards.settings import login_secrets, settings

# addresses are on an open endpoint there, and an agent could drive the app here
os.environ.setdefault("STREAMLIT_SERVER_ENABLE_AGENT_API", "false")

# Streamlit asks a host on the internet for the address of this machine: when it listens everywhere, and for
# every WebSocket of a foreign page
net_util.get_external_ip = lambda: None

write_logs()


_secrets = login_secrets()
_is_https = str(_secrets.get("auth", {}).get("redirect_uri", "")).startswith("https:")

app = App(
    Path(__file__).with_name("app.py"),
    secrets=_secrets or None,
    middleware=[
        Middleware(RequestLog),
        Middleware(HostGuard, hosts=settings().hosts),
        Middleware(SecurityHeaders, is_https=_is_https),
    ],
    routes=[Route("/readyz", ready)],
)
