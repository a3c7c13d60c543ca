"""A byte-level vocabulary learnt from training texts; no text is unknown to it.

The same texts give the same vocabulary: pairs of equal count are merged in the order of their numbers,
and every byte has its number beforehand.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from models._guards import quiet
from models._tokens import encodable

if TYPE_CHECKING:
    from models.training.architecture import Architecture

PADDING, BEGIN, END = "<pad>", "<s>", "</s>"


def learn_byte_tokenizer(shape: Architecture, texts: Iterable[str]) -> Any:
    """Learn a byte-level BPE tokenizer whose texts begin with ``BEGIN``.

    Args:
        shape: Size of the vocabulary, longest input.
        texts: Training texts; nothing else may be learnt from.

    Returns:
        A fast Hugging Face tokenizer.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    learner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=shape.vocabulary,
        special_tokens=[PADDING, BEGIN, END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    learner.train_from_iterator(map(encodable, texts), trainer)
    learner.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A",
        pair=f"{BEGIN} $A $B",
        special_tokens=[(BEGIN, learner.token_to_id(BEGIN))],
    )
    with quiet():
        return PreTrainedTokenizerFast(
            tokenizer_object=learner,
            pad_token=PADDING,
            bos_token=BEGIN,
            eos_token=END,
            model_max_length=shape.max_positions,
            model_input_names=["input_ids", "attention_mask"],
        )
