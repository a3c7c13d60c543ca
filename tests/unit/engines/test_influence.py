"""Influence of training rows: products of gradients as autograd and Captum find them, block by block."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from harness.engines.influence import (
    LastLayer,
    Projected,
    SparseProjection,
    evidence_for,
    nearest_rows,
    neighbour_votes,
    ranking,
    read_last_layer,
    top_rows,
    top_rows_by_captum,
)
from harness.engines.influence.captum_fast import influence_by_captum
from harness.engines.influence.last_layer import pull_and_loss
from harness.errors import MethodRefused, ModelError, ShapeError, UsageError
from harness.keywords import KeywordModel

N, Q, D, C = 60, 7, 5, 3


def layer(seed: int = 0, *, scale: float = 1.0) -> tuple[Any, Any]:
    rng = np.random.default_rng([seed, 1])
    return (
        (scale * rng.normal(size=(C, D))).astype(np.float32),
        rng.normal(size=C).astype(np.float32),
    )


def drawn(n: int, seed: int, *, scale: float = 1.0) -> LastLayer:
    """Traces of n rows with random features and labels."""
    rng = np.random.default_rng([seed, n])
    features = rng.normal(size=(n, D)).astype(np.float32)
    label = rng.integers(0, C, size=n)
    weight, bias = layer(scale=scale)
    logits = features.astype(np.float64) @ weight.T + bias
    pull, loss = pull_and_loss(logits, label)
    return LastLayer(features, pull.astype(np.float32), label, logits.argmax(axis=1), loss)


def by_autograd(train: LastLayer, decisions: LastLayer) -> Any:
    """Differentiate the weight of a layer for each row, one at a time, in float64."""
    weight, bias = (torch.tensor(one, dtype=torch.float64) for one in layer())

    def gradients(traces: LastLayer) -> Any:
        rows = []
        for h, label in zip(traces.features, traces.label, strict=True):
            free = weight.clone().requires_grad_(True)
            logits = torch.tensor(h, dtype=torch.float64) @ free.T + bias
            loss = torch.nn.functional.cross_entropy(logits[None], torch.tensor([label]))
            rows.append(torch.autograd.grad(loss, free)[0].flatten())
        return torch.stack(rows)

    return (gradients(decisions) @ gradients(train).T).numpy()


def test_influence_is_the_product_of_the_gradients_of_the_last_layer() -> None:
    train, decisions = drawn(N, 1), drawn(Q, 2)
    found = train.influence_on(slice(0, N), decisions)
    # products of float32 numbers of size 1
    np.testing.assert_allclose(found, by_autograd(train, decisions), rtol=1e-4, atol=1e-5)


def test_captum_finds_the_same_influence() -> None:
    train, decisions = drawn(N, 3), drawn(Q, 4)
    found = influence_by_captum(train, decisions, layer())
    own = train.influence_on(slice(0, N), decisions)
    # both in float32; ours is rounded once after float64
    np.testing.assert_allclose(own, found, rtol=1e-4, atol=1e-5)
    ours, theirs = (
        top_rows(train, decisions, k=5),
        top_rows_by_captum(train, decisions, layer(), k=5),
    )
    np.testing.assert_array_equal(ours.index, theirs.index)
    np.testing.assert_array_equal(ours.nearest, theirs.nearest)
    np.testing.assert_allclose(ours.support, theirs.support, rtol=1e-4)


def test_captum_draws_nothing_from_the_global_generator() -> None:
    before = torch.random.get_rng_state()
    top_rows_by_captum(drawn(N, 3), drawn(Q, 4), layer(), k=2)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_self_influence_is_the_diagonal() -> None:
    train = drawn(N, 5)
    diagonal = np.diag(train.influence_on(slice(0, N), train))
    np.testing.assert_allclose(train.self_influence(), diagonal, rtol=1e-4)
    vectors = np.random.default_rng(0).normal(size=(N, 9)).astype(np.float32)
    projected = Projected(vectors, train.label, None)
    np.testing.assert_allclose(
        projected.self_influence(),
        np.diag(projected.influence_on(slice(0, N), projected)),
        rtol=1e-4,
    )


@pytest.mark.parametrize("values", [1, 30, 10**6])
def test_blocks_of_any_size_find_the_rows_of_the_whole_table(
    values: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, decisions = drawn(N, 6), drawn(Q, 7)
    whole = train.influence_on(slice(0, N), decisions)
    unit = [
        one.features / np.linalg.norm(one.features, axis=1)[:, None] for one in (train, decisions)
    ]
    cosine = unit[1] @ unit[0].T
    monkeypatch.setattr(ranking, "BLOCK_VALUES", values)
    top = top_rows(train, decisions, k=4)
    np.testing.assert_array_equal(top.index, np.argsort(-whole, axis=1)[:, :4])
    np.testing.assert_allclose(top.influence, -np.sort(-whole, axis=1)[:, :4], rtol=1e-5)
    np.testing.assert_array_equal(top.nearest, np.argsort(-cosine, axis=1)[:, :4])
    np.testing.assert_allclose(
        top.cosine, np.take_along_axis(cosine, top.index, axis=1), rtol=1e-4, atol=1e-6
    )
    np.testing.assert_allclose(top.support, np.maximum(whole, 0).sum(axis=1), rtol=1e-5)


def test_equal_rows_come_in_the_order_of_the_training_set(monkeypatch: pytest.MonkeyPatch) -> None:
    one = drawn(1, 8)
    train = LastLayer(
        *(
            np.repeat(part, 9, axis=0)
            for part in (one.features, one.pull, one.label, one.decision, one.loss)
        )
    )
    monkeypatch.setattr(ranking, "BLOCK_VALUES", 4)
    assert top_rows(train, one, k=3).index.tolist() == [[0, 1, 2]]


def test_fewer_training_rows_than_k_are_all_named() -> None:
    top = top_rows(drawn(3, 1), drawn(2, 2), k=10)
    assert top.index.shape == (2, 3)
    assert sorted(top.index[0].tolist()) == [0, 1, 2]


def test_a_sure_decision_keeps_its_training_rows() -> None:
    """1 - score would be 0 where the logits are 60 apart, and nothing would be behind the decision."""
    logits = np.array([[0.0, 60.0, 1.0]])
    pull, loss = pull_and_loss(logits, np.array([1]))
    assert pull[0, 1] == pytest.approx(-np.exp(-59) - np.exp(-60), rel=1e-12)
    assert pull.sum() == pytest.approx(0, abs=1e-40)
    assert loss[0] == pytest.approx(0, abs=1e-12)
    train, decisions = drawn(N, 1, scale=12.0), drawn(Q, 2, scale=12.0)
    sure = pull_and_loss(
        decisions.features.astype(np.float64) @ layer(scale=12.0)[0].T, decisions.decision
    )[0]
    asked = LastLayer(
        decisions.features,
        sure.astype(np.float32),
        decisions.decision,
        decisions.decision,
        decisions.loss,
    )
    assert (top_rows(train, asked, k=1).influence > 0).all()


def test_normalised_influence_does_not_grow_with_a_training_rows_gradient() -> None:
    train, decisions = drawn(N, 9), drawn(Q, 10)
    loud = LastLayer(train.features, train.pull * 50, train.label, train.decision, train.loss)
    plain, scaled = (top_rows(one, decisions, k=3, is_normalised=True) for one in (train, loud))
    np.testing.assert_array_equal(plain.index, scaled.index)
    np.testing.assert_allclose(plain.influence, scaled.influence, rtol=1e-4)
    silent = LastLayer(train.features, train.pull * 0, train.label, train.decision, train.loss)
    assert (top_rows(silent, decisions, k=3, is_normalised=True).influence == 0).all()


def test_other_labels_change_the_pull_and_nothing_else() -> None:
    train = drawn(N, 11)
    back = train.relabelled(train.label, *layer())
    np.testing.assert_allclose(back.pull, train.pull, atol=1e-6)
    other = (train.label + 1) % C
    changed = train.relabelled(other, *layer())
    assert changed.features is train.features
    np.testing.assert_allclose(changed.pull[np.arange(N), other] < 0, True)


# nearest rows


def test_the_nearest_other_rows_are_those_of_scikit_learn() -> None:
    features = np.random.default_rng(0).normal(size=(80, 6)).astype(np.float32)
    search = NearestNeighbors(n_neighbors=6, metric="cosine", algorithm="brute").fit(features)
    expected = search.kneighbors(features, return_distance=False)[:, 1:]
    np.testing.assert_array_equal(nearest_rows(features, k=5), expected)
    some = np.array([3, 40, 79])
    np.testing.assert_array_equal(nearest_rows(features, k=5, of=some), expected[some])


def test_a_copy_of_a_row_is_its_neighbour_and_a_row_is_not_its_own() -> None:
    features = np.array([[1, 0], [1, 0], [0, 1], [0, 0]], dtype=np.float32)
    nearest = nearest_rows(features, k=2)
    assert nearest[:2, 0].tolist() == [1, 0]
    assert all(row not in nearest[row] for row in range(4))
    assert nearest_rows(features[:1], k=3).shape == (1, 0)


def test_votes_are_counted_and_more_than_half_must_agree() -> None:
    nearest = np.array([[1, 2, 3, 4], [0, 2, 3, 4]])
    label = np.array([0, 1, 1, 1, 2])
    votes = neighbour_votes(nearest, label, label[:2], n_classes=3)
    assert votes.counts.tolist() == [[0, 3, 1], [1, 2, 1]]
    assert votes.own.tolist() == [0, 2]
    assert votes.is_against.tolist() == [True, False]  # two of four are no majority
    assert votes.disagreement.tolist() == [1.0, 0.5]
    tied = neighbour_votes(np.array([[1, 2, 4, 0]]), label, np.array([2]), n_classes=3)
    assert tied.is_against.tolist() == [False]


# projection


def test_projected_products_are_right_on_average_and_as_precise_as_promised() -> None:
    rng = np.random.default_rng(0)
    gradients = {
        name: rng.normal(size=(2, *shape)).astype(np.float32)
        for name, shape in (("a", (30, 20)), ("b", (400,)))
    }
    flat = np.concatenate([one.reshape(2, -1) for one in gradients.values()], axis=1)
    exact, size = flat[0] @ flat[1], np.linalg.norm(flat[0]) * np.linalg.norm(flat[1])
    m = 64
    found = []
    for seed in range(300):
        first, second = SparseProjection(m, seed=seed)(gradients)
        found.append(float(first @ second))
    spread = size * np.sqrt(2 / m)
    # five standard errors of a mean of 300
    assert abs(np.mean(found) - exact) < 5 * spread / np.sqrt(300)
    assert np.std(found) < 1.1 * spread


def test_a_projection_is_the_same_for_the_same_seed_and_name() -> None:
    one = {"w": np.random.default_rng(0).normal(size=(3, 500)).astype(np.float32)}
    first, again, other = (SparseProjection(32, seed=seed)(one) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.1
    halves = np.concatenate(
        [SparseProjection(32, seed=1)({"w": one["w"][part]}) for part in ([0], [1, 2])]
    )
    np.testing.assert_allclose(halves, first, rtol=1e-6)


def test_short_gradients_are_kept_as_they_are() -> None:
    one = {"w": np.arange(12, dtype=np.float32).reshape(2, 3, 2)}
    found = SparseProjection(8)(one)
    assert found[:, :6].tolist() == one["w"].reshape(2, 6).tolist()
    assert not found[:, 6:].any()


# reading, and what goes wrong

MODEL = KeywordModel({"good": (0.0, 2.0), "poor": (2.0, 0.0), "sly": (0.0, 1.0)}, (0.0, 0.0))
TRAIN = ["good", "poor poor", "sly", "sly good", "nothing"]
LABELS = np.array([1, 0, 0, 1, 0])


def test_the_row_that_shares_the_word_and_the_decided_class_stands_first() -> None:
    items = MODEL.prepare(TRAIN)
    top = evidence_for(MODEL, items, LABELS, MODEL.prepare(["poor"]), k=2)
    assert top.index[0, 0] == 1
    assert top.nearest is not None
    assert top.nearest[0, 0] == 1
    same = evidence_for(MODEL, items, LABELS, MODEL.prepare(["poor"]), k=2, engine="captum")
    assert same.index.tolist() == top.index.tolist()
    # the row whose label is wrong pulls hardest at what it shares a word with
    assert evidence_for(MODEL, items, LABELS, MODEL.prepare(["sly"]), k=5).index[0, -1] == 2


def test_rows_are_read_in_pieces_and_progress_is_told() -> None:
    items = MODEL.prepare(TRAIN)
    told: list[int] = []
    whole = read_last_layer(MODEL, [items], LABELS, n=5, token_budget=64)  # type: ignore[arg-type]
    pieces = read_last_layer(
        MODEL,  # type: ignore[arg-type]
        (items[i : i + 2] for i in (0, 2, 4)),
        LABELS,
        n=5,
        token_budget=64,
        on_progress=told.append,
    )
    assert told == [2, 4, 5]
    np.testing.assert_array_equal(whole.pull, pieces.pull)
    np.testing.assert_array_equal(whole.features, pieces.features)
    logits = MODEL.logits(items)
    np.testing.assert_array_equal(whole.decision, logits.argmax(axis=1))
    expected = torch.nn.functional.cross_entropy(
        torch.from_numpy(logits), torch.from_numpy(LABELS), reduction="none"
    )
    np.testing.assert_allclose(whole.loss, expected, atol=1e-6)


def test_features_in_half_precision_keep_the_ranking_and_what_does_not_fit_is_refused() -> None:
    items = MODEL.prepare(TRAIN)
    found = [
        read_last_layer(MODEL, [items], LABELS, n=5, token_budget=64, store=store)  # type: ignore[arg-type]
        for store in ("float32", "float16")
    ]
    assert found[1].features.dtype == np.float16
    np.testing.assert_array_equal(
        top_rows(found[0], found[0], k=3).index, top_rows(found[1], found[1], k=3).index
    )
    many = MODEL.prepare(["good " * 61_000])
    with pytest.raises(ModelError, match="float16"):
        read_last_layer(MODEL, [many], None, n=1, token_budget=64, store="float16")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"train_labels": LABELS[:3]},
            "train_labels must hold one class for each of 5 rows, got 3",
        ),
        ({"train_labels": LABELS + 1}, r"train_labels must lie in 0..1, got 2"),
        ({"k": 0}, "k must be an integer >= 1, got 0"),
        (
            {"train_items": [], "train_labels": LABELS[:0]},
            "Training rows must be at least one, got 0",
        ),
    ],
)
def test_what_cannot_be_asked_is_named(change: dict[str, Any], message: str) -> None:
    items = MODEL.prepare(TRAIN)
    given: dict[str, Any] = {"train_items": items, "train_labels": LABELS, "items": items, "k": 3}
    with pytest.raises(UsageError, match=message):
        evidence_for(MODEL, **given | change)


def test_a_model_without_the_means_is_refused_and_told_what_to_do() -> None:
    plain = KeywordModel({"good": (0.0, 2.0)}, (0.0, 0.0))
    plain.capabilities = frozenset({"logits"})
    items = plain.prepare(TRAIN)
    with pytest.raises(MethodRefused, match=r"must offer last-layer .* Nearest neighbours"):
        evidence_for(plain, items, LABELS, items)
    plain.capabilities = frozenset({"logits", "per-example-gradients"})
    with pytest.raises(MethodRefused, match="Take trace gradients"):
        evidence_for(plain, items, LABELS, items)
    with pytest.raises(MethodRefused, match="Engine captum"):
        evidence_for(MODEL, items, LABELS, items, trace="gradients", engine="captum")


def test_traces_of_different_kinds_are_not_compared() -> None:
    train = drawn(4, 1)
    other = Projected(np.zeros((2, 3), dtype=np.float32), np.zeros(2, dtype=np.int64), None)
    with pytest.raises(ShapeError, match="one kind"):
        top_rows(train, other, k=1)
    wide = LastLayer(
        np.zeros((2, D + 1), dtype=np.float32), other.vectors, other.label, other.label, np.zeros(2)
    )
    with pytest.raises(ShapeError, match=r"same \[d, c\]"):
        top_rows(train, wide, k=1)
    items = MODEL.prepare(TRAIN)
    for n in (4, 6):
        with pytest.raises(ShapeError):
            read_last_layer(MODEL, [items], None, n=n, token_budget=64)  # type: ignore[arg-type]


# what it is worth


def fitted(features: Any, label: Any) -> tuple[Any, Any]:
    """Fit a last layer for two classes; returns weight [2, d] and bias [2]."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1.0, tol=1e-6, max_iter=500).fit(features, label)
    weight = np.concatenate([np.zeros_like(model.coef_), model.coef_]).astype(np.float32)
    return weight, np.array([0.0, model.intercept_[0]], dtype=np.float32)


