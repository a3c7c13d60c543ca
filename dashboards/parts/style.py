"""The look of all pages: one static sheet without any data in it, the same in light and dark."""

from __future__ import annotations

import streamlit as st

CSS = """
/* less air at the top: the verdict is read without scrolling */
[data-testid="stMainBlockContainer"] {
  padding: 4.4rem 2.5rem 4rem; max-width: 96rem;
}
[data-testid="stMain"] h1 { font-size: 1.3rem; padding: 0; line-height: 1.35; }
[data-testid="stMain"] h2 { font-size: 1.3rem; padding: 0.5rem 0 0.3rem; line-height: 1.35; }
[data-testid="stMain"] h3 { font-size: 1.05rem; padding: 0.15rem 0; line-height: 1.35; }
[class*="st-key-card-"] h3 { font-size: 1rem !important; padding: 0 !important; }
.stMarkdownBadge {
  white-space: normal !important; overflow: visible !important;
  border: 1px solid color-mix(in srgb, currentColor 40%, transparent);
}
/* lines of text follow each other closely here; Streamlit takes a margin back that is not there then */
:is(.st-key-who, .st-key-bar, .st-key-list, [class*="st-key-banner-"], [class*="st-key-card-"],
    [class*="st-key-quiet-"]) [data-testid="stMarkdownContainer"]:not(label *):not(a *):not(button *) {
  margin-bottom: 0;
}
:is(.st-key-who, .st-key-bar, .st-key-list, [class*="st-key-banner-"], [class*="st-key-card-"],
    [class*="st-key-quiet-"]) [data-testid="stMarkdownContainer"] p { margin-bottom: 0; }
/* who looks: in the bar at the top where it has room */
.st-key-who p { font-size: 0.85rem; }
@media (min-width: 1180px) {
  .st-key-who {
    position: fixed; top: 1.1rem; right: 4.2rem; z-index: 999991; width: auto; max-width: 36rem;
  }
}
/* header of a run */
.st-key-bar {
  border-bottom: 1px solid color-mix(in srgb, currentColor 18%, transparent); padding-bottom: 0.7rem;
}
.st-key-facts { gap: 0.3rem; }
.st-key-facts [data-testid="stMarkdownContainer"] { font-size: 0.92rem; }
/* a value with a long unit, or a long name, is read whole */
[data-testid="stMetricValue"], :is([data-testid="stMetricValue"], [data-testid="stMetricLabel"]) :is(div, p) {
  white-space: normal; overflow: visible; text-overflow: clip; overflow-wrap: anywhere;
}
/* what somebody accepts is read whole: where a finding holds stands at the end of its line */
[data-testid="stCheckbox"] :is([data-testid="stMarkdownContainer"], p) {
  white-space: normal; overflow: visible; text-overflow: clip; overflow-wrap: anywhere;
}
/* the verdict */
[class*="st-key-banner-"] {
  border-left: 0.45rem solid var(--tone); padding: 0.9rem 1.1rem; border-radius: 0.4rem;
  background: color-mix(in srgb, var(--tone) 10%, transparent);
}
[class*="st-key-banner-"] h2 { font-size: 1.7rem; padding: 0; }
.st-key-banner-blue { --tone: #0072B2; }
.st-key-banner-vermilion { --tone: #D55E00; }
.st-key-banner-amber { --tone: #E69F00; }
.st-key-banner-grey { --tone: #6B6B6B; }
/* cards: the colour of the outcome stands at their side, beside icon and word */
[class*="st-key-card-"] { border-left-width: 0.3rem !important; gap: 0.6rem; }
[class*="st-key-card-vermilion"] { border-left-color: #D55E00 !important; }
[class*="st-key-card-amber"] { border-left-color: #E69F00 !important; }
[class*="st-key-card-grey"] { border-left-color: #6B6B6B !important; border-left-style: dashed !important; }
[class*="st-key-card-blue"] { border-left-color: #0072B2 !important; }
[class*="st-key-strip-"] { gap: 0.5rem 2rem; }
[class*="st-key-small-"] [data-testid="stMarkdownContainer"],
[class*="st-key-quiet-"] [data-testid="stMarkdownContainer"] :is(p, li) { font-size: 0.9rem; }
[class*="st-key-quiet-"] li { margin-bottom: 0.2rem; }
[class*="st-key-quiet-"] ul { margin-bottom: 0.2rem; }
[class*="st-key-links-"] { margin-left: -0.4rem; }
/* lists of rows: a table where there is room, cards on a telephone */
.st-key-list { gap: 0; }
[class*="st-key-line-"] {
  border-top: 1px solid color-mix(in srgb, currentColor 14%, transparent); padding: 0.45rem 0.3rem;
}
[class*="st-key-line-"]:hover { background: color-mix(in srgb, currentColor 4%, transparent); }
[class*="st-key-line-"] p { font-size: 0.92rem; }
[class*="st-key-line-"] [data-testid="stVerticalBlock"] { gap: 0.1rem; }
[class*="st-key-line-run-"] a { padding: 0; margin: 0; min-height: 0; }
[class*="st-key-line-run-"] a p { font-weight: 600; font-size: 1rem; color: var(--st-link-color, inherit); }
[class*="st-key-line-clause-"] [data-testid="stColumn"] > [data-testid="stVerticalBlock"] { gap: 0.25rem; }
[class*="st-key-rule-"] { gap: 0.1rem !important; padding-bottom: 0.5rem; }
.st-key-list-head p { font-size: 0.82rem; opacity: 0.8; }
/* a matrix keeps its size and is scrolled where it does not fit */
[class*="st-key-scroll-"] { overflow-x: auto; }
[class*="st-key-scroll-"] > div, [class*="st-key-scroll-"] [data-testid="stVegaLiteChart"] {
  max-width: none !important; min-width: max-content;
}
@media (max-width: 640px) {
  [data-testid="stMainBlockContainer"] { padding: 4rem 1rem 3rem; }
  .st-key-list-head { display: none; }
  /* the name of the model has the whole width, and the pickers a line of their own */
  .st-key-bar { flex-direction: column; align-items: stretch; }
  .st-key-bar > div { width: 100% !important; flex: 0 0 auto; }
  .st-key-pickers { width: 100%; flex-wrap: nowrap; }
  .st-key-pickers > div { flex: 3 1 0; min-width: 0; width: auto !important; }
  .st-key-pickers > div + div { flex: 2 1 0; }
  [class*="st-key-line-"] [data-testid="stHorizontalBlock"] { gap: 0.1rem; }
  /* a run: what is short stands side by side, its name has a line of its own */
  [class*="st-key-line-run-"] [data-testid="stHorizontalBlock"] { flex-flow: row wrap; column-gap: 0.9rem; }
  [class*="st-key-line-run-"] [data-testid="stColumn"] { flex: 0 1 auto; width: auto; min-width: 0; }
  [class*="st-key-line-run-"] [data-testid="stColumn"]:nth-child(2) { flex-basis: 100%; }
  [class*="st-key-banner-"] { padding: 0.7rem 0.8rem; flex-direction: column; align-items: stretch; }
  [class*="st-key-banner-"] > div { width: 100%; }
  .st-key-files { flex-direction: row; flex-wrap: wrap; column-gap: 1rem; }
  .st-key-files > div { width: auto !important; }
}
"""


def style() -> None:
    """Put the sheet into the page."""
    st.html(f"<style>{CSS}</style>")
