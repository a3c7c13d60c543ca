"""The files that ``assay init`` writes: a commented config, and a policy of one's own with its tests."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from harness.commands.init.columns import profile
from harness.commands.init.propose import Proposal, propose, turned
from harness.data.preview import Preview, preview
from harness.errors import UsageError
from harness.files import write_whole
from harness.pipeline.masking import mask_what_is_said
from harness.policy import locate_policy
from harness.policy.linting import place_of_tests

POLICY = "my.policy.yaml"
_PLAIN = re.compile(r"[A-Za-z\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff-]*")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off"}


@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    Attributes:
        files: Paths, config first.
        proposal: What it rests on.
        table: What was looked at.
    """

    files: tuple[Path, ...]
    proposal: Proposal
    table: Preview


def init(
    file: Path, *, out: Path, text: str | None, label: str | None, is_forced: bool = False
) -> Written:
    """Look at a table and write ``assay.yaml``, ``my.policy.yaml`` and the tests of that policy.

    Args:
        file: The table.
        out: Folder to write to.
        text: Column of the text, when the person names it.
        label: Column of the label, when the person names it.
        is_forced: Replace files that say something else.

    Raises:
        DataError: If the table cannot be read or has no text or label.
        UsageError: If a file with another content is in the way.
    """
    mask_what_is_said()
    table = preview(file)
    proposal = turned(propose(profile(table), text=text, label=label), table)
    pack = "privacy" if proposal.is_written else "standard"
    contents = {
        out / "assay.yaml": config_text(file, out, table, proposal),
        out / POLICY: policy_text(file, pack),
        place_of_tests(out / POLICY): copied_tests(pack),
    }
    in_the_way = [
        path.name
        for path, content in contents.items()
        if path.exists() and path.read_text(encoding="utf-8") != content
    ]
    if in_the_way and not is_forced:
        raise UsageError(
            f"{' and '.join(in_the_way)} must not be in the way, got other contents in "
            f"the folder {str(out)!r}. Choose a folder with --out, or replace with --force."
        )
    for path, content in contents.items():
        write_whole(path, content)
    return Written(tuple(contents), proposal, table)


def config_text(file: Path, out: Path, table: Preview, found: Proposal) -> str:
    """Write the config as text, commented for a stranger."""
    lines = [
        "# Written by `assay init`. Look at each line that is marked CHECK, then: assay run",
        "apiVersion: modelassay/v1",
        "kind: Run",
        f"name: {_slug(file.stem)}",
        "seed: 0",
        "task:",
        *_task(found),
        "data:",
        *_data(file, out, table, found),
        *_model(file, out, found),
        "audits: {suite: standard}      # quick, standard or deep; `assay list audits`",
        f"policy: {{file: {POLICY}}} # limits are yours: read them before you rely on them",
        "system:                        # stands in every report; CHECK",
        "  purpose: ''",
        "  domain: ''",
        "  limits_of_use: ''",
        "  owner: ''                    # who answers for the model: does not approve it",
        "  authors: []                  # who made it: neither",
    ]
    return "\n".join(lines) + "\n"


def policy_text(file: Path, pack: str = "standard") -> str:
    """Return a policy of the house under an id of one's own."""
    whole = locate_policy(f"builtin/{pack}", Path()).read_text(encoding="utf-8")
    own = re.sub(r"(?m)^(  id: ).*$", rf"\1own.{_slug(file.stem)}", whole, count=1)
    return (
        f"# Your own copy of builtin/{pack}, written by `assay init`. Change limits with reasons.\n"
        + own
    )


def copied_tests(pack: str) -> str:
    """Return the tests of that policy: those of the house, which hold for its copy."""
    shipped = place_of_tests(locate_policy(f"builtin/{pack}", Path()))
    own = re.sub(r"(?m)^pack: .*$", f"pack: {POLICY}", shipped.read_text(encoding="utf-8"), count=1)
    return (
        f"# Tests of {POLICY}, written by `assay init`: assay policy test {POLICY}\n"
        "# Where you move a limit, some cases will come out otherwise: write what you expect, and mean it.\n"
        + own
    )


