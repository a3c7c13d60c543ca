"""Signals of classifiers, by hand and by the formulas of the papers."""

import numpy as np
import pytest
from scipy.special import softmax

from harness.engines.membership import classifier_signals, label_probability, phi
from harness.errors import ShapeError

LOGITS = np.random.default_rng(0).normal(size=(40, 3)) * 3
LABEL = np.random.default_rng(1).integers(0, 3, 40)


def test_they_are_the_formulas_of_the_papers():
    p = softmax(LOGITS, axis=1)
    own = p[np.arange(40), LABEL]
    found = classifier_signals(LOGITS, LABEL)
    np.testing.assert_allclose(found["loss"], np.log(own))
    np.testing.assert_allclose(found["entropy"], (p * np.log(p)).sum(axis=1))
    np.testing.assert_allclose(found["phi"], np.log(own / (1 - own)))
    modified = [
        -(1 - one[y]) * np.log(one[y])
        - sum(one[k] * np.log(1 - one[k]) for k in range(3) if k != y)
        for one, y in zip(p, LABEL, strict=True)
    ]
    np.testing.assert_allclose(found["modified-entropy"], -np.array(modified))


def test_near_certainty_phi_still_tells_rows_apart_where_probabilities_do_not():
    logits = np.array([[0.0, 40.0], [0.0, 60.0]])
    found = classifier_signals(logits, np.array([1, 1]))
    assert found["phi"].tolist() == [40, 60]
    assert all(np.isfinite(values).all() for values in found.values())


def test_a_certain_right_answer_has_the_highest_modified_entropy_signal_and_a_certain_wrong_one_the_lowest():
    logits = np.array([[9.0, 0.0], [0.0, 0.0], [0.0, 9.0]])
    found = classifier_signals(logits, np.array([0, 0, 0]))
    assert np.argsort(-found["modified-entropy"]).tolist() == [0, 1, 2]
    # entropy alone does not know which answer was right
    assert found["entropy"][0] == pytest.approx(found["entropy"][2])


def test_many_models_are_read_at_once():
    table = np.stack([LOGITS, 2 * LOGITS])
    np.testing.assert_allclose(phi(table, LABEL)[1], phi(2 * LOGITS, LABEL))
    np.testing.assert_allclose(
        label_probability(table, LABEL)[0], softmax(LOGITS, axis=1)[np.arange(40), LABEL]
    )


def test_wrong_shapes_are_refused():
    with pytest.raises(ShapeError):
        classifier_signals(LOGITS[:, :1], LABEL)
    with pytest.raises(ShapeError):
        classifier_signals(LOGITS, LABEL[1:])
