"""Data quality: everything that is counted, counted by hand; and shifts where there are some."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from audits.data_quality import data_quality
from harness.data import Dataset
from harness.keywords import KeywordModel
from harness.modelling import Item
from harness.predictions import Predictions
from harness.records import Measurement, Quarantined

Table = Callable[..., Predictions]
Rows = Callable[..., Dataset]
Measure = Callable[..., dict[str, Measurement]]

TEXTS = ["a b", "a b", "a b", "c d e", "", " \n", "x", "long enough to say", "c d e", "once"]
LABEL = [0, 1, 0, 1, 0, 0, 1, 0, 1, 0]


class Reader(KeywordModel):
    """Knows the words a, b and c, and reads at most three of them."""

    def prepare(self, inputs: Any) -> list[Item]:
        items = super().prepare(inputs)
        words = [str(text).split() for text in inputs]
        return [
            replace(item, is_truncated=len(each) > 3, length=min(3, len(each)))
            for item, each in zip(items, words, strict=True)
        ]

    def unknown_tokens(self, items: Any) -> tuple[int, int]:
        words = [
            word
            for item in items
            for word in "".join(map(chr, item.arrays["code_points"].tolist())).split()
        ]
        return sum(word not in "abc" for word in words), len(words)

    def unknown_share(self, items: Any) -> float | None:
        unknown, total = self.unknown_tokens(items)
        return unknown / total


READER = Reader({}, (0.0, 0.0))


def value(found: dict[str, Measurement], name: str) -> float | None:
    one = found[name].estimate
    assert one.value is None or one.method == "exact"
    return one.value


def reason(found: dict[str, Measurement], name: str) -> str:
    why = found[name].estimate.why_undefined
    assert why is not None
    return why.text


def test_everything_that_is_counted_by_hand(table: Table, measure: Measure, rows: Rows) -> None:
    test = rows(TEXTS, label=LABEL)
    aside = replace(test.ref, n_read=16, quarantined=(Quarantined("no-label", 6),))
    found = measure(
        data_quality,
        table(LABEL, LABEL),
        rows={"test": replace(test, ref=aside)},
        model=READER,
    )
    expected = {
        "largest-class-share": 0.6,
        "smallest-class-share": 0.4,
        "class-ratio": 1.5,
        "empty-share": 0.3,  # "", white space, and the single letter
        "duplicated-share": 0.3,
        "contradictory-share": 0.3,  # the three rows "a b"
        "quarantined-share": 6 / 16,
        "characters-median": 3,
        "characters-max": 18,
        "tokens-median": 2,
        "tokens-max": 3,
        "truncated-share": 0.1,
        "unknown-token-share": 10 / 18,  # d e x long enough to say d e once, of 18 words
    }
    words = Counter(word for text in TEXTS for word in text.split())
    assert sum(words.values()) == 18
    assert sum(n for word, n in words.items() if word not in "abc") == 10
    for name, number in expected.items():
        assert value(found, f"{name}[all]") == pytest.approx(number), name
    assert found["largest-class-share[all]"].notes[0].params == {"name": "c0"}
    for name in ("label-shift[all]", "text-shift[all]"):
        assert "no training rows" in reason(found, name)


def test_training_rows_are_counted_as_a_data_set_of_their_own(
    table: Table, measure: Measure, rows: Rows
) -> None:
    train = rows(["a", "a", "b"], name="train", label=[0, 1, 1])
    one = table(LABEL, LABEL)
    two = replace(one, dataset="other")
    known = {name: rows(TEXTS, name=name, label=LABEL) for name in ("test", "other")}
    found = measure(data_quality, one, two, rows=known, train=train, model=READER)
    assert value(found, "contradictory-share[all]@train") == pytest.approx(2 / 3)
    assert value(found, "contradictory-share[all]@test") == pytest.approx(0.3)
    assert value(found, "tokens-max[all]@train") == 1
    assert "label-shift[all]@train" not in found
    assert found["label-shift[all]@other"].estimate.value is not None


def test_pairs_are_the_same_only_in_the_same_order(
    table: Table, measure: Measure, rows: Rows
) -> None:
    pairs: list[Any] = [("a", "b"), ("a", "b"), ("b", "a"), ("", " ")]
    known = rows(pairs, label=[0, 1, 0, 0])
    found = measure(data_quality, table([0, 1, 0, 0], [0, 1, 0, 0]), rows={"test": known})
    assert value(found, "duplicated-share[all]") == 0.25
    assert value(found, "contradictory-share[all]") == 0.5
    assert value(found, "empty-share[all]") == 0.25
    assert value(found, "characters-max[all]") == 2


def test_a_class_without_rows_has_a_share_of_zero_and_no_ratio(
    table: Table, measure: Measure, rows: Rows
) -> None:
    label = [0, 0, 2]
    found = measure(
        data_quality, table(label, label, n_classes=3), rows={"test": rows(["a", "b", "c"])}
    )
    assert value(found, "smallest-class-share[all]") == 0.0
    assert "c1 has no row" in reason(found, "class-ratio[all]")


def test_stored_predictions_without_texts_have_labels_and_what_was_set_aside(
    table: Table, measure: Measure, rows: Rows
) -> None:
    bare = replace(rows([""] * 4, label=[0, 1, 1, 1]), has_inputs=False)
    found = measure(data_quality, table([0, 1, 1, 1], [0, 1, 1, 1]), rows={"test": bare})
    assert value(found, "largest-class-share[all]") == 0.75
    assert value(found, "quarantined-share[all]") == 0.0
    for name in ("empty-share", "duplicated-share", "characters-max", "tokens-max"):
        assert "comes without texts" in reason(found, f"{name}[all]")


def test_stored_predictions_count_characters_and_no_tokens(
    table: Table, measure: Measure, rows: Rows
) -> None:
    found = measure(data_quality, table(LABEL, LABEL), rows={"test": rows(TEXTS, label=LABEL)})
    assert value(found, "characters-max[all]") == 18
    assert "no model to count tokens with" in reason(found, "tokens-max[all]")
    cut = table(LABEL, LABEL, truncated=np.arange(10) < 2)
    found = measure(data_quality, cut, rows={"test": rows(TEXTS, label=LABEL)})
    assert value(found, "truncated-share[all]") == 0.2


def test_predictions_alone_have_their_labels(table: Table, measure: Measure) -> None:
    found = measure(data_quality, table([0, 1, 1], [0, 1, 1]))
    assert value(found, "largest-class-share[all]") == pytest.approx(2 / 3)
    assert "comes without rows" in reason(found, "quarantined-share[all]")
    found = measure(data_quality, table(None, [0, 1, 1]))
    assert "comes without labels" in reason(found, "class-ratio[all]")


def test_a_model_that_counts_no_unknown_tokens_says_so(
    table: Table, measure: Measure, rows: Rows
) -> None:
    silent = KeywordModel({}, (0.0, 0.0))
    found = measure(
        data_quality, table(LABEL, LABEL), rows={"test": rows(TEXTS, label=LABEL)}, model=silent
    )
    assert value(found, "tokens-max[all]") == 4
    assert "no token for what it does not know" in reason(found, "unknown-token-share[all]")


def drawn(rng: Any, n: int, words: str, share: float) -> tuple[list[str], Any]:
    texts = [" ".join(each) for each in rng.choice(words.split(), size=(n, 5))]
    return texts, (rng.random(n) < share).astype(np.int64)


@pytest.mark.parametrize(
    ("words", "share", "is_label_shift", "is_text_shift"),
    [
        ("sun rain wind snow hail", 0.5, False, False),
        ("sun rain wind snow hail", 0.2, True, False),
        ("今天 天气 很好 我们 吃饭", 0.5, False, True),
        ("sun rain wind snow fog", 0.5, False, True),
    ],
)
def test_shifts_are_seen_where_there_are_some(
    table: Table,
    measure: Measure,
    rows: Rows,
    words: str,
    share: float,
    is_label_shift: bool,
    is_text_shift: bool,
) -> None:
    rng = np.random.default_rng(1)
    texts, label = drawn(rng, 600, "sun rain wind snow hail", 0.5)
    train = rows(texts, name="train", label=label)
    texts, label = drawn(rng, 600, words, share)
    found = measure(
        data_quality,
        table(label, label),
        rows={"test": rows(texts, label=label)},
        train=train,
    )
    by_label, by_text = (found[f"{name}-shift[all]"].estimate for name in ("label", "text"))
    assert by_label.low is not None
    assert by_text.low is not None
    assert (by_label.low > 0.1) is is_label_shift
    assert (by_text.low > 0.6) is is_text_shift
    if not is_label_shift:
        assert by_label.value == pytest.approx(0.0, abs=0.05)


def test_label_shift_of_two_classes_is_the_difference_of_their_shares(
    table: Table, measure: Measure, rows: Rows
) -> None:
    label, known = [0] * 100 + [1] * 300, [0] * 300 + [1] * 100
    texts = [str(k) for k in range(400)]
    found = measure(
        data_quality,
        table(label, label),
        rows={"test": rows(texts, label=label)},
        train=rows(texts, name="train", label=known),
    )
    one = found["label-shift[all]"].estimate
    assert one.value == pytest.approx(0.5, abs=1e-9)
    # 1.645 standard errors of a difference of two shares, to the noise of 2,000 draws
    half = 1.645 * np.sqrt(2 * 0.25 * 0.75 / 400)
    assert one.low == pytest.approx(0.5 - half, abs=0.006)


def test_no_text_of_a_row_is_in_a_measurement(table: Table, measure: Measure, rows: Rows) -> None:
    texts = [f"secret{k} words" for k in range(30)] + ["secret1 words"]
    label = [0, 1] * 15 + [0]
    known = rows(texts, label=label)
    found = measure(
        data_quality,
        table(label, label),
        rows={"test": known},
        train=rows(texts, name="train", label=label),
        model=READER,
    )
    assert "secret" not in repr(found)
