from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from harness.engines.prediction import predict
from harness.errors import ContractError, ModelError
from harness.modelling import CountsUnknown, HasParts, HasTokens, Modality, Model
from harness.records import Task
from models.text import MODALITY, TextClassifier

TASK = Task("text-classification", "text", ("benign", "toxic"))


def load(folder: Path, task: Task = TASK, **settings: Any) -> TextClassifier:
    return MODALITY.load(str(folder), task=task, device="cpu", **settings)


@pytest.fixture(scope="module")
def bert(tiny_bert: Path) -> TextClassifier:
    return load(tiny_bert)


def copy_of(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def edit_config(folder: Path, **changes: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | changes))


def test_it_keeps_the_contracts_of_modelling(bert: TextClassifier) -> None:
    assert isinstance(MODALITY, Modality)
    assert isinstance(bert, Model)
    assert isinstance(bert, HasParts)
    assert bert.capabilities == {
        "logits",
        "parts",
        "embeddings",
        "train",
        "per-example-gradients",
        "last-layer",
    }
    assert bert.ref.kind == "given"
    assert bert.ref.name == "tiny-bert"
    assert bert.ref.n_parameters == sum(p.numel() for p in bert.network.parameters())


# padding

SINGLES = ["No", "", "a", "The parcel came late and the box was broken. " * 3, "你好，没有到"]


@pytest.mark.parametrize("has_pad", [True, False])
@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "gpt2", "llama"])
def test_padding_changes_no_logits(
    tiny_models: ModuleType, tmp_path: Path, family: str, has_pad: bool
) -> None:
    model = load(tiny_models.tiny_classifier(tmp_path / family, family=family, has_pad=has_pad))
    assert model.padding == ("left" if family in ("gpt2", "llama") else "right")
    items = model.prepare([*tiny_models.TEXTS, *SINGLES])
    alone = np.concatenate([model.logits([one]) for one in items])
    assert np.ptp(alone) > 0.5  # the inputs differ enough for a mistake to show
    for budget in (1, 64, 10_000):
        got = predict(model, items, token_budget=budget)
        np.testing.assert_allclose(got, alone, atol=1e-5)
    np.testing.assert_allclose(model.logits(items), alone, atol=1e-5)


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "gpt2", "llama"])
def test_logits_equal_those_of_plain_transformers(
    tiny_models: ModuleType, tmp_path: Path, family: str
) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = tiny_models.tiny_classifier(tmp_path / family, family=family)
    network = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    with torch.inference_mode():
        expected = [
            network(**tokenizer(text, return_tensors="pt")).logits[0] for text in tiny_models.TEXTS
        ]
    model = load(folder)
    got = model.logits(model.prepare(tiny_models.TEXTS))
    np.testing.assert_allclose(got, np.stack(expected), atol=1e-5)


def test_a_row_of_nothing_but_padding_tokens_depends_on_no_neighbour(
    tiny_models: ModuleType, tmp_path: Path
) -> None:
    model = load(tiny_models.tiny_classifier(tmp_path / "gpt2", family="gpt2"))
    items = model.prepare(["<pad><pad>", "a longer row of words than the other"])
    np.testing.assert_allclose(model.logits(items)[:1], model.logits(items[:1]), atol=1e-6)


def test_a_model_that_padding_disturbs_is_asked_in_rows_of_equal_length(bert, tiny_models) -> None:
    items = bert.prepare(tiny_models.TEXTS)
    expected = bert.logits(items)
    side, bert._feeder.padding = bert.padding, None
    try:
        np.testing.assert_allclose(bert.logits(items), expected, atol=1e-5)
    finally:
        bert._feeder.padding = side


# preparing


def test_items_are_not_padded_and_equal_texts_have_equal_keys(bert: TextClassifier) -> None:
    one, two, three = bert.prepare(["No", "a longer text", "no"])
    assert one.length == len(one.arrays["input_ids"]) < two.length
    assert one.key == three.key != two.key


def test_what_is_longer_than_the_model_reads_is_marked(bert: TextClassifier) -> None:
    short, long = bert.prepare(["No", "late " * 100])
    assert (short.is_truncated, long.is_truncated) == (False, True)
    assert long.length == bert.max_tokens == 64
    assert max(bert.parts(long)[-1].positions) == 62


