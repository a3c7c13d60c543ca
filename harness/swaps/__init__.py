"""Counterfactual texts: the same text with another identity word. No model, no torch.

A ``Swapper`` finds the words of identity lists in a text, writes the text with another identity of
the same category and form, and masks the words so that texts from one template are known as such.
"""

from harness.swaps.finding import Found
from harness.swaps.swapper import MASK, Counterfactual, Swapper
from harness.swaps.wordlist import BUILTIN, Identity, WordList, read_word_list

__all__ = [
    "BUILTIN",
    "MASK",
    "Counterfactual",
    "Found",
    "Identity",
    "Swapper",
    "WordList",
    "read_word_list",
]
