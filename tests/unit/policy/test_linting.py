"""What a policy's owner is warned of: each warning fires on its mistake, once, with its line."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from harness.cli import invoke
from harness.policy import locate_policy, parse_policy, read_clauses
from harness.policy.clauses import Clause
from harness.policy.linting import clause_problems, place_of_tests, warnings_of

TODAY = date(2026, 11, 27)
PACK = """\
apiVersion: modelassay/v1
kind: PolicyPack
metadata: {id: acme.one, version: 1.2.3, title: One, review_by: 2027-01-01}
parameters:
  floor: {value: 0.80, may_only: rise}
rules:
  - id: ACC
    title: Accuracy
    severity: block
    measure: accuracy.accuracy
    require: {at_least: $floor}
    basis: law
    clauses: [acme/1]
    why: Because.
    fix: Mend it.
  - id: FILE
    title: Risk file
    severity: block
    evidence: {document: risk-file, roles: [legal]}
    basis: guidance
    clauses: [acme/1]
    why: Because.
    fix: Sign it.
"""


def clause(**changes) -> Clause:
    given = {
        "id": "acme/1", "title": "One", "says": "Something.", "sets_number": True,
        "status": "in_force", "url": "https://example.org", "checked_on": "2026-11-20",
        "checked_by": "user:li.wei", "place": "acme.yaml:1",
    }  # fmt: skip
    return Clause(**(given | changes))


def warned(text: str = PACK, one: Clause | None = None, **more) -> list[tuple[str, str]]:
    policy = parse_policy(text.encode(), "one.policy.yaml")
    one = one or clause()
    found = warnings_of(policy, {one.id: one}, today=TODAY, **more)
    return [(item.id, item.place.removeprefix("one.policy.yaml:")) for item in found]


def test_a_policy_without_faults_is_warned_of_nothing():
    assert warned() == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("review_by: 2027-01-01", "review_by: 2026-11-26", ("review-overdue", "3")),
        ("title: One,", "title: One, status: draft,", ("draft", "3")),
        (
            "    basis: guidance",
            "    applies_when: {all: [{field: system.domain, in: [toys]}]}\n    basis: guidance",
            ("open-field", "20"),
        ),
        ("$floor", "0.8", ("parameter-unused", "5")),
        ("    fix: Mend it.\n", "", ("no-fix", "7")),
        ("    why: Because.\n    fix: Mend it.\n", "    fix: Mend it.\n", ("no-why", "7")),
        (", roles: [legal]", "", ("no-roles", "19")),
        (
            "basis: guidance\n    clauses: [acme/1]",
            "basis: guidance",
            ("basis-without-clause", "20"),
        ),
        ("basis: law\n    clauses: [acme/1]", "basis: law", ("basis-without-clause", "12")),
        (
            "basis: law\n    clauses: [acme/1]",
            "basis: standard",
            ("basis-without-clause", "12"),
        ),
    ],
)
def test_a_mistake_in_the_file_is_warned_of_with_its_line(old, new, expected):
    assert old in PACK
    assert warned(PACK.replace(old, new, 1)) == [expected]


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({"status": "superseded", "superseded_by": "acme/2"}, ["clause-over"]),
        ({"status": "withdrawn"}, ["clause-over"]),
        ({"applies_until": "2026-11-26"}, ["clause-over"]),
        ({"applies_until": "2026-11-27"}, []),
        ({"status": "proposed"}, ["clause-proposed"]),
        ({"status": "adopted_not_yet"}, []),
        ({"checked_on": "2026-05-31"}, []),
        ({"checked_on": "2026-05-30"}, ["clause-unchecked"]),
        ({"checked_on": "2026-11-28"}, ["clause-unchecked"]),
        ({"checked_by": "user:t.b.d"}, ["clause-checked-by"]),
        ({"sets_number": False}, ["law-without-number"]),
    ],
)
def test_a_clause_is_warned_of_once_however_often_it_is_cited(changes, kinds):
    assert [kind for kind, _ in warned(one=clause(**changes))] == kinds


def test_a_literal_limit_is_law_only_where_a_clause_sets_a_number():
    silent = clause(sets_number=False)
    for literal in ("$floor", "0.8", "4/5"):
        assert ("law-without-number", "11") in warned(PACK.replace("$floor", literal), silent)
    declared = PACK.replace("$floor", "{from: declared.accuracy.accuracy}")
    assert "law-without-number" not in dict(warned(declared, silent))
    choice = PACK.replace("basis: law", "basis: policy_choice")
    assert warned(choice, silent) == []
    sample = "sample: {n_at_least: 4000, accepted_at_least: 0.96}"
    text = PACK.replace("roles: [legal]", f"roles: [legal], {sample}").replace("guidance", "law")
    assert ("law-without-number", "19") in warned(text, silent)


def test_an_unknown_clause_is_an_error_with_the_nearest_name():
    policy = parse_policy(PACK.replace("[acme/1]", "[acme/11]").encode(), "one.policy.yaml")
    first, second = clause_problems(policy, {"acme/1": clause()})
    assert "got 'acme/11' (one.policy.yaml:13). Did you mean 'acme/1'?" in first
    assert "one.policy.yaml:21" in second


def test_missing_tests_are_warned_of(tmp_path):
    path = tmp_path / "one.policy.yaml"
    path.write_text(PACK)
    assert warned(path=path) == [("no-tests", "1")]
    place_of_tests(path).write_text("here")
    assert warned(path=path) == []
    assert place_of_tests(Path("a/odd.yaml")) == Path("a/odd_test.yaml")


@pytest.fixture
def desk(tmp_path, monkeypatch, capsys):
    (tmp_path / "clauses").mkdir()
    record = """\
