"""Heat map of the parts of an input: text stays text, and the keyboard reaches every part.

A component of ours writes ``textContent`` only, so nothing in a part can become markup. A value is
told by the sign before the part, by a solid or dashed underline whose thickness grows with the value,
by colour, and by the name of each option.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import streamlit as st

from dashboards.wording import t
from harness.figures.shades import AGAINST, FOR, PLAIN
from harness.wording.quantities import signed
from harness.wording.text import clip, visible

LONGEST = 300
"""Characters of one part that are drawn; a part may be a megabyte without a space."""

MOST = 5_000
"""Parts that are drawn; a caller says where it cuts."""

_STRONGEST = 0.55
"""Opacity of the strongest colour: more of it takes the contrast from the words on it."""

_CSS = f"""
#heat {{
  font-family: var(--st-font); color: var(--st-text-color); background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius);
  padding: 0.7rem 0.9rem; max-height: 28rem; overflow-y: auto;
  overflow-wrap: anywhere; white-space: pre-wrap;
}}
#heat span {{
  display: inline-block; max-width: 100%; line-height: 1.4; margin: 0.15em 0.18em 0.15em 0;
  unicode-bidi: isolate; cursor: pointer; padding: 0.1em 0.2em; box-sizing: border-box;
  border-radius: 0.18em; border-bottom: 1px solid transparent;
}}
#heat span.for {{ border-bottom: 2px solid {FOR}; }}
#heat span.against {{ border-bottom: 2px dashed {AGAINST}; }}
#heat span.plain {{ border-bottom: 2px dotted {PLAIN}; }}
#heat span.for::before {{ content: "+"; font-weight: 700; font-size: 0.8em; }}
#heat span.against::before {{ content: "\\2212"; font-weight: 700; font-size: 0.8em; }}
#heat span:focus-visible {{ outline: 3px solid var(--st-primary-color); outline-offset: 1px; }}
#heat span[aria-selected="true"] {{ outline: 2px solid var(--st-text-color); outline-offset: 1px; }}
"""

_JS = """
export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector("#heat");
  const hadFocus = root.contains(root.getRootNode().activeElement);
  const picked = data.picked ?? 0;
  root.replaceChildren();
  root.setAttribute("role", "listbox");
  root.setAttribute("aria-label", data.label);
  const move = (from, to) => {
    if (!to) return;
    from.tabIndex = -1; to.tabIndex = 0; to.focus();
  };
  data.parts.forEach((part, i) => {
    const share = data.shares[i], kind = data.kinds[i], e = document.createElement("span");
    e.textContent = part;  // never innerHTML
    e.className = kind;
    e.setAttribute("role", "option");
    e.setAttribute("aria-selected", String(i === data.picked));
    e.setAttribute("aria-label", data.names[i]);
    e.tabIndex = i === picked ? 0 : -1;
    if (kind) {
      e.style.backgroundColor = `rgba(${data.colours[kind]},${data.strongest * share})`;
      e.style.borderBottomWidth = `${1 + 3 * share}px`;
    }
    e.onclick = () => setStateValue("picked", i);
    e.onkeydown = (event) => {
      const to = {
        ArrowRight: e.nextElementSibling, ArrowDown: e.nextElementSibling,
        ArrowLeft: e.previousElementSibling, ArrowUp: e.previousElementSibling,
        Home: root.firstElementChild, End: root.lastElementChild,
      };
      if (event.key in to) { event.preventDefault(); move(e, to[event.key]); }
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        setStateValue("picked", i);
      }
    };
    root.appendChild(e);
  });
  if (hadFocus) root.children[picked]?.focus();
}
"""

_HTML = '<div id="heat"></div>'
_mount = st.components.v2.component("modelassay_heat", html=_HTML, css=_CSS, js=_JS)


def heat(
    parts: Sequence[str],
    values: Sequence[float],
    *,
    label: str,
    key: str,
    sides: tuple[str, str] | None = None,
    is_signed: bool = True,
    scale: float | None = None,
) -> int | None:
    """Show what each part adds, and return the position of the part that was picked.

    Args:
        parts: Texts of the parts in order, shape [p]; positions where the texts must not be shown.
        values: What each adds, shape [p]; one that is not finite is drawn as 0.
        label: What is shown, for those who do not see it.
        key: Unique on the page.
        sides: What values below and above 0 speak for; None says opposes and supports.
        is_signed: Whether the method says for and against.
        scale: Value of the strongest colour, > 0; None takes the largest value of these parts.

    Returns:
        Position in ``parts``; None before one was picked.
    """
    shown = [visible(clip(str(part), LONGEST)) for part in parts[:MOST]]
    finite = [value if math.isfinite(value) else 0.0 for value in map(float, values[:MOST])]
    top = scale or max(map(abs, finite), default=0.0) or 1.0
    kinds = [_kind(value, is_signed=is_signed) for value in finite]
    picked = _picked(key, len(shown))
    words = sides or (t("heat.opposes"), t("heat.supports"))
    data = {
        "parts": shown,
        "kinds": kinds,
        "shares": [min(1.0, abs(value) / top) for value in finite],
        "names": [
            _name(*one, words, is_signed=is_signed) for one in zip(shown, finite, strict=True)
        ],
        "label": visible(clip(label, LONGEST)),
        "picked": picked,
        "colours": {"for": _rgb(FOR), "against": _rgb(AGAINST), "plain": _rgb(PLAIN)},
        "strongest": _STRONGEST,
    }
    _mount(key=key, data=data, on_picked_change=lambda: None)
    return picked


def legend(sides: tuple[str, str] | None = None, *, is_signed: bool = True) -> str:
    """Return how to read the map, as plain words; text of the data in ``sides`` is the caller's care."""
    if not is_signed:
        return t("heat.legend-plain")
    opposes, supports = sides or (t("heat.opposes"), t("heat.supports"))
    return t("heat.legend", supports=supports, opposes=opposes)


def _picked(key: str, n: int) -> int | None:
    """Return what was picked, None where the map has fewer parts by now."""
    state = st.session_state.get(key)
    at = state.get("picked") if state is not None and hasattr(state, "get") else None
    return at if isinstance(at, int) and not isinstance(at, bool) and 0 <= at < n else None


def _kind(value: float, *, is_signed: bool) -> str:
    if value == 0:
        return ""
    return "plain" if not is_signed else "for" if value > 0 else "against"


def _name(part: str, value: float, sides: tuple[str, str], *, is_signed: bool) -> str:
    number = signed(value)
    if not is_signed or value == 0:
        return t("heat.option-plain", part=part, value=number)
    side = visible(clip(sides[1] if value > 0 else sides[0], LONGEST))
    return t("heat.option", part=part, side=side, value=number)


def _rgb(colour: str) -> str:
    return ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
