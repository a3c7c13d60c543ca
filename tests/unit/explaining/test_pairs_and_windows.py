"""One lead for two texts, and long texts read to their end."""

import re

import numpy as np
import pytest

from harness.commands.explaining import Input, Question, Subject, explain
from harness.commands.explaining.pairs import of_two
from harness.errors import UsageError
from harness.keywords import KeywordModel
from harness.modelling import HasEmbeddings, HasParts

WEIGHTS = {"sun": (2.0, 0.0, 0.3), "rain": (0.0, 2.0, 0.5), "fog": (0.1, 0.4, 3.0)}
OCCLUSION = Question(method="occlusion")


class Short(KeywordModel):
    """A keyword model that reads four words, and says where they stand."""

    room = 4

    def prepare(self, inputs):
        return [self._cut(one)[0][0] for one in inputs]

    def windows(self, one, *, overlap=1):
        return self._cut(one)

    def spans(self, inputs):
        return [self._cut(one)[0][1] for one in inputs]

    def _cut(self, text):
        words = list(re.finditer(r"\S+", text))
        starts = range(0, max(1, len(words) - 1), self.room - 1)
        runs = [words[start : start + self.room] for start in starts]
        items = super().prepare([" ".join(word[0] for word in run) for run in runs])
        spans = [np.array([[0, *word.span()] for word in run]) for run in runs]
        return list(zip(items, spans, strict=True))


@pytest.fixture
def weather():
    return Subject(KeywordModel(WEIGHTS, (0.2, 0.1, 0.0)), ("sun", "rain", "fog"), lambda _: [])


@pytest.fixture
def short():
    return Subject(Short(WEIGHTS, (0.2, 0.1, 0.0)), ("sun", "rain", "fog"), lambda _: [])


@pytest.mark.parametrize("question", [OCCLUSION, Question()], ids=["occlusion", "gradients"])
def test_two_texts_are_explained_by_one_lead_even_where_a_third_class_wins(weather, question):
    inputs = [Input("sun rain sun"), Input("fog fog sun rain")]
    first, second = explain(weather, inputs, question, is_contrast=True).rows
    assert (first.target, first.runner_up) == (second.target, second.runner_up) == (0, 1)
    assert second.decision == 2
    assert second.whole == pytest.approx(0.1 + 2.0 - 2.0 - 2 * 0.3, abs=1e-5)
    values = {second.words(piece): piece.value for piece in second.pieces}
    assert values == pytest.approx({"fog": -0.3, "sun": 2.0, "rain": -2.0}, abs=1e-4)


def test_a_model_of_two_classes_offers_what_the_model_offers_and_changes_nothing(weather):
    model = weather.model
    two = of_two(model, (2, 0))
    items = model.prepare(["sun fog"])
    assert two.n_classes == 2
    assert isinstance(two, HasParts)
    assert isinstance(two, HasEmbeddings)
    assert two.logits(items)[0] == pytest.approx(model.logits(items)[0, [2, 0]])
    with two.differentiating():
        found = two.logits_from_embeddings(items, two.embed(items))
    assert found.detach().numpy()[0] == pytest.approx(model.logits(items)[0, [2, 0]])


def test_a_long_text_is_read_to_its_end_and_every_word_counts_once(short):
    text = "sun a rain b sun c rain d fog e sun"
    (one,) = explain(short, [Input(text)], Question(is_whole=True)).rows
    assert [one.words(piece) for piece in one.pieces] == text.split()
    lead = {word: weights[0] - weights[1] for word, weights in WEIGHTS.items()}
    expected = [lead.get(word, 0.0) for word in text.split()]
    assert (one.target, one.runner_up) == (0, 1)
    assert [piece.value for piece in one.pieces] == pytest.approx(expected, abs=1e-4)
    assert one.unread == ()


def test_windows_claim_no_sum_and_say_what_lies_beyond_the_first(short):
    text = "sun a rain b sun c rain"
    (one,) = explain(short, [Input(text)], Question(is_whole=True)).rows
    assert one.blank is None
    assert one.unexplained == 0.0
    note = next(note for note in one.notes if note.id == "explain.windows")
    assert note.params == {"n": 2, "percent": pytest.approx(42.9)}


def test_a_window_that_did_not_converge_takes_the_colours_away(short, monkeypatch):
    import harness.commands.explaining.whole as module

    asked = module.ask

    def spoiled(*args, **options):
        found = asked(*args, **options)
        found.attributions[0].status[-1] = "unconverged"
        return found

    monkeypatch.setattr(module, "ask", spoiled)
    (one,) = explain(short, [Input("sun a rain b sun c rain")], Question(is_whole=True)).rows
    assert not one.is_relied_on
    assert "In 1 of 2 windows" in one.because.text


def test_a_text_that_is_not_too_long_is_explained_as_ever(short):
    text = "sun a rain b"
    whole, plain = (
        explain(short, [Input(text)], Question(is_whole=is_whole)).rows[0]
        for is_whole in (True, False)
    )
    assert whole == plain


def test_a_model_without_windows_is_refused(weather):
    with pytest.raises(UsageError, match="--whole must come with a model that reads in windows"):
        explain(weather, [Input("sun")], Question(is_whole=True))


def test_sentences_are_sums_of_their_words(short):
    text = "sun rain. sun sun"
    by_word, by_sentence = (
        explain(short, [Input(text)], Question(unit=unit, has_check=False)).rows[0]
        for unit in ("word", "sentence")
    )
    assert [by_sentence.words(piece) for piece in by_sentence.pieces] == ["sun rain.", "sun sun"]
    values = [piece.value for piece in by_word.pieces]
    sums = [piece.value for piece in by_sentence.pieces]
    assert sums == pytest.approx([sum(values[:2]), sum(values[2:])])
    assert by_sentence.total == pytest.approx(by_word.total)


def test_a_long_text_is_read_by_a_transformer_too(tiny):
    text = "please call me back. " * 60
    (one,) = explain(
        tiny, [Input(text)], Question(method="gradient-x-input", is_whole=True, unit="sentence")
    ).rows
    assert len(one.pieces) == 60
    assert one.texts == (text,)
