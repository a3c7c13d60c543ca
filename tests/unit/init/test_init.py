"""From a stranger's table to a config that runs, with every guess shown."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.commands.init.write import init
from harness.config import load_config
from harness.errors import DataError, UsageError
from harness.gate.cases import run_policy_tests
from harness.policy import read_policy

MESSAGES = [
    "please send help to the shop today",
    "thank you for the good service",
    "is there any news about it",
]


def table(
    path: Path, header: str, row: Callable[[int], str], n: int = 60, encoding: str = "utf-8"
) -> Path:
    lines = [header, *(row(i) for i in range(n))]
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def test_a_column_of_lists_called_spans_is_proposed_as_rationale(tmp_path: Path) -> None:
    file = table(
        tmp_path / "m.csv",
        "comment,toxic,spans,highlights",
        lambda i: f'{MESSAGES[i % 3]} {i},{i % 2},"[{i}, {i + 1}]",word{i}',
    )
    made = init(file, out=tmp_path, text=None, label=None)
    assert made.proposal.rationale == "spans"
    assert "spans" not in (*made.proposal.others, *made.proposal.groups)
    assert "rationale: spans" in (tmp_path / "assay.yaml").read_text(encoding="utf-8")


def test_roles_are_proposed_from_names_and_looks(tmp_path: Path) -> None:
    file = table(
        tmp_path / "m.csv",
        "msg_id,comment,toxic,gender,template,split,price",
        lambda i: f"x{i},{MESSAGES[i % 3]} {i},{i % 2},{'fm'[i % 2]},t{i % 12},train,{i * 1.5}",
    )
    found = init(file, out=tmp_path, text=None, label=None).proposal
    assert (found.text, found.label, found.classes) == ("comment", "toxic", ("0", "1"))
    assert (found.id, found.groups, found.cluster) == ("msg_id", ("gender",), "template")
    assert set(found.others) == {"split", "price"}


def test_what_is_written_can_be_loaded_and_judged_by(tmp_path: Path) -> None:
    file = table(
        tmp_path / "my table.csv",
        "text,label,region",
        lambda i: f"{MESSAGES[i % 3]} {i},{'yes' if i % 2 else 'no'},r{i % 3}",
    )
    config, policy, tests = init(file, out=tmp_path, text=None, label=None).files
    assert tests.name == "my.policy_test.yaml"
    reports = run_policy_tests(tests)
    assert len(reports) > 5
    assert all(one.holds for one in reports)
    # a limit that is moved is noticed
    moved = policy.read_text(encoding="utf-8").replace(
        "at_most: $group_difference", "at_most: 0.001"
    )
    assert "0.001" in moved
    policy.write_text(moved, encoding="utf-8")
    assert not all(one.holds for one in run_policy_tests(tests))
    init(file, out=tmp_path, text=None, label=None, is_forced=True)
    loaded = load_config(config)
    assert loaded.task.classes == ("no", "yes")
    assert read_policy(policy).ref.id == "own.my-table"


def test_it_can_be_repeated_and_never_overwrites_a_change(tmp_path: Path) -> None:
    file = table(tmp_path / "m.csv", "text,label", lambda i: f"{MESSAGES[i % 3]} {i},{i % 2}")
    config = init(file, out=tmp_path, text=None, label=None).files[0]
    init(file, out=tmp_path, text=None, label=None)
    config.write_text(config.read_text() + "# mine\n")
    with pytest.raises(UsageError, match=r"assay\.yaml must not be in the way"):
        init(file, out=tmp_path, text=None, label=None)
    init(file, out=tmp_path, text=None, label=None, is_forced=True)
    assert "# mine" not in config.read_text()


@pytest.mark.parametrize(
    ("header", "row", "scores", "decision"),
    [
        (
            "text,label,p_no,p_yes",
            lambda i: f"{MESSAGES[i % 3]} {i},{'no' if i % 2 else 'yes'},0.{i % 9 + 1},0.5",
            ("p_no", "p_yes"),
            None,
        ),
        (
            "text,label,score",
            lambda i: f"{MESSAGES[i % 3]} {i},{i % 2},0.{i % 9 + 1}",
            ("score",),
            None,
        ),
        (
            "text,label,prediction",
            lambda i: f"{MESSAGES[i % 3]} {i},{i % 2},{i % 2}",
            (),
            "prediction",
        ),
    ],
)
def test_stored_predictions_are_noticed(
    tmp_path: Path,
    header: str,
    row: Callable[[int], str],
    scores: tuple[str, ...],
    decision: str | None,
) -> None:
    written = init(table(tmp_path / "m.csv", header, row), out=tmp_path, text=None, label=None)
    assert (written.proposal.scores, written.proposal.decision) == (scores, decision)
    assert load_config(written.files[0]).config.model.predictions is not None


def test_chinese_in_gb18030_is_read_and_its_encoding_written(tmp_path: Path) -> None:
    file = table(
        tmp_path / "m.csv",
        "文本,标签,地区",
        lambda i: f"请今天派人来帮忙{i}号,{'紧急' if i % 2 else '普通'},{'东西'[i % 2]}",
        encoding="gb18030",
    )
    written = init(file, out=tmp_path, text=None, label=None)
    assert (written.proposal.text, written.proposal.label, written.proposal.groups) == (
        "文本",
        "标签",
        ("地区",),
    )
    assert "encoding: gb18030" in written.files[0].read_text(encoding="utf-8")
    assert load_config(written.files[0]).task.classes == ("普通", "紧急")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("no.csv", None, "must be a readable file"),
        ("a.xlsx", "x", "must end in one of"),
        ("a.csv", "text,label\n", "at least one row"),
        ("a.csv", "a,b\n1,2\n3,4\n", "must have a column of texts"),
        (
            "a.csv",
            "text\nhello you\nbye you\n",
            "must have a column of labels.*For a language model write",
        ),
    ],
)
def test_a_table_that_cannot_be_used_says_why(
    tmp_path: Path, name: str, content: str | None, expected: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=expected):
        init(tmp_path / name, out=tmp_path, text=None, label=None)


def test_a_column_that_is_named_by_hand_must_exist(tmp_path: Path) -> None:
    file = table(tmp_path / "m.csv", "text,label", lambda i: f"{MESSAGES[i % 3]} {i},{i % 2}")
    with pytest.raises(DataError, match="--label must name a column, got 'lable'"):
        init(file, out=tmp_path, text=None, label="lable")


def test_chinese_names_of_stored_predictions_and_ids_are_known(tmp_path: Path) -> None:
    file = table(
        tmp_path / "m.csv",
        "客户编号,内容,标签,客户地区,性别,得分",
        lambda i: (
            f"号{i},请今天派人来帮忙{i}号,{'紧急' if i % 2 else '普通'},{'东西'[i % 2]},"
            f"{'男女'[i % 3 % 2]},0.{1 + i % 3 + 5 * (i % 2)}"
        ),
        encoding="gb18030",
    )
    found = init(file, out=tmp_path, text=None, label=None).proposal
    assert (found.text, found.label, found.id) == ("内容", "标签", "客户编号")
    assert (found.groups, found.scores) == (("客户地区", "性别"), ("得分",))
    assert found.classes == ("普通", "紧急")


def test_a_table_of_decisions_needs_no_text_and_one_without_any_does(tmp_path: Path) -> None:
    def row(i: int) -> str:
        return f"3f2a{i:04}-77aa-4bd1,{'fm'[i % 2]},{'yes' if i % 2 else 'no'},{'yes' if i % 3 else 'no'}"

    file = table(tmp_path / "m.csv", "uuid,sex,repaid,decision", row)
    written = init(file, out=tmp_path, text=None, label="repaid")
    assert (written.proposal.text, written.proposal.decision) == (None, "decision")
    assert "# text: ..." in written.files[0].read_text(encoding="utf-8")
    assert any("No column holds texts" in doubt for doubt in written.proposal.doubts)
    other = table(tmp_path / "n.csv", "uuid,sex,repaid", lambda i: row(i).rsplit(",", 1)[0])
    found = init(other, out=tmp_path, text=None, label="repaid", is_forced=True).proposal
    assert found.text == "uuid"  # the longest words there are; a person has to look at it


def test_a_score_belongs_to_the_class_whose_rows_have_the_higher_one(tmp_path: Path) -> None:
    for first, second in (("good", "bad"), ("bad", "good")):
        file = table(
            tmp_path / "m.csv",
            "comment,label,score",
            lambda i, a=first, b=second: (
                f"{MESSAGES[i % 3]} {i},{a if i % 2 else b},0.{2 + 6 * (i % 2)}"
            ),
        )
        found = init(file, out=tmp_path, text=None, label=None, is_forced=True).proposal
        assert found.classes == (second, first)
        assert any(f"probability of {first!r}" in doubt for doubt in found.doubts)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", "", "got the empty file a.csv"),
        ("a.csv", "text;label\nhello you;1\nbye you;0\n", "separated by commas, got semicolons"),
        ("a.csv", "text\tlabel\nhello you\t1\n", r"got tabs .* or end its name in \.tsv"),
        ("a.tsv", "text,label\nhello you,1\n", "separated by tabs, got commas"),
    ],
)
def test_an_empty_file_and_another_separator_are_named(
    tmp_path: Path, name: str, content: str, expected: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=expected):
        init(tmp_path / name, out=tmp_path, text=None, label=None)


def test_the_mark_of_utf_16_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    file = table(
        tmp_path / "m.csv",
        "text,label",
        lambda i: f"{MESSAGES[i % 3]} {i},{i % 2}",
        encoding="utf-16",
    )
    written = init(file, out=tmp_path, text=None, label=None)
    assert (written.proposal.text, written.table.encoding) == ("text", "utf-16")
    assert "encoding: utf-16\n" in written.files[0].read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("header", "good", "bad", "column"),
    [
        ("score", "0.5", "inf", "score"),
        ("score", "0.5", "nan", "score"),
        ("score", "0.5", "7", "score"),
        ("prediction", "1", "banana", "prediction"),
    ],
)
def test_predictions_that_one_value_spoils_are_not_passed_over_in_silence(
    tmp_path: Path, header: str, good: str, bad: str, column: str
) -> None:
    file = table(
        tmp_path / "m.csv",
        f"text,label,{header}",
        lambda i: f"{MESSAGES[i % 3]} {i},{i % 2},{bad if i == 7 else good}",
    )
    found = init(file, out=tmp_path, text=None, label=None).proposal
    assert (found.scores, found.decision, found.groups) == ((), None, ())
    assert any(column in doubt and repr(bad) in doubt for doubt in found.doubts)


def test_a_label_of_one_class_is_not_said_to_be_absent(tmp_path: Path) -> None:
    file = table(
        tmp_path / "m.csv", "text,label,kind", lambda i: f"{MESSAGES[i % 3]} {i},1,k{i % 3}"
    )
    found = init(file, out=tmp_path, text=None, label=None).proposal
    assert found.label == "kind"
    assert any("'label' holds one value only and cannot" in doubt for doubt in found.doubts)


def test_a_column_that_is_called_label_may_hold_a_thousand_classes(tmp_path: Path) -> None:
    lines = ["text,label,group"]
    lines += [f"{MESSAGES[i % 3]} {i},c{i % 900},{'ab'[i % 2]}" for i in range(2700)]
    file = tmp_path / "m.csv"
    file.write_text("\n".join(lines) + "\n")
    found = init(file, out=tmp_path, text=None, label=None).proposal
    assert (found.label, len(found.classes), found.groups) == ("label", 900, ("group",))


def test_cells_of_several_groups_are_noticed_in_lists_and_behind_separators(
    tmp_path: Path,
) -> None:
    import json

    def names(i: int) -> list[str]:
        return [one for k, one in enumerate(("gay", "trans", "muslim", "jew")) if i >> k & 1]

    rows = [
        {"text": f"{MESSAGES[i % 3]} {i}", "label": i % 2, "identities": names(i)}
        for i in range(60)
    ]
    lines = tmp_path / "lists.jsonl"
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    found = init(lines, out=tmp_path / "a", text=None, label=None).proposal
    assert found.groups == ("identities",)
    assert found.separators == {}
    file = table(
        tmp_path / "m.csv",
        "text,label,identities",
        lambda i: f"{MESSAGES[i % 3]} {i},{i % 2},{'|'.join(names(i))}",
    )
    made = init(file, out=tmp_path / "b", text=None, label=None)
    assert made.proposal.separators == {"identities": "|"}
    assert any("several groups" in doubt for doubt in made.proposal.doubts)
    (column,) = load_config(made.files[0]).config.data.train.groups
    assert (column.column, column.separator) == ("identities", "|")


def test_a_prompt_and_what_follows_it_become_a_task_for_a_language_model(tmp_path: Path) -> None:
    lines = ["id,question,answer,region"]
    lines += [f"q{i},How many are {i} and one?,They are {i + 1} in all.,east" for i in range(30)]
    (tmp_path / "rows.csv").write_text("\n".join(lines), encoding="utf-8")
    written = init(tmp_path / "rows.csv", out=tmp_path, text=None, label=None)
    assert (written.proposal.text, written.proposal.completion) == ("question", "answer")
    loaded = load_config(tmp_path / "assay.yaml")
    assert loaded.task.kind == "text-generation"
    assert loaded.config.data.train is not None
    assert loaded.config.data.train.completion == "answer"
    assert "own.rows" in (tmp_path / "my.policy.yaml").read_text(encoding="utf-8")
    assert all(one.holds for one in run_policy_tests(written.files[2]))
    named = init(tmp_path / "rows.csv", out=tmp_path / "b", text="question", label="region")
    assert named.proposal.completion is None
