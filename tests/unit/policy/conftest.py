"""A small policy file that tests change one line at a time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.errors import PolicyError
from harness.policy import Policy, parse_policy

TEXT = """\
apiVersion: modelassay/v1
kind: PolicyPack
metadata:
  id: acme.one
  version: 1.2.3
  title: One rule
defaults: {confidence: 0.95}
parameters:
  floor: {value: 0.80, may_only: rise}
rules:
  - id: ACC
    title: Accuracy
    severity: block
    measure: accuracy.accuracy
    require: {at_least: $floor}
    basis: policy_choice
  - id: LEAK
    title: Leaks
    severity: warn
    measure: memorisation.canary-leak-rate
    require: {at_most: 5e-3}
    basis: law
"""


@pytest.fixture
def text() -> str:
    return TEXT


@pytest.fixture
def parse() -> Callable[[str], Policy]:
    return lambda text: parse_policy(text.encode(), "one.policy.yaml")


@pytest.fixture
def refused() -> Callable[[str], tuple[str, ...]]:
    """Parse and return the problems, of which there must be some."""

    def problems(text: str) -> tuple[str, ...]:
        with pytest.raises(PolicyError) as caught:
            parse_policy(text.encode(), "one.policy.yaml")
        return caught.value.problems

    return problems