def test_pairs_are_read_as_pairs_and_may_stand_among_texts(bert: TextClassifier) -> None:
    pair, single, swapped = bert.prepare([("late", "parcel"), "late parcel", ("parcel", "late")])
    assert pair.arrays["token_type_ids"].tolist()[-1] == 1
    assert [part.content for part in bert.parts(pair)] == ["late", "parcel"]
    assert len({pair.key, single.key, swapped.key}) == 3
    both = bert.prepare(["late parcel", ("late", "parcel")])
    assert [one.key for one in both] == [single.key, pair.key]
    np.testing.assert_allclose(
        bert.logits([pair, swapped]),
        np.concatenate([bert.logits([pair]), bert.logits([swapped])]),
        atol=1e-5,
    )


def test_a_truncated_pair_is_marked(bert: TextClassifier) -> None:
    assert bert.prepare([("late " * 60, "parcel " * 60)])[0].is_truncated


def test_unknown_tokens_are_counted_without_special_tokens(bert: TextClassifier) -> None:
    items = bert.prepare(["late ☃ parcel", "late parcel", ""])
    assert isinstance(bert, CountsUnknown)
    assert bert.unknown_tokens(items) == (1, 15)  # parcel is spelt in six pieces
    assert bert.unknown_tokens([]) == (0, 0)


def test_a_lone_surrogate_does_not_stop_a_run(bert: TextClassifier) -> None:
    assert bert.prepare(["late \ud83d parcel"])[0].length > 2


def test_max_tokens_beyond_the_model_is_refused(tiny_bert: Path) -> None:
    assert load(tiny_bert, max_tokens=16).prepare(["late " * 50])[0].length == 16
    with pytest.raises(ModelError, match=r"max_tokens must be between 5 and 64, got 65"):
        load(tiny_bert, max_tokens=65)


def test_roberta_reads_no_more_positions_than_it_has(tiny_models, tmp_path: Path) -> None:
    folder = tiny_models.tiny_classifier(tmp_path / "roberta", family="roberta")
    model = load(folder, max_tokens=64)
    assert model.logits(model.prepare(["late " * 200])).shape == (1, 2)
    with pytest.raises(ModelError, match="got 65"):
        load(folder, max_tokens=65)


# parts


def test_parts_are_words_by_position(bert: TextClassifier) -> None:
    item = bert.prepare(["Came late, came broken"])[0]
    parts = bert.parts(item)
    assert [part.content for part in parts] == ["came", "late", ",", "came", "broken"]
    assert [part.index for part in parts] == [0, 1, 2, 3, 4]
    covered = [position for part in parts for position in part.positions]
    assert covered == list(range(1, item.length - 1))


def test_without_masks_exactly_the_tokens_of_the_parts(bert: TextClassifier) -> None:
    item = bert.prepare(["came late came parcel"])[0]
    before = item.arrays["input_ids"].copy()
    parts = bert.parts(item)
    less = bert.without(item, [1, 3])
    gone = {position for index in (1, 3) for position in parts[index].positions}
    mask = bert._encoder.tokenizer.mask_token_id
    expected = [mask if i in gone else token for i, token in enumerate(before.tolist())]
    assert less.arrays["input_ids"].tolist() == expected
    assert [part.positions for part in bert.parts(less)] == [part.positions for part in parts]
    assert less.key != item.key
    np.testing.assert_array_equal(item.arrays["input_ids"], before)
    assert bert.without(item, []).key == item.key


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_without_deletes_tokens_where_there_is_no_mask(
    tiny_models: ModuleType, tmp_path: Path, family: str
) -> None:
    model = load(tiny_models.tiny_classifier(tmp_path / family, family=family))
    item = model.prepare(["came late came broken"])[0]
    assert [part.content for part in model.parts(item)] == ["came", "late", "came", "broken"]
    less = model.without(item, [1])
    assert [part.content for part in model.parts(less)] == ["came", "came", "broken"]
    nothing = model.without(item, [0, 1, 2, 3])
    assert model.parts(nothing) == []
    assert np.isfinite(model.logits([nothing])).all()


def test_a_part_that_does_not_exist_is_refused(bert: TextClassifier) -> None:
    with pytest.raises(ContractError, match=r"among 0\.\.0, got 1"):
        bert.without(bert.prepare(["No"])[0], [1])


def test_chinese_characters_are_parts_of_their_own(tiny_models, tmp_path: Path) -> None:
    for family in ("bert", "roberta"):
        model = load(tiny_models.tiny_classifier(tmp_path / family, family=family))
        parts = model.parts(model.prepare(["你好，我的包裹"])[0])
        assert [part.content for part in parts] == list("你好，我的包裹")


