import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.data import TableSpec, load_dataset
from harness.errors import DataError
from harness.files import sha256_file
from harness.records import Task

ROWS = [
    {"text": 'He said "no", twice', "label": "toxic", "team": "a"},
    {"text": "line one\nline two\r\nline three", "label": "benign", "team": ""},
    {"text": "逗号，and 😀", "label": "toxic", "team": "b"},
]


def save(path: Path, rows: list[dict]) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix in (".csv", ".tsv"):
        with path.open("w", newline="", encoding="utf-8") as stream:
            dialect = "excel-tab" if path.suffix == ".tsv" else "excel"
            writer = csv.DictWriter(stream, list(rows[0]), dialect=dialect)
            writer.writeheader()
            writer.writerows(rows)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "ndjson", "json", "parquet", "CSV"])
def test_every_format_gives_the_same_rows(tmp_path, load, suffix):
    path = save(tmp_path / f"rows.{suffix.lower()}", ROWS)
    path = path.rename(tmp_path / f"rows.{suffix}")
    dataset = load(path, groups=("team",))
    assert dataset.inputs == [row["text"] for row in ROWS]
    assert dataset.label.tolist() == [1, 0, 1]
    assert dataset.groups["team"].tolist() == ["a", "", "b"]
    assert dataset.ref.file == f"rows.{suffix}"
    assert dataset.ref.file_digest == sha256_file(path)
    assert (dataset.ref.n_rows, dataset.ref.n_read) == (3, 3)


def test_content_and_ids_do_not_depend_on_the_format(tmp_path, load):
    loaded = [
        load(save(tmp_path / f"rows.{suffix}", ROWS), groups=("team",))
        for suffix in ("csv", "tsv", "jsonl", "parquet")
    ]
    assert len({one.ref.content_digest for one in loaded}) == 1
    assert len({tuple(one.example_id) for one in loaded}) == 1


texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30
) | st.lists(
    st.sampled_from(["\n", "\r", "\r\n", '"', ",", "\t", "中", "😀", "\u2028", "a"]), min_size=1
).map("".join)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(texts.filter(lambda text: not text.isspace()), min_size=1, max_size=8),
    suffix=st.sampled_from(["csv", "tsv", "jsonl", "parquet"]),
)
def test_any_text_comes_back_as_it_was_written(tmp_path, task, rows, suffix):
    path = save(tmp_path / f"rows.{suffix}", [{"text": one, "label": "toxic"} for one in rows])
    dataset = load_dataset(TableSpec(path, "text", "label"), task, name="test", seed=0)
    assert dataset.inputs == rows
    assert dataset.quarantined == ()


def test_pairs_are_read_in_order(write, load):
    path = write("rows.csv", "a,b,label\none,two,toxic\n")
    dataset = load(path, text=("b", "a"))
    assert dataset.inputs == [("two", "one")]
    assert dataset.ref.roles == {"pair": ["b", "a"], "label": "label"}


def test_the_line_of_a_row_is_the_line_on_which_it_starts(write, load):
    path = write(
        "rows.csv", '"text",label\n"a\nb\nc",toxic\n\n,benign\n"d\r\ne",benign\nf\n"g",toxic'
    )
    dataset = load(path)
    assert [(one.line, one.reason) for one in dataset.quarantined] == [
        (6, "empty-text"),
        (9, "ragged-row"),
    ]
    assert dataset.inputs == ["a\nb\nc", "d\r\ne", "g"]
    assert dataset.row_number.tolist() == [0, 2, 4]


def test_a_cell_of_a_megabyte_is_read_and_the_limit_of_csv_is_put_back(write, load):
    before = csv.field_size_limit()
    text = "x" * 1_000_000
    assert load(write("rows.csv", f"text,label\n{text},toxic\n")).inputs == [text]
    assert csv.field_size_limit() == before


def test_labels_may_be_absent(write, load):
    dataset = load(write("rows.csv", "text\nhello\n"), label=None)
    assert dataset.label is None
    assert dataset.ref.roles == {"text": "text"}


