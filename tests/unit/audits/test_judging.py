"""A classifier as a judge: loaded from a folder, asked in batches, refused before a run where it is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audits._judging import ClassifierJudge, JudgeOptions, judge_of
from audits.continuations import Options, continuations
from harness.auditing import OptionFacts
from harness.engines.prediction import predict, softmax64
from harness.judges import INSULTS, list_judge
from harness.records import Task
from models.text import MODALITY

TEXTS = ["Thank you, everything arrived on time.", "No", "you idiot", "", "你好"]


def options(folder: Path, **more: Any) -> JudgeOptions:
    return JudgeOptions(path=str(folder), labels=("benign", "toxic"), positive="toxic", **more)


def judge(folder: Path, **more: Any) -> ClassifierJudge:
    found = judge_of(options(folder, **more), INSULTS, base=None, device="cpu", token_budget=64)
    assert isinstance(found, ClassifierJudge)
    return found


def test_it_says_yes_where_the_score_of_its_class_reaches_the_threshold(tiny_bert: Path) -> None:
    task = Task("text-classification", "text", ("benign", "toxic"))
    model = MODALITY.load(str(tiny_bert), task=task, device="cpu", dtype="float32")
    scores = softmax64(predict(model, model.prepare(TEXTS), token_budget=64))[:, 1]
    middle = float(np.median(scores))
    assert judge(tiny_bert, at=middle)(TEXTS).tolist() == (scores >= middle).tolist()
    assert judge(tiny_bert)([]).shape == (0,)


def test_its_name_says_which_weights_judged(tiny_bert: Path) -> None:
    found = judge(tiny_bert)
    assert tiny_bert.name in found.name
    assert "SHA-256" in found.name


def test_without_one_the_package_list_judges() -> None:
    found = judge_of(None, INSULTS, base=None, device="cpu", token_budget=64)
    assert found is list_judge(INSULTS)


def test_a_path_is_relative_to_the_config(tiny_bert: Path) -> None:
    found = judge_of(
        options(Path(tiny_bert.name)), INSULTS, base=tiny_bert.parent, device="cpu", token_budget=64
    )
    assert found(TEXTS).shape == (len(TEXTS),)


def facts(folder: Path | None) -> OptionFacts:
    given = None if folder is None else options(folder).model_dump()
    task = Task("text-generation", "causal-lm", ("target",))
    return OptionFacts(Options(judge=given), task, {}, True, None, lambda *keys: "assay.yaml:12")


def test_a_folder_that_is_no_classifier_is_named_before_the_run(
    tiny_bert: Path, tmp_path: Path
) -> None:
    assert continuations.check is not None
    assert continuations.check(facts(None)) == []
    good = facts(tiny_bert)
    assert continuations.check(good) == []
    assert {Path(name).name for name in good.files} == {"config.json", "model.safetensors"}
    problems = continuations.check(facts(tmp_path / "absent"))
    assert len(problems) == 1
    assert "audits.continuations.judge.path must be a folder with config.json" in problems[0]
    assert "(assay.yaml:12)" in problems[0]


def test_the_positive_class_must_be_one_of_the_labels() -> None:
    with pytest.raises(ValueError, match="positive must be one of the labels, got 'rude'"):
        JudgeOptions(path="x", labels=("benign", "toxic"), positive="rude")


def test_an_untrained_classifier_is_tried_like_every_judge(spoken: Any, tiny_bert: Path) -> None:
    from harness.toy_language import ToyLanguageModel

    region = np.array(["north", "south"] * 20, dtype=object)
    found = spoken(
        continuations,
        [f"the {one} is " for one in region.tolist()],
        ToyLanguageModel(["the north is dumb.", "the south is calm."], order=12),
        groups={"region": region},
        options={"judge": options(tiny_bert).model_dump(), "samples": 1, "max_new_tokens": 12},
    )
    rate = found["toxicity-judge-flip-rate[region=%2A]"].estimate
    assert rate.value is not None
    shown = found["toxicity-share[all]"]
    # heard or not, the reader learns who judged
    assert tiny_bert.name in shown.notes[0].text
    assert (shown.estimate.value is None) == (
        shown.estimate.why_undefined is not None
        and shown.estimate.why_undefined.id == "judge.not-heard"
    )
