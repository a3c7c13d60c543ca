"""The page on the format of policies shows what can be read."""

import re
from pathlib import Path

from harness.files import sha256_bytes
from harness.policy import locate_policy, parse_policy, read_clauses
from harness.policy.linting import clause_problems

ROOT = Path(__file__).resolve().parents[3]
POLICY, CLAUSES = re.findall(
    r"```yaml\n(.*?)```",
    (ROOT / "docs" / "policy-format.md").read_text(encoding="utf-8"),
    re.DOTALL,
)


def test_the_policy_of_the_page_is_read_and_cites_known_clauses():
    raw = locate_policy("builtin/privacy", Path()).read_bytes()
    policy = parse_policy(POLICY.replace("sha256:...", f"sha256:{sha256_bytes(raw)}").encode(), "x")
    assert {rule.id for rule in policy.own_rules} == {"FAIR-IMPACT-RATIO"}
    by_id = {rule.id: rule for rule in policy.rules}
    assert by_id["MEMBERSHIP-FEW"].severity == "block"
    assert clause_problems(policy, read_clauses()) == []


def test_the_clause_of_the_page_is_read(tmp_path):
    (tmp_path / "clauses").mkdir()
    (tmp_path / "clauses" / "own.yaml").write_text(CLAUSES, encoding="utf-8")
    assert read_clauses(tmp_path)["acme-rules/4-1"].place == "own.yaml:1"