def test_every_role_is_read_and_recorded(write, load):
    path = write(
        "rows.jsonl",
        '{"t": "x", "l": 1, "i": 7, "g": 3, "c": null, "k": "u1", "r": [0, 2], "m": true, '
        '"w": 2.5, "d": "2024-01-02", "s": "north"}\n',
    )
    dataset = load(
        path,
        text="t",
        label="l",
        id="i",
        groups=("g",),
        control=("c",),
        cluster="k",
        rationale="r",
        member="m",
        weight="w",
        time="d",
        split_by="s",
        licence="CC0-1.0",
    )
    assert dataset.example_id.tolist() == ["7"]
    assert dataset.groups["g"].tolist() == ["3"]
    assert dataset.control["c"].tolist() == [""]
    assert dataset.cluster.tolist() == ["u1"]
    assert {role: values.tolist() for role, values in dataset.extra.items()} == {
        "rationale": [[0, 2]],
        "member": ["true"],
        "weight": [2.5],
        "time": ["2024-01-02"],
        "split_by": ["north"],
    }
    assert dataset.ref.licence == "CC0-1.0"
    assert dataset.ref.roles == {
        "text": "t",
        "id": "i",
        "label": "l",
        "cluster": "k",
        "rationale": "r",
        "member": "m",
        "weight": "w",
        "time": "d",
        "split_by": "s",
        "groups": ["g"],
        "control": ["c"],
    }


def test_parquet_moments_decimals_and_categories_become_text(tmp_path, load):
    from datetime import datetime
    from decimal import Decimal

    table = pa.table(
        {
            "text": pa.array(["a", "b"]).dictionary_encode(),
            "label": pa.array([0.0, 1.0]),
            "time": pa.array([datetime(2024, 1, 2, 3, 4, 5), None], pa.timestamp("ns")),
            "team": pa.array([Decimal("1.50"), None]),
        }
    )
    pq.write_table(table, tmp_path / "rows.parquet")
    dataset = load(tmp_path / "rows.parquet", time="time", groups=("team",))
    assert dataset.inputs == ["a", "b"]
    assert dataset.label.tolist() == [0, 1]
    assert dataset.groups["team"].tolist() == ["1.50", ""]
    assert dataset.extra["time"][0].startswith("2024-01-02 03:04:05")
    assert dataset.extra["time"][1] == ""


def problem(load, path, **columns):
    with pytest.raises(DataError) as caught:
        load(path, **columns)
    return str(caught.value)


def test_an_unknown_column_is_named_with_the_nearest_one_and_all_columns(write, load):
    path = write("rows.csv", "comment,label\na,toxic\n")
    assert problem(load, path, text="coment") == (
        "data.test.text must name a column of rows.csv, got 'coment' (assay.yaml:12). "
        "Did you mean 'comment'? The columns are: 'comment', 'label'."
    )


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_all_unknown_columns_are_reported_at_once(tmp_path, load, suffix):
    path = save(tmp_path / f"rows.{suffix}", ROWS)
    with pytest.raises(DataError) as caught:
        load(path, text="body", label="class", groups=("team", "sex"), cluster="who")
    wanted = ["text", "label", "cluster", "groups.sex"]
    assert [one.split(" must ")[0] for one in caught.value.problems] == [
        f"data.test.{key}" for key in wanted
    ]


def test_problems_of_the_table_its_groups_file_and_its_options_come_together(write, load, tmp_path):
    from harness.data import GroupsFile

    path = write("rows.csv", "text,label\na,toxic\n")
    with pytest.raises(DataError) as caught:
        load(
            path,
            text="body",
            limit=0,
            label_values={"1": "toxik"},
            groups_file=GroupsFile(tmp_path / "none.csv", "id", ("sex",)),
        )
    found = [one.split(" must ")[0] for one in caught.value.problems]
    assert found == [
        "data.test.label_values.1",
        "data.test.limit",
        "data.test.text",
        "data.test.id",
        "data.test.groups_file.path",
    ]
    assert "Did you mean 'toxic'?" in caught.value.problems[0]


