"""The page requirements, and the matrix behind it."""

import shutil

import pytest
from click.testing import CliRunner

from dashboards.access import LOCAL
from dashboards.needs import needs
from dashboards.settings import Settings
from dashboards.source import Opened, open_verified
from harness.cli.root import assay
from harness.depot import find_address, open_store
from harness.depot.actors import Actor
from harness.depot.threads import Remark, add_remark
from harness.evidence.decisions import finding_key

POLICY = """apiVersion: modelassay/v1
kind: PolicyPack
metadata:
  id: acme.cited
  version: 1.0.0
  title: Cites clauses
  owners: [group:model-risk]
rules:
  - id: ACCURATE
    title: Decides well
    severity: block
    measure: accuracy.accuracy
    require: {at_least: 0.5}
    basis: policy_choice
    clauses: [nyc-ll144/5-301-d, acme/own-1]
  - id: AUDITED
    title: Somebody audited it
    severity: block
    evidence: {document: bias-audit-report}
    basis: law
    clauses: [nyc-ll144/20-871-a]
  - id: ELSEWHERE
    title: Only elsewhere
    severity: warn
    measure: accuracy.accuracy
    require: {at_least: 0.5}
    basis: policy_choice
    clauses: [eu-aia/15-1]
    applies_when: {all: [{field: task.kind, in: [text-generation]}]}
  - id: UNCITED
    title: Cites nothing
    severity: warn
    measure: accuracy.accuracy
    require: {at_least: 0.5}
    basis: policy_choice
"""


def words(at):
    shown = [*at.markdown, *at.header, *at.info]
    return " ".join(one.value for one in shown).replace("\\", "")


@pytest.fixture(scope="session")
def cited(golden_runs, tmp_path_factory):
    """A folder with a run that was judged by a policy with clauses, and the run's id."""
    folder = tmp_path_factory.mktemp("cited")
    run = next(golden_runs.iterdir()).name
    shutil.copytree(golden_runs / run, folder / run)
    policy = folder.parent / "cited.policy.yaml"
    policy.write_text(POLICY)
    asked = ["gate", run, "--runs", str(folder), "--policy", str(policy)]
    gated = CliRunner().invoke(assay, asked, standalone_mode=False)
    assert "verdict" in gated.output, gated.output
    return folder, run


@pytest.fixture(scope="session")
def matrix(cited):
    bundle = open_verified(cited[0] / cited[1])
    found = Opened(bundle, bundle.gate(), LOCAL, Settings(runs=cited[0]))
    return {(one.clause, one.worst.rule): one for one in needs(found, found.verdict)}, bundle


def test_each_rule_stands_beside_each_clause_that_it_cites(matrix):
    assert set(matrix[0]) == {
        ("nyc-ll144/5-301-d", "ACCURATE"),
        ("acme/own-1", "ACCURATE"),
        ("nyc-ll144/20-871-a", "AUDITED"),
        ("eu-aia/15-1", "ELSEWHERE"),
    }


def test_what_is_measured_signed_for_and_beside_the_point_are_kept_apart(matrix):
    kinds = {rule: need.kind for (_, rule), need in matrix[0].items()}
    assert kinds == {"ACCURATE": "automated", "AUDITED": "signed", "ELSEWHERE": "not-applicable"}


def test_evidence_is_a_sealed_file_with_its_digest(matrix):
    need, bundle = matrix[0]["nyc-ll144/5-301-d", "ACCURATE"], matrix[1]
    (answer,) = need.answers
    assert bundle.manifest.files[answer.file].sha256 == answer.sha256


def test_a_document_that_nobody_signed_for_is_no_evidence(matrix):
    assert matrix[0]["nyc-ll144/20-871-a", "AUDITED"].answers == ()


def test_the_page_shows_clauses_with_their_records_and_counts_without_a_percentage(show, cited):
    said = words(show("requirements", runs=cited[0], run=cited[1]))
    assert "4 clauses are cited by the policy acme.cited 1.0.0." in said
    assert (
        "Measured automatically **1** · Needs human evidence **1** · Does not apply **1**" in said
    )
    assert "group:model-risk" in said
    assert "1 rule of the policy cites no clause" in said
    assert "No record of this clause is at hand" in said


def test_the_matrix_can_be_held_to_one_framework(show, cited):
    at = show("requirements", runs=cited[0], run=cited[1])
    at.pills(key="framework").set_value("nyc-ll144").run()
    assert {row["clause"] for _, row in at.dataframe[0].value.iterrows()} == {
        "nyc-ll144/5-301-d",
        "nyc-ll144/20-871-a",
    }
    assert at.query_params["framework"] == "nyc-ll144"


def test_a_policy_without_clauses_says_how_to_cite_one(show, golden_run):
    at = show("requirements", run=golden_run)
    assert at.header[0].value == "This policy cites no clause"
    assert any("clauses:" in one.value for one in at.code)


def test_chinese_speaks_on_the_page(show, cited):
    said = words(show("requirements", runs=cited[0], run=cited[1], lang="zh"))
    assert "需要人工证据" in said


@pytest.fixture(scope="session")
def reviewed(cited, tmp_path_factory):
    """A store that the run was submitted to, with one request about a document, and the run's id."""
    store = tmp_path_factory.mktemp("store") / "store"
    for asked in (["store", "new", str(store)], ["submit", cited[1], "--runs", str(cited[0])]):
        named = asked if asked[0] == "store" else [*asked, "--store", str(store)]
        CliRunner().invoke(assay, named, standalone_mode=False)
    bundle = open_verified(cited[0] / cited[1])
    finding = next(one for one in bundle.gate().verdict.findings if one.rule == "AUDITED")
    remark = Remark("Sign it.", about=finding_key(finding), is_blocking=True, owner="user:li")
    actor = Actor("https://id.example.org", "u1", "Mo Okafor", frozenset({"reviewer"}))
    with open_store(find_address(str(store))) as held:
        add_remark(held, bundle, bundle.gate(), remark, actor, key="k")
    return store, cited[1]


def test_what_is_still_asked_stands_beside_the_rule_with_who_is_to_answer(show, reviewed):
    store, run = reviewed
    at = show("requirements", settings={"store": str(store)}, run=run)
    labels = [one.proto.label for one in at.get("page_link")]
    assert labels.count("Thread: 1 open") == 1
    assert "to be answered by user:li" in words(at)


def test_an_open_request_is_named_on_the_verdict_and_texts_that_are_missing_are_asked_for(
    show, reviewed
):
    store, run = reviewed
    at = show("verdict", settings={"store": str(store)}, run=run)
    labels = [one.proto.label for one in at.get("page_link")]
    assert "1 open request must be resolved before anybody approves." in labels
    # it was submitted without its personal part
    at = show("examples", settings={"store": str(store)}, run=run)
    assert any(one.value.endswith("--with-personal") for one in at.code)


def test_the_inbox_of_a_store_lists_what_was_submitted_as_awaiting_review(show, reviewed):
    store, run = reviewed
    at = show(settings={"store": str(store)})
    assert run in words(at)
    assert "Awaiting review" in words(at)
    assert f"run={run}" in at.get("page_link")[0].proto.query_string