- {id: acme/1, title: One, says: Something., sets_number: true, status: in_force,
   source: {url: "https://example.org"}, checked_on: 2026-11-20, checked_by: user:li.wei}
"""
    (tmp_path / "clauses" / "acme.yaml").write_text(record)
    (tmp_path / "one.policy.yaml").write_text(PACK)
    monkeypatch.chdir(tmp_path)

    def run(*argv: str) -> tuple[int, str, str]:
        code = invoke(["policy", *argv])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def test_lint_prints_file_line_and_kind_and_only_strict_makes_it_fail(desk):
    now = ("--now", "2026-11-27")
    code, out, _ = desk("lint", "one.policy.yaml", *now)
    assert code == 0
    assert out.startswith("one.policy.yaml:1: warning: acme.one has no tests.")
    assert "[no-tests]\nacme.one 1.2.3: 2 rules, 1 warning(s). Its digest: sha256:" in out
    assert desk("lint", "one.policy.yaml", "--strict", *now)[0] == 1
    code, out, _ = desk("lint", "one.policy.yaml", "--now", "2027-11-27", "--json")
    data = json.loads(out)
    assert code == 0
    assert data["schema_version"] == "modelassay/lint/v1"
    assert {one["id"] for one in data["warnings"]} == {
        "no-tests",
        "review-overdue",
        "clause-unchecked",
    }


def test_lint_refuses_unknown_clauses_and_measures_in_one_go(desk, tmp_path):
    bad = PACK.replace("[acme/1]", "[acme/2]", 1).replace("accuracy.accuracy", "accuracy.acuracy")
    (tmp_path / "one.policy.yaml").write_text(bad)
    code, _, err = desk("lint", "one.policy.yaml")
    assert code == 2
    assert "Did you mean 'acme/1'?" in err
    assert "Did you mean 'accuracy.accuracy'?" in err


def test_explain_says_what_is_asked_and_where_each_value_stands(desk):
    code, out, _ = desk("explain", "one.policy.yaml")
    assert code == 0
    words = " ".join(out.split())
    for said in (
        'that "Accuracy" is at least 0.80, by the parameter floor (one.policy.yaml:11)',
        "block: stops the release where it fails",
        "law: a law asks for it (one.policy.yaml:12)",
        "the document 'risk-file' is there, signed by legal (one.policy.yaml:19)",
        "acme/1: One; in force; sets a number (one.policy.yaml:13)",
        "What people sign for",
        "https://example.org",
    ):
        assert said in words, said


def test_explain_effective_shows_what_a_child_moved_and_raised(desk, tmp_path):
    digest = json.loads(desk("explain", "one.policy.yaml", "--json")[1])["policy"]["digest"]
    (tmp_path / "child.policy.yaml").write_text(f"""\
