"""Training evidence on real rows: wrong labels that were put in, and rows that are left out.

    python benchmarks/influence.py ENCODER TOXICITY_CSV BANKING_CSV

ENCODER is a folder with a pretrained encoder; its features stay as they are and a last layer is fitted to
labels of which 5 % were changed. Printed for each data set, over seeds: how well self-influence, the loss
and near rows find the changed labels, and how far the lead of a decision falls when the layer is fitted
again without its most influential training rows, without its nearest ones, and without others.
"""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SEEDS = range(5)
NOISE = 0.05
MOST_ROWS = 3000
N_DECISIONS = 25
LEFT_OUT = 0.02


@dataclass(frozen=True, slots=True)
class Rows:
    """Features h [n, d] and labels [n] of one data set; c classes."""

    name: str
    features: Any
    label: Any
    n_classes: int


def read_rows(path: Path, text: str, label: str) -> tuple[list[str], list[str]]:
    """Read two columns of a table; at most ``MOST_ROWS`` rows, evenly spaced."""
    with path.open(newline="", encoding="utf-8") as stream:
        lines = list(csv.DictReader(stream))
    kept = np.unique(np.linspace(0, len(lines) - 1, min(len(lines), MOST_ROWS)).round())
    chosen = [lines[int(row)] for row in kept]
    return [line[text] for line in chosen], [line[label] for line in chosen]


def read_features(encoder: Path, texts: list[str], work: Path) -> Any:
    """Return what a classifier on top of the encoder reads, shape [n, d]."""
    import transformers

    from harness.engines.influence.last_layer import read_features as features_of
    from harness.records import Task
    from models.text import MODALITY

    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    network = transformers.AutoModelForSequenceClassification.from_pretrained(encoder)
    network.save_pretrained(work)
    transformers.AutoTokenizer.from_pretrained(encoder).save_pretrained(work)
    task = Task("text-classification", "text", ("LABEL_0", "LABEL_1"))
    model = MODALITY.load(str(work), task=task, device="cpu", max_tokens=128)
    return features_of(model, model.prepare(texts), token_budget=2048)