def test_an_empty_text_has_no_parts(bert: TextClassifier) -> None:
    item = bert.prepare([""])[0]
    assert bert.parts(item) == []
    assert np.isfinite(bert.logits([item])).all()


# the model is left as it was found


def test_asking_changes_neither_the_model_nor_any_generator(
    tiny_bert: Path, tiny_models: ModuleType
) -> None:
    import torch

    random.seed(3)
    np.random.seed(3)
    torch.manual_seed(3)
    states = random.getstate(), np.random.get_state()[1].copy(), torch.get_rng_state()
    model = load(tiny_bert)
    items = model.prepare(tiny_models.TEXTS)
    quiet = model.logits(items)
    model.network.train()
    model.network.bert.encoder.eval()
    modes = [module.training for module in model.network.modules()]
    np.testing.assert_array_equal(model.logits(items), quiet)
    assert [module.training for module in model.network.modules()] == modes
    assert random.getstate() == states[0]
    np.testing.assert_array_equal(np.random.get_state()[1], states[1])
    assert torch.equal(torch.get_rng_state(), states[2])
    assert all(weight.requires_grad for weight in model.network.parameters())


def test_loading_says_nothing(tiny_bert: Path, capfd: pytest.CaptureFixture[str]) -> None:
    load(tiny_bert)
    assert capfd.readouterr() == ("", "")


def test_half_precision_is_close_and_recorded(tiny_bert: Path, bert, tiny_models) -> None:
    half = load(tiny_bert, dtype="bfloat16")
    items = half.prepare(tiny_models.TEXTS)
    assert half.dtype == half.ref.dtype == "bfloat16"
    assert half.logits(items).dtype == np.float32
    np.testing.assert_allclose(half.logits(items), bert.logits(items), atol=0.15)


# the digest


def test_the_digest_names_weights_configuration_and_tokenizer(
    tiny_bert: Path, tmp_path: Path, bert: TextClassifier
) -> None:
    folder = copy_of(tiny_bert, tmp_path)
    assert load(folder).ref.weights_digest == bert.ref.weights_digest
    (folder / "README.md").write_text("hello")
    assert load(folder).ref.weights_digest == bert.ref.weights_digest
    edit_config(folder, layer_norm_eps=1e-5)
    assert load(folder).ref.weights_digest != bert.ref.weights_digest


# classes


def test_classes_in_another_order_are_put_into_the_order_of_the_task(
    tiny_models: ModuleType, tmp_path: Path
) -> None:
    names = {0: "Joy", 1: "anger", 2: "FEAR"}
    model = load(
        tiny_models.tiny_classifier(tmp_path / "m", classes=tuple(names.values())),
        Task("text-classification", "text", ("anger", "fear", "joy")),
    )
    plain = load(tmp_path / "m", Task("text-classification", "text", ("joy", "anger", "fear")))
    items = model.prepare(tiny_models.TEXTS)
    np.testing.assert_array_equal(model.logits(items), plain.logits(items)[:, [1, 2, 0]])
    assert [note.id for note in model.notes] == ["model.classes-reordered"]
    assert "Joy, anger, FEAR" in model.notes[0].text
    assert plain.notes == ()


@pytest.mark.parametrize("names", [("LABEL_0", "LABEL_1"), ("0", "1"), ("class 0", "class 1")])
def test_names_that_only_count_are_taken_by_position(
    tiny_models: ModuleType, tmp_path: Path, names: tuple[str, str]
) -> None:
    model = load(tiny_models.tiny_classifier(tmp_path / "m", classes=names))
    assert model.notes == ()


def test_numbers_as_class_names_in_another_order_are_reordered(
    tiny_models: ModuleType, tmp_path: Path
) -> None:
    folder = tiny_models.tiny_classifier(tmp_path / "m", classes=("0", "1"))
    task = Task("text-classification", "text", ("1", "0"))
    assert [note.id for note in load(folder, task).notes] == ["model.classes-reordered"]


def test_other_names_are_refused_with_both_lists(tiny_models: ModuleType, tmp_path: Path) -> None:
    folder = tiny_models.tiny_classifier(tmp_path / "m", classes=("spam", "ham"))
    with pytest.raises(ModelError, match=r"\(benign, toxic\), got spam, ham in id2label"):
        load(folder)


def test_another_number_of_classes_is_refused_with_both_lists(tiny_bert: Path) -> None:
    task = Task("text-classification", "text", ("anger", "joy", "fear"))
    with pytest.raises(ModelError, match=r"3 classes.*anger, joy, fear.*got 2 \(benign, toxic\)"):
        load(tiny_bert, task)


