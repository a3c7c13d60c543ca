"""JSON Schemas (draft 2020-12) of the files that people write, for editors and for other tools."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from harness.errors import UsageError, must, nearest

DIALECT = "https://json-schema.org/draft/2020-12/schema"
EDITOR_LINE = "# yaml-language-server: $schema={path}"
"""First line of a YAML file, by which editors find its schema."""


class _Described(GenerateJsonSchema):
    """Takes the meaning of a field that has none of its own from the docstring of its class."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        found = super().model_schema(schema)
        cls: type[BaseModel] = schema["cls"]
        said = inspect.cleandoc(cls.__doc__ or "")
        found["description"] = " ".join(said.partition("\n\n")[0].split())
        told = meanings(cls)
        for name, field in cls.model_fields.items():
            shown = found.get("properties", {}).get(field.alias or name)
            if shown is not None and name in told:
                shown.setdefault("description", told[name])
        return found


def schema_names() -> list[str]:
    """Return the kinds of file of which there is a schema."""
    return list(_MODELS)


def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind of file.

    Raises:
        UsageError: If there is no such kind.
    """
    body = model_of(name).model_json_schema(schema_generator=_Described)
    head = {"$schema": DIALECT, "$id": f"urn:modelassay:schema:{name}:v1"}
    return {**head, **body}


def model_of(name: str) -> type[BaseModel]:
    """Return the model that reads a kind of file.

    Raises:
        UsageError: If there is no such kind.
    """
    if name not in _MODELS:
        do = f"There is {', '.join(_MODELS)}.{nearest(name, list(_MODELS))}"
        raise UsageError(must("The schema", "be one that is published", name, do=do))
    return _MODELS[name]()


def schema_text(schema: dict[str, Any]) -> str:
    """Return a schema as it is published."""
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def meanings(cls: type) -> dict[str, str]:
    """Return field → what the docstrings of its class say about it, those of base classes first."""
    found: dict[str, str] = {}
    for one in reversed(cls.__mro__[: cls.__mro__.index(BaseModel)]):
        _, _, listed = inspect.cleandoc(one.__doc__ or "").partition("Attributes:\n")
        for entry in re.split(r"\n    (?=\w+: )", "\n" + listed.split("\n\n")[0])[1:]:
            name, _, said = entry.partition(": ")
            found[name] = " ".join(said.split())
    return found


def _config() -> type[BaseModel]:
    from harness.config import RunConfig

    return RunConfig


def _policy() -> type[BaseModel]:
    from harness.policy.schema import PolicyPackModel

    return PolicyPackModel


def _policy_tests() -> type[BaseModel]:
    from harness.policy.cases import PolicyTestsModel

    return PolicyTestsModel


def _clauses() -> type[BaseModel]:
    from harness.policy.clauses import ClausesModel

    return ClausesModel


def _waivers() -> type[BaseModel]:
    from harness.policy.waiver_reading import WaiversModel

    return WaiversModel


def _trust() -> type[BaseModel]:
    from harness.signing.trust import TrustModel

    return TrustModel


def _dashboard() -> type[BaseModel]:
    from harness.config.dashboard import DashboardConfig

    return DashboardConfig


_MODELS: dict[str, Callable[[], type[BaseModel]]] = {
    "assay-yaml": _config,
    "policy-pack": _policy,
    "policy-tests": _policy_tests,
    "clauses": _clauses,
    "waivers": _waivers,
    "trust": _trust,
    "dashboard": _dashboard,
}
