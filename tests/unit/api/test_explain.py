import json
from pathlib import Path
from typing import Any

import pytest

import harness
from harness.errors import AssayError, MethodRefused, UsageError

FAST = {"method": "gradient-x-input", "check": False}
TEXT = "Great service, friendly people, fast answer."


def test_an_explanation_shows_itself_as_text_card_table_and_data(tiny_bert: Path) -> None:
    found = harness.explain(tiny_bert, TEXT)
    assert repr(found).startswith("<Explanation of text: Decided: ")
    card = found._repr_html_()
    assert card.startswith("<div")
    assert "<script" not in card
    table = found.to_frame()
    assert [word.lower() for word in table["part"]][:2] == ["great", "service"]
    assert table["checked"].notna().all()
    assert found.to_dict()["schema_version"] == "modelassay/explanation/v1"
    json.dumps(found.to_dict(), allow_nan=False)


def test_a_live_model_is_explained_and_left_as_it_was(tiny_bert: Path, here: Path) -> None:
    import torch
    import transformers

    network = transformers.AutoModelForSequenceClassification.from_pretrained(tiny_bert).train()
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_bert)
    before = torch.get_rng_state()
    live = harness.explain(network, TEXT, tokenizer=tokenizer, **FAST)
    assert network.training
    assert all(weight.requires_grad for weight in network.parameters())
    assert torch.equal(torch.get_rng_state(), before)
    folder = harness.explain(tiny_bert, TEXT, **FAST)
    assert [p.value for p in live.rows[0].pieces] == [p.value for p in folder.rows[0].pieces]
    assert list(here.iterdir()) == []


def test_several_texts_and_pairs_lie_on_one_scale(tiny_bert: Path) -> None:
    found = harness.explain(tiny_bert, [TEXT, ("my refund", "since March"), "No"], **FAST)
    assert len(found.rows) == 3
    assert found.scale == max(abs(p.value) for one in found.rows for p in one.pieces)


@pytest.mark.parametrize(
    ("text", "more", "words"),
    [
        ("", {}, "text must hold at least one word"),
        ([], {}, "text must hold at least one text"),
        (3, {}, "text must be a text, a pair of texts, or a list of them"),
        (["a", "b"], {"against": "c"}, "against must come with one text"),
        ("a", {"unit": "phrase"}, "unit must be one of"),
    ],
)
def test_what_cannot_be_explained_is_said_at_the_call(
    tiny_bert: Path, text: Any, more: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        harness.explain(tiny_bert, text, **more)
    assert words in str(caught.value)


def test_a_thing_that_is_no_model_and_a_method_that_explains_nothing_are_refused(
    tiny_bert: Path,
) -> None:
    with pytest.raises(AssayError, match="model must be a folder, a hub id"):
        harness.explain(object(), "a text")
    with pytest.raises(MethodRefused):
        harness.explain(tiny_bert, "a text", method="attention")


def test_a_drawing_is_saved_by_its_suffix(tiny_bert: Path, here: Path) -> None:
    found = harness.explain(tiny_bert, TEXT, **FAST)
    for name in ("why.html", "why.json", "why.csv"):
        assert found.save(name).stat().st_size > 100
    with pytest.raises(UsageError, match=r"\.html, \.json or \.csv"):
        found.save("why.pdf")
