"""What of a row is read, what is scored, and what is content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.errors import ModelError
from harness.modelling import Item
from harness.records import TARGET, Prompting, Task
from models._language_tokens import LanguageEncoder

WRITING = Task("text-generation", "causal-lm", (TARGET,), prompting=Prompting())


def encoder(
    tiny_languages: Any,
    family: str = "llama",
    task: Task = WRITING,
    max_tokens: int = 64,
    **more: Any,
) -> LanguageEncoder:
    tokenizer = tiny_languages.make_tokenizer(family, tiny_languages.TEXTS)
    for name, value in more.items():
        setattr(tokenizer, name, value)
    return LanguageEncoder(tokenizer, max_tokens, task)


def read(own: LanguageEncoder, item: Item, segment: int) -> str:
    ids = item.arrays["input_ids"][item.arrays["segment"] == segment]
    return str(own.tokenizer.decode(ids.tolist()))


def choosing(**how: Any) -> Task:
    kind = "prompted-classification" if "completions" in how else "multiple-choice"
    return Task(kind, "causal-lm", ("fine", "late"), prompting=Prompting(**how))


def test_a_plain_text_is_scored_whole_after_what_it_begins_with(tiny_languages: Any) -> None:
    own = encoder(tiny_languages)
    (item,) = own.prepare(["No refund"])
    assert read(own, item, 0) == "<s>"
    assert read(own, item, 1) == "No refund"
    assert not own.is_content(item).any()


def test_without_a_beginning_the_first_token_of_a_text_is_only_read(tiny_languages: Any) -> None:
    own = encoder(tiny_languages, "gpt2")
    assert own.start == []
    (item,) = own.prepare(["No refund"])
    whole = own.tokenizer("No refund")["input_ids"]
    assert item.arrays["input_ids"].tolist() == whole
    assert item.arrays["segment"].tolist() == [0] + [1] * (len(whole) - 1)


def test_an_empty_prompt_becomes_the_token_that_a_text_begins_or_ends_with(
    tiny_languages: Any,
) -> None:
    for family, token in (("gpt2", "<s>"), ("llama", "<s>"), ("qwen2", "<|endoftext|>")):
        own = encoder(tiny_languages, family)
        for item in own.prepare([("", "No refund"), ""]):
            assert read(own, item, 0) == token
        assert own.encode("", is_start=True).shape == (1,)


def test_prompt_and_completion_stand_as_in_one_text(tiny_languages: Any) -> None:
    own = encoder(tiny_languages)
    (item,) = own.prepare([("The parcel came", " late and broken.")])
    whole = own.tokenizer("The parcel came late and broken.")["input_ids"]
    assert item.arrays["input_ids"].tolist() == whole
    assert read(own, item, 1) == " late and broken."
    assert [part.content for part in own.parts(item)] == ["The", "parcel", "came"]


def test_white_space_at_the_end_of_a_prompt_moves_where_it_is_in_the_way(
    tiny_languages: Any,
) -> None:
    own = encoder(tiny_languages)
    (item,) = own.prepare([("The parcel came ", "late")])
    assert read(own, item, 0) == "<s>The parcel came"
    assert read(own, item, 1) == " late"
    (prompt,) = own.prepare([("The parcel came ", "")])
    assert read(own, prompt, 0) == "<s>The parcel came "


def test_a_completion_within_a_word_is_tokenized_by_itself(tiny_languages: Any) -> None:
    own = encoder(tiny_languages)
    (item,) = own.prepare([("The par", "cel came")])
    assert read(own, item, 0) == "<s>The par"
    assert read(own, item, 1) == "cel came"
    together = own.tokenizer("The parcel came")["input_ids"]
    assert item.arrays["input_ids"].tolist() != together


def test_only_the_rows_text_is_content_of_a_template(tiny_languages: Any) -> None:
    task = choosing(template="Letter: {text}\nIs it late? It is", completions=(" fine", " late"))
    own = encoder(tiny_languages, task=task)
    (item,) = own.prepare(["The parcel came late"])
    assert read(own, item, 0) == "<s>Letter: The parcel came late\nIs it late? It is"
    assert (read(own, item, 1), read(own, item, 2)) == (" fine", " late")
    assert [part.content for part in own.parts(item)] == ["The", "parcel", "came", "late"]
    (spans,) = own.spans(["The parcel came late"])
    content = own.is_content(item)
    assert (spans[~content] == -1).all()
    text = "The parcel came late"
    pieces = [text[start:stop] for _, start, stop in spans[content].tolist()]
    assert "".join(pieces) == "Theparcelcamelate"


def test_a_second_text_has_its_place_or_a_line_of_its_own(tiny_languages: Any) -> None:
    for template, prompt in (
        ("{text} -> {pair}?", "No -> refund?"),
        ("Say: {text}", "Say: No\nrefund"),
        ("{pair}, {text}", "refund, No"),
    ):
        task = choosing(template=template, completions=(" fine", " late"))
        own = encoder(tiny_languages, task=task)
        (item,) = own.prepare([("No", "refund")])
        assert read(own, item, 0) == "<s>" + prompt
        (spans,) = own.spans([("No", "refund")])
        owners = [text for text, *_ in spans.tolist() if text >= 0]
        assert set(owners) == {0, 1}


def test_choices_stand_apart_from_their_prompt_where_the_script_has_spaces(
    tiny_languages: Any,
) -> None:
    own = encoder(tiny_languages, task=choosing())
    first, second, third = own.prepare(
        [("It is", "fine", "late"), ("It is ", "fine", " late"), ("包裹", "到", "没有")]
    )
    assert (read(own, first, 1), read(own, first, 2)) == (" fine", " late")
    assert read(own, second, 0) == "<s>It is"
    assert read(own, second, 1) == " fine"
    assert (read(own, third, 1), read(own, third, 2)) == ("到", "没有")
    (spans,) = own.spans([("It is", "fine", "late")])
    found = {
        text: (rows[:, 1].min(), rows[:, 2].max())
        for text in (1, 2)
        for rows in [spans[spans[:, 0] == text]]
    }
    assert found == {1: (0, 4), 2: (0, 4)}


def test_a_row_with_other_choices_than_labels_is_refused(tiny_languages: Any) -> None:
    own = encoder(tiny_languages, task=choosing())
    with pytest.raises(ModelError, match="A row must have 2 choices, one for each label, got 3"):
        own.prepare([("It is", "a", "b", "c")])


def test_a_prompt_that_is_too_long_loses_its_beginning_and_says_so(tiny_languages: Any) -> None:
    own = encoder(tiny_languages, max_tokens=12)
    short, long = own.prepare(
        [("No", " refund"), ("The parcel came late. " * 9 + "It is", " late")]
    )
    assert (short.is_truncated, long.is_truncated) == (False, True)
    assert long.length == 12
    assert read(own, long, 0).startswith("<s>")
    assert read(own, long, 0).endswith("It is")
    assert read(own, long, 1) == " late"
    assert min(part.index for part in own.parts(long)) == 0


def test_a_target_that_does_not_fit_is_cut_at_its_end_and_says_so(tiny_languages: Any) -> None:
    own = encoder(tiny_languages, max_tokens=8)
    text = "The parcel came late and the box was broken."
    for row in (text, ("Letter:", text)):
        (item,) = own.prepare([row])
        assert item.is_truncated
        assert item.length == 8
        assert text.startswith(read(own, item, 1).strip())


def test_items_are_told_apart_by_what_is_scored(tiny_languages: Any) -> None:
    own = encoder(tiny_languages)
    keys = {item.key for item in own.prepare([("No", " refund"), "No refund", ("No refund", "")])}
    assert len(keys) == 3
    again = own.prepare([("No", " refund")])[0]
    assert again.key == own.prepare([("No", " refund")])[0].key


def test_a_chat_goes_through_the_template_of_the_tokenizer(tiny_languages: Any) -> None:
    task = choosing(template="Letter: {text}", completions=(" fine", " late"), is_chat=True)
    own = encoder(tiny_languages, task=task, chat_template=tiny_languages.CHAT)
    (item,) = own.prepare(["The parcel "])
    assert read(own, item, 0) == "<|user|>Letter: The parcel\n<|assistant|>"
    assert read(own, item, 2) == "late"
    assert [part.content for part in own.parts(item)] == ["The", "parcel"]


def test_a_chat_needs_a_template_that_works(tiny_languages: Any) -> None:
    task = choosing(completions=(" fine", " late"), is_chat=True)
    with pytest.raises(ModelError, match=r"must have a chat template \(task.chat\), got none"):
        encoder(tiny_languages, task=task)
    broken = "{{ raise_exception('no users here') }}"
    with pytest.raises(ModelError, match="no users here"):
        encoder(tiny_languages, task=task, chat_template=broken).prepare(["No"])


def test_bytes_are_counted_without_the_space_before(tiny_languages: Any) -> None:
    own = encoder(tiny_languages, task=choosing(normalise="bytes"))
    (item,) = own.prepare([("It is", "fine", "没有到")])
    segment, n_bytes = item.arrays["segment"], item.arrays["n_bytes"]
    assert [int(n_bytes[segment == k].sum()) for k in range(3)] == [0, 4, 9]


def test_a_lone_half_of_a_surrogate_pair_is_no_obstacle(tiny_languages: Any) -> None:
    own = encoder(tiny_languages)
    assert own.prepare(["a\ud800b", ("a\ud800", "b")])[0].length
    assert own.encode("\ud800", is_start=False).size


@pytest.mark.parametrize("family", ["llama", "gpt2", "qwen2"])
def test_tokens_are_the_same_however_they_are_asked_for(tiny_languages: Any, family: str) -> None:
    own = encoder(tiny_languages, family)
    (item,) = own.prepare([("My card is", " 4929 1203")])
    ids, segment = item.arrays["input_ids"], item.arrays["segment"]
    assert ids[segment == 0].tolist() == own.encode("My card is", is_start=True).tolist()
    assert ids[segment == 1].tolist() == own.encode(" 4929 1203", is_start=False).tolist()


def test_the_space_that_some_tokenizers_put_before_a_text_is_put_there_once(
    tiny_models: Any, tmp_path: Path
) -> None:
    from transformers import AutoTokenizer

    folder = tiny_models.tiny_classifier(tmp_path, family="llama")
    own = LanguageEncoder(AutoTokenizer.from_pretrained(folder), 64, WRITING)
    assert own.decode(own.encode("late", is_start=False)) == "late"
    assert own.decode(own.encode(" late", is_start=False)) == " late"
    assert own.decode(own.encode("late", is_start=True)) == "late"
    (item,) = own.prepare([("The parcel came", " late")])
    ids, segment = item.arrays["input_ids"], item.arrays["segment"]
    assert own.decode(ids[segment == 1].tolist()) == " late"
    assert np.array_equal(ids[segment == 1], own.encode(" late", is_start=False))