apiVersion: modelassay/v1
kind: PolicyPack
metadata: {{id: acme.child, version: 1.0.0, title: Child}}
extends: [{{ref: one.policy.yaml@1, digest: "{digest}"}}]
parameters: {{floor: {{value: 0.9}}}}
""")
    code, out, _ = desk("explain", "child.policy.yaml", "--json")
    data = json.loads(out)
    assert (code, data["rules"]) == (0, [])
    assert data["parameters"][0]["value"] == "0.9"
    code, out, _ = desk("explain", "child.policy.yaml", "--json", "--effective")
    acc, file = json.loads(out)["rules"]
    assert (acc["limit"]["text"], acc["limit"]["place"]) == (
        "at least 0.9",
        "child.policy.yaml:5",
    )
    assert (acc["basis"]["value"], acc["basis"]["place"]) == ("law", "one.policy.yaml:12")
    assert (acc["pack"], file["document"]["value"]) == ("acme.one", "risk-file")
    code, out, _ = desk("explain", "child.policy.yaml", "--effective")
    assert "(child.policy.yaml:5; before: one.policy.yaml:5)" in " ".join(out.split())


def test_every_value_of_a_shipped_pack_is_explained_with_a_place(desk):
    code, out, _ = desk("explain", "builtin/privacy", "--effective", "--json")
    assert code == 0
    for rule in json.loads(out)["rules"]:
        for key in ("title", "severity", "basis", "why", "fix"):
            assert rule[key]["place"].startswith("privacy.policy.yaml:"), (rule["id"], key)
        assert rule["limit"]["place"].startswith("privacy.policy.yaml:")


TESTS = """\
apiVersion: modelassay/v1
kind: PolicyTests
pack: one.policy.yaml
now: 2026-11-27
cases:
  - name: low accuracy fails
    given: {measures: {accuracy.accuracy: {value: 0.5, low: 0.4, high: 0.6, n: 100}}}
    expect: {rules: {ACC: failed}}
"""


def test_a_policy_is_tested_by_the_file_beside_it_and_a_folder_by_all_of_its_files(desk, tmp_path):
    (tmp_path / "one.policy_test.yaml").write_text(TESTS)
    for what in ("one.policy.yaml", "one.policy_test.yaml", "."):
        code, out, _ = desk("test", what)
        assert (code, out) == (0, "passed  low accuracy fails\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "one.policy.yaml").write_text(PACK)
    wrong = TESTS.replace("ACC: failed", "ACC: passed")
    (tmp_path / "sub" / "one.policy_test.yaml").write_text(wrong)
    code, out, _ = desk("test", ".", "--json")
    assert code == 1
    assert [bool(one["problems"]) for one in json.loads(out)] == [False, True]


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("one.policy.yaml", "must have its tests beside it in one.policy_test.yaml"),
        ("clauses/acme.yaml", "or a folder, got kind: None"),
        ("clauses", "must hold files named *.policy_test.yaml, got none"),
        ("gone.yaml", "be a file, or builtin/<name>, got 'gone.yaml'"),
    ],
)
def test_what_cannot_be_tested_is_refused_in_one_sentence(desk, what, expected):
    code, out, err = desk("test", what)
    assert (code, out) == (2, "")
    assert expected in err


def test_shipped_packs_cite_clauses_of_the_register():
    from harness.policy import builtin_names, read_policy

    clauses = read_clauses()
    for name in builtin_names():
        policy = read_policy(locate_policy(f"builtin/{name}", Path()))
        assert clause_problems(policy, clauses) == [], name


def test_several_policies_are_read_at_once_and_every_problem_is_said(desk, tmp_path):
    code, out, _ = desk("lint", "one.policy.yaml", "builtin/standard", "--json")
    assert code == 0
    assert [one["policy"] for one in json.loads(out)][1] == "modelassay.standard"
    (tmp_path / "two.policy.yaml").write_text("kind: PolicyPack\n", encoding="utf-8")
    (tmp_path / "three.policy.yaml").write_text("kind: Other\n", encoding="utf-8")
    code, _, err = desk("lint", "two.policy.yaml", "three.policy.yaml")
    assert code == 2
    assert "two.policy.yaml:" in err
    assert "three.policy.yaml:" in err
