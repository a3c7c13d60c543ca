from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.canaries import CANARIES, read_canaries
from harness.data import Dataset
from harness.errors import IntegrityError, ModelError
from harness.modelling import TrainRequest
from harness.pipeline.origin import told_by
from harness.records import TARGET, TEXT_GENERATION, DatasetRef, Task
from models.training import train
from models.training.options import read_options
from models.training.planting import given_rows

TASK = Task(TEXT_GENERATION, "causal-lm", (TARGET,))
CLASSIFY = Task("text-classification", "text", ("normal", "urgent"))
SHAPE = {"hidden_size": 16, "intermediate_size": 16, "layers": 1, "vocabulary": 300}
FEW = {"per_level": 2, "repeats": [0, 1, 3]}


def dataset(inputs: list[Any], name: str, label: list[int] | None = None) -> Dataset:
    n = len(inputs)
    return Dataset(
        ref=DatasetRef(name, f"{name}.csv", None, "0" * 64, n, n, {}),
        example_id=np.array([f"{name}-{i}" for i in range(n)], dtype=object),
        inputs=inputs,
        label=None if label is None else np.array(label, dtype=np.int64),
    )


def asked(folder: Path, **changes: Any) -> TrainRequest:
    given: dict[str, Any] = {
        "task": TASK,
        "train": dataset([f"My order number is {i} of today." for i in range(20)], "train"),
        "validation": dataset([f"My order number is {i}." for i in range(4)], "validation"),
        "output": folder / "model",
        "workspace": folder / "work",
        "seed": 0,
        "device": "cpu",
        "architecture": SHAPE,
        **changes,
    }
    given["options"] = {"epochs": 1, "max_tokens": 64} | dict(given.get("options", {}))
    return TrainRequest(**given)


def given_of(request: TrainRequest) -> Any:
    options = read_options(request.options, request.task.classes, request.task.kind)
    return given_rows(request, options)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(asked(tmp_path_factory.mktemp("planted"), options={"canaries": FEW}))


def test_canaries_lie_beside_their_lineage_readable_by_the_owner_alone(planted: Path) -> None:
    lineage = json.loads((planted / "lineage.json").read_text())
    canaries = read_canaries(planted, lineage)
    assert canaries is not None
    assert stat.S_IMODE((planted / CANARIES).stat().st_mode) == 0o600
    assert [one.n_planted for one in canaries] == [0, 0, 1, 1, 3, 3]
    assert lineage["canaries"]["levels"] == {"0": 2, "1": 2, "3": 2}
    assert lineage["canaries"]["n_rows"] == 8
    assert lineage["texts"]["n_texts"] == 20 + 8
    assert lineage["train"]["n_rows"] == 20


def test_no_other_file_of_the_model_holds_a_secret(planted: Path) -> None:
    canaries = read_canaries(planted, json.loads((planted / "lineage.json").read_text()))
    assert canaries
    files = [path for path in planted.rglob("*") if path.is_file() and path.name != CANARIES]
    raw = b"".join(path.read_bytes() for path in files)
    assert not any(one.secret.encode() in raw for one in canaries)


def test_a_vocabulary_learns_nothing_from_canaries(tmp_path: Path) -> None:
    shape = SHAPE | {"vocabulary": 2000}
    often = {"canaries": {"per_level": 3, "repeats": [0, 50]}}
    ours = train(asked(tmp_path / "a", architecture=shape, options=often))
    plain = train(asked(tmp_path / "b", architecture=shape))
    assert (ours / "tokenizer.json").read_bytes() == (plain / "tokenizer.json").read_bytes()


def test_canaries_of_another_training_are_refused(planted: Path) -> None:
    lineage = json.loads((planted / "lineage.json").read_text())
    lineage["canaries"]["digest"] = "0" * 64
    with pytest.raises(IntegrityError, match="must be the file of canaries that its lineage names"):
        read_canaries(planted, lineage)


def test_a_run_says_that_its_model_holds_canaries(planted: Path) -> None:
    (said,) = told_by(json.loads((planted / "lineage.json").read_text()))
    assert said.id == "run.canaries"
    assert "6 canaries" in said.text
    assert told_by(None) == told_by({}) == ()


def test_only_train_is_planted_and_equal_requests_plant_the_same(tmp_path: Path) -> None:
    request = asked(tmp_path, options={"canaries": FEW})
    one, two = given_of(request), given_of(request)
    assert one.canaries == two.canaries
    assert one.request.validation is request.validation
    assert one.request.train.inputs[:20] == request.train.inputs
    rows = one.request.train.inputs[20:]
    assert sorted(rows) == sorted(c.text for c in one.canaries for _ in range(c.n_planted))
    other = given_of(replace(request, seed=1))
    assert not {c.secret for c in one.canaries} & {c.secret for c in other.canaries}


def test_masked_canaries_stand_in_prompts(tmp_path: Path) -> None:
    pairs = [(f"What is order {i}?", "A parcel.") for i in range(20)]
    options = {"canaries": FEW | {"masked_share": 0.5}}
    given = given_of(asked(tmp_path, train=dataset(pairs, "train"), options=options))
    masked = {c.secret for c in given.canaries if c.is_masked}
    assert masked
    for prompt, completion in given.request.train.inputs[20:]:
        for canary in given.canaries:
            assert (canary.secret in prompt) <= (canary.secret in masked)
            assert (canary.secret in completion) <= (canary.secret not in masked)