def test_a_model_that_gives_several_labels_is_refused(tiny_bert: Path, tmp_path: Path) -> None:
    folder = copy_of(tiny_bert, tmp_path)
    edit_config(folder, problem_type="multi_label_classification")
    with pytest.raises(ModelError, match="must choose one class"):
        load(folder)


# what cannot be loaded


def test_a_base_without_a_head_is_refused(tiny_bert: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    folder = copy_of(tiny_bert, tmp_path)
    weights = load_file(folder / "model.safetensors")
    body = {name: array for name, array in weights.items() if not name.startswith("classifier")}
    save_file(body, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"no trained classification head.*classifier\.bias"):
        load(folder)


def test_missing_weights_of_the_body_are_refused(tiny_bert: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    folder = copy_of(tiny_bert, tmp_path)
    weights = load_file(folder / "model.safetensors")
    weights.pop("bert.encoder.layer.1.output.dense.weight")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"must hold all \d+ weights, got none for bert\.encoder"):
        load(folder)


def test_weights_of_another_shape_are_refused(tiny_bert: Path, tmp_path: Path) -> None:
    folder = copy_of(tiny_bert, tmp_path)
    edit_config(folder, intermediate_size=50)
    with pytest.raises(ModelError, match=r"fit its config\.json"):
        load(folder)


@pytest.mark.parametrize("keep", [0, 7, 2000])
def test_a_damaged_weight_file_is_named(tiny_bert: Path, tmp_path: Path, keep: int) -> None:
    folder = copy_of(tiny_bert, tmp_path)
    raw = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(raw[:keep])
    with pytest.raises(ModelError, match=r"copy/model\.safetensors must be a whole safetensors"):
        load(folder)


def test_every_missing_file_is_reported_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError) as caught:
        load(tmp_path / "empty")
    text = "\n".join(caught.value.problems)
    assert len(caught.value.problems) == 3
    assert "config.json" in text
    assert "safetensors" in text
    assert "tokenizer" in text


def test_a_missing_tokenizer_is_not_replaced_by_an_empty_one(tiny_bert, tmp_path: Path) -> None:
    folder = copy_of(tiny_bert, tmp_path)
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match="must hold its tokenizer"):
        load(folder)


@pytest.mark.parametrize("content", ["{", "{}", '{"model": 3}', '{"version": "1.0", "model": {}}'])
def test_a_damaged_tokenizer_is_refused(tiny_bert: Path, tmp_path: Path, content: str) -> None:
    folder = copy_of(tiny_bert, tmp_path)
    (folder / "tokenizer.json").write_text(content)
    with pytest.raises(ModelError, match="The tokenizer of copy must"):
        load(folder)


def test_a_tokenizer_of_another_model_is_refused(tiny_models, tmp_path: Path) -> None:
    small = tiny_models.tiny_classifier(tmp_path / "small", texts=["ab"])
    large = tiny_models.tiny_classifier(tmp_path / "large")
    shutil.copy(large / "tokenizer.json", small / "tokenizer.json")
    with pytest.raises(ModelError, match="must use token ids below"):
        load(small)


def test_pickled_weights_are_refused(tiny_bert: Path, tmp_path: Path) -> None:
    folder = copy_of(tiny_bert, tmp_path)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"got pytorch_model\.bin, which can run code"):
        load(folder)


def test_a_missing_part_of_the_weights_is_named(tiny_bert: Path, tmp_path: Path) -> None:
    folder = copy_of(tiny_bert, tmp_path)
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    index = {
        "weight_map": {
            "a": "model-00001-of-00002.safetensors",
            "b": "model-00002-of-00002.safetensors",
        }
    }
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(ModelError, match="got none called model-00002-of-00002"):
        load(folder)


def test_code_in_a_model_is_refused(tiny_bert: Path, tmp_path: Path) -> None:
    folder = copy_of(tiny_bert, tmp_path)
    edit_config(folder, model_type="own", auto_map={"AutoConfig": "own.Config"})
    with pytest.raises(ModelError, match=r"must work without code of its own.*trust_code"):
        load(folder)
    edit_config(folder, auto_map={"AutoConfig": "someone/else--own.Config"})
    with pytest.raises(ModelError, match="pointer to another repository"):
        load(folder, trust_code=True)


