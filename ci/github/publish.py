"""Show a verdict on GitHub: one comment on a pull request that is kept up to date, and code scanning.

Standard library only, so that a job with a token that may write installs nothing.

    publish.py comment SUMMARY.md [--name NAME]
    publish.py sarif RESULTS.sarif

Reads GITHUB_TOKEN, GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_SHA, GITHUB_REF and GITHUB_EVENT_PATH, which the
runner sets. Exit code 0 when it was shown or there is no pull request, 3 when it could not be shown: the
verdict itself is the exit code of the gate.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MAX_COMMENT = 64_000
"""Characters; GitHub refuses a comment of more than 65,536."""
TIMEOUT_S = 30
PAGE = 100
FORK = "From a fork: unsigned, and written by the fork's own job. Only a run of this repository decides.\n\n"
BOT = "github-actions[bot]"


def api(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Call the REST API and return what it answers."""
    base = os.environ.get("GITHUB_API_URL", "https://api.github.com")
    request = urllib.request.Request(
        f"{base}{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}",
            "Content-Type": "application/json",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
        raw = answer.read()
    return json.loads(raw) if raw else None


def pages(path: str) -> Iterator[dict[str, Any]]:
    """Yield the items of a list, page by page."""
    number = 1
    while True:
        found = api("GET", f"{path}{'&' if '?' in path else '?'}per_page={PAGE}&page={number}")
        yield from found
        if len(found) < PAGE:
            return
        number += 1


def pull_request(repository: str, event: dict[str, Any]) -> int | None:
    """Return the number of the pull request that a job is about; None where it is about none.

    A job that ran for a fork does not say which pull request it was for. It is looked up by branch and
    commit, which the event names, and never taken from a file that the fork's job wrote.
    """
    if "pull_request" in event:
        return int(event["pull_request"]["number"])
    run = event.get("workflow_run")
    if run is None:
        return None
    head = f"{run['head_repository']['owner']['login']}:{run['head_branch']}"
    query = urllib.parse.urlencode({"state": "open", "head": head})
    for one in pages(f"/repos/{repository}/pulls?{query}"):
        if one["head"]["sha"] == run["head_sha"]:
            return int(one["number"])
    return None


def comment(summary: Path, name: str) -> str:
    """Write the comment, or write over the one that is there; return what was done."""
    repository = os.environ["GITHUB_REPOSITORY"]
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    number = pull_request(repository, event)
    if number is None:
        return "There is no pull request to comment on."
    marker = f"<!-- modelassay:{name} -->"
    text = _text(summary)
    if "workflow_run" in event:  # a stranger wrote it: nobody is called by it
        text = FORK + text.replace("@", "@\u200b")
    body = f"{marker}\n{text[:MAX_COMMENT]}"
    for one in pages(f"/repos/{repository}/issues/{number}/comments"):
        # somebody else's comment that quotes the marker is left alone
        if (one["body"] or "").startswith(marker) and one["user"]["login"] == BOT:
            api("PATCH", f"/repos/{repository}/issues/comments/{one['id']}", {"body": body})
            return f"The comment on pull request {number} was brought up to date."
    api("POST", f"/repos/{repository}/issues/{number}/comments", {"body": body})
    return f"Commented on pull request {number}."


def _text(summary: Path) -> str:
    # what a job handed over may be a link to something of this machine
    is_plain = summary.resolve() == summary.absolute() and summary.is_file()
    if not is_plain:
        return "Modelassay reached no verdict. See the log of the job."
    text = summary.read_text(encoding="utf-8", errors="replace")
    if len(text) <= MAX_COMMENT:
        return text
    return text[:MAX_COMMENT].rpartition("\n")[0] + "\n\nCut here; the whole summary is in the job."


def sarif(path: Path) -> str:
    """Hand a SARIF file to code scanning."""
    raw = gzip.compress(path.read_bytes(), mtime=0)
    api(
        "POST",
        f"/repos/{os.environ['GITHUB_REPOSITORY']}/code-scanning/sarifs",
        {
            "commit_sha": os.environ["GITHUB_SHA"],
            "ref": os.environ["GITHUB_REF"],
            "sarif": base64.b64encode(raw).decode(),
            "tool_name": "modelassay",
        },
    )
    return "The SARIF file was handed to code scanning."


def main() -> int:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(description="Show a verdict on GitHub.")
    parser.add_argument("what", choices=["comment", "sarif"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--name", default="gate", help="several gates keep a comment each")
    asked = parser.parse_args()
    try:
        said = comment(asked.file, asked.name) if asked.what == "comment" else sarif(asked.file)
    except (urllib.error.URLError, OSError, KeyError, ValueError) as err:
        code = getattr(err, "code", "")
        sys.stderr.write(f"GitHub could not be told: {type(err).__name__} {code}\n")
        return 3
    sys.stdout.write(f"{said}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
