"""What ``assay policy`` does: open, lint, explain and test policy files."""

from harness.commands.policies.explaining import explained
from harness.commands.policies.linting import Linted, lint_all
from harness.commands.policies.opening import Opened, open_policy
from harness.commands.policies.rendering import rendered
from harness.commands.policies.testing import files_with_tests

__all__ = [
    "Linted",
    "Opened",
    "explained",
    "files_with_tests",
    "lint_all",
    "open_policy",
    "rendered",
]
