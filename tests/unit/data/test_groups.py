import pytest

from harness.data import GroupsFile
from harness.errors import DataError

ROWS = "id,text,label,sex\n1,a,toxic,f\n2,b,benign,\n3,c,toxic,NA\n4,d,toxic, m \n"


@pytest.fixture
def joined(write, load):
    def _joined(held_apart, *, rows=ROWS, columns=("age", "faith"), name="held.csv", **options):
        held = GroupsFile(write(name, held_apart), "who", columns)
        return load(write("rows.csv", rows), **({"id": "id", "groups_file": held} | options))

    return _joined


def test_missing_groups_are_kept_as_empty_and_na_is_a_value(write, load):
    dataset = load(write("rows.csv", ROWS), groups=("sex",))
    assert dataset.groups["sex"].tolist() == ["f", "", "NA", "m"]
    assert dataset.n == 4


def test_numbers_are_groups_as_text(write, load):
    path = write(
        "rows.jsonl",
        "".join(
            f'{{"text": "a", "label": 1, "g": {value}}}\n' for value in ("1", "2.5", "true", "NaN")
        ),
    )
    assert load(path, groups=("g",)).groups["g"].tolist() == ["1", "2.5", "true", ""]


def test_groups_are_joined_by_id_and_missing_entries_are_counted(joined):
    dataset = joined("age,who,faith\n30,3,x\n20,1,\n40,9,z\n50,4,y\n", groups=("sex",))
    assert list(dataset.groups) == ["sex", "age", "faith"]
    assert dataset.groups["age"].tolist() == ["20", "", "30", "50"]
    assert dataset.groups["faith"].tolist() == ["", "", "x", "y"]
    (caveat,) = dataset.caveats
    assert caveat.id == "data.groups-file-incomplete"
    assert caveat.text == (
        "1 of 4 usable rows of rows.csv have no entry in held.csv; their groups are unknown."
    )
    assert dataset.ref.roles["groups"] == ["sex", "age", "faith"]
    assert dataset.ref.roles["groups_file"] == "held.csv"


def test_a_whole_groups_file_gives_no_caveat(joined):
    assert joined("age,who,faith\n1,1,a\n1,2,a\n1,3,a\n1,4,a\n").caveats == ()


def test_joined_groups_are_in_the_content_digest(joined):
    one = joined("age,who,faith\n1,1,a\n")
    other = joined("age,who,faith\n2,1,a\n")
    assert one.ref.content_digest != other.ref.content_digest
    assert one.example_id.tolist() == other.example_id.tolist()


def test_a_column_named_in_both_places_comes_from_the_groups_file(joined):
    dataset = joined("sex,who\nx,1\n", columns=("sex",), groups=("sex",))
    assert dataset.groups["sex"].tolist() == ["x", "", "", ""]


def test_the_groups_file_may_have_another_format(joined):
    dataset = joined('{"who": 2, "age": 7}\n', columns=("age",), name="held.jsonl")
    assert dataset.groups["age"].tolist() == ["", "7", "", ""]


def refused(joined, *args, **options):
    with pytest.raises(DataError) as caught:
        joined(*args, **options)
    return str(caught.value)


def test_an_id_with_two_sets_of_values_is_refused_with_its_line(joined):
    message = refused(joined, "age,who,faith\n1,1,a\n1,2,a\n2,1,a\n1,2,a\n")
    assert message == (
        "data.test.groups_file.id must have one set of values for each id, got other values for an "
        "id that stands above, on line 4 of held.csv (assay.yaml:12)."
    )


def test_a_groups_file_without_a_single_matching_id_is_refused(joined):
    message = refused(joined, "age,who,faith\n1,x1,a\n")
    assert (
        "data.test.groups_file.id must hold ids of the data set, got none of its 4 ids" in message
    )


def test_a_groups_file_needs_an_id_role(joined):
    message = refused(joined, "age,who,faith\n1,1,a\n", id=None)
    assert message.startswith("data.test.id must be given (assay.yaml:12)")


def test_a_broken_row_of_a_groups_file_is_refused(joined):
    message = refused(joined, "age,who,faith\n1,1\n1,2,a\n")
    assert "got unreadable rows on line 2 of held.csv" in message


def test_unknown_columns_of_a_groups_file_are_named(joined):
    message = refused(joined, "ages,who,faith\n1,1,a\n")
    assert message.startswith(
        "data.test.groups_file.columns.age must name a column of held.csv, got 'age'"
    )


def test_a_row_without_a_cluster_stands_alone_and_is_counted(write, load):
    path = write("rows.csv", "text,label,k\na,toxic,u\nb,toxic,\nc,benign,\nd,benign,u\n")
    dataset = load(path, cluster="k")
    cluster = dataset.cluster.tolist()
    assert cluster[0] == cluster[3] == "u"
    assert len(set(cluster)) == 3
    (caveat,) = dataset.caveats
    assert (caveat.id, caveat.params["n_missing"]) == ("data.cluster-missing", 2)
