"""One suite over every modality that discovery finds: its model is asked the way engines ask it."""

from __future__ import annotations

import inspect
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness import registry
from harness.data import TableSpec, load_dataset, split_dataset
from harness.engines.prediction import predict
from harness.modelling import (
    CAPABILITIES,
    GREEDY,
    CanGenerate,
    Decoding,
    HasEmbeddings,
    HasLogProbabilities,
    HasParts,
    HasPerExampleGradients,
    Modality,
    Model,
    TrainRequest,
    flatten_gradients,
)
from harness.records import DECIDING, TARGET, Prompting, Task

TEXTS = [
    "help now please",
    "thank you",
    "water is everywhere in the cellar and it rises",
    "",
    "no hurry at all",
]
TINY = {
    "type": "bert",
    "vocabulary": 200,
    "hidden_size": 16,
    "layers": 1,
    "heads": 2,
    "intermediate_size": 16,
    "max_positions": 16,
}
Rows = Callable[[Sequence[str]], list[Any]]
CASES = [
    (id, kind)
    for id, found in sorted(registry.discover("models").items.items())
    for kind in sorted(found.tasks)
]
"""Every modality with every kind of task that it handles."""


@pytest.fixture(scope="module", params=CASES, ids="/".join)
def case(request: pytest.FixtureRequest) -> tuple[str, str]:
    found: tuple[str, str] = request.param
    return found


@pytest.fixture(scope="module")
def modality(case: tuple[str, str]) -> Modality:
    found: Modality = registry.discover("models").items[case[0]]
    return found


@pytest.fixture(scope="module")
def task(case: tuple[str, str]) -> Task:
    id, kind = case
    classes = ("routine", "urgent") if kind in DECIDING else (TARGET,)
    prompting = None
    if kind != "text-classification":
        completions = (" routine", " urgent, help") if kind == "prompted-classification" else ()
        prompting = Prompting("Letter: {text}\nIt is", completions)
    return Task(kind=kind, modality=id, classes=classes, prompting=prompting)


@pytest.fixture(scope="module")
def rows(case: tuple[str, str]) -> Callable[[Sequence[str]], list[Any]]:
    """Make rows of the kind of task from texts."""
    more = {"multiple-choice": ("nothing", "an emergency"), "text-generation": (" late again",)}
    after = more.get(case[1], ())

    def make(texts: Sequence[str]) -> list[Any]:
        return [(text, *after) if after else text for text in texts]

    return make


def labels_of(model: Model) -> Any:
    return np.arange(len(TEXTS)) % model.n_classes


