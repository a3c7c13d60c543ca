"""The colours of the report: told apart under every common form of colour blindness, also printed.

Fills are the study's palette (#0072B2, #E69F00, #D55E00, #6B6B6B); words use a darker (on dark
ground a lighter) form of the same hue with a contrast of at least 4.5 on every ground they meet.
"""

from __future__ import annotations

LIGHT: dict[str, str] = {
    "paper": "#ffffff",
    "panel": "#f7f5f0",
    "ink": "#1d1b18",
    "muted": "#5d5850",
    "line": "#dcd7cd",
    "rule": "#8a8378",
    "blue": "#0072b2",
    "blue-ink": "#00548a",
    "blue-tint": "#eef5fa",
    "vermilion": "#d55e00",
    "vermilion-ink": "#9a3f00",
    "vermilion-tint": "#fdf2ea",
    "amber": "#e69f00",
    "amber-ink": "#754a00",
    "amber-tint": "#fdf6e4",
    "grey": "#6b6b6b",
    "grey-ink": "#505050",
    "grey-tint": "#f1f1ef",
}

DARK: dict[str, str] = {
    "paper": "#171614",
    "panel": "#211f1c",
    "ink": "#ece8e1",
    "muted": "#b4aea4",
    "line": "#3b3732",
    "rule": "#8d867b",
    "blue": "#3f9fd8",
    "blue-ink": "#82c4ef",
    "blue-tint": "#14222c",
    "vermilion": "#e8701a",
    "vermilion-ink": "#ffa36b",
    "vermilion-tint": "#2d1b10",
    "amber": "#e69f00",
    "amber-ink": "#f0bb55",
    "amber-tint": "#2a2111",
    "grey": "#8b8b8b",
    "grey-ink": "#c3beb6",
    "grey-tint": "#272522",
}

TEXT_ON: tuple[tuple[str, str], ...] = (
    ("ink", "paper"),
    ("ink", "panel"),
    ("muted", "paper"),
    ("muted", "panel"),
    *((f"{tone}-ink", "paper") for tone in ("blue", "vermilion", "amber", "grey")),
    *((f"{tone}-ink", f"{tone}-tint") for tone in ("blue", "vermilion", "amber", "grey")),
    *(("ink", f"{tone}-tint") for tone in ("blue", "vermilion", "amber", "grey")),
    *(("muted", f"{tone}-tint") for tone in ("blue", "vermilion", "amber", "grey")),
)
"""Every pair of a colour of words and its ground that the style sheet uses."""


def custom_properties(colours: dict[str, str]) -> str:
    """Return the colours as CSS custom properties."""
    return "".join(f"--{name}:{value};" for name, value in colours.items())
