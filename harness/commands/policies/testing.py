"""Find the test files that ``assay policy test`` is to run."""

from __future__ import annotations

from pathlib import Path

from harness.errors import Phrase, PolicyError, must
from harness.policy import locate_policy
from harness.policy.linting import place_of_tests
from harness.yamlfile import read_yaml

_SUFFIX = "*.policy_test.yaml"


def files_with_tests(ref: str) -> list[Path]:
    """Return the test files that are meant.

    Args:
        ref: A test file; a policy, whose tests lie beside it; ``builtin/<name>``; or a folder, of which
            every test file is meant, those in folders below it too.

    Raises:
        PolicyError: If it is none of them, or there are no tests.
    """
    folder = Path.cwd() / ref
    if folder.is_dir():
        found = sorted(folder.rglob(_SUFFIX))
        if not found:
            do = "Tests of x.policy.yaml stand in x.policy_test.yaml beside it."
            raise PolicyError(must(ref, f"hold files named {_SUFFIX}", Phrase("none"), do=do))
        return found
    path = locate_policy(ref, Path.cwd())
    data = read_yaml(path, error=PolicyError).data
    kind = data.get("kind") if isinstance(data, dict) else None
    if kind == "PolicyTests":
        return [path]
    if kind != "PolicyPack":
        what = "be policy tests (kind: PolicyTests), a policy (kind: PolicyPack) or a folder"
        raise PolicyError(must(ref, what, Phrase(f"kind: {kind}")))
    tests = place_of_tests(path)
    if not tests.is_file():
        what = f"have its tests beside it in {tests.name}"
        raise PolicyError(must(path.name, what, Phrase("no such file")))
    return [tests]
