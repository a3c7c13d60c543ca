"""``assay list policies`` says what a policy is called and whether it is a draft."""

from __future__ import annotations

import json

import pytest

from harness.cli import invoke


def test_the_list_of_policies_shows_title_and_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["list", "policies", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["builtin/standard"]["status"] == "status stable"
    assert rows["builtin/cn-generative-ai"]["status"] == "status draft"
    assert "GB/T 45654-2025" in rows["builtin/cn-generative-ai"]["title"]
