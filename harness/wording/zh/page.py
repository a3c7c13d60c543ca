"""Sentences of the exports (``messages.EN``) in Chinese."""

from __future__ import annotations

PAGE: dict[str, str] = {
    "outcome.passed": "通过",
    "outcome.failed": "未通过",
    "list.and": "{first}和{last}",
    "list.comma": "、",
}
