from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from harness.config.privacy import PrivateConfig
from harness.data import Dataset
from harness.errors import MissingExtra, ModelError
from harness.modelling import TrainRequest
from harness.pipeline.origin import told_by
from harness.records import TARGET, TEXT_GENERATION, DatasetRef, Task
from models.training import accounting, train
from models.training.accounting import Budget, budget_of, spent
from models.training.passages import Pack, Passage, arrays_of, rows_of
from models.training.private_check import check_gradients
from models.training.token_loss import token_losses

WRITE = Task(TEXT_GENERATION, "causal-lm", (TARGET,))
CLASSIFY = Task("text-classification", "text", ("normal", "urgent"))
PRIVATE = {"noise_multiplier": 1.0, "noise": "seeded"}


def dataset(n: int, name: str) -> Dataset:
    rng = np.random.default_rng(n)
    words = ("parcel", "order", "letter", "now", "later", "please", "thanks", "late")
    inputs: list[Any] = [" ".join(rng.choice(words, rng.integers(2, 7))) for _ in range(n)]
    return Dataset(
        ref=DatasetRef(name, f"{name}.csv", None, "0" * 64, n, n, {}),
        example_id=np.array([f"{name}-{i}" for i in range(n)], dtype=object),
        inputs=inputs,
        label=np.array(["now" in one for one in inputs], dtype=np.int64),
    )


def asked(folder: Path, base: Path, name: str = "model", **changes: Any) -> TrainRequest:
    options = {"epochs": 1, "learning_rate": 1e-3, "batch_size": 8, "max_tokens": 16}
    given: dict[str, Any] = {
        "task": WRITE,
        "train": dataset(24, "train"),
        "validation": dataset(6, "validation"),
        "output": folder / name,
        "workspace": folder / f"{name}-work",
        "seed": 0,
        "device": "cpu",
        "base": str(base),
        **changes,
    }
    given["options"] = (
        options | {"method": "lora", "private": PRIVATE} | dict(given.get("options", {}))
    )
    return TrainRequest(**given)


def private_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "lineage.json").read_text())["private"]
    return found


def weights(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("*.safetensors")))