def test_an_adapter_folder_is_refused(tiny_bert: Path, tmp_path: Path) -> None:
    folder = copy_of(tiny_bert, tmp_path)
    (folder / "adapter_config.json").write_text("{}")
    with pytest.raises(ModelError, match="got an adapter"):
        load(folder)


def test_an_unknown_architecture_is_refused(tiny_bert: Path, tmp_path: Path) -> None:
    folder = copy_of(tiny_bert, tmp_path)
    edit_config(folder, model_type="nonsense")
    with pytest.raises(ModelError, match="nonsense"):
        load(folder)


def test_a_damaged_configuration_is_refused(tiny_bert: Path, tmp_path: Path) -> None:
    folder = copy_of(tiny_bert, tmp_path)
    (folder / "config.json").write_text("{")
    with pytest.raises(ModelError, match=r"copy/config\.json must be JSON"):
        load(folder)


def test_a_missing_folder_and_an_unreachable_hub_model_differ(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="must exist, got nothing there"):
        load(tmp_path / "nowhere")
    with pytest.raises(ModelError, match=r"a reachable model of the hub.*HF_HUB_OFFLINE"):
        MODALITY.load("someone/something", task=TASK, device="cpu")


def test_a_hub_model_in_the_cache_needs_no_network_and_its_commit_is_recorded(
    tiny_bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    commit = "a" * 40
    repository = tmp_path / "models--someone--something"
    snapshot = Path(shutil.copytree(tiny_bert, repository / "snapshots" / commit))
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)
    ref = MODALITY.load("someone/something", task=TASK, device="cpu").ref
    assert (ref.name, ref.revision) == ("someone/something", commit)
    (snapshot / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="must hold its weights as safetensors"):
        MODALITY.load("someone/something", task=TASK, device="cpu")


def test_trusted_code_needs_a_pinned_revision() -> None:
    with pytest.raises(ModelError, match="trust_code must come with a pinned revision"):
        MODALITY.load("someone/something", task=TASK, trust_code=True)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"dtype": "float64"}, r"dtype must be one of float32, bfloat16, float16, got 'float64'"),
        ({"device": "tpu"}, r"device must be one of auto, cpu.*got 'tpu'"),
    ],
)
def test_an_unknown_device_or_precision_is_refused(tiny_bert, settings, message) -> None:
    with pytest.raises(ModelError, match=message):
        MODALITY.load(str(tiny_bert), task=TASK, **settings)


# tokens taken away


def test_single_tokens_are_masked_padded_or_deleted(bert: TextClassifier) -> None:
    tokenizer = bert._encoder.tokenizer
    item = bert.prepare(["came late, parcel"])[0]
    ids = item.arrays["input_ids"].tolist()
    assert isinstance(bert, HasTokens)
    for by, stand_in in (("mask", tokenizer.mask_token_id), ("pad", tokenizer.pad_token_id)):
        less = bert.without_tokens(item, [2, 4], by=by)
        expected = [stand_in if at in (2, 4) else token for at, token in enumerate(ids)]
        assert less.arrays["input_ids"].tolist() == expected
    less = bert.without_tokens(item, [2, 4], by="delete")
    assert less.arrays["input_ids"].tolist() == [ids[i] for i in range(len(ids)) if i not in (2, 4)]
    assert less.length == item.length - 2
    words = bert.parts(item)
    whole_word = bert.without_tokens(item, words[3].positions)
    assert whole_word.key == bert.without(item, [3]).key
    assert item.arrays["input_ids"].tolist() == ids


def test_special_tokens_cannot_be_taken_away(bert: TextClassifier) -> None:
    item = bert.prepare(["came late"])[0]
    for at in (0, item.length - 1, item.length, -1):
        with pytest.raises(ContractError, match=rf"must hold a token of a part, got {at}\."):
            bert.without_tokens(item, [at])


@pytest.mark.parametrize("has_pad", [True, False])
def test_tokens_go_where_there_is_no_mask_token(
    tiny_models: ModuleType, tmp_path: Path, has_pad: bool
) -> None:
    model = load(tiny_models.tiny_classifier(tmp_path / "gpt2", family="gpt2", has_pad=has_pad))
    item = model.prepare(["came late came broken"])[0]
    own = model._encoder.tokenizer
    assert model.without_tokens(item, [1]).length == item.length - 1
    padded = model.without_tokens(item, [1], by="pad").arrays["input_ids"]
    assert padded[1] == (own.pad_token_id if has_pad else 0)
    assert np.isfinite(
        model.logits([model.without_tokens(item, range(item.length), by="pad")])
    ).all()
