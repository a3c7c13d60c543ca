import ast
import re
from pathlib import Path

import harness.exports
from harness.exports._marks import mark_of_outcome, mark_of_verdict
from harness.records import COUNTED_OUTCOMES
from harness.wording import messages

HARNESS = Path(harness.exports.__file__).parents[1]
FOLDERS = [HARNESS / name for name in ("exports", "figures", "wording")]
FORBIDDEN = re.compile(
    r"(?i)\b(fair|unfair|safe|unsafe|compliant|debiased|datapoint|gold|importance|saliency|artefact"
    r"|cohort|preds|confidence|success)\b"
)


def _is_call(node, names):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names


def _is_said(node):
    """Tell whether a call asks for a sentence that has another form for texts."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "said"
    )


def _is_known(pattern):
    return any(re.fullmatch(pattern, id) for id in messages.EN)


def _literals(node):
    """Every text that an id expression can be: a literal, one of two, or a pattern with holes."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield re.escape(node.value)
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)
    elif isinstance(node, ast.JoinedStr):
        holes = (v.value if isinstance(v, ast.Constant) else None for v in node.values)
        yield "".join(re.escape(part) if part else r"[a-z_-]+" for part in holes)


def _used():
    for path in (path for folder in FOLDERS for path in folder.glob("*.py")):
        if path.name.startswith("messages"):
            continue
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if _is_call(node, {"t"}):
                # what only hangs an ending on an id of another call is found there
                yield from (one for one in _literals(node.args[0]) if not one.startswith("[a-z_-]"))
            elif _is_said(node):
                for id in _literals(node.args[0]):
                    yield id
                    yield from (id + ending for ending in [r"\-text"] if _is_known(id + ending))
            elif _is_call(node, {"plural"}):
                for id in _literals(node.args[0]):
                    yield id + r"\.one"
                    yield id + r"\.other"
            elif isinstance(node, ast.Constant) and node.value in messages.EN:
                yield re.escape(node.value)


def test_no_message_that_the_code_asks_for_is_missing():
    missing = [p for p in _used() if not any(re.fullmatch(p, id) for id in messages.EN)]
    assert missing == []


def test_no_message_is_left_over():
    patterns = set(_used()) | {r"list\.(and|comma|gap|clause|and-clause|comma-clause)"}
    left = [id for id in messages.EN if not any(re.fullmatch(p, id) for p in patterns)]
    assert left == []


def test_both_forms_of_a_counting_sentence_exist():
    for id in messages.EN:
        stem, _, form = id.rpartition(".")
        if form in ("one", "other"):
            assert f"{stem}.one" in messages.EN
            assert f"{stem}.other" in messages.EN


def test_no_sentence_promises_what_was_not_measured():
    assert {id: s for id, s in messages.EN.items() if FORBIDDEN.search(s)} == {}


def test_every_outcome_and_verdict_has_a_word_and_an_icon():
    marks = [mark_of_outcome(o) for o in COUNTED_OUTCOMES]
    marks += [mark_of_verdict(v) for v in ("pass", "pass-with-warnings", "blocked", "incomplete")]
    assert all(mark.word and mark.icon and mark.symbol for mark in marks)
    looks = {(m.icon, m.tone) for m in marks[: len(COUNTED_OUTCOMES)]}
    assert len(looks) == len(COUNTED_OUTCOMES) - 1  # error and not measured look alike


def test_a_list_of_words_reads_as_a_sentence():
    assert messages.enumerate_words([]) == ""
    assert messages.enumerate_words(["a"]) == "a"
    assert messages.enumerate_words(["a", "b", "c"]) == "a, b and c"
