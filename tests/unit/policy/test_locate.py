"""Finding policy files."""

from __future__ import annotations

import pytest

from harness.errors import PolicyError
from harness.policy import builtin_names, check_measures, locate_policy, read_policy
from harness.registry import known_measures


def test_every_policy_that_ships_is_found_and_can_be_read(tmp_path):
    assert "standard" in builtin_names()
    for name in builtin_names():
        assert read_policy(locate_policy(f"builtin/{name}", tmp_path)).rules


@pytest.mark.parametrize("name", builtin_names())
def test_every_policy_that_ships_names_only_measures_that_audits_declare(tmp_path, name):
    policy = read_policy(locate_policy(f"builtin/{name}", tmp_path))
    assert check_measures(policy, known_measures()) == []


def test_a_path_is_relative_to_the_file_that_names_it(tmp_path):
    (tmp_path / "own.policy.yaml").write_text("a: 1\n")
    assert locate_policy("own.policy.yaml", tmp_path) == tmp_path / "own.policy.yaml"


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("builtin/standart", "one that ships, got 'builtin/standart'.*mean 'builtin/standard'"),
        ("builtin/hippa", "Did you mean 'builtin/hipaa-deidentification'"),
        ("nyc", "Did you mean 'builtin/employment-nyc-ll144'"),
        ("sub/owm.policy.yaml", "Did you mean 'sub/own.policy.yaml'"),
        ("owm.policy.yaml", "got 'owm.policy.yaml'.*Did you mean 'own.policy.yaml'"),
        ("standard", "Did you mean 'builtin/standard'"),
        ("own.waivers.yaml", "builtin/standard. Did you mean 'own.policy.yaml'|builtin/standard.$"),
        (
            "nowhere/x.yaml",
            "Policies that ship: .*builtin/privacy, builtin/standard",
        ),
    ],
)
def test_a_policy_that_is_not_there_is_refused_with_the_nearest_name(tmp_path, ref, expected):
    text = "apiVersion: modelassay/v1\nkind: PolicyPack\n"
    (tmp_path / "sub").mkdir()
    (tmp_path / "own.policy.yaml").write_text(text)
    (tmp_path / "sub" / "own.policy.yaml").write_text(text)
    (tmp_path / "own.waiver.yaml").write_text("kind: Waivers\n")
    with pytest.raises(PolicyError, match=expected):
        locate_policy(ref, tmp_path)