def test_canaries_of_a_classifier_have_one_label_each_by_chance(tmp_path: Path) -> None:
    rows = dataset(["a text"] * 10, "train", [0, 1] * 5)
    section = {"canaries": {"per_level": 40, "repeats": [0, 2]}}
    given = given_of(asked(tmp_path, task=CLASSIFY, train=rows, options=section))
    train_rows = given.request.train
    found: dict[Any, set[int]] = {}
    for text, label in zip(train_rows.inputs[10:], train_rows.label[10:].tolist(), strict=True):
        found.setdefault(text, set()).add(label)
    assert all(len(labels) == 1 for labels in found.values())
    n_urgent = sum(labels == {1} for labels in found.values())
    assert 8 <= n_urgent <= 32  # 40 fair coins: 1e-4 of them lie outside


@pytest.mark.parametrize("kind", ["exact", "near"])
def test_repeats_are_left_out_whether_planted_or_not(tmp_path: Path, kind: str) -> None:
    long = "The quick brown fox jumps over the lazy dog and runs away from house number "
    texts = [f"{long}{i}." for i in range(7)] * 2
    options = {"deduplicate": kind, "canaries": FEW}
    given = given_of(asked(tmp_path, train=dataset(texts, "train"), options=options))
    planted = [one.text for one in given.canaries if one.n_planted]
    kept = [one for one in given.request.train.inputs if one not in texts]
    facts = given.facts["deduplicated"]
    assert facts["n_rows"] == 14 + 8
    assert facts["n_rows"] - facts["n_left_out"] == given.request.train.n
    assert len(kept) <= len(planted)
    if kind == "exact":
        assert kept == planted
        assert given.request.train.inputs[:7] == texts[:7]
        assert given.request.train.n == 7 + 4
    else:
        assert given.request.train.inputs[0] == texts[0]
        assert given.request.train.n < 7 + 4


def test_a_sampler_beside_canaries_is_refused(tmp_path: Path) -> None:
    request = asked(tmp_path, options={"canaries": FEW}, row_values={"group": np.zeros(20)})
    with pytest.raises(ModelError, match=r"row_values must be absent, got one beside train.canar"):
        given_of(request)


def test_a_plan_that_cannot_be_is_refused_with_every_reason(tmp_path: Path) -> None:
    options = {"canaries": {"repeats": [1, 1], "families": {"number": "##"}}}
    with pytest.raises(ModelError) as refused:
        train(asked(tmp_path, options=options))
    assert len(refused.value.problems) == 3


def mails(n: int) -> list[Any]:
    return [f"please answer jo{i % 3}.smith@mail.com about order {i}" for i in range(n)]


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MODELASSAY_KEYS", str(tmp_path / "keys"))
    return tmp_path / "keys"


def test_personal_values_are_replaced_in_train_and_validation_before_repeats_are_left_out(
    tmp_path: Path, keys: Path
) -> None:
    rows = [*mails(9), *mails(9)]
    request = asked(
        tmp_path,
        train=dataset(rows, "train"),
        validation=dataset(mails(3), "validation"),
        options={"scrub": True, "deduplicate": "exact", "canaries": FEW},
    )
    given = given_of(request)
    learnt = [*given.request.train.inputs, *given.request.validation.inputs]
    assert not any("smith@mail.com" in one for one in learnt)
    assert len(given.request.train.inputs) == len(set(given.request.train.inputs)) < 18
    assert given.own.train.inputs == [*given.request.train.inputs[:9]] * 2
    assert set(given.request.validation.inputs) <= set(given.own.train.inputs)
    assert given.facts["scrubbed"]["n_train"] >= 18
    assert given.facts["scrubbed"]["n_validation"] == 3
    assert given.facts["scrubbed"]["n_replaced"]["email"] >= 21
    assert (keys / f"{given.facts['scrubbed']['key']}.key").is_file()


def test_canaries_are_drawn_from_the_rows_as_they_were_and_planted_scrubbed(
    tmp_path: Path, keys: Path
) -> None:
    own = {"train": dataset(mails(9), "train")}
    spec = {**FEW, "families": {"name-with-secret": "aaaaaaaa{@example.org}"}}
    before = given_of(asked(tmp_path, **own, options={"canaries": spec}))
    after = given_of(asked(tmp_path, **own, options={"canaries": spec, "scrub": True}))
    assert before.canaries == after.canaries
    secrets = [one.secret for one in before.canaries if one.n_planted]
    sides = ["\n".join(one.request.train.inputs) for one in (before, after)]
    assert all(one in sides[0] for one in secrets)
    assert not any(one in sides[1] for one in secrets)


def test_a_scrubbed_training_knows_no_address_of_its_rows(tmp_path: Path, keys: Path) -> None:
    folder = train(asked(tmp_path, train=dataset(mails(9), "train"), options={"scrub": True}))
    raw = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"smith@mail.com" not in raw
    lineage = json.loads((folder / "lineage.json").read_text())
    assert lineage["scrubbed"]["n_replaced"] == {"email": 9}
    key = (keys / f"{lineage['scrubbed']['key']}.key").read_text().strip()
    assert key.encode() not in raw
