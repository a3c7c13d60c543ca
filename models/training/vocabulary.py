"""A WordPiece vocabulary learnt from training texts; the same texts give the same vocabulary.

The learner of tokenizers numbers pieces in the order of a randomly seeded hash table, and settles
equal counts by these numbers, so two processes learn different vocabularies. Here every character
gets its number beforehand, which leaves nothing to chance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import TYPE_CHECKING, Any

from models._guards import quiet
from models._tokens import encodable

if TYPE_CHECKING:
    from models.training.architecture import Architecture

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def learn_tokenizer(shape: Architecture, texts: Iterable[str]) -> Any:
    """Learn a BERT tokenizer; Chinese characters are words of their own.

    Args:
        shape: Size of the vocabulary, case, longest input.
        texts: Training texts; nothing else may be learnt from.

    Returns:
        A fast Hugging Face tokenizer.
    """
    from transformers import BertTokenizer

    words = _count_words(shape, texts)
    alphabet = _alphabet(words, room=_room(words, shape.vocabulary), size=shape.vocabulary)
    learnt = _learn(shape.vocabulary, words, alphabet)
    with quiet():
        return BertTokenizer(
            vocab=learnt, do_lower_case=shape.lowercase, model_max_length=shape.max_positions
        )


def _count_words(shape: Architecture, texts: Iterable[str]) -> Counter[str]:
    from tokenizers import normalizers, pre_tokenizers

    normalizer = normalizers.BertNormalizer(lowercase=shape.lowercase)
    splitter = pre_tokenizers.BertPreTokenizer()
    words: Counter[str] = Counter()
    for text in texts:
        normal = normalizer.normalize_str(encodable(text))
        words.update(word for word, _ in splitter.pre_tokenize_str(normal))
    return words


def _room(words: Counter[str], size: int) -> int:
    """Return how many pieces of one character a vocabulary may hold.

    Half of it where words have many characters: the rest is for longer pieces. Chinese characters
    are whole words already, so the half that longer pieces would take is theirs as far as they
    make up the text.
    """
    half, total = size // 2, max(words.total(), 1)
    single = sum(count for word, count in words.items() if len(word) == 1) / total
    return half + int((half - len(SPECIAL)) * single)


def _alphabet(words: Counter[str], *, room: int, size: int) -> set[str]:
    """Return the most frequent pieces of one character; rare ones would leave no room for words."""
    pieces: Counter[str] = Counter()
    for word, count in words.items():
        for piece in _characters(word):
            pieces[piece] += count
    ranked = sorted(pieces, key=lambda piece: (-pieces[piece], piece))
    chosen: set[str] = set()
    every: set[str] = set()
    for piece in ranked[:room]:
        # the learner gives the bare character a number too, wherever in a word it stands
        every |= {piece, piece.removeprefix("##")}
        if len(SPECIAL) + len(every) > size:
            break
        chosen.add(piece)
    return chosen


def _characters(word: str) -> Iterator[str]:
    yield word[0]
    yield from (f"##{character}" for character in word[1:])


def _learn(size: int, words: Counter[str], alphabet: set[str]) -> dict[str, int]:
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    known = sorted(word for word in words if alphabet.issuperset(_characters(word)))
    learner = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    learner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.WordPieceTrainer(
        vocab_size=size,
        # the learner gives these their numbers in this order, before it looks at any word
        special_tokens=[*SPECIAL, *sorted(alphabet)],
        show_progress=False,
    )
    learner.train_from_iterator(
        (one for word in known for one in repeat(word, words[word])), trainer
    )
    vocabulary: dict[str, int] = learner.get_vocab()
    return vocabulary