def _task(found: Proposal) -> list[str]:
    if found.is_written:
        return [
            "  kind: text-generation        # a language model: how likely, and what it writes",
            "  # CHECK: prompt and answer are joined as they stand; where answers do not begin with a blank, write",
            '  # prompt: "{text} "          # {text} stands for the prompt of the row',
        ]
    return [
        "  kind: text-classification",
        f"  labels: [{', '.join(map(_quoted, found.classes))}]   # CHECK: the classes, in the order of their ids",
        "  # favourable: ...            # the class that is good for the person concerned",
    ]


def _group(name: str, found: Proposal) -> str:
    if name not in found.separators:
        return _quoted(name)
    return f'{{column: {_quoted(name)}, separator: "{found.separators[name]}"}}'


def _data(file: Path, out: Path, table: Preview, found: Proposal) -> list[str]:
    has_predictions = bool(found.scores or found.decision)
    name = "test" if has_predictions else "train"
    lines = [
        f"  {name}:",
        f"    path: {_quoted(_relative(file, out))}",
        *_texts(found),
    ]
    if found.id:
        lines.append(f"    id: {_quoted(found.id)}")
    if found.groups:
        lines.append(
            f"    groups: [{', '.join(_group(one, found) for one in found.groups)}]"
            "   # CHECK: sensitive features"
        )
    else:
        lines.append(
            "    # groups: [...]            # sensitive features; without them no group is looked at"
        )
    if found.cluster:
        lines.append(
            f"    cluster: {_quoted(found.cluster)}   # rows with the same value are not independent"
        )
    if found.rationale:
        lines.append(
            f"    rationale: {_quoted(found.rationale)}   # what people marked in the text"
        )
    if table.encoding.lower() not in ("utf-8", "ascii"):
        lines.append(f"    encoding: {table.encoding}")
    if found.others:
        lines.append("    # not used: " + ", ".join(found.others))
    if not has_predictions:
        lines.append(
            "  split: {test: 0.25}          # a seeded share judges; or give test: path and columns, as train"
        )
        lines.append("  validation: {share: 0.1}")
    return lines


def _texts(found: Proposal) -> list[str]:
    if found.text is not None and found.completion is not None:
        return [
            f"    prompt: {_quoted(found.text)}",
            f"    completion: {_quoted(found.completion)}",
        ]
    text = (
        f"    text: {_quoted(found.text)}"
        if found.text is not None
        else "    # text: ...                # no column of texts was seen; stored predictions need none"
    )
    return [text, f"    label: {_quoted(found.label)}"]


def _model(file: Path, out: Path, found: Proposal) -> list[str]:
    if found.scores or found.decision:
        what = (
            f"scores: [{', '.join(map(_quoted, found.scores))}]"
            if found.scores
            else f"decision: {_quoted(found.decision or '')}"
        )
        by = f"id: {_quoted(found.id)}, " if found.id else ""
        return [
            "model:                         # stored predictions: no model is asked",
            f"  predictions: {{path: {_quoted(_relative(file, out))}, {by}{what}}}",
        ]
    if found.is_written:
        return [
            "model:",
            "  # a small new language model, so that this runs offline. For a real one write instead",
            "  # base: Qwen/Qwen2.5-0.5B   (a hub id), or base: FOLDER",
            "  architecture: {vocabulary: 2000, hidden_size: 64, layers: 2, heads: 2, max_positions: 256}",
            "train: {method: full, epochs: 4, learning_rate: 3.0e-3, batch_size: 16}",
        ]
    return [
        "model:",
        "  # a small new transformer, so that this runs offline. For a real one write instead",
        "  # base: distilbert/distilbert-base-uncased   (a hub id), or base: FOLDER",
        "  architecture: {type: bert, vocabulary: 4000, hidden_size: 64, layers: 2, heads: 2}",
        "train: {method: full, epochs: 4, learning_rate: 1.0e-3, batch_size: 32, max_tokens: 96}",
    ]


def _relative(file: Path, out: Path) -> str:
    import os

    try:
        return Path(os.path.relpath(file.resolve(), out.resolve())).as_posix()
    except ValueError:  # another drive
        return file.resolve().as_posix()


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "my-run"
