"""``assay policy lint``: every problem of several policies at once, and what their owners should mend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from harness.commands.policies.opening import Opened, open_policy
from harness.errors import PolicyError
from harness.gate.sentences import count
from harness.policy.linting import Lint, warnings_of


@dataclass(frozen=True, slots=True)
class Linted:
    """A policy that can be judged by, and what should be mended in it."""

    opened: Opened
    warnings: tuple[Lint, ...]

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON data."""
        ref = self.opened.policy.ref
        return {
            "schema_version": "modelassay/lint/v1",
            "policy": ref.id,
            "version": ref.version,
            "digest": f"sha256:{ref.digest}",
            "rules": len(self.opened.policy.rules),
            "warnings": [
                {"id": one.id, "text": one.text, "place": one.place} for one in self.warnings
            ],
        }

    def as_text(self) -> str:
        """Return one line for each warning, and one that says how many."""
        ref, n = self.opened.policy.ref, len(self.opened.policy.rules)
        lines = [f"{one.place}: warning: {one.text} [{one.id}]" for one in self.warnings]
        said = f"{len(self.warnings)} warning(s)" if self.warnings else "no problem found"
        lines.append(
            f"{ref.id} {ref.version}: {count(n, 'rule')}, {said}. Its digest: sha256:{ref.digest}"
        )
        return "\n".join(lines)


def lint_all(refs: Sequence[str], *, today: date) -> list[Linted]:
    """Read policies and say what should be mended.

    Args:
        refs: Files, or ``builtin/<name>``.
        today: What dates are held against.

    Raises:
        PolicyError: With every problem of all of them.
    """
    found: list[Linted] = []
    problems: list[str] = []
    for ref in dict.fromkeys(refs):
        try:
            one = open_policy(ref)
        except PolicyError as err:
            problems.extend(err.problems)
            continue
        warnings = warnings_of(one.policy, one.clauses, today=today, path=one.path)
        found.append(Linted(one, tuple(warnings)))
    if problems:
        raise PolicyError(*problems)
    return found
