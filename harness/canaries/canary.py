"""One canary: a secret in a sentence, and how often the training met it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Canary:
    """A made-up secret behind a prefix.

    Attributes:
        index: Position in the plan, from 0.
        family: ``number``, ``name-with-secret`` or ``free-text``.
        prefix: What stands before the secret.
        secret: What must not be learnt; never written into a bundle.
        suffix: What stands behind it.
        format: Format of the secret, one sign for each place (see ``harness.canaries.formats``).
        n_planted: How often the training met it; 0 for the negative control.
        is_masked: Whether it stood in a prompt, which is read and not scored in training.
        is_drawn: Whether a fair coin decided if it was planted once or not at all, for an empirical
            epsilon.
    """

    index: int
    family: str
    prefix: str
    secret: str
    suffix: str
    format: str
    n_planted: int
    is_masked: bool = False
    is_drawn: bool = False

    @property
    def text(self) -> str:
        """The whole row as it is planted."""
        return self.prefix + self.secret + self.suffix
