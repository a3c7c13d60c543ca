"""Shortcuts: three witnesses known by hand, and the planted token comes first."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from audits._association import associate
from audits._insertion import Place, inserted, places
from audits._meaning import Habits, kind_of
from audits._shortcut_rows import _first_half, pushes_of
from audits.shortcuts import planted_model, planted_texts, shortcuts
from harness.attributions import Attributions
from harness.data import Dataset
from harness.keywords import KeywordModel
from harness.predictions import Predictions
from harness.records import Measurement, Task

Measure = Callable[..., dict[str, Measurement]]
Rows = Callable[..., Dataset]
Explained = Callable[..., Attributions]
Look = Callable[..., dict[str, Measurement]]
FOLDER = "audits/shortcuts"
SMALL = {
    "rows": 40,
    "candidates": 9,
    "rows_to_search": 5,
    "rows_per_word": 30,
    "held_out_rows": 40,
}


@pytest.fixture
def look(table: Callable[..., Predictions], rows: Rows, measure: Measure) -> Look:
    """Run the audit on texts that a model answers."""

    def run(model: KeywordModel, texts: Sequence[Any], **more: Any) -> dict[str, Measurement]:
        logits = model.logits(model.prepare(texts))
        label, cluster = more.pop("label", None), more.pop("cluster", None)
        predictions = table(
            label,
            logits.argmax(axis=1),
            n_classes=model.n_classes,
            logits=logits,
            cluster=cluster,
        )
        options = {**SMALL, **more.pop("options", {})}
        return measure(
            shortcuts,
            predictions,
            rows={"test": rows(texts)},
            model=model,
            options=options,
            **more,
        )

    return run


def sample(
    seed: int, tokens: Mapping[str, tuple[float, float]], n: int = 400
) -> tuple[KeywordModel, list[str], Any]:
    """Texts and a model with tokens: name → (share of class 1 that holds it, weight)."""
    rng = np.random.default_rng(seed)
    shares = {name: share for name, (share, _) in tokens.items()}
    texts, label = planted_texts(rng, n, tokens=shares)
    return planted_model(rng, {name: weight for name, (_, weight) in tokens.items()}), texts, label


def with_rare_name(seed: int) -> tuple[KeywordModel, list[str], Any]:
    """Texts in which a word of six rows decides as a frequent one does."""
    model, texts, label = sample(seed, {"zqx": (0.5, 15.0), "rare7name": (0.0, 15.0)})
    holders = np.flatnonzero(label == 1)[:6].tolist()
    return model, [f"{t} rare7name" if i in holders else t for i, t in enumerate(texts)], label


def words_of(tmp_path: Path) -> dict[str, dict[str, Any]]:
    table = pq.read_table(tmp_path / FOLDER / "words.parquet").to_pylist()
    return {one["name"]: one for one in table}


def texts_of(one: Measurement) -> str:
    return "\n".join(note.text for note in (*one.notes, *one.caveats))


@pytest.mark.parametrize("seed", range(5))
def test_a_planted_token_comes_first_and_has_all_witnesses(
    look: Look, tmp_path: Path, seed: int
) -> None:
    model, texts, label = sample(seed, {"zqx": (0.4, 15.0)})
    found = look(model, texts, label=label)
    first = pq.read_table(tmp_path / FOLDER / "words.parquet").to_pylist()[0]
    assert (first["name"], first["verdict"], first["class"]) == ("zqx", "used-and-in-data", "c1")
    assert first["n_flips"] == first["n_inserted"] == 40
    assert first["mean_attribution"] == pytest.approx(15.0)
    held = np.mean(["zqx" in text.split() for text in texts])
    assert abs(found["row-share[all]"].estimate.value - held) < 0.1
    assert found["insertion-flip-rate[all]"].estimate.value == 1.0
    assert found["insertion-effect[all]"].estimate.value == 1.0
    assert "'zqx' (content) is in the data and used" in texts_of(found["row-share[all]"])


def test_a_token_of_the_data_that_the_model_ignores_is_told_apart(
    look: Look, tmp_path: Path
) -> None:
    model, texts, label = sample(1, {"zqx": (0.5, 0.0)})
    found = look(model, texts, label=label)
    zqx = words_of(tmp_path)["zqx"]
    assert (zqx["verdict"], zqx["is_in_data"], zqx["n_flips"]) == ("in-data-not-used", True, 0)
    assert found["row-share[all]"].estimate.value == 0.0
    assert "'zqx' (content) goes with c1 in the data" in texts_of(found["row-share[all]"])


def test_a_word_that_the_model_brought_along_is_told_apart(look: Look, tmp_path: Path) -> None:
    model, texts, label = sample(2, {"zqx": (0.0, 15.0)})
    rng = np.random.default_rng(0)
    texts = [f"{text} zqx" if rng.random() < 0.2 else text for text in texts]
    look(model, texts, label=label)
    assert words_of(tmp_path)["zqx"]["verdict"] == "used-not-in-data"


def test_without_labels_nothing_is_said_of_the_data(look: Look, tmp_path: Path) -> None:
    model, texts, _ = sample(3, {"zqx": (0.5, 15.0)})
    found = look(model, texts)
    zqx = words_of(tmp_path)["zqx"]
    assert (zqx["verdict"], zqx["z"], zqx["is_in_data"]) == ("used", None, None)
    assert "There are no labels" in texts_of(found["row-share[all]"])
    assert found["insertion-flip-rate[all]"].estimate.value == 1.0


def test_training_rows_are_counted_where_there_are_some_and_copies_once(
    look: Look, rows: Rows, tmp_path: Path
) -> None:
    model, texts, label = sample(4, {"zqx": (0.5, 15.0)})
    train_texts, train_label = planted_texts(np.random.default_rng(9), 500, tokens={"zqx": 0.5})
    twice = rows([*train_texts, *train_texts], name="train", label=[*train_label, *train_label])
    found = look(model, texts, label=label, train=twice)
    assert "Words were counted in 500 training rows" in texts_of(found["row-share[all]"])
    holders = sum("zqx" in text.split() for text in train_texts)
    assert words_of(tmp_path)["zqx"]["n_data_rows"] == holders


def test_z_is_the_statistic_of_the_paper_and_p_is_exact() -> None:
    contents = [["the", "zqx"]] * 12 + [["the"]] * 20 + [["zqx", "zqx"]] * 3
    label = np.array([1] * 12 + [0] * 20 + [0, 1, 1])
    known = associate(contents, label, n_classes=2, min_rows=10)
    at = known.words.index("zqx")
    p0, n = 14 / 35, 15
    assert known.n_rows[at] == n
    assert known.z[at, 1] == pytest.approx((14 / 15 - p0) / math.sqrt(p0 * (1 - p0) / n))
    exact = binomtest(14, n, p0, alternative="greater").pvalue
    assert known.p_value[at, 1] == pytest.approx(exact)
    limit = 0.05 / (2 * len(known.words))
    assert known.is_significant(0.05)[at, 1] == (exact <= limit)


def test_a_class_that_no_row_has_has_no_z() -> None:
    known = associate([["a"]] * 4, np.zeros(4, dtype=np.int64), n_classes=3, min_rows=1)
    assert known.z.tolist() == [[0.0, 0.0, 0.0]]
    assert not known.is_significant(0.05).any()


def test_attributions_add_up_by_word_and_turn_with_the_class(explained: Explained) -> None:
    found = explained([[1.0, 2.0, -4.0], [3.0, -1.0]], target=[1, 0], runner_up=[0, 1])
    pushes = pushes_of(found, [("a", "a", "b"), ("b", "c")], n_classes=2)
    assert (pushes.n_rows, pushes.n_left_out) == (2, 0)
    a, b = pushes.of_word["a"], pushes.of_word["b"]
    assert (a.n, a.n_top, a.mass) == (1, 1, 3.0)
    assert (b.n, b.n_top, b.mass) == (2, 1, 7.0)
    assert b.mean_push().tolist() == [3.5, -3.5]  # -4 for class 1, and 3 for class 0


def test_rows_that_did_not_converge_are_left_out_and_counted(explained: Explained) -> None:
    found = explained([[1.0], [9.0]], target=[1, 1], runner_up=[0, 0])
    status = np.array(["converged", "unconverged"], dtype=object)
    pushes = pushes_of(replace(found, status=status), [("a",), ("a",)], n_classes=2)
    assert (pushes.n_rows, pushes.n_left_out, pushes.of_word["a"].mass) == (1, 1, 1.0)


@given(st.lists(st.sampled_from(["ab", "c", "def"]), max_size=6), st.data())
def test_a_word_put_into_a_text_stands_among_its_words(words: list[str], data: Any) -> None:
    text = " ".join(words)
    there = places(text)
    place = data.draw(st.sampled_from(there))
    assert len(there) == len(words) + 1
    new = inserted(text, place, "zqx")
    assert isinstance(new, str)
    at = there.index(place)
    assert new.split() == [*words[:at], "zqx", *words[at:]]


def test_scripts_without_spaces_get_no_blanks() -> None:
    assert [place.position for place in places("你好a")] == [0, 1, 3]
    assert inserted("你好吗", Place(0, 1), "很") == "你很好吗"
    assert inserted("你好吗", Place(0, 1), "ok") == "你 ok 好吗"
    assert inserted(("one", "two"), Place(1, 0), "zqx") == ("one", "zqx two")


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("!!", "punctuation"),
        ("2024", "number"),
        ("ab12", "identifier"),
        ("The", "function-word"),
        ("的", "function-word"),
        ("zebra", "content"),
    ],
)
def test_words_that_should_carry_no_decision_are_known(word: str, kind: str) -> None:
    assert kind_of(word, Habits(0.1, 0.1, 20, 5.0)) == kind


def test_where_a_word_stands_and_how_it_is_read_counts_too() -> None:
    assert kind_of("zebra", Habits(0.9, 0.1, 20, 5.0)) == "boiler-plate"
    assert kind_of("zebra", Habits(0.1, 1.0, 20, 5.0)) == "fixed-place"
    assert kind_of("zqx", Habits(0.1, 0.1, 20, 1.0)) == "fragments"


def test_no_file_holds_text_but_the_names_of_frequent_words(look: Look, tmp_path: Path) -> None:
    model, texts, label = with_rare_name(5)
    look(model, texts, label=label, options={"min_rows": 2, "candidates": 40})
    names = set()
    for path in sorted((tmp_path / FOLDER).iterdir()):
        read = pq.read_table(path)
        for column in read.columns:
            for value in map(str, column.to_pylist()):
                names |= set(re.findall(r"zqx|rare7name|plain-\d+|good-\d+|bad-\d+", value))
    assert "zqx" in names
    assert "rare7name" not in names


def test_a_word_that_may_be_somebodys_data_has_a_number(look: Look, tmp_path: Path) -> None:
    model, texts, label = with_rare_name(6)
    found = look(model, texts, label=label, options={"min_rows": 2, "rows": 200})
    listed = pq.read_table(tmp_path / FOLDER / "words.parquet").to_pylist()
    (first,) = [one for one in listed if one["name"] is None and one["is_found"]]
    said = texts_of(found["row-share[all]"])
    assert f"no. {first['word']} (" in said
    assert "rare7name" not in said


def test_trials_that_are_claimed_use_no_row_that_was_searched(look: Look, tmp_path: Path) -> None:
    model, texts, label = sample(7, {"zqx": (0.5, 15.0)})
    look(model, texts, label=label)
    asked = pq.read_table(tmp_path / FOLDER / "insertions.parquet").to_pylist()
    by_stage: dict[bool, set[str]] = {True: set(), False: set()}
    for one in asked:
        by_stage["-search" in one["variant"]].add(one["example_id"])
    assert by_stage[True]
    assert not by_stage[True] & by_stage[False]


def test_every_stored_answer_can_be_asked_again(look: Look, tmp_path: Path) -> None:
    model, texts, label = sample(8, {"zqx": (0.5, 15.0)})
    look(model, texts, label=label)
    answers = pq.read_table(tmp_path / FOLDER / "answers.parquet").to_pylist()
    log = {
        (one["example_id"], one["variant"]): one
        for one in pq.read_table(tmp_path / FOLDER / "insertions.parquet").to_pylist()
    }
    numbers = {one["word"]: name for name, one in words_of(tmp_path).items()}
    n_checked = 0
    for one in answers:
        entry = log[one["example_id"], one["variant"]]
        text, word = texts[int(one["example_id"][1:])], numbers[entry["word"]]
        if one["variant"].endswith("-word"):
            new = inserted(text, Place(entry["text_index"], entry["character"]), word)
            (item,) = model.prepare([new])
        elif one["variant"].endswith("-without"):
            item = model.without(model.prepare([text])[0], entry["part_indexes"])
        else:
            continue
        assert one["logits"] == model.logits([item])[0].tolist()
        n_checked += 1
    assert n_checked > 100


def test_one_row_of_a_cluster_at_most_takes_part_in_a_trial(look: Look, tmp_path: Path) -> None:
    model, texts, label = sample(9, {"zqx": (0.5, 15.0)})
    cluster = np.array([f"k{index // 4}" for index in range(len(texts))], dtype=object)
    found = look(model, texts, label=label, cluster=cluster)
    asked = pq.read_table(tmp_path / FOLDER / "insertions.parquet").to_pylist()
    held = [
        cluster[int(one["example_id"][1:])]
        for one in asked
        if one["variant"].endswith("held-out-word") and one["word"] == 0
    ]
    assert len(held) == len(set(held)) > 10
    assert found["row-share[all]"].estimate.method == "cluster-t"


def test_clusters_stay_in_one_half_and_halves_are_about_equal() -> None:
    rng = np.random.default_rng(0)
    cluster = np.array([f"k{number}" for number in rng.integers(0, 30, 200)], dtype=object)
    first = _first_half(rng.permutation(200), cluster)
    assert not set(cluster[first]) & set(cluster[~first])
    assert 80 <= first.sum() <= 120


def test_expected_words_are_neither_tried_nor_counted(look: Look, tmp_path: Path) -> None:
    model, texts, label = sample(10, {"zqx": (0.5, 15.0)})
    found = look(model, texts, label=label, options={"expected": ["ZQX"]})
    assert "zqx" not in words_of(tmp_path)
    assert found["row-share[all]"].estimate.value == 0.0
    assert "1 words were named as expected" in texts_of(found["row-share[all]"])


def test_one_decided_class_gives_a_reason_and_no_number(look: Look) -> None:
    found = look(KeywordModel({}, (1.0, 0.0)), ["one two"] * 60)
    for one in found.values():
        assert not one.estimate.is_measured
        assert one.estimate.why_undefined is not None
        assert "all rows are decided for the same class" in one.estimate.why_undefined.text


def test_no_word_in_enough_rows_gives_a_reason_and_no_number(look: Look) -> None:
    texts = [f"a{index} b{index}" for index in range(40)]
    model = KeywordModel({f"a{index}": (3.0, 0.0) for index in range(20)}, (0.0, 1.0))
    for one in look(model, texts).values():
        assert one.estimate.why_undefined is not None
        assert "min_rows = 10" in one.estimate.why_undefined.text


def test_too_few_rows_of_other_classes_leave_words_untried(look: Look, tmp_path: Path) -> None:
    model = KeywordModel({"no": (3.0, 0.0)}, (0.0, 1.0))
    texts = [f"alpha beta w{index % 7}" for index in range(100)] + ["no alpha"] * 12
    found = look(model, texts)
    verdicts = {one["verdict"] for one in words_of(tmp_path).values()}
    assert "not-tried" in verdicts
    assert "could not be tried" in texts_of(found["row-share[all]"])


def test_several_classes_are_tried_for_their_own(look: Look, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    label = rng.integers(0, 3, 300)
    weights = {
        f"c{k}-{j}": tuple(2.0 * (k == one) for one in range(3)) for k in range(3) for j in range(4)
    }
    model = KeywordModel({**weights, "zqx": (0.0, 0.0, 15.0)}, (0.0, 0.0, 0.0))
    texts = [
        " ".join(
            [
                *(f"c{k}-{j}" for j in rng.integers(0, 4, 3)),
                *(["zqx"] * (k == 2 and rng.random() < 0.5)),
            ]
        )
        for k in label.tolist()
    ]
    look(model, texts, label=label)
    zqx = words_of(tmp_path)["zqx"]
    assert (zqx["class"], zqx["verdict"]) == ("c2", "used-and-in-data")


def test_in_chinese_words_are_tokens_and_stand_without_blanks(
    table: Callable[..., Predictions], rows: Rows, measure: Measure, tmp_path: Path, tiny_bert: Path
) -> None:
    import torch

    from models.text import MODALITY

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        task = Task("text-classification", "text", ("benign", "toxic"))
        model = MODALITY.load(str(tiny_bert), task=task, device="cpu")
        rng = np.random.default_rng(0)
        texts = ["".join(rng.choice(list("你好我的包裹还没有到"), size=6)) for _ in range(80)]
        logits = model.logits(model.prepare(texts))
        logits -= np.median(logits, axis=0)  # so that both classes are decided
        decision = logits.argmax(axis=1)
        found = measure(
            shortcuts,
            table(decision, decision, logits=logits),
            rows={"test": rows(texts)},
            model=model,
            options={**SMALL, "rows": 10, "rows_per_word": 12},
        )
    finally:
        torch.set_num_threads(threads)
    tried = words_of(tmp_path)
    assert tried
    assert all(len(name) == 1 for name in tried)
    assert all(one["n_unreadable"] == 0 and one["n_inserted"] > 0 for one in tried.values())
    assert found["insertion-flip-rate[all]"].estimate.is_measured
