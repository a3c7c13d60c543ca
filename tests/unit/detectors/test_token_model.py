"""A token-classification model by folder; this one is made here and knows two words."""

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

from harness.detectors import detector_named
from harness.detectors.by_tokens import TokenDetector
from harness.errors import ModelError

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "alice", "baker", "oak", "street", "saw"]
LABELS = ["O", "B-PER", "I-PER", "B-ADDRESS", "I-ADDRESS"]
OF_WORD = {"alice": 1, "baker": 2, "oak": 3, "street": 4}


def make(folder: Path, labels: list[str]) -> Path:
    torch.set_num_threads(1)
    plain = Tokenizer(
        models.WordLevel({word: k for k, word in enumerate(WORDS)}, unk_token="[UNK]")
    )
    plain.pre_tokenizer = pre_tokenizers.Whitespace()
    plain.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=plain,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=64,
    ).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=16,
        max_position_embeddings=64,
        id2label=dict(enumerate(labels)),
        label2id={label: k for k, label in enumerate(labels)},
    )
    model = BertForTokenClassification(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        # each word lights its own unit, each unit its own label: worked out, not trained
        model.bert.embeddings.word_embeddings.weight.copy_(20 * torch.eye(len(WORDS), 16))
        model.bert.embeddings.LayerNorm.weight.fill_(1.0)
        for name, part in model.named_modules():
            if name.endswith("LayerNorm"):
                part.weight.fill_(1.0)
        for word, label in OF_WORD.items():
            model.classifier.weight[label % len(labels), WORDS.index(word)] = 1.0
        model.classifier.bias[0] = 0.5
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("tokens"), LABELS)


def test_runs_of_labels_become_spans(folder: Path) -> None:
    found = detector_named(f"tokens:{folder}")
    assert found.kinds == {"person", "address"}
    texts = ["saw alice baker near oak street", "", "alice alice baker"]
    spans = found.find(texts)
    shown = [
        [(one.kind, text[one.start : one.stop]) for one in some]
        for text, some in zip(texts, spans, strict=True)
    ]
    assert shown == [
        [("person", "alice baker"), ("address", "oak street")],
        [],
        [("person", "alice"), ("person", "alice baker")],
    ]


def test_a_text_longer_than_the_model_reads_is_read_to_its_end(folder: Path) -> None:
    text = "saw " * 300 + "alice baker"
    [spans] = TokenDetector(str(folder)).find([text])
    assert [text[one.start : one.stop] for one in spans] == ["alice baker"]


def test_batches_change_nothing(folder: Path) -> None:
    texts = ["saw alice baker", "oak street", "saw saw saw saw", "alice"]
    assert TokenDetector(str(folder), n_batch=1).find(texts) == TokenDetector(str(folder)).find(
        texts
    )


def test_a_model_without_known_labels_and_a_folder_without_model_are_refused(
    tmp_path: Path,
) -> None:
    make(tmp_path, ["O", "X", "Y", "Z", "W"])
    with pytest.raises(ModelError, match="labels such as B-PER"):
        detector_named(f"tokens:{tmp_path}")
    with pytest.raises(ModelError, match="token-classification model with safetensors"):
        detector_named(f"tokens:{tmp_path / 'gone'}")
