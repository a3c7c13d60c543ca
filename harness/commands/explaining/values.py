"""One input that is explained."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Input:
    """A text or a pair of texts.

    Attributes:
        text: The text.
        pair: The second text, where the model reads pairs; what follows a prompt; the first choice.
        more: Further choices.
        name: Id of the example, or what readers are told it is.
        label: True class; None where it is not known.
    """

    text: str
    pair: str | None = None
    name: str = "text"
    label: int | None = None
    more: tuple[str, ...] = ()

    @property
    def given(self) -> str | tuple[str, ...]:
        """The input as a model takes it."""
        return self.text if self.pair is None else self.texts

    @property
    def texts(self) -> tuple[str, ...]:
        """All texts of it."""
        return (self.text,) if self.pair is None else (self.text, self.pair, *self.more)
