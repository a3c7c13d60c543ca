from __future__ import annotations

import json
import shutil
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.engines.prediction import decide, predict
from harness.errors import ModelError
from harness.modelling import TrainRequest
from models._adapters import ADAPTER_CONFIG, ADAPTER_WEIGHTS, probe_texts, switched_off
from models.text import MODALITY
from models.training.lora import head_modules, linear_layers, target_modules

TEXTS = ["my parcel now", "thanks for the letter", "quickly refund the order", "", "whenever"]


def load(base: Path, adapter: Path | None, task: Any, **settings: Any) -> Any:
    return MODALITY.load(
        str(base), task=task, device="cpu", adapter=adapter and str(adapter), **settings
    )


def logits_of(model: Any) -> Any:
    return predict(model, model.prepare(TEXTS), token_budget=512)


def copy_of(folder: Path, tmp_path: Path, *, with_lineage: bool = False) -> Path:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    if not with_lineage:
        (copy / "lineage.json").unlink(missing_ok=True)
    return copy


def edit(folder: Path, change: Any) -> None:
    """Rewrite the tensors of an adapter."""
    from safetensors.numpy import load_file, save_file

    tensors = dict(load_file(folder / ADAPTER_WEIGHTS))
    save_file(change(tensors), folder / ADAPTER_WEIGHTS, metadata={"format": "pt"})


# what is written


