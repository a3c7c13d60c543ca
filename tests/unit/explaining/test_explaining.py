from dataclasses import replace

import numpy as np
import pytest

from harness.commands.explaining import Input, Question, check_question, explain
from harness.errors import MethodRefused, UsageError

OCCLUSION = Question(method="occlusion")


def one_of(subject, text, question=OCCLUSION, **more):
    return explain(subject, [Input(text, **more)], question).rows[0]


def test_a_word_adds_to_the_lead_what_the_model_was_given_for_it(keywords):
    one = one_of(keywords, "thanks you idiot stupid")
    assert {one.words(piece): round(piece.value, 5) for piece in one.pieces} == {
        "thanks": -2.0,
        "you": 0.0,
        "idiot": 3.0,
        "stupid": 1.0,
    }
    assert (one.target, one.runner_up, one.decision) == (1, 0, 1)


def test_scores_and_lead_are_those_of_the_model(keywords):
    one = one_of(keywords, "stupid idiot")
    assert one.logits == pytest.approx((0.5 - 2.0, -0.5 + 2.0))
    assert one.whole == pytest.approx(one.logits[1] - one.logits[0])
    assert sum(one.scores) == pytest.approx(1.0)


def test_occlusion_claims_no_base_value_and_needs_no_cross_check(keywords):
    one = one_of(keywords, "stupid idiot")
    assert one.blank is None
    assert one.check is None
    assert one.status == "not-checked"
    assert one.is_relied_on


def test_integrated_gradients_add_up_and_agree_with_occlusion_on_a_linear_model(keywords):
    one = one_of(keywords, "stupid idiot thanks also", Question())
    assert one.status == "converged"
    assert one.blank + one.total + one.unexplained == pytest.approx(one.whole, abs=1e-5)
    assert one.check.n_same_sign == one.check.n_shared == one.check.n_top == 4
    assert all(piece.value == pytest.approx(piece.checked, abs=1e-4) for piece in one.pieces)


def test_nothing_to_attribute_is_said_and_not_drawn(keywords):
    one = one_of(keywords, "who are you", Question())
    assert one.status == "nothing-to-attribute"
    assert not one.is_relied_on
    assert "less than 0.1" in one.because.text


def test_a_contrast_names_leads_and_words_of_one_side(keywords):
    inputs = [Input("you are an idiot"), Input("you are a thanks")]
    found = explain(keywords, inputs, OCCLUSION, is_contrast=True)
    contrast = found.contrast
    assert (contrast.first, contrast.second) == pytest.approx((2.0, -3.0))
    assert [word for word, _ in contrast.only_first] == ["idiot", "an"]
    assert dict(contrast.only_second)["thanks"] == pytest.approx(-2.0, abs=1e-5)
    assert "−5.00 logits" in contrast.said[0].text
    assert (
        "The decision differs: toxic for the text, benign for the other." in contrast.said[1].text
    )


def test_both_texts_of_a_contrast_speak_of_the_same_lead(keywords):
    inputs = [Input("you idiot"), Input("thanks you idiot thanks thanks")]
    first, second = explain(keywords, inputs, OCCLUSION, is_contrast=True).rows
    assert second.decision == 0
    assert (second.target, second.runner_up) == (first.target, first.runner_up)
    values = [{one.words(p): p.value for p in one.pieces}["idiot"] for one in (first, second)]
    assert values[0] == pytest.approx(values[1], abs=1e-5)


def test_methods_that_draw_at_random_show_their_range_over_seeds(keywords):
    one = one_of(keywords, "stupid idiot thanks", replace(OCCLUSION, method="shapley-sampling"))
    assert one.card.n_seeds == 3
    assert all(piece.low <= piece.value <= piece.high for piece in one.pieces)


