from collections import Counter

from harness.data import with_duplicates
from harness.records import Task


def test_repeated_inputs_are_counted_inside_and_against_train(write, load):
    train = load(
        write("train.csv", "text,label\na,toxic\nb,benign\na,benign\na,toxic\n"), name="train"
    )
    test = load(write("test.csv", "text,label\na,toxic\na,toxic\nc,benign\nB,benign\n"))
    train, test = with_duplicates(train, None), with_duplicates(test, train)
    assert (train.ref.n_duplicates, train.ref.n_duplicates_of_train) == (2, None)
    assert (test.ref.n_duplicates, test.ref.n_duplicates_of_train) == (1, 2)


def test_pairs_are_the_same_only_in_the_same_order(write, load):
    path = write("rows.csv", "a,b,label\nx,y,toxic\ny,x,toxic\nx,y,benign\n")
    assert with_duplicates(load(path, text=("a", "b")), None).ref.n_duplicates == 1


def test_counting_changes_nothing_else(write, load):
    dataset = load(write("rows.csv", "text,label\na,toxic\na,toxic\n"))
    counted = with_duplicates(dataset, dataset)
    assert counted.ref.content_digest == dataset.ref.content_digest
    assert counted.ref.n_duplicates_of_train == 2
    assert dataset.ref.n_duplicates == 0


def test_duplicates_of_the_real_chinese_comments_are_counted(real, load):
    task = Task("text-classification", "text", ("other", "offensive"))
    found = {}
    for name in ("train", "dev", "test"):
        found[name] = load(real(f"cold_zh/{name}.csv"), text="TEXT", groups=("topic",), task=task)
    train = set(found["train"].inputs)
    for name, n_inside in (("train", 67), ("dev", 1), ("test", 3)):
        ref = with_duplicates(found[name], found["train"]).ref
        assert ref.n_duplicates == n_inside
        counts = Counter(found[name].inputs)
        assert ref.n_duplicates_of_train == sum(n for text, n in counts.items() if text in train)
