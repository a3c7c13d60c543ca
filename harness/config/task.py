"""The ``task`` section: what is decided about what, and how a language model is asked."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from harness.config.section import Section
from harness.records import TEXT_GENERATION, TaskKind
from harness.records.run import Normalise


def _labels(value: Any) -> Any:
    if isinstance(value, dict) and "file" not in value:
        if sorted(value, key=str) != sorted(range(len(value)), key=str):
            raise ValueError(
                f"labels must number the classes 0 to {len(value) - 1}, got {sorted(value, key=str)}"
            )
        value = [value[i] for i in range(len(value))]
    if isinstance(value, str | int | float):
        raise ValueError(f"must be a list of names, or {{file: ...}}, got {value!r}")
    if isinstance(value, list):
        value = [str(item) if isinstance(item, (int, float)) else item for item in value]
    return value


class LabelsFile(Section):
    """Class names in a file."""

    file: str = Field(description="JSON list, or one name a line; relative to the config")


class TaskConfig(Section):
    """What is decided about what."""

    kind: TaskKind = Field(
        default="text-classification",
        description="text-classification asks a classifier; the others a causal language model: "
        "prompted-classification (which label's text is likeliest after the prompt), "
        "multiple-choice (which of a row's own choices), text-generation (how likely the row's text "
        "is, and what the model writes)",
    )
    labels: Annotated[
        list[str] | LabelsFile | None,
        BeforeValidator(
            _labels, json_schema_input_type=list[str] | dict[int, str] | LabelsFile | None
        ),
    ] = Field(
        default=None,
        description="class id → name, or a list of names in the order of their ids, or {file: ...}; "
        "none with text-generation",
        examples=[{0: "benign", 1: "toxic"}],
    )
    favourable: str | None = Field(
        default=None, description="the class that is good for the person concerned"
    )
    prompt: str | None = Field(
        default=None,
        description="what a language model is asked; {text} stands for the row's text",
        examples=["{text}\nIs this toxic?"],
    )
    completions: dict[str, str] | None = Field(
        default=None,
        description="label → text that stands for it after the prompt; a space and the label where "
        "there is none",
    )
    normalise: Normalise = Field(
        default="none",
        description="what the log-likelihood of a candidate is divided by: none, tokens or bytes",
    )
    chat: bool = Field(
        default=False, description="prompt and answer go through the tokenizer's chat template"
    )

    @model_validator(mode="after")
    def _check(self) -> TaskConfig:
        problems = [*self._prompt_problems(), *self._label_problems()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _prompt_problems(self) -> list[str]:
        of_models = ("prompt", "completions", "normalise", "chat")
        # a recorded config names every default
        fields = type(self).model_fields
        given = [name for name in of_models if getattr(self, name) != fields[name].default]
        if self.kind == "text-classification" and given:
            return [f"{' and '.join(given)} must not be given: a classifier is not prompted"]
        problems = []
        if self.prompt is not None and "{text}" not in self.prompt:
            problems.append(f"prompt must hold {{text}}, got {self.prompt!r}")
        if self.completions is not None and self.kind != "prompted-classification":
            problems.append("completions belong to prompted-classification alone")
        return problems

    def _label_problems(self) -> list[str]:
        decides = self.kind != TEXT_GENERATION
        if not decides:
            given = [one for one in ("labels", "favourable") if getattr(self, one) is not None]
            return [f"{' and '.join(given)} must not be given: nothing is decided"] if given else []
        if self.labels is None:
            return ["labels must be given"]
        if isinstance(self.labels, LabelsFile):
            return []
        problems = []
        if len(self.labels) < 2 or len(set(self.labels)) != len(self.labels):
            problems.append("labels must be at least two distinct names")
        if self.favourable is not None and self.favourable not in self.labels:
            problems.append(f"favourable must be one of the labels, got {self.favourable!r}")
        unknown = sorted(set(self.completions or {}) - set(self.labels))
        if unknown:
            problems.append(f"completions must name labels, got {unknown[0]!r}")
        return problems + self._completion_problems(self.labels)

    def _completion_problems(self, labels: list[str]) -> list[str]:
        # a label without a text of its own stands for itself, as where the config is resolved
        texts = {label: (self.completions or {}).get(label, f" {label}") for label in labels}
        problems = [
            f"completions must hold a text for each label, got {text!r} for {label!r}"
            for label, text in texts.items()
            if not text.strip()
        ]
        same = [label for label in labels if list(texts.values()).count(texts[label]) > 1]
        if not problems and self.completions and same:
            got = f"{texts[same[0]]!r} for {' and '.join(repr(label) for label in same)}"
            problems.append(f"completions must differ between labels, got {got}")
        return problems