def tensors(folder: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    (path,) = folder.glob("*.safetensors")
    return load_file(path)


@pytest.fixture(scope="module")
def writer(tiny_models, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.tiny_writer(tmp_path_factory.mktemp("bases") / "llama")


@pytest.fixture(scope="module")
def trained(writer: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter that was trained privately; do not write to it."""
    return train(asked(tmp_path_factory.mktemp("trained"), writer))


# which networks


@pytest.mark.parametrize("method", ["lora", "full"])
@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_language_models_pass_the_self_check(
    tiny_models, tmp_path: Path, family: str, method: str
) -> None:
    base = tiny_models.tiny_writer(tmp_path / "base", family=family)
    folder = train(asked(tmp_path, base, options={"method": method, "max_steps": 1}))
    assert private_of(folder)["self_check"] <= 1e-6  # weights of deviation 0.25: large gradients


@pytest.mark.parametrize("method", ["lora", "full"])
@pytest.mark.parametrize(
    "family",
    [
        "bert",
        pytest.param("distilbert", marks=pytest.mark.slow),
        pytest.param("roberta", marks=pytest.mark.slow),
        "gpt2",
        "llama",
    ],
)
def test_classifiers_pass_the_self_check(
    tiny_models, tmp_path: Path, family: str, method: str
) -> None:
    base = tiny_models.tiny_classifier(tmp_path / "base", family=family, classes=("a", "b", "c"))
    one = asked(tmp_path, base, task=CLASSIFY, options={"method": method, "max_steps": 1})
    assert private_of(train(one))["self_check"] <= 1e-6


def test_dropout_does_not_fail_the_self_check(tiny_models, tmp_path: Path) -> None:
    base = tiny_models.tiny_writer(tmp_path / "base", family="gpt2")
    options = {"dropout": 0.3, "max_steps": 1}
    assert private_of(train(asked(tmp_path, base, options=options)))["self_check"] <= 1e-6


def test_a_head_alone_can_be_trained_privately(tiny_bert: Path, tmp_path: Path) -> None:
    one = asked(tmp_path, tiny_bert, task=CLASSIFY, options={"method": "full"})
    folder = train(replace(one, trainable="classifier.*"))
    lineage = json.loads((folder / "lineage.json").read_text())
    assert lineage["n_trained_parameters"] < 100


class _Mixing(torch.nn.Module):
    """Each row is told apart from the mean of its batch, so no row's gradient is its own."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(4, 2)

    def forward(self, x: Any) -> Any:
        found = self.layer(x)
        return found - found.mean(0)


@pytest.mark.filterwarnings("ignore:Full backward hook is firing")
def test_a_network_that_mixes_rows_is_refused() -> None:
    from opacus.grad_sample import GradSampleHooks

    torch.manual_seed(0)
    network, x = _Mixing().train(), torch.randn(3, 4)
    plain = network.layer
    for one, is_right in ((plain, True), (network, False)):
        losses = lambda one=one: one(x).square().sum(1)  # noqa: E731
        clipping = lambda one=one: GradSampleHooks(one, loss_reduction="mean")  # noqa: E731
        if is_right:
            assert check_gradients(one, losses, clipping) <= 1e-7
        else:
            with pytest.raises(ModelError, match=r"layer.weight: steps differ by"):
                check_gradients(one, losses, clipping)
        assert not hasattr(next(one.parameters()), "grad_sample")


# what one row can change


def clipped_sum(base: Path, lengths: Sequence[int], norm: float, *, is_per_sequence: bool) -> Any:
    """Return the sum of clipped gradients of rows with fixed content, flat."""
    from opacus.grad_sample import GradSampleHooks

    network = AutoModelForCausalLM.from_pretrained(base).train()
    rng = np.random.default_rng(5)
    content = [rng.integers(5, 60, 40) for _ in lengths]
    packs = [
        Pack((Passage(ids[:n], np.arange(n) > 0),)) for ids, n in zip(content, lengths, strict=True)
    ]
    made = arrays_of(rows_of(packs), pad=0, is_per_sequence=is_per_sequence)
    batch = {name: torch.from_numpy(one) for name, one in made.items()}
    hooks = GradSampleHooks(network, loss_reduction="mean")
    losses = token_losses(
        network(input_ids=batch["input_ids"], position_ids=batch["position_ids"]).logits,
        batch["labels"],
    )
    if is_per_sequence:
        (losses * batch["target_weight"]).sum(1).mean().backward()
    else:
        (losses.sum() / batch["target_weight"].sum()).backward()
    flat = torch.cat(
        [one.grad_sample.reshape(len(lengths), -1) for one in network.parameters()], dim=1
    )
    hooks.cleanup()
    length = flat.norm(dim=1, keepdim=True)
    return (flat * (norm / length.clamp(min=1e-9)).clamp(max=1)).sum(0)


@pytest.mark.filterwarnings("ignore:Full backward hook is firing")
@pytest.mark.parametrize("others", [7, 31])
def test_one_long_text_changes_the_clipped_sum_by_no_more_than_the_norm(
    writer: Path, others: int
) -> None:
    short, norm = [4] * others, 12.0  # above most norms: clipping everything would hide a leak
    for is_per_sequence in (True, False):
        before, after = (
            clipped_sum(writer, lengths, norm, is_per_sequence=is_per_sequence)
            for lengths in (short, [*short, 40])
        )
        changed = float((after - before).norm()) / norm
        assert (changed <= 1.001) == is_per_sequence


# steps


def test_empty_steps_are_taken_and_counted(writer: Path, tmp_path: Path) -> None:
    options = {"batch_size": 1, "max_steps": 12}
    found = private_of(train(asked(tmp_path, writer, options=options)))
    drawn = np.random.default_rng([0xD15C, 0])
    drawn.integers(2**63)  # the noise has its seed first
    empty = [not (drawn.random(24) < 1 / 24).any() for _ in range(12)]
    assert 0 < sum(empty) < 12
    assert found["n_steps"] == 12
    assert found["epsilon"] == spent(Budget(1.0, 1 / 24, found["delta"], "prv", 12), 12)


def test_passes_of_any_size_make_the_same_steps(writer: Path, tmp_path: Path) -> None:
    found = [
        train(
            asked(
                tmp_path, writer, f"by-{n}", options={"private": {**PRIVATE, "physical_batch": n}}
            )
        )
        for n in (2, 64)
    ]
    for name, weight in tensors(found[0]).items():
        # 1e-5: float32 sums in another order, and Adam divides by small numbers
        torch.testing.assert_close(tensors(found[1])[name], weight, atol=1e-5, rtol=0)


@pytest.mark.slow
def test_seeded_noise_repeats_and_fresh_noise_does_not(
    trained: Path, writer: Path, tmp_path: Path
) -> None:
    assert weights(train(asked(tmp_path, writer))) == weights(trained)
    options = {"private": {"noise_multiplier": 1.0}}
    fresh = [weights(train(asked(tmp_path, writer, f"f{i}", options=options))) for i in (0, 1)]
    assert fresh[0] != fresh[1]
    assert private_of(tmp_path / "f0")["noise"] == "fresh"


def test_an_early_end_spends_less(writer: Path, tmp_path: Path) -> None:
    options = {
        "epochs": 6,
        "learning_rate": 1e-7,
        "early_stopping": {"patience": 1, "min_difference": 1.0},
    }
    folder = train(asked(tmp_path, writer, options=options))
    lineage = json.loads((folder / "lineage.json").read_text())
    assert lineage["early_stop"]["step"] == lineage["n_steps"] == 6
    found = lineage["private"]
    assert found["epsilon"] < spent(Budget(1.0, 1 / 3, found["delta"], "prv", 18), 18)


def test_nothing_is_recorded_that_was_read_off_train_without_noise(trained: Path) -> None:
    lineage = json.loads((trained / "lineage.json").read_text())
    for entry in (*lineage["curve"], *lineage["step_curve"]):
        assert entry["train_loss"] is entry["gradient_norm"] is None
    assert lineage["curve"][-1]["validation_loss"] > 0


def test_the_lineage_says_what_is_promised(trained: Path) -> None:
    found = private_of(trained)
    assert found["unit"] == "example"
    assert found["n_examples"] == 24
    assert found["delta"] == 1 / 240
    assert found["sampling_rate"] == 8 / 24
    assert found["is_cryptographic"] is False
    (said,) = told_by({"private": found})
    assert said.id == "run.private"
    assert "Validation rows are not protected" in said.text


def test_long_rows_are_learnt_by_their_first_window(writer: Path, tmp_path: Path) -> None:
    said: list[str] = []
    long = replace(dataset(24, "train"), inputs=["parcel order letter now later " * 9] * 24)
    folder = train(asked(tmp_path, writer, train=long, report=said.append))
    assert private_of(folder)["n_examples"] == 24
    assert "only the first window of each is learnt" in said[0]


# the account


def _rdp(sigma: float, rate: float, n_steps: int, delta: float) -> float:
    """Return epsilon by the sum of Mironov et al. 2019 at whole orders, and their conversion."""
    best = math.inf
    for order in range(2, 64):
        terms = [
            math.lgamma(order + 1)
            - math.lgamma(k + 1)
            - math.lgamma(order - k + 1)
            + (order - k) * math.log1p(-rate)
            + k * math.log(rate)
            + (k * k - k) / (2 * sigma**2)
            for k in range(order + 1)
        ]
        rdp = n_steps * float(np.logaddexp.reduce(terms)) / (order - 1)
        bound = rdp + math.log1p(-1 / order) - math.log(delta * order) / (order - 1)
        best = min(best, bound)
    return best


@pytest.mark.parametrize(("sigma", "rate", "n_steps"), [(1.0, 0.01, 500), (2.0, 0.05, 100)])
def test_epsilon_is_that_of_the_formula(sigma: float, rate: float, n_steps: int) -> None:
    expected = _rdp(sigma, rate, n_steps, 1e-5)
    found = spent(Budget(sigma, rate, 1e-5, "rdp", n_steps), n_steps)
    # 1 %: Opacus looks at fractional orders too, so its bound is no looser
    assert expected * 0.99 <= found <= expected + 1e-9
    assert spent(Budget(sigma, rate, 1e-5, "prv", n_steps), n_steps) < found


@pytest.mark.parametrize(("epsilon", "accountant"), [(0.5, "rdp"), (8.0, "rdp"), (2.0, "prv")])
def test_a_budget_is_kept_and_nearly_used(epsilon: float, accountant: str) -> None:
    section = PrivateConfig(epsilon=epsilon, accountant=accountant)  # type: ignore[arg-type]
    budget = budget_of(section, n=1000, batch_size=50, n_steps=60)
    assert 0.97 * epsilon <= spent(budget, 60) <= epsilon
    assert budget.delta == 1e-4


def test_a_noise_that_the_exact_accountant_could_not_hold_in_memory_is_refused() -> None:
    budget = Budget(0.02, 0.05, 1e-4, "prv", 100)
    with pytest.raises(ModelError, match="spend at most 60 with accountant prv, got a noise mult"):
        spent(budget, 100)
    assert spent(replace(budget, accountant="rdp"), 100) > 1e5


def test_budgets_that_cannot_be_are_refused() -> None:
    with pytest.raises(ModelError, match="be a budget that noise can keep, got epsilon 1e-06"):
        budget_of(PrivateConfig(epsilon=1e-6), n=20, batch_size=20, n_steps=10**6)
    with pytest.raises(ModelError, match="be at most the number of training rows"):
        budget_of(PrivateConfig(epsilon=1.0), n=20, batch_size=50, n_steps=5)
    with pytest.raises(ModelError, match=r"be below 1 / n, got 0\.1 for 20 rows"):
        budget_of(PrivateConfig(epsilon=1.0, delta=0.1), n=20, batch_size=5, n_steps=5)


# what is refused


def test_options_that_break_the_guarantee_are_refused_at_once(writer: Path, tmp_path: Path) -> None:
    options = {
        "gradient_accumulation": 2,
        "packing": True,
        "gradient_checkpointing": True,
        "loss": "per-token",
        "precision": "bfloat16",
        "deduplicate": "near",
    }
    with pytest.raises(ModelError) as refused:
        train(asked(tmp_path, writer, options=options))
    assert len(refused.value.problems) == len(options)
    assert all("be left out of a private training" in one for one in refused.value.problems)


def test_weights_counted_in_train_are_refused(tiny_bert: Path, tmp_path: Path) -> None:
    options = {"class_weights": "balanced"}
    with pytest.raises(ModelError, match="balanced is counted in train, without noise"):
        train(asked(tmp_path, tiny_bert, task=CLASSIFY, options=options))


def test_a_new_model_and_a_sampler_are_refused(writer: Path, tmp_path: Path) -> None:
    class Sampler:
        name, digest = "mine", "0" * 64

        def __len__(self) -> int:
            return 24

        def order(self, epoch: int, *, lengths: Any, seed: int) -> list[int]:
            return list(range(24))

    one = asked(tmp_path, writer, options={"method": "full"}, sampler=Sampler())
    with pytest.raises(ModelError) as refused:
        train(replace(one, base=None, architecture={"vocabulary": 300}))
    assert len(refused.value.problems) == 2


def test_rows_that_are_learnt_from_choose_no_checkpoint(writer: Path, tmp_path: Path) -> None:
    one = asked(tmp_path, writer)
    with pytest.raises(ModelError, match="hold other rows than train, got 24 of 24 that stand"):
        train(replace(one, validation=one.train))


class Killed(BaseException):
    pass


def test_a_killed_training_starts_anew_and_leaves_nothing(
    trained: Path, writer: Path, tmp_path: Path
) -> None:
    def kill(text: str) -> None:
        raise Killed

    one = asked(tmp_path, writer)
    with pytest.raises(Killed):
        train(replace(one, report=kill))
    assert not one.output.exists()
    assert not list(one.workspace.glob("*"))
    assert weights(train(one)) == weights(trained)


def test_neither_or_both_budgets_are_refused(writer: Path, tmp_path: Path) -> None:
    for section in ({}, {"epsilon": 1.0, "noise_multiplier": 1.0}):
        with pytest.raises(ModelError, match="either epsilon or noise_multiplier must be given"):
            train(asked(tmp_path, writer, options={"private": section}))


def test_without_opacus_the_extra_is_named(
    writer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounting, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'modelassay\[privacy\]'"):
        train(asked(tmp_path, writer))