def test_an_adapter_folder_holds_what_it_changes_and_nothing_of_this_machine(
    adapter: Path, body: Path
) -> None:
    assert sorted(path.name for path in adapter.iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
        "lineage.json",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    config = json.loads((adapter / ADAPTER_CONFIG).read_text())
    lineage = json.loads((adapter / "lineage.json").read_text())
    assert config["base_model_name_or_path"] == body.name
    assert config["target_modules"] == ["query", "value"]
    assert config["modules_to_save"] == ["classifier", "score"]
    for name in (ADAPTER_CONFIG, "lineage.json"):
        assert str(body.parent) not in (adapter / name).read_text()
    assert lineage["base"] == body.name
    assert len(lineage["base_digest"]) == 64
    assert lineage["n_trained_parameters"] < lineage["n_parameters"] / 10


def test_the_same_request_gives_the_same_adapter(
    ask, body: Path, adapter: Path, tmp_path: Path
) -> None:
    again = MODALITY.train(ask(tmp_path, body, "adapter", options={"method": "lora"}))
    for path in adapter.iterdir():
        if path.name != "lineage.json":
            assert path.read_bytes() == (again / path.name).read_bytes(), path.name


@pytest.mark.parametrize("family", ["distilbert", "roberta", "gpt2", "llama"])
def test_every_architecture_gets_its_layers_and_keeps_its_head(
    ask, tiny_models, task, tmp_path: Path, family: str
) -> None:
    base = tiny_models.tiny_classifier(
        tmp_path / "base", family=family, classes=("a", "b", "c"), has_pad=False
    )
    one: TrainRequest = ask(tmp_path, base, options={"method": "lora"})
    output = MODALITY.train(one)
    model = load(base, output, task)
    lineage = json.loads((output / "lineage.json").read_text())
    found = predict(model, model.prepare(one.validation.inputs), token_budget=512)
    chosen = next(e for e in lineage["curve"] if e["step"] == lineage["chosen_step"])
    # a head that had been drawn anew on loading would decide by chance
    assert (decide(found) == one.validation.label).mean() == chosen["validation_accuracy"]
    assert model.ref.adapter_proof["base_has_head"] is False


def test_a_body_part_that_was_drawn_is_saved_with_the_adapter(
    ask, tiny_bert: Path, task, tmp_path: Path
) -> None:
    from safetensors.numpy import load_file, save_file

    base = Path(shutil.copytree(tiny_bert, tmp_path / "base"))
    stored = load_file(base / "model.safetensors")
    left = {name: one for name, one in stored.items() if "pooler" not in name}
    save_file(left, base / "model.safetensors", metadata={"format": "pt"})
    output = MODALITY.train(ask(tmp_path, base, options={"method": "lora"}))
    config = json.loads((output / ADAPTER_CONFIG).read_text())
    assert "bert.pooler.dense" in config["modules_to_save"]
    first, second = (logits_of(load(base, output, task)) for _ in range(2))
    assert first.tobytes() == second.tobytes()


# what is audited


def test_the_record_names_base_adapter_and_proof(adapter: Path, body: Path, task) -> None:
    ref = load(body, adapter, task).ref
    lineage = json.loads((adapter / "lineage.json").read_text())
    assert (ref.kind, ref.name, ref.base) == ("trained", "adapter", body.name)
    assert ref.weights_digest == lineage["base_digest"]
    assert ref.adapter_digest == lineage["weights_digest"]
    proof = ref.adapter_proof
    assert proof.keys() == {
        "n_rows",
        "max_logit_difference",
        "max_logit_difference_low_rank",
        "base_has_head",
    }
    assert proof["n_rows"] == 8
    assert proof["max_logit_difference"] > 1e-3
    assert proof["max_logit_difference_low_rank"] > 1e-3
    assert load(body, adapter, task).ref == ref


@pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning")  # peft, on loading
def test_merged_and_unmerged_adapters_decide_alike(
    adapter: Path, body: Path, task, tmp_path: Path
) -> None:
    import peft
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    network = AutoModelForSequenceClassification.from_pretrained(
        body, num_labels=2, ignore_mismatched_sizes=True, id2label={0: "normal", 1: "urgent"}
    )
    merged = peft.PeftModel.from_pretrained(network, adapter).merge_and_unload()
    merged.save_pretrained(tmp_path / "merged")
    AutoTokenizer.from_pretrained(adapter).save_pretrained(tmp_path / "merged")
    one = logits_of(load(body, adapter, task))
    other = logits_of(load(tmp_path / "merged", None, task))
    # float32: W + BA is rounded once, Wx + B(Ax) at each step
    np.testing.assert_allclose(one, other, atol=1e-4)
    assert (decide(one) == decide(other)).all()


@pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning")  # peft, on loading
def test_an_adapter_that_plain_peft_trained_is_audited(
    tiny_bert: Path, task, tmp_path: Path
) -> None:
    import peft
    import torch
    from transformers import AutoModelForSequenceClassification

    torch.manual_seed(1)
    network = AutoModelForSequenceClassification.from_pretrained(tiny_bert)
    config = peft.LoraConfig(task_type="SEQ_CLS", target_modules=["query", "dense"], r=4)
    wrapped = peft.get_peft_model(network, config)
    with torch.no_grad():
        for name, weight in wrapped.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.1)
    wrapped.save_pretrained(tmp_path / "elsewhere", save_embedding_layers=False)
    model = load(tiny_bert, tmp_path / "elsewhere", task)
    items = model.prepare(TEXTS)
    ids = [torch.from_numpy(item.arrays["input_ids"])[None] for item in items]
    with torch.inference_mode():
        expected = torch.cat([wrapped.eval()(input_ids=one).logits for one in ids]).numpy()
    # 1e-5: padding and batching in float32
    np.testing.assert_allclose(model.logits(items), expected, atol=1e-5)
    assert model.ref.kind == "given"
    assert model.ref.adapter_proof["base_has_head"] is True
    assert [note.id for note in model.notes] == ["adapter.classes-by-position"]


@pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning")  # peft, on loading
@pytest.mark.parametrize(
    ("family", "layers"),
    [("bert", ["query", "word_embeddings"]), ("llama", ["q_proj", "embed_tokens"])],
)
def test_an_adapter_on_the_embeddings_that_plain_peft_saved_is_loaded_and_differentiated(
    tiny_models, task, tmp_path: Path, family: str, layers: list[str]
) -> None:
    import peft
    import torch
    from transformers import AutoModelForSequenceClassification

    base = tiny_models.tiny_classifier(tmp_path / "base", family=family)
    torch.manual_seed(1)
    network = AutoModelForSequenceClassification.from_pretrained(base)
    wrapped = peft.get_peft_model(
        network, peft.LoraConfig(task_type="SEQ_CLS", target_modules=layers, r=4)
    )
    with torch.no_grad():
        for name, weight in wrapped.named_parameters():
            if "lora_" in name:
                weight.normal_(std=0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # peft says that it saves the embeddings, too
        wrapped.save_pretrained(tmp_path / "adapter")
    model = load(base, tmp_path / "adapter", task)
    (item,) = model.prepare(TEXTS[:1])
    with torch.inference_mode():
        ids = torch.from_numpy(item.arrays["input_ids"])[None]
        expected = wrapped.eval()(input_ids=ids).logits.numpy()
    # 1e-5: batching in float32
    np.testing.assert_allclose(model.logits([item]), expected, atol=1e-5)
    assert "embeddings" in model.capabilities


@pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning")  # peft, on loading
def test_embeddings_of_another_base_beside_an_adapter_are_refused(
    tiny_models, task, tmp_path: Path
) -> None:
    import peft
    from transformers import AutoModelForSequenceClassification

    base = tiny_models.tiny_classifier(tmp_path / "base", family="llama")
    network = AutoModelForSequenceClassification.from_pretrained(base)
    wrapped = peft.get_peft_model(
        network, peft.LoraConfig(task_type="SEQ_CLS", target_modules=["embed_tokens"], r=4)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wrapped.save_pretrained(tmp_path / "adapter")

    def moved(tensors: dict[str, Any]) -> dict[str, Any]:
        return {name: one + 1 if "base_layer" in name else one for name, one in tensors.items()}

    edit(tmp_path / "adapter", moved)
    with pytest.raises(ModelError, match=r"without a place.*embed_tokens\.base_layer"):
        load(base, tmp_path / "adapter", task)


def test_prediction_shards_of_base_and_adapter_are_never_mixed_up(
    adapter: Path, body: Path, task, tmp_path: Path
) -> None:
    from harness.engines.prediction import predict_sharded

    model = load(body, adapter, task)
    items = model.prepare(TEXTS)
    ids = [str(i) for i in range(len(items))]
    predict_sharded(model, items, ids, folder=tmp_path, token_budget=64)
    model.ref = replace(model.ref, adapter_digest="0" * 64)
    predict_sharded(model, items, ids, folder=tmp_path, token_budget=64)
    assert len(list(tmp_path.glob("shard-*"))) == 2


def test_parts_can_be_taken_from_a_model_with_an_adapter(adapter: Path, body: Path, task) -> None:
    model = load(body, adapter, task)
    item = model.prepare(["my parcel now"])[0]
    changed = model.logits([item, model.without(item, [2])])
    assert len(model.parts(item)) == 3
    assert not np.allclose(changed[0], changed[1])


def test_switching_off_is_undone_and_marks_nothing(adapter: Path, body: Path, task) -> None:
    model = load(body, adapter, task)
    before = logits_of(model)
    flags = [weight.requires_grad for weight in model.network.parameters()]
    with switched_off(model.network, saved=True):
        assert not np.allclose(logits_of(model), before)
    with pytest.raises(AttributeError), switched_off(model.network, saved=True):
        model.logits([None])
    assert logits_of(model).tobytes() == before.tobytes()
    assert [weight.requires_grad for weight in model.network.parameters()] == flags
    assert any(flags)
    assert not all(flags)


# the proof


def test_a_dead_adapter_stops_although_its_head_differs(
    adapter: Path, body: Path, task, tmp_path: Path
) -> None:
    dead = copy_of(adapter, tmp_path)
    edit(
        dead,
        lambda tensors: {
            name: np.zeros_like(one) if "lora_B" in name else one for name, one in tensors.items()
        },
    )
    with pytest.raises(ModelError) as caught:
        load(body, dead, task)
    assert "must change the logits of three-classes, got a difference of at most 0" in str(
        caught.value
    )
    assert "the saved head differs, the low-rank part is dead" in str(caught.value)


@pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning")  # peft, on loading
def test_an_untrained_adapter_stops(tiny_bert: Path, task, tmp_path: Path) -> None:
    import peft
    from transformers import AutoModelForSequenceClassification

    network = AutoModelForSequenceClassification.from_pretrained(tiny_bert)
    wrapped = peft.get_peft_model(network, peft.LoraConfig(target_modules=["query"]))
    wrapped.save_pretrained(tmp_path / "fresh", save_embedding_layers=False)
    with pytest.raises(ModelError, match="matrices B are still zero"):
        load(tiny_bert, tmp_path / "fresh", replace(task, classes=("benign", "toxic")))


@pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning")  # peft, on loading
def test_a_live_model_with_a_dead_adapter_is_not_saved(tiny_bert: Path, tmp_path: Path) -> None:
    import peft
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    network = AutoModelForSequenceClassification.from_pretrained(tiny_bert)
    wrapped = peft.get_peft_model(network, peft.LoraConfig(target_modules=["query"]))
    tokenizer = AutoTokenizer.from_pretrained(tiny_bert)
    with pytest.raises(ModelError, match="low-rank part is zero or switched off"):
        MODALITY.save_live(wrapped, tokenizer, tmp_path)
    with torch.no_grad():
        for name, weight in wrapped.named_parameters():
            if "lora_B" in name:
                weight.normal_()
    MODALITY.save_live(wrapped, tokenizer, tmp_path)
    with wrapped.disable_adapter(), pytest.raises(ModelError, match="zero or switched off"):
        MODALITY.save_live(wrapped, tokenizer, tmp_path)


def test_probe_rows_say_something_to_a_base_that_knows_no_english(tiny_models, tmp_path) -> None:
    from transformers import AutoTokenizer

    folder = tiny_models.tiny_classifier(tmp_path / "zh", texts=["我的包裹还没有到", "谢谢你们"])
    tokenizer = AutoTokenizer.from_pretrained(folder)
    texts = probe_texts(tokenizer)
    unknown = [
        np.mean([one == tokenizer.unk_token_id for one in tokenizer(text)["input_ids"]])
        for text in texts
    ]
    assert len(texts) == 8
    assert min(unknown) == 0
    assert max(unknown[4:]) == 0


# what does not belong together


@pytest.mark.parametrize(
    ("family", "settings", "message"),
    [
        ("bert", {"seed": 1}, r"base that it was trained on \(three-classes, digest"),
        ("gpt2", {}, r"base that it was trained on \(three-classes, digest"),
    ],
)
def test_an_adapter_is_refused_on_a_base_with_another_digest(
    tiny_models, adapter: Path, task, tmp_path: Path, family: str, settings: Any, message: str
) -> None:
    base = tiny_models.tiny_classifier(tmp_path / "other", family=family, **settings)
    with pytest.raises(ModelError, match=message) as caught:
        load(base, adapter, task)
    assert "got other with the digest" in str(caught.value)


def test_an_adapter_is_refused_on_a_base_without_its_layers(
    tiny_models, adapter: Path, task, tmp_path: Path
) -> None:
    base = tiny_models.tiny_classifier(tmp_path / "other", family="llama")
    with pytest.raises(ModelError) as caught:
        load(base, copy_of(adapter, tmp_path), task)
    assert "The adapter copy must fit the base other, got target modules that it lacks" in str(
        caught.value
    )
    assert "query, value" in str(caught.value)
    assert "trained on three-classes" in str(caught.value)


def test_an_adapter_of_other_shapes_is_refused(
    tiny_models, adapter: Path, task, tmp_path: Path
) -> None:
    base = tiny_models.tiny_classifier(tmp_path / "other")
    copy = copy_of(adapter, tmp_path)
    edit(
        copy,
        lambda tensors: {
            name: one[:, :16] if "lora_A" in name else one for name, one in tensors.items()
        },
    )
    with pytest.raises(ModelError, match=r"copy must fit the base other, got other shapes: .*lora"):
        load(base, copy, task)


def named_base(adapter: Path, tmp_path: Path, name: str | None) -> Path:
    """An adapter trained elsewhere: no lineage, the base by its name alone."""
    copy = copy_of(adapter, tmp_path)
    config = json.loads((copy / ADAPTER_CONFIG).read_text())
    (copy / ADAPTER_CONFIG).write_text(json.dumps(config | {"base_model_name_or_path": name}))
    return copy


def test_an_adapter_from_elsewhere_is_refused_on_other_weights_than_those_it_names(
    tiny_models, adapter: Path, body: Path, task, tmp_path: Path
) -> None:
    other = tiny_models.tiny_classifier(tmp_path / "other", classes=("a", "b", "c"), seed=1)
    copy = named_base(adapter, tmp_path, str(body))
    same = Path(shutil.copytree(body, tmp_path / "moved"))
    with pytest.raises(ModelError, match="got other, whose weights differ"):
        load(other, copy, task)
    notes = load(same, copy, task).notes
    assert [note.id for note in notes] == ["adapter.classes-by-position"]


@pytest.mark.parametrize("name", ["somebody/another-base", "/gone/another", None])
def test_a_base_that_nothing_shows_to_be_the_right_one_is_noted(
    adapter: Path, body: Path, task, tmp_path: Path, name: str | None
) -> None:
    notes = load(body, named_base(adapter, tmp_path, name), task).notes
    assert [note.id for note in notes] == ["adapter.base-by-word", "adapter.classes-by-position"]
    assert (name or "a base without a name") in notes[0].text


def test_weights_of_an_adapter_that_are_no_numbers_are_named(
    adapter: Path, body: Path, task, tmp_path: Path
) -> None:
    copy = copy_of(adapter, tmp_path)
    edit(copy, lambda t: {k: v * np.float32("nan") if "lora_B" in k else v for k, v in t.items()})
    with pytest.raises(
        ModelError, match=r"must hold finite weights, got NaN or infinity in .*lora_B"
    ):
        load(body, copy, task)


@pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning")  # peft, on loading
def test_classes_that_only_the_base_names_keep_their_places_merged_or_not(
    tiny_bert: Path, task, tmp_path: Path
) -> None:
    import peft
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    turned = replace(task, classes=("toxic", "benign"))  # the base says benign, toxic
    network = AutoModelForSequenceClassification.from_pretrained(tiny_bert)
    wrapped = peft.get_peft_model(
        network, peft.LoraConfig(task_type="SEQ_CLS", target_modules=["query"])
    )
    with torch.no_grad():
        for name, weight in wrapped.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.5)
    wrapped.save_pretrained(tmp_path / "elsewhere", save_embedding_layers=False)
    wrapped.merge_and_unload().save_pretrained(tmp_path / "merged")
    AutoTokenizer.from_pretrained(tiny_bert).save_pretrained(tmp_path / "merged")
    unmerged = load(tiny_bert, tmp_path / "elsewhere", turned)
    merged = load(tmp_path / "merged", None, turned)
    # float32: W + BA is rounded once, Wx + B(Ax) at each step
    np.testing.assert_allclose(logits_of(unmerged), logits_of(merged), atol=1e-4)
    assert [note.id for note in unmerged.notes] == [
        "model.classes-reordered",
        "adapter.classes-of-base",
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: {k: v for k, v in t.items() if "layer.0" not in k}, "no weights for"),
        (
            lambda t: t | {"base_model.model.extra.lora_A.weight": t[next(iter(t))]},
            "without a place",
        ),
    ],
)
def test_every_tensor_must_have_its_place(
    adapter: Path, body: Path, task, tmp_path: Path, change: Any, message: str
) -> None:
    copy = copy_of(adapter, tmp_path)
    edit(copy, change)
    with pytest.raises(ModelError, match=f"must fit the base three-classes, got .*{message}"):
        load(body, copy, task)