def test_a_semicolon_file_called_csv_is_explained(write, load):
    assert "holds no comma but a semicolon" in problem(
        load, write("rows.csv", "text;label\na;toxic\n")
    )


def test_a_column_name_that_stands_twice_is_refused(write, load):
    message = problem(load, write("rows.csv", "text,label,label\na,toxic,benign\n"))
    assert "must name each column once, got 'label' more than once in rows.csv" in message


def test_columns_without_a_name_may_repeat_when_nobody_asks_for_them(write, load):
    assert load(write("rows.csv", "text,label,,\na,toxic,1,2\n")).inputs == ["a"]


@pytest.mark.parametrize("name", ["rows.csv", "rows.tsv", "rows.jsonl", "rows.parquet"])
def test_an_empty_file_is_refused_with_its_name(write, load, name):
    message = problem(load, write(name, b""))
    assert (
        message == f"data.test.path must hold a table, got the empty file {name} (assay.yaml:12)."
    )


@pytest.mark.parametrize("content", ["\n\n", "\ufeff\n", " \n"])
@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl"])
def test_a_file_of_blank_lines_is_refused(write, load, content, name):
    message = problem(load, write(name, content))
    assert message.startswith("data.test.")
    assert name in message


def test_a_header_without_rows_is_refused(write, load):
    assert "got only a header in rows.csv" in problem(load, write("rows.csv", "text,label\n"))


def test_a_parquet_file_without_rows_is_refused(tmp_path, load):
    path = tmp_path / "rows.parquet"
    pq.write_table(
        pa.table({"text": pa.array([], pa.string()), "label": pa.array([], pa.string())}), path
    )
    assert "must hold rows, got none in rows.parquet" in problem(load, path)


def test_a_missing_file_is_refused_with_its_nearest_neighbour(write, load, tmp_path):
    write("tests.csv", "text,label\na,toxic\n")
    message = problem(load, tmp_path / "test.csv")
    assert "must be a readable file" in message
    assert message.endswith("Did you mean 'tests.csv'?")


def test_a_file_in_a_missing_folder_is_refused(load, tmp_path):
    assert "does not exist" in problem(load, tmp_path / "no" / "test.csv")


def test_a_folder_that_holds_no_table_is_refused(load, tmp_path):
    assert "or one of Parquet files, got the folder" in problem(load, tmp_path)


def test_an_unknown_suffix_is_refused_with_the_known_ones(write, load):
    message = problem(load, write("rows.xlsx", b"PK"))
    assert "must end in one of .csv, .tsv, .jsonl, .ndjson, .json, .parquet" in message


@pytest.mark.parametrize("content", [b"PAR1 no parquet", b"PAR1" + bytes(40) + b"PAR1"])
def test_a_damaged_parquet_file_is_refused(write, load, content):
    assert "must be a Parquet file" in problem(load, write("rows.parquet", content))


def test_a_truncated_parquet_file_is_refused(tmp_path, load):
    path = save(tmp_path / "rows.parquet", ROWS)
    path.write_bytes(path.read_bytes()[:-20])
    assert "must be a Parquet file" in problem(load, path)


def test_a_quote_that_is_never_closed_is_refused_with_its_line(write, load):
    message = problem(load, write("rows.csv", 'text,label\na,toxic\n"b,benign\nc,toxic\nd,toxic\n'))
    assert (
        "the row that starts on line 3 of rows.csv and runs to the end of the file, line 5"
        in message
    )


def test_a_json_list_instead_of_lines_is_explained(write, load):
    content = json.dumps([{"text": "a", "label": "toxic"}], indent=1)
    assert "must hold a JSON object on each line, got none on the 6 lines" in problem(
        load, write("rows.json", content)
    )


