"""What a language model is asked about a row: the prompt, and the texts that may follow it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.errors import ModelError, Phrase, must
from harness.records import Prompting
from models._tokens import TextInput, encodable

if TYPE_CHECKING:
    from harness.records import Task

NOBODY = -1
"""Stands for the row's texts where a candidate is none of them."""

_PLACE = re.compile(r"\{(text|pair)\}")
# scripts that are written without spaces, and their punctuation
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u9fff\uf900-\ufaff\uff00-\uffef]"
)
_NO_TEMPLATE = "Remove task.chat, or give a model that was tuned to chat."


@dataclass(frozen=True, slots=True)
class Asked:
    """One row as it is put to a model.

    Attributes:
        prompt: What is read before; empty for a plain text.
        places: Where the row's texts stand in it: start, stop, and number of the text.
        candidates: What may follow.
        owners: Number of the row's text that each candidate is, or ``NOBODY``.
        leads: Characters of each candidate before that text; negative where it lost its beginning.
    """

    prompt: str
    places: tuple[tuple[int, int, int], ...]
    candidates: tuple[str, ...]
    owners: tuple[int, ...]
    leads: tuple[int, ...]

    @property
    def is_plain(self) -> bool:
        """Whether there is only a text, and nothing that it follows."""
        return self.owners == (0,)

    def moved(self) -> Asked:
        """Return the same with the white space at the end of the prompt given to the candidates."""
        kept = self.prompt.rstrip()
        space = self.prompt[len(kept) :]
        return Asked(
            kept,
            tuple((start, min(stop, len(kept)), number) for start, stop, number in self.places),
            tuple(space + one for one in self.candidates),
            self.owners,
            tuple(lead + len(space) for lead in self.leads),
        )


class Prompter:
    """Puts rows into the words of a task.

    Args:
        tokenizer: Hugging Face tokenizer; its chat template is used where the task is a chat.
        task: Kind, number of classes, and how the model is asked.

    Raises:
        ModelError: If the task is a chat and the tokenizer has no template for one, or if there are
            not as many completions as classes.
    """

    def __init__(self, tokenizer: Any, task: Task) -> None:
        self._tokenizer = tokenizer
        self._task = task
        self._how = task.prompting or Prompting()
        if self._how.is_chat and not getattr(tokenizer, "chat_template", None):
            what = "have a chat template (task.chat)"
            raise ModelError(must("The tokenizer", what, Phrase("none"), do=_NO_TEMPLATE))
        n_given = len(self._how.completions)
        if task.kind == "prompted-classification" and n_given != len(task.classes):
            what = f"name one text for each of {len(task.classes)} classes"
            raise ModelError(must("task.completions", what, Phrase(f"{n_given}")))

    @property
    def is_chat(self) -> bool:
        """Whether prompts go through the chat template."""
        return self._how.is_chat

    def __call__(self, one: TextInput) -> Asked:
        """Return what is asked about one row.

        Raises:
            ModelError: If a row does not have as many choices as the task has classes.
        """
        texts = tuple(map(encodable, (one,) if isinstance(one, str) else one))
        if self._task.kind == "prompted-classification":
            prompt, places = self._prompt(texts)
            return self._made(prompt, places, self._how.completions)
        if self._task.kind == "multiple-choice":
            return self._choosing(texts)
        if len(texts) == 1:
            return Asked("", (), texts, (0,), (0,))
        prompt, places = self._prompt(texts[:1])
        return self._made(prompt, places, texts[1:2], texts[1:2])

    def _choosing(self, texts: tuple[str, ...]) -> Asked:
        n_choices, n_classes = len(texts) - 1, len(self._task.classes)
        if n_choices != n_classes:
            what = f"have {n_classes} choices, one for each label"
            do = "Name that many columns in choices."
            raise ModelError(must("A row", what, Phrase(str(n_choices)), do=do))
        prompt, places = self._prompt(texts[:1])
        spaced = tuple(_apart(prompt, choice) for choice in texts[1:])
        return self._made(prompt, places, spaced, texts[1:])

    def _prompt(self, texts: tuple[str, ...]) -> tuple[str, list[tuple[int, int, int]]]:
        """Fill the template; a second text that it has no place for goes on a line of its own."""
        template = self._how.template
        if len(texts) > 1 and "{pair}" not in template:
            template += "\n{pair}"
        filled, places, done = "", [], 0
        for found in _PLACE.finditer(template):
            number = ("text", "pair").index(found[1])
            if number >= len(texts):
                continue
            filled += template[done : found.start()]
            places.append((len(filled), len(filled) + len(texts[number]), number))
            filled += texts[number]
            done = found.end()
        return filled + template[done:], places

    def _made(
        self,
        prompt: str,
        places: list[tuple[int, int, int]],
        candidates: tuple[str, ...],
        own: tuple[str, ...] = (),
    ) -> Asked:
        """Put prompt and candidates together; ``own`` are the row's texts among the candidates."""
        if self.is_chat:
            prompt, places = self._chat(prompt, places)
            candidates = tuple(one.lstrip() for one in candidates)
        owners = tuple(range(1, len(own) + 1)) or (NOBODY,) * len(candidates)
        texts = own or candidates
        leads = tuple(len(one) - len(text) for one, text in zip(candidates, texts, strict=True))
        return Asked(prompt, tuple(places), candidates, owners, leads)

    def _chat(
        self, prompt: str, places: list[tuple[int, int, int]]
    ) -> tuple[str, list[tuple[int, int, int]]]:
        from jinja2 import TemplateError

        said = [{"role": "user", "content": prompt}]
        try:
            whole = str(
                self._tokenizer.apply_chat_template(
                    said, tokenize=False, add_generation_prompt=True
                )
            )
        except TemplateError as err:
            what = "take what one user says"
            raise ModelError(
                must("The tokenizer's chat template", what, Phrase(str(err)[:200]), do=_NO_TEMPLATE)
            ) from err
        # templates strip what is said; where they change more, the row's text cannot be found again
        kept = prompt.strip()
        shift = whole.find(kept) - (len(prompt) - len(prompt.lstrip()))
        if kept not in whole:
            return whole, []
        end = whole.find(kept) + len(kept)
        return whole, [
            (max(shift + start, 0), min(shift + stop, end), number)
            for start, stop, number in places
        ]


def _apart(prompt: str, choice: str) -> str:
    """Put a space before a choice, unless there is one, or the script has none."""
    last, first = prompt[-1:], choice[:1]
    is_apart = not last or last.isspace() or not first or first.isspace()
    return (
        choice
        if is_apart or _UNSPACED.match(last + first) or _UNSPACED.match(first)
        else f" {choice}"
    )