def test_a_layer_fitted_without_the_most_influential_rows_loses_more_of_its_lead() -> None:
    """Against as many rows drawn at random, and as many drawn from those of the decided class."""
    rng = np.random.default_rng(3)
    n, d, q, k = 300, 6, 10, 15
    label = rng.integers(0, 2, size=n)
    features = (rng.normal(size=(n, d)) + 0.6 * (2 * label[:, None] - 1)).astype(np.float32)
    asked = rng.normal(size=(q, d)).astype(np.float32)
    weight, bias = fitted(features, label)

    def traces(h: Any, label: Any) -> LastLayer:
        logits = h.astype(np.float64) @ weight.T + bias
        own = logits.argmax(axis=1) if label is None else label
        pull, loss = pull_and_loss(logits, own)
        return LastLayer(h, pull.astype(np.float32), own, logits.argmax(axis=1), loss)

    decisions = traces(asked, None)
    top = top_rows(traces(features, label), decisions, k=k)

    def lead(kept: Any, row: int) -> float:
        weight, bias = fitted(features[kept], label[kept])
        logits = asked[row] @ weight.T + bias
        decided = decisions.label[row]
        return float(logits[decided] - logits[1 - decided])

    lost = {"influential": [], "any": [], "of the class": []}  # type: dict[str, list[float]]
    for row in range(q):
        whole = lead(np.arange(n), row)
        same = np.flatnonzero(label == decisions.label[row])
        for name, rows in (
            ("influential", top.index[row]),
            ("any", rng.permutation(n)[:k]),
            ("of the class", rng.permutation(same)[:k]),
        ):
            lost[name].append(whole - lead(np.setdiff1d(np.arange(n), rows), row))
    means = {name: float(np.mean(each)) for name, each in lost.items()}
    assert means["influential"] > 0
    assert means["influential"] > 3 * abs(means["any"])
    assert means["influential"] > 2 * means["of the class"]
    assert (np.array(lost["influential"]) > np.array(lost["any"])).mean() >= 0.9
