"""Colours of attributions: vermilion for, blue against, in eight steps on white.

Okabe and Ito's vermilion and blue stay apart under every common form of colour blindness. A step is
mixed with white here, not by the browser, so that the contrast of the words on it is known: at most
four fifths of the full colour. Signs and underlines say the same without colour.

Source: Okabe and Ito 2008, jfly.uni-koeln.de/color; contrast: WCAG 2.2, 1.4.1 and 1.4.3
"""

from __future__ import annotations

FOR, AGAINST, PLAIN = "#d55e00", "#0072b2", "#6b6b6b"
INK, PAPER = "#1d1b18", "#ffffff"
STEPS = 8
STRONGEST = 0.8
"""Share of the full colour in the last step."""


def shade(colour: str, step: int) -> str:
    """Return a colour mixed with white; step 0 is white, the last one the strongest."""
    share = STRONGEST * step / STEPS
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(255 + share * (part - 255)):02x}" for part in parts)


def step_of(value: float, scale: float) -> int:
    """Return the step of a value on a scale, from 0 (not marked) to ``STEPS``."""
    if not scale > 0:
        return 0
    return min(STEPS, int(STEPS * abs(value) / scale + 0.5))


def kind_of(value: float, *, is_signed: bool) -> str:
    """Return the name of a colour: ``for``, ``against``, or ``plain`` without a sign."""
    if not is_signed:
        return "plain"
    return "for" if value > 0 else "against"


def _steps(kind: str, colour: str) -> str:
    return "".join(
        f".heat .{kind}.s{step}{{background:{shade(colour, step)}}}\n"
        for step in range(1, STEPS + 1)
    )


ATTRIBUTION_CSS = (
    f"""
.heat{{background:{PAPER};color:{INK};border:1px solid #8a8378;border-radius:.3rem;
padding:.7rem .9rem;margin:.6rem 0;line-height:2.05;white-space:pre-wrap;overflow-wrap:anywhere;
unicode-bidi:isolate;text-align:start;max-height:60rem;overflow-y:auto}}
.heat .for,.heat .against,.heat .plain{{padding:.08em .16em;border-radius:.18em}}
.heat .for{{border-bottom:2px solid {FOR}}}
.heat .against{{border-bottom:2px dashed {AGAINST}}}
.heat .plain{{border-bottom:2px dotted {PLAIN}}}
.heat .for::before{{content:"+";font-weight:700;font-size:.8em;margin-inline-end:.1em}}
.heat .against::before{{content:"\\2212";font-weight:700;font-size:.8em;margin-inline-end:.1em}}
.heat .unsure.unsure{{background:none;border:1px dotted {PLAIN}}}
.heat .unsure.unsure::before{{content:"?"}}
.heat .unread{{background:#e4e2de;color:#3b3732;padding:.08em .3em;border-radius:.18em}}
.heat.off{{color:#505050;background:#f1f1ef;border-style:dashed}}
.heat.pair{{margin-top:.3rem}}
.scale{{display:flex;flex-wrap:wrap;align-items:center;gap:.2rem .9rem;font-size:.8125rem}}
.scale .heat{{display:inline-block;padding:0 .3rem;margin:0;border:0;line-height:1.9;
max-height:none}}
.explained{{margin-top:1.6rem}}
.explained .facts{{margin-top:.5rem}}
.explained .numbers+.facts{{margin-top:.9rem}}
.distrust{{border-left:6px solid #6b6b6b;background:#f1f1ef;color:#1d1b18;padding:.6rem .9rem;
margin:.6rem 0}}
.fig .for{{fill:{FOR}}}
.fig .against{{fill:{AGAINST}}}
.fig .plain{{fill:{PLAIN}}}
.fig .unsure.unsure{{fill:none;stroke:{PLAIN};stroke-width:1.5;stroke-dasharray:3 2}}
.fig .rest{{fill:none;stroke:{PLAIN};stroke-width:1.5}}
.fig .reach{{stroke:currentColor;stroke-width:1.25}}
.fig .zero-line{{stroke:#8a8378;stroke-width:1}}
"""
    + _steps("for", FOR)
    + _steps("against", AGAINST)
    + _steps("plain", PLAIN)
)
"""Rules for heat maps and their bars; the ground of a heat map is white in every theme."""