@pytest.fixture(scope="module")
def request_(
    modality: Modality, task: Task, tmp_path_factory: pytest.TempPathFactory
) -> TrainRequest:
    """A small training."""
    folder = tmp_path_factory.mktemp(modality.id)
    rng = random.Random(0)
    lines = ["text,label"]
    for i in range(64):
        label = rng.choice(task.classes)
        lines.append(f"{'help now' if label == 'urgent' else 'thank you'} number {i},{label}")
    (folder / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = load_dataset(
        TableSpec(path=folder / "rows.csv", text="text", label="label"), task, name="train", seed=0
    )
    train, validation = split_dataset(rows, share=0.25, seed=0)
    return TrainRequest(
        task=task,
        train=train,
        validation=validation,
        options={"epochs": 1.0, "batch_size": 16, "max_tokens": 16},
        output=folder / "model",
        workspace=folder / "work",
        seed=0,
        device="cpu",
        architecture=TINY,
    )


@pytest.fixture(scope="module")
def model(modality: Modality, task: Task, request: pytest.FixtureRequest) -> Model:
    if task.prompting is not None:
        folder = request.getfixturevalue("tiny_llama")
    else:
        folder = modality.train(request.getfixturevalue("request_"))
    return modality.load(str(folder), task=task, device="cpu")


def state(model: Model) -> dict[str, Any]:
    """Everything that asking must not change."""
    import torch

    found: dict[str, Any] = {
        "python": random.getstate(),
        "numpy": np.random.get_state()[1].tolist(),
        "torch": torch.random.get_rng_state().tolist(),
    }
    network = next(
        (value for value in vars(model).values() if isinstance(value, torch.nn.Module)), None
    )
    if network is not None:
        found["training"] = [part.training for part in network.modules()]
        found["grad"] = [weight.requires_grad for weight in network.parameters()]
        found["hooks"] = [
            len(part._forward_hooks) + len(part._backward_hooks) for part in network.modules()
        ]
        found["weights"] = [weight.detach().sum().item() for weight in network.parameters()]
    return found


def test_discovery_finds_modalities_without_a_problem() -> None:
    found = registry.discover("models")
    assert "text" in found.items
    assert not found.problems


def test_it_declares_its_tasks_and_explains_itself(modality: Modality) -> None:
    assert modality.tasks
    assert inspect.getdoc(inspect.getmodule(type(modality)))


def test_it_keeps_the_protocols_that_its_capabilities_promise(model: Model, task: Task) -> None:
    assert isinstance(model, Model)
    assert model.capabilities <= set(CAPABILITIES)
    assert model.n_classes == len(task.classes)
    assert isinstance(model, HasParts) is ("parts" in model.capabilities)
    can = "per-example-gradients" in model.capabilities
    assert isinstance(model, HasPerExampleGradients) is can
    assert isinstance(model, HasLogProbabilities) is ("log-probabilities" in model.capabilities)
    assert isinstance(model, CanGenerate) is ("generate" in model.capabilities)


def test_logits_are_finite_and_of_the_promised_shape(model: Model, rows: Rows) -> None:
    logits = model.logits(model.prepare(rows(TEXTS)))
    assert logits.shape == (len(TEXTS), model.n_classes)
    assert logits.dtype == np.float32
    assert np.isfinite(logits).all()


@pytest.mark.parametrize("token_budget", [8, 20, 4096])
def test_logits_do_not_depend_on_the_batch(
    model: Model, task: Task, rows: Rows, token_budget: int
) -> None:
    items = model.prepare(rows(TEXTS))
    alone = np.concatenate([model.logits([item]) for item in items])
    # 1e-5: the promise of the prediction engine in float32; sums over tokens lose more, as they are
    # larger
    size = 1 if task.prompting is None else 1 + np.abs(alone).max()
    np.testing.assert_allclose(
        predict(model, items, token_budget=token_budget),
        alone,
        atol=1e-5 * size,
        rtol=0,
    )


def test_the_same_question_gets_the_same_bytes(model: Model, rows: Rows) -> None:
    items = model.prepare(rows(TEXTS))
    assert model.logits(items).tobytes() == model.logits(items).tobytes()


def test_the_model_and_global_state_are_left_as_they_were(model: Model, rows: Rows) -> None:
    before = state(model)
    model.logits(model.prepare(rows(TEXTS)))
    assert state(model) == before


def test_they_are_left_as_they_were_after_an_exception_too(model: Model) -> None:
    before = state(model)
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever it is, nothing may be left behind
        model.logits([object()])  # type: ignore[list-item]
    assert state(model) == before


def test_items_say_their_length_key_and_truncation(model: Model, rows: Rows) -> None:
    items = model.prepare(rows(["a b", "a b", "word " * 500]))
    assert items[0].key == items[1].key
    assert items[0].key != items[2].key
    assert [item.is_truncated for item in items] == [False, False, True]
    assert all(item.length >= 0 for item in items)


def test_parts_stand_in_order_and_can_be_taken_away_one_by_one(model: Model, rows: Rows) -> None:
    if not isinstance(model, HasParts):
        pytest.skip("this modality has no parts")
    item = model.prepare(rows(["help now please thank you"]))[0]
    parts = model.parts(item)
    assert [part.index for part in parts] == list(range(len(parts)))
    covered = [position for part in parts for position in part.positions]
    assert covered == sorted(set(covered))
    keys = {model.without(item, [part.index]).key for part in parts}
    assert len(keys) == len(parts)
    assert item.key not in keys
    assert model.without(item, []).key == item.key


def test_preparing_nothing_gives_nothing(model: Model) -> None:
    assert model.prepare([]) == []


def test_gradients_of_examples_do_not_depend_on_the_batch(model: Model, rows: Rows) -> None:
    if not isinstance(model, HasPerExampleGradients):
        pytest.skip("this modality gives no gradients")
    items, labels = model.prepare(rows(TEXTS)), labels_of(model)
    before = state(model)
    together = flatten_gradients(model.per_example_gradients(items, labels))
    assert state(model) == before
    alone = [
        flatten_gradients(model.per_example_gradients([item], labels[i : i + 1]))
        for i, item in enumerate(items)
    ]
    assert together.shape[0] == len(items)
    assert np.abs(together).max() > 0
    # 1e-5 of the largest entry: float32, padding and batching
    np.testing.assert_allclose(
        together, np.concatenate(alone), atol=1e-5 * np.abs(together).max(), rtol=0
    )


def test_gradients_leave_the_model_as_it_was_after_an_exception_too(
    model: Model, rows: Rows
) -> None:
    if not isinstance(model, HasPerExampleGradients):
        pytest.skip("this modality gives no gradients")
    items, labels = model.prepare(rows(TEXTS)), labels_of(model)

    def stop(logits: Any, label: Any) -> Any:
        raise RuntimeError("stop")

    before = state(model)
    with pytest.raises(RuntimeError, match="stop"):
        model.per_example_gradients(items, labels, loss=stop)
    assert state(model) == before


def embedding_model(model: Model) -> Any:
    if "embeddings" not in model.capabilities:
        pytest.skip("this modality has no embeddings")
    assert isinstance(model, HasEmbeddings)
    return model


def test_embeddings_give_the_logits_of_their_inputs_in_any_batch(model: Model, rows: Rows) -> None:
    flat = embedding_model(model)
    items = model.prepare(rows(TEXTS))
    before = state(model)
    embedded = flat.embed(items)
    assert len(embedded) == sum(item.length for item in items)
    assert not embedded.requires_grad
    with flat.differentiating():
        logits = flat.logits_from_embeddings(items, embedded)
    # 1e-5: the promise of the capability in float32
    np.testing.assert_allclose(
        logits.detach().numpy(), model.logits(items), atol=1e-5 * (1 + abs(logits).max().item())
    )
    assert state(model) == before


def test_what_stands_in_another_row_has_no_gradient(model: Model, rows: Rows) -> None:
    import torch

    flat = embedding_model(model)
    items = model.prepare(rows(TEXTS))
    embedded = flat.embed(items).requires_grad_()
    with flat.differentiating():
        logits = flat.logits_from_embeddings(items, embedded)
        (gradient,) = torch.autograd.grad(logits[2].sum(), embedded)
    owner = np.repeat(np.arange(len(items)), [item.length for item in items])
    assert gradient[owner == 2].abs().sum() > 0
    assert not gradient[owner != 2].any()


def test_filled_items_are_as_long_and_differ_in_content_only(model: Model, rows: Rows) -> None:
    flat = embedding_model(model)
    for item in model.prepare(rows(TEXTS)):
        content = flat.is_content(item)
        assert content.shape == (item.length,)
        for kind in ("mask", "pad"):
            blank = flat.filled(item, kind)
            assert blank.length == item.length
            same = (flat.embed([blank]) == flat.embed([item])).all(-1).numpy()
            assert same[~content].all()
            assert not content.any() or not same[content].all()


def test_differentiating_leaves_the_model_as_it_was_after_an_exception_too(model: Model) -> None:
    flat = embedding_model(model)
    before = state(model)
    with pytest.raises(RuntimeError, match="stop"), flat.differentiating():
        raise RuntimeError("stop")
    assert state(model) == before


def scoring_model(model: Model) -> Any:
    if not isinstance(model, HasLogProbabilities):
        pytest.skip("this modality scores no tokens")
    return model


def test_scored_tokens_add_up_to_the_logits_and_nothing_is_changed(
    model: Model, rows: Rows
) -> None:
    scorer = scoring_model(model)
    items = model.prepare(rows(TEXTS))
    before = state(model)
    scores = scorer.log_probabilities(items, has_moments=True)
    assert state(model) == before
    for item, one, logits in zip(items, scores, model.logits(items), strict=True):
        segment = item.arrays["segment"]
        assert one.segment.tolist() == segment[segment > 0].tolist()
        assert (one.log_probability <= 0).all()
        assert (one.deviation >= 0).all()
        sums = [one.log_probability[one.segment == k + 1].sum() for k in range(model.n_classes)]
        np.testing.assert_allclose(sums, logits, rtol=1e-6)  # float32 of the sum


def test_what_is_read_once_scores_as_what_is_read_anew(model: Model) -> None:
    scorer = scoring_model(model)
    prefix = scorer.encode("help now, the water is", is_start=True)
    candidates = [scorer.encode(text, is_start=False) for text in (" rising", " in", " everywhere")]
    before = state(model)
    together = scorer.candidate_log_probabilities(prefix, candidates)
    assert state(model) == before
    alone = []
    for one in candidates:
        steps = [
            scorer.next_log_probabilities(prefix, one[None, :n])[0, token]
            for n, token in enumerate(one)
        ]
        alone.append(float(np.sum(steps, dtype=np.float64)))
    # 2e-5: the promise of the capability in float32
    np.testing.assert_allclose(together, alone, atol=2e-5, rtol=0)


def test_a_text_can_be_read_back_from_its_tokens(model: Model) -> None:
    scorer = scoring_model(model)
    for text in ("help now", " please", "水很多", "a  b\nc"):
        for is_start in (True, False):
            assert scorer.decode(scorer.encode(text, is_start=is_start)) == text


def writing_model(model: Model) -> Any:
    if not isinstance(model, CanGenerate):
        pytest.skip("this modality does not write")
    return model


@pytest.mark.parametrize("decoding", [GREEDY, Decoding(0.7, 20, 0.9)])
def test_what_is_written_does_not_depend_on_the_batch_and_nothing_is_changed(
    model: Model, rows: Rows, decoding: Decoding
) -> None:
    writer = writing_model(model)
    items = model.prepare(rows(TEXTS))
    before = state(model)
    together = writer.generate(items, decoding=decoding, max_new_tokens=8, seed=3)
    assert state(model) == before
    for item, one in zip(items, together, strict=True):
        (alone,) = writer.generate([item], decoding=decoding, max_new_tokens=8, seed=3)
        assert alone.tokens.tolist() == one.tokens.tolist()
        assert alone.text == one.text
        assert len(one.tokens) <= 8


class HandedIn:
    """An objective, a sampler and a choice of parameters that note that they were asked."""

    name = "handed-in"
    digest = "0" * 64

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __len__(self) -> int:
        return 32

    def order(self, epoch: int, *, lengths: Any, seed: int) -> list[int]:
        self.asked.add("sampler")
        return list(range(32))


class Loss(HandedIn):
    def __call__(self, logits: Any, label: Any, rows: Any, values: Any) -> Any:
        self.asked.add("objective")
        assert rows.tolist() == values["row"].tolist()
        return (logits**2).mean() + logits.sum() * 0.1


class Choice(HandedIn):
    def __call__(self, name: str) -> bool:
        self.asked.add("trainable")
        return name.endswith("bias")


def test_what_a_caller_hands_in_is_used_and_recorded(
    modality: Modality, task: Task, request_: TrainRequest, tmp_path: Any
) -> None:
    if task.kind != "text-classification":
        pytest.skip("trainings of language models are tried in tests/unit/models")
    loss, choice, sampler = Loss(), Choice(), HandedIn()
    output = modality.train(
        replace(
            request_,
            output=tmp_path / "model",
            workspace=tmp_path / "work",
            objective=loss,
            sampler=sampler,
            trainable=choice,
            row_values={"row": np.arange(request_.train.n)},
        )
    )
    assert (loss.asked, choice.asked, sampler.asked) == ({"objective"}, {"trainable"}, {"sampler"})
    lineage = json.loads((output / "lineage.json").read_text())
    handed_in = lineage["handed_in"]
    for kind in ("objective", "sampler", "trainable"):
        assert handed_in[kind] == {"name": "handed-in", "digest": "0" * 64}
    assert lineage["n_trained_parameters"] < lineage["n_parameters"]