def fit(features: Any, label: Any, n_classes: int) -> tuple[Any, Any]:
    """Fit a last layer; returns weight [c, d] and bias [c]."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1.0, max_iter=300, tol=1e-4).fit(features, label)
    weight, bias = np.zeros((n_classes, features.shape[1])), np.full(n_classes, -30.0)
    if len(model.classes_) == 2 and n_classes == 2:
        weight[1], bias[:] = model.coef_[0], (0.0, model.intercept_[0])
    else:
        weight[model.classes_], bias[model.classes_] = model.coef_, model.intercept_
    return weight.astype(np.float32), bias.astype(np.float32)


def traces(features: Any, label: Any, layer: tuple[Any, Any]) -> Any:
    """Return the traces of rows in a layer; of decisions where there are no labels."""
    from harness.engines.influence import LastLayer
    from harness.engines.influence.last_layer import pull_and_loss

    logits = features.astype(np.float64) @ layer[0].T + layer[1]
    decision = logits.argmax(axis=1)
    own = decision if label is None else label
    pull, loss = pull_and_loss(logits, own)
    return LastLayer(features, pull.astype(np.float32), own, decision, loss)


def changed(rows: Rows, seed: int) -> tuple[Any, Any]:
    """Return which labels are changed, shape [n], and the labels with them."""
    rng = np.random.default_rng(seed)
    is_changed = np.zeros(len(rows.label), dtype=bool)
    is_changed[rng.permutation(len(rows.label))[: round(NOISE * len(rows.label))]] = True
    other = (rows.label + rng.integers(1, rows.n_classes, len(rows.label))) % rows.n_classes
    return is_changed, np.where(is_changed, other, rows.label)


def aurocs(rows: Rows, seed: int) -> dict[str, float]:
    """Return how well three rankings find changed labels that the layer was fitted to."""
    from sklearn.metrics import roc_auc_score

    from harness.engines.influence import nearest_rows, neighbour_votes

    is_changed, label = changed(rows, seed)
    found = traces(rows.features, label, fit(rows.features, label, rows.n_classes))
    nearest = nearest_rows(rows.features, k=10)
    votes = neighbour_votes(nearest, label, label, n_classes=rows.n_classes)
    rankings = {
        "self-influence": found.self_influence(),
        "loss": found.loss,
        "neighbours": votes.disagreement,
    }
    values = {name: float(roc_auc_score(is_changed, one)) for name, one in rankings.items()}
    against = votes.is_against
    return values | {
        "suspect share": float(against.mean()),
        "found of the changed": float(against[is_changed].mean()),
        "suspects among the others": float(against[~is_changed].mean()),
    }


def leads_lost(rows: Rows, seed: int) -> Iterator[dict[str, float]]:
    """Yield for some decisions how far the lead falls when rows are left out of the fit."""
    from harness.engines.influence import top_rows

    rng = np.random.default_rng(seed)
    order = rng.permutation(len(rows.label))
    asked, train = order[:N_DECISIONS], order[N_DECISIONS:]
    h, label = rows.features[train], rows.label[train]
    layer = fit(h, label, rows.n_classes)
    decisions = traces(rows.features[asked], None, layer)
    k = max(1, round(LEFT_OUT * len(train)))
    top = top_rows(traces(h, label, layer), decisions, k=k)
    assert top.nearest is not None
    logits = decisions.features @ layer[0].T + layer[1]
    second = np.argsort(-logits, axis=1)[:, 1]

    def lead(kept: Any, q: int) -> float:
        weight, bias = fit(h[kept], label[kept], rows.n_classes)
        out = decisions.features[q] @ weight.T + bias
        return float(out[decisions.label[q]] - out[second[q]])

    everything = np.arange(len(train))
    for q in range(len(asked)):
        same = np.flatnonzero(label == decisions.label[q])
        whole = lead(everything, q)
        chosen = {
            "influential": top.index[q],
            "nearest": top.nearest[q],
            "random": rng.permutation(everything)[:k],
            "random of the class": rng.permutation(same)[: min(k, len(same) - 1)],
        }
        yield {name: whole - lead(np.setdiff1d(everything, one), q) for name, one in chosen.items()}


def spread(values: list[float]) -> str:
    """Return mean and range."""
    return f"{np.mean(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def report(rows: Rows, *, removal: bool) -> None:
    """Print what was found on one data set."""
    n, d = rows.features.shape
    print(f"\n{rows.name}: n = {n}, d = {d}, c = {rows.n_classes}, {NOISE:.0%} of labels changed")
    each = [aurocs(rows, seed) for seed in SEEDS]
    for name in each[0]:
        print(f"  {name:28s} {spread([one[name] for one in each])} over {len(SEEDS)} seeds")
    if not removal:
        return
    lost = list(leads_lost(rows, 0))
    print(
        f"  lead lost without {LEFT_OUT:.0%} of the training rows, {len(lost)} decisions, in logits"
    )
    for name in lost[0]:
        print(f"    {name:26s} {np.mean([one[name] for one in lost]):.3f}")
    wins = np.mean([one["influential"] > one["random of the class"] for one in lost])
    print(f"    influential above random of the class in {wins:.0%} of decisions")


def main() -> None:
    """Read, fit, print."""
    import tempfile

    import torch

    torch.set_num_threads(1)
    encoder, toxicity, banking = map(Path, sys.argv[1:4])
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as work:
        for name, path, text, label, removal in (
            ("wiki_toxicity", toxicity, "comment", "toxic", True),
            ("banking77", banking, "text", "category", False),
        ):
            texts, names = read_rows(path, text, label)
            classes = sorted(set(names))
            code = np.array([classes.index(one) for one in names])
            features = read_features(encoder, texts, Path(work))
            report(Rows(name, features, code, len(classes)), removal=removal)
    print(f"\n{time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
