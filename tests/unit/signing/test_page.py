"""What docs/signing.md shows works as it stands there."""

import base64
import re
from pathlib import Path

import click

from harness.cli.root import assay
from harness.signing import new_key, parse_trust

PAGE = (Path(__file__).parents[3] / "docs" / "signing.md").read_text(encoding="utf-8")


def test_the_trust_file_of_the_page_is_one():
    (text,) = [
        one for one in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if "kind: Trust" in one
    ]
    for _ in range(text.count("MCowBQYDK2VwAyEA...")):
        public = base64.b64encode(new_key().public_der).decode()
        text = text.replace("MCowBQYDK2VwAyEA...", public, 1)
    trust = parse_trust(text.encode(), "trust.yaml")
    assert [one.user for one in trust.keys] == ["service:ci", "user:m.okafor"]
    assert trust.thresholds["gate"] == {"ci": 1, "compliance": 1}


def test_every_command_of_the_page_has_the_options_that_it_is_given():
    joined = PAGE.replace("\\\n", " ")
    lines = re.findall(r"(?:^|`)assay ((?:sign|verify|keys|gate)\b[^`\n]*)", joined, re.MULTILINE)
    assert len(lines) >= 12
    for line in lines:
        words = line.split()
        command = assay.get_command(click.Context(assay), words[0])
        if isinstance(command, click.Group):
            command = command.commands[words[1]]
        assert command is not None
        known = {name for one in command.params for name in one.opts}
        asked = {word for word in words if word.startswith("--")}
        assert asked <= known, line
