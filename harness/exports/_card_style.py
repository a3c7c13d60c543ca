"""The style of a card: the report's rules, confined to the card, in colours that suit any ground.

Words take the colour of the page around them. Tones colour only icons, frames and points, each with
a contrast of at least 3 to 1 on white and on the dark grounds of notebooks.
"""

from __future__ import annotations

import re
from functools import cache

from harness.exports._style import report_css
from harness.wording.markup import Html, trusted

# twice, to outweigh what notebooks say about tables in outputs
SCOPE = ".assay-card.assay-card"

TONES: dict[str, str] = {
    "blue": "#2b7fc0",
    "vermilion": "#d0560f",
    "amber": "#b27b00",
    "grey": "#808080",
}
GROUNDS: tuple[str, ...] = ("#ffffff", "#f8f8f8", "#111111", "#1e1e1e", "#242424")
"""Grounds of outputs: white, VS Code light, JupyterLab dark, VS Code dark, other dark themes."""

_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_OF_THE_PAGE = re.compile(
    r"^(:root|html|body|main|nav|footer|h1|\*|:focus|\.masthead|\.section>h2$)"
)

_OWN = """
{--ink:currentColor;--paper:transparent;--panel:rgba(128,128,128,.1);
--muted:color-mix(in srgb,currentColor 78%,transparent);
--line:rgba(128,128,128,.35);--rule:rgba(128,128,128,.7);TONES
--sans:"Segoe UI",-apple-system,BlinkMacSystemFont,"Helvetica Neue",Helvetica,Arial,"Noto Sans",
"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;
--serif:var(--sans);--mono:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;
color:inherit;font:14px/1.5 var(--sans);max-width:60rem;overflow-x:auto;overflow-wrap:anywhere;
padding:.2rem 0 .6rem}
 div,table,svg{box-sizing:border-box}
 tr,.none{background:none}
 tr:hover{background:none}
 dt,dd{float:none;width:auto;margin:0;padding:0;font-weight:inherit;word-break:normal}
 .title{font-size:1.25em;font-weight:600}
 h2{font-size:1.15em;margin:0}
 h3{font-size:1em;margin:0}
 h3.part{margin-top:1.3em;margin-bottom:.3em}
 .facts{margin-top:.6em}
 .audit{margin-top:1.6em}
 .block{margin-top:1em}
 .banner{margin-top:.8em}
 .section{margin:0;padding:0;border:0}
 .section>h2{display:none}
 summary{color:inherit;text-decoration:underline;text-underline-offset:.2em}
 .mark.mark.mark,.banner.banner>h2{color:inherit}
 .bound-text.bound-text{fill:currentColor}
 .mark .icon,.banner.banner>.icon{color:var(--tone)}
 .mark.mark.framed{border-color:var(--tone)}
 .blue{--tone:var(--blue)}
 .vermilion{--tone:var(--vermilion)}
 .amber{--tone:var(--amber)}
 .grey{--tone:var(--grey)}
"""


@cache
def card_style(more: str = "") -> Html:
    """Return the content of a card's style element.

    Args:
        more: Rules of what the card draws beside what reports have.
    """
    tones = "".join(
        f"--{name}:{colour};--{name}-ink:{colour};--{name}-tint:rgba(128,128,128,.08);"
        for name, colour in TONES.items()
    )
    rules = [*_RULE.findall(report_css() + more), *_RULE.findall(_OWN.replace("TONES", tones))]
    return trusted("\n".join(filter(None, (_confined(*rule) for rule in rules))))


def _confined(selectors: str, body: str) -> str:
    """Return a rule that holds inside the card only; nothing for rules of a whole page."""
    kept = [one.strip() for one in selectors.split(",")]
    inside = [f"{SCOPE} {one}".strip() for one in kept if not _OF_THE_PAGE.match(one)]
    return f"{','.join(inside)}{{{body}}}" if inside else ""