def test_no_text_of_a_row_enters_a_message(write, load):
    secret = "my telephone number is 030 1234567, please call me back soon"
    files = [
        write("headless.csv", f"{secret},toxic\nother,toxic\n"),
        write("wrong.csv", f"body,label\n{secret},{secret}\n"),
        write("ragged.csv", f"text,label\n{secret},toxic,1\n"),
        write("quote.csv", f'text,label\n"{secret},toxic\n'),
        write("lines.jsonl", f'"{secret}"\n{secret}\n'),
        write("bytes.csv", f"text,label\n{secret} ".encode() + b"\xff,toxic\n"),
    ]
    for path in files:
        assert secret[:20] not in problem(load, path)
    swapped = write("swapped.csv", f"text,label\n{secret},toxic\n")
    assert secret[:20] not in problem(load, swapped, text="label", label="text")
    assert secret[:20] not in problem(load, swapped, label="text")


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    head=st.sampled_from([b"", b"text,label\n", b"text\tlabel\n", b'{"text": "a", "label": 1}\n']),
    body=st.binary(max_size=60)
    | st.text(alphabet='"\n\r,\t{}[]:a1\\\0\ufeff中', max_size=40).map(str.encode),
    suffix=st.sampled_from(["csv", "tsv", "jsonl", "parquet"]),
    encoding=st.sampled_from(["utf-8", "utf-16", "gb18030", "utf-7", "shift_jis", "hz"]),
)
def test_any_bytes_give_a_data_set_or_a_data_error(tmp_path, task, head, body, suffix, encoding):
    path = tmp_path / f"rows.{suffix}"
    path.write_bytes(head + body)
    spec = TableSpec(path, "text", "label", encoding=encoding)
    try:
        dataset = load_dataset(spec, task, name="test", seed=0)
    except DataError:
        return
    assert dataset.n + len(dataset.quarantined) == dataset.ref.n_read


def test_csv_agrees_with_pandas_on_the_real_comments(real, load):
    pandas = pytest.importorskip("pandas")
    path = real("wiki_toxicity/toxicity_nonfuzzed_testset.csv")
    frame = pandas.read_csv(io.BytesIO(path.read_bytes()), dtype=str, keep_default_na=False)
    dataset = load(path, text="comment", label=None, id="rev_id", groups=("toxic",))
    assert dataset.inputs == frame["comment"].tolist()
    assert dataset.example_id.tolist() == frame["rev_id"].tolist()
    assert dataset.groups["toxic"].tolist() == frame["toxic"].tolist()


def test_labels_of_the_real_comments_are_mapped(real, load):
    path = real("wiki_toxicity/toxicity_nonfuzzed_testset.csv")
    values = {"True": "toxic", "False": "benign"}
    dataset = load(path, text="comment", label="toxic", id="rev_id", label_values=values)
    assert (dataset.n, int(dataset.label.sum()), dataset.quarantined) == (1492, 248, ())


def test_all_intents_of_the_real_bank_queries_are_read(real, load):
    classes = json.loads(real("banking77/categories.json").read_text(encoding="utf-8"))
    task = Task(kind="text-classification", modality="text", classes=tuple(classes))
    train = load(real("banking77/train.csv"), label="category", task=task, name="train")
    test = load(real("banking77/test.csv"), label="category", task=task)
    assert (train.n, test.n) == (10003, 3080)
    assert len(set(train.label.tolist())) == len(set(test.label.tolist())) == 77


def test_the_real_chinese_comments_are_read_with_their_topics(real, load):
    path = real("cold_zh/test.csv")
    task = Task(kind="text-classification", modality="text", classes=("other", "offensive"))
    dataset = load(path, text="TEXT", groups=("topic",), task=task)
    assert dataset.n == 5323
    assert set(dataset.groups["topic"]) == {"race", "gender", "region"}
    again = load(path, text="TEXT", id="", label=None)
    assert again.example_id.tolist()[:2] == ["1949", "3109"]