def test_a_head_that_neither_base_nor_adapter_has_is_missed(
    adapter: Path, body: Path, task, tmp_path: Path
) -> None:
    copy = copy_of(adapter, tmp_path)
    config = json.loads((copy / ADAPTER_CONFIG).read_text())
    config |= {"task_type": None, "modules_to_save": None}
    (copy / ADAPTER_CONFIG).write_text(json.dumps(config))
    edit(copy, lambda t: {k: v for k, v in t.items() if "lora" in k})
    with pytest.raises(ModelError, match="must have the 2 classes of the task"):
        load(body, copy, task)


def test_a_missing_base_is_named_with_what_the_adapter_says(adapter: Path, task, tmp_path) -> None:
    with pytest.raises(ModelError) as caught:
        load(tmp_path / "gone", adapter, task)
    assert "The base of the adapter adapter must be there." in str(caught.value)
    assert "got nothing there" in str(caught.value)
    assert "trained on three-classes" in str(caught.value)


def test_an_adapter_whose_files_were_changed_is_refused(
    adapter: Path, body: Path, task, tmp_path: Path
) -> None:
    copy = copy_of(adapter, tmp_path, with_lineage=True)
    edit(copy, lambda t: {k: v + 1e-3 for k, v in t.items()})
    with pytest.raises(ModelError, match="files were changed after training"):
        load(body, copy, task)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (ADAPTER_CONFIG, None, "must hold adapter_config.json, got none"),
        (ADAPTER_CONFIG, "{", "must hold a mapping, got a damaged file"),
        (ADAPTER_CONFIG, '{"peft_type": "IA3"}', "must be of the type LORA, got 'IA3'"),
        (ADAPTER_WEIGHTS, None, "must hold adapter_model.safetensors, got none"),
        (ADAPTER_WEIGHTS, "x", "must be a whole safetensors file"),
    ],
)
def test_a_damaged_adapter_is_refused(
    adapter: Path, body: Path, task, tmp_path: Path, name: str, content: str | None, message: str
) -> None:
    copy = copy_of(adapter, tmp_path)
    (copy / name).unlink()
    if content is not None:
        (copy / name).write_text(content)
    with pytest.raises(ModelError, match=message):
        load(body, copy, task)


