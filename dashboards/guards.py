"""What stands before every answer over HTTP: for whom it is, what it may load, that it was asked."""

from __future__ import annotations

import logging
import time
from collections.abc import MutableMapping, Sequence
from typing import Any

POLICY = (
    "default-src 'self'; "
    "script-src 'self' blob: 'sha256-THxz9J9+wf7rhwR2YkXJoSZ13UCmYyC+3lNDv2+8ugA='; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; worker-src 'self' blob:; frame-src 'none'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Content security policy. ``blob:`` is where Streamlit imports components of ours from; the digest is
that of the one inline script of its page, which a test computes again from what is served."""
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
PROBES = ("/_stcore/health", "/readyz")
"""Asked by machines under whatever name; they tell nothing."""

Scope = MutableMapping[str, Any]
_FILES = ("/static/", "/media/", "/component/", "/vendor/")
"""Files of the pages themselves, by the dozen for each view."""
_log = logging.getLogger("modelassay.dashboard.request")


class SecurityHeaders:
    """Adds the headers to every answer.

    Args:
        app: What answers.
        is_https: Whether browsers come by https, and by nothing else: cookies then say so.
    """

    def __init__(self, app: Any, *, is_https: bool = False) -> None:
        self.app = app
        self.is_https = is_https

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Answer one request."""

        async def wrapped(message: Scope) -> None:
            if message["type"] == "http.response.start":
                own = [self._header(*one) for one in message.get("headers", [])]
                message["headers"] = [*own, *HEADERS]
            await send(message)

        await self.app(scope, receive, wrapped if scope["type"] == "http" else send)

    def _header(self, name: bytes, value: bytes) -> tuple[bytes, bytes]:
        # Streamlit marks no cookie as one for https alone, the one of a login neither
        if self.is_https and name.lower() == b"set-cookie" and b"; secure" not in value.lower():
            return (name, value + b"; Secure")
        return (name, value)


class HostGuard:
    """Refuses requests under a foreign name: a page elsewhere must not read this one by DNS rebinding.

    Streamlit guards only its WebSocket.

    Args:
        app: What answers.
        hosts: Names besides those of this machine.
    """

    def __init__(self, app: Any, hosts: Sequence[str]) -> None:
        self.app = app
        self.names = {name.lower() for name in (*LOOPBACK, *hosts)}

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] not in ("http", "websocket") or self._is_ours(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            headers = [(b"content-type", b"text/plain; charset=utf-8"), *HEADERS]
            await send({"type": "http.response.start", "status": 421, "headers": headers})
            body = b"This dashboard does not answer under this name. Add it to hosts.\n"
            await send({"type": "http.response.body", "body": body})

    def _is_ours(self, scope: Scope) -> bool:
        if scope.get("path") in PROBES:
            return True
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        name = host.decode("latin-1").lower()
        bare = name.rpartition(":")[0] if not name.endswith("]") and ":" in name else name
        return bare in self.names


class RequestLog:
    """Writes a line for each request to a page or a file: never its query, which holds filters.

    Args:
        app: What answers.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Answer one request."""
        path = str(scope.get("path"))
        if scope["type"] != "http" or path in PROBES or path.startswith(_FILES):
            await self.app(scope, receive, send)
            return
        begun, status = time.monotonic(), 0

        async def wrapped(message: Scope) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self.app(scope, receive, wrapped)
        took = round(1000 * (time.monotonic() - begun))
        what = {"method": scope["method"], "path": scope["path"], "status": status, "ms": took}
        _log.info("request", extra={"facts": what})
