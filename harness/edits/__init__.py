"""Edits that keep what a text says: another case, a typo, a look-alike letter, a synonym. No model, no torch.

An ``Edit`` says which writing it applies to and what it does; ``edits()`` lists all of them, and
``edit_input`` applies one to a text or a pair of texts, the same way for the same seed and text.
``word_edits`` gives many ways to misspell one word, for attacks on single words.
"""

from harness.edits.catalogue import edit_input, edits, named
from harness.edits.edit import MOST, ONE_IN, Edit, Text, replaced, rng_of_text
from harness.edits.synonyms import BUILTIN, Synonyms, read_synonyms
from harness.edits.words import Unit, WordEdit, units_of, word_edits

__all__ = [
    "BUILTIN",
    "MOST",
    "ONE_IN",
    "Edit",
    "Synonyms",
    "Text",
    "Unit",
    "WordEdit",
    "edit_input",
    "edits",
    "named",
    "read_synonyms",
    "replaced",
    "rng_of_text",
    "units_of",
    "word_edits",
]