def test_a_whole_model_is_no_adapter(tiny_bert: Path, body: Path, task) -> None:
    with pytest.raises(ModelError, match=r"got a whole model\. Give it as model\.base"):
        load(body, tiny_bert, task)


def test_classes_in_another_order_are_reordered(adapter: Path, body: Path, task) -> None:
    turned = load(body, adapter, replace(task, classes=task.classes[::-1]))
    assert (logits_of(turned)[:, ::-1] == logits_of(load(body, adapter, task))).all()
    with pytest.raises(ModelError, match="must name the classes of the task"):
        load(body, adapter, replace(task, classes=("good", "bad")))


# where an adapter goes


def network_of(folder: Path) -> Any:
    from transformers import AutoModelForSequenceClassification

    return AutoModelForSequenceClassification.from_pretrained(folder)


def test_attention_is_found_where_peft_knows_no_layers(tiny_models, tmp_path: Path) -> None:
    folder = tiny_models.tiny_classifier(tmp_path / "model", family="distilbert")
    network = network_of(folder)
    assert head_modules(network, ()) == ["pre_classifier", "classifier"]
    found = target_modules(network, "auto", ["pre_classifier", "classifier"])
    assert found == ["k_lin", "out_lin", "q_lin", "v_lin"]
    assert not [name for name in linear_layers(network, ["classifier"]) if name == "classifier"]


def test_a_layer_that_is_not_there_is_named_with_those_that_are(ask, body: Path, tmp_path) -> None:
    options = {"method": "lora", "lora": {"target_modules": ["query", "querry", "zzz"]}}
    with pytest.raises(ModelError) as caught:
        MODALITY.train(ask(tmp_path, body, options=options))
    assert "got 'querry'. Did you mean 'query'?" in caught.value.problems[0]
    assert "They are called dense, key, query, value." in caught.value.problems[1]


def test_no_attention_is_an_error_that_lists_the_linear_layers() -> None:
    from types import SimpleNamespace

    import torch

    network = torch.nn.Sequential()
    network.add_module("mixer", torch.nn.Sequential())
    network.mixer.add_module("up", torch.nn.Linear(2, 2))
    network.config = SimpleNamespace(model_type="mixer")
    with pytest.raises(ModelError, match=r"got none in mixer\. Its linear layers are up\."):
        target_modules(network, "auto", [])


def test_an_adapter_needs_a_base(ask, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"train\.method lora must have a base to adapt"):
        MODALITY.train(ask(tmp_path, options={"method": "lora"}))
