"""Tables for language models: a prompt and what should follow it."""

from __future__ import annotations

from collections.abc import Sequence

from harness.commands.init.columns import Column

_PROMPT = ("prompt", "instruction", "question", "input", "query", "提示", "指令", "问题")
_COMPLETION = (
    "completion", "response", "answer", "output", "reply", "continuation", "回答", "回复", "答案",
)  # fmt: skip
_FEW = 20
"""A column of so few different values, or of values so short, is rather a label than a text."""


def followed(columns: Sequence[Column]) -> tuple[Column, Column] | None:
    """Return the column of a prompt and that of what should follow, or None where nothing looks so."""
    prompts = [one for one in columns if one.is_called(*_PROMPT) and one.is_prose]
    answers = [
        one
        for one in columns
        if one.is_called(*_COMPLETION) and not one.is_share and _is_written(one)
    ]
    pairs = [(prompt, answer) for prompt in prompts for answer in answers if prompt is not answer]
    return pairs[0] if pairs else None


def _is_written(one: Column) -> bool:
    return one.n_distinct > _FEW or (one.is_prose and one.mean_length > _FEW)
