"""``${env:NAME}`` in a config: the only way in which a secret comes into one."""

from __future__ import annotations

import os
import re
from typing import Any

from harness.redaction import register_secret
from harness.yamlfile import YamlFile

_ENV = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")


def with_environment(
    value: Any, file: YamlFile, steps: tuple[str | int, ...], problems: list[str]
) -> Any:
    """Return a value of a config with what the environment holds; the value is kept out of messages.

    Args:
        value: As the file writes it.
        file: The file, for places.
        steps: Where in it the value stands.
        problems: Variables that are not set are added here.
    """
    if isinstance(value, dict):
        return {
            key: with_environment(item, file, (*steps, str(key)), problems)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [with_environment(item, file, (*steps, i), problems) for i, item in enumerate(value)]
    if not isinstance(value, str):
        return value

    def fill(match: re.Match[str]) -> str:
        name = match.group(1)
        secret = os.environ.get(name)
        if secret is None:
            problems.append(
                f"{'.'.join(map(str, steps))} must find the environment variable {name}, got none "
                f"({file.place(steps)}). Set it, or write the value."
            )
            return ""
        register_secret(secret)
        return secret

    return _ENV.sub(fill, value)


def is_from_environment(text: str) -> bool:
    """Tell whether a text is one variable of the environment and nothing else."""
    return _ENV.fullmatch(text) is not None
