"""What must never be recorded: secrets in arguments, configs, addresses and error texts.

Secrets enter only as ``${env:NAME}`` or from files; every value that enters that way is registered
here, and ``redact`` removes it, and whatever looks like a token, from text before it is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

HIDDEN = "[redacted]"

_SECRETS: set[str] = set()
_HOOKS: list[Callable[[str], str]] = []
# group 1, where there is one, is kept
_SHAPES = (
    re.compile(r"(://)[^/\s:@]+:[^/\s@]+(?=@)"),  # user:password@ in an address
    re.compile(r"()\bhf_[A-Za-z0-9]{20,}"),
    re.compile(r"()\b(?:sk|ghp|gho|glpat|xox[abp])[-_][A-Za-z0-9_-]{16,}"),
    re.compile(r"()\bAKIA[0-9A-Z]{16}\b"),
    re.compile(r"(?i)(bearer )[A-Za-z0-9._~+/-]{12,}=*"),
    re.compile(r"(?i)([?&](?:token|apikey|api_key|secret)=)[^&\s]+"),
    re.compile(r"(?i)(--(?:token|password|api-key|secret)[ =])\S+"),
    re.compile(r"(?s)()-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----"),
)
_SECRET_KEYS = re.compile(r"(?i)(^|_)(token|password|passwd|secret|api_?key|private_?key)$")


def register_secret(value: str) -> None:
    """Remember a value that must never be recorded; short values (under 4) are ignored."""
    if len(value) >= 4:
        _SECRETS.add(value)


def add_hook(hook: Callable[[str], str]) -> None:
    """Add a function that every text that is said passes through, e.g. a masker of personal values."""
    if hook not in _HOOKS:
        _HOOKS.append(hook)


def remove_hook(hook: Callable[[str], str]) -> None:
    """Take back a function that ``add_hook`` added."""
    if hook in _HOOKS:
        _HOOKS.remove(hook)


def redact(text: str) -> str:
    """Return the text without registered secrets and without what looks like a token."""
    for secret in sorted(_SECRETS, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    for shape in _SHAPES:
        text = shape.sub(rf"\g<1>{HIDDEN}", text)
    return text


def redact_said(text: str) -> str:
    """Return a text that is said (an error, a log line, what a library writes to stderr) without secrets.

    Unlike ``redact`` it passes the hooks, which mask personal values: a config may name its owner's
    address, an error has no business to quote a row.
    """
    text = redact(text)
    for hook in _HOOKS:
        text = hook(text)
    return text


def redact_data(data: Any) -> Any:
    """Return plain data with every string redacted, and the values of secret-sounding keys hidden."""
    if isinstance(data, dict):
        return {
            key: HIDDEN
            if isinstance(value, str) and _SECRET_KEYS.search(str(key))
            else redact_data(value)
            for key, value in data.items()
        }
    if isinstance(data, (list, tuple)):
        return [redact_data(item) for item in data]
    return redact(data) if isinstance(data, str) else data


def redact_argv(argv: list[str]) -> tuple[str, ...]:
    """Return an argument list without secrets, also where the value follows its option."""
    shown: list[str] = []
    for word in argv:
        follows = bool(shown) and re.fullmatch(r"--(token|password|api-key|secret)", shown[-1])
        shown.append(HIDDEN if follows else redact(word))
    return tuple(shown)
