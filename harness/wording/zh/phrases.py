"""Fragments that English code writes into parameters of sentences."""

from __future__ import annotations

PHRASES: dict[str, str] = {
    "all examples": "全部样本",
}
