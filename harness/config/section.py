"""What the sections of a configuration have in common."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


class Section(BaseModel):
    """A mapping in the file: unknown keys are errors, types are taken literally."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def as_list(value: Any) -> Any:
    """Return one word as a list of one."""
    return [value] if isinstance(value, str) else value


Columns = Annotated[list[str], BeforeValidator(as_list, json_schema_input_type=str | list[str])]