def test_several_texts_share_one_scale(keywords):
    inputs = [Input("idiot"), Input("also idiot stupid")]
    found = explain(keywords, inputs, OCCLUSION)
    assert found.scale == pytest.approx(3.0, abs=1e-5)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (Question(baseline="zero"), "--baseline must be mask or pad, got 'zero'"),
        (Question(unit="phrase"), "--unit must be one of word, token, sentence, got 'phrase'"),
        (Question(method="expected-gradients"), "It needs a reference population"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_before_anything_is_loaded(question, words):
    with pytest.raises(UsageError) as caught:
        check_question(question)
    assert words in str(caught.value)


@pytest.mark.parametrize("method", ["attention", "captum:DeepLift"])
def test_what_does_not_explain_is_refused_with_the_reason(keywords, method):
    with pytest.raises(MethodRefused) as caught:
        one_of(keywords, "stupid idiot", Question(method=method))
    assert "integrated-gradients" in str(caught.value)


def test_chinese_text_is_cut_into_its_characters(tiny):
    one = one_of(tiny, "你好，我的包裹还没有到。", OCCLUSION)
    assert [one.words(piece) for piece in one.pieces][:3] == ["你", "好", "，"]


@pytest.mark.parametrize("text", ["\ud800 lone", "<b>x</b>", "a", "\u202e \u200b zero", "🙂"])
def test_odd_texts_are_explained_like_others(tiny, text):
    one = one_of(tiny, text, Question(has_check=False))
    assert len(one.pieces) >= 1
    assert np.isfinite([piece.value for piece in one.pieces]).all()


def test_the_same_question_gives_the_same_numbers(tiny):
    first, second = (one_of(tiny, "Great service, friendly people", Question()) for _ in range(2))
    assert first == second


def test_a_transformer_is_explained_by_words_as_they_were_written(tiny):
    text = "The PARCEL came late, and the box\nwas broken!"
    one = one_of(tiny, text, Question())
    assert one.texts == (text,)
    words = [one.words(piece) for piece in one.pieces]
    assert words[:3] == ["The", "PARCEL", "came"]
    assert one.blank + one.total + one.unexplained == pytest.approx(one.whole, abs=1e-3)
    assert one.n_special == 2
    assert one.check is not None


def test_tokens_have_values_of_their_own_and_words_are_their_sums(tiny):
    text = "please call me back"
    by_word, by_token = (one_of(tiny, text, Question(unit=unit)) for unit in ("word", "token"))
    assert len(by_token.pieces) >= len(by_word.pieces)
    assert by_token.total == pytest.approx(by_word.total, abs=1e-3)
    for word in by_word.pieces:
        inside = [
            token.value for token in by_token.pieces if word.span[1] <= token.span[1] < word.span[2]
        ]
        assert sum(inside) == pytest.approx(word.value, abs=1e-3)


def test_both_texts_of_a_pair_have_their_own_pieces(tiny):
    one = one_of(tiny, "my refund is missing", Question(), pair="since March")
    assert one.texts == ("my refund is missing", "since March")
    assert {piece.span[0] for piece in one.pieces} == {0, 1}


def test_what_a_model_does_not_read_is_shown_as_such(tiny):
    text = "please call me back " * 200
    one = one_of(tiny, text.strip(), Question(method="gradient-x-input", has_check=False))
    assert one.unread[0][2] == len(text.strip())
    assert one.unread_share > 0.5
    assert any(note.id == "explain.truncated" for note in one.notes)


def test_a_method_without_sign_compares_no_signs_and_names_no_baseline(keywords):
    one = one_of(keywords, "stupid idiot thanks also", Question(method="gradient-norm"))
    assert one.check.n_same_sign is None
    assert one.check.n_shared == 4
    assert one.card.baseline is None
    assert not one.is_signed


def test_progress_is_told(keywords):
    told = []
    explain(
        keywords,
        [Input("idiot"), Input("thanks")],
        Question(has_check=False),
        on_progress=lambda done, total: told.append((done, total)),
    )
    assert told[-1] == (2, 2)
