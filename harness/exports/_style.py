"""The style sheet and the drawings of the HTML report: literals only, no value ever enters here."""

from __future__ import annotations

from harness.exports._marks import Icon
from harness.figures import FIGURE_CSS
from harness.wording.markup import Html, trusted
from harness.wording.palette import DARK, LIGHT, custom_properties

# Latin faces first, then Chinese, Japanese and Korean ones of each system, so that a class name in
# Chinese is set in a face that belongs to the Latin one beside it.
_CSS = """
*,*::before,*::after{box-sizing:border-box}
:root{color-scheme:light dark;LIGHT
--sans:"Segoe UI",-apple-system,BlinkMacSystemFont,"Helvetica Neue",Helvetica,Arial,"Noto Sans",
"Liberation Sans","DejaVu Sans","PingFang SC","Hiragino Sans GB","Microsoft YaHei",
"Noto Sans CJK SC","Noto Sans SC","Source Han Sans SC",sans-serif;
--serif:"Iowan Old Style","Palatino Linotype",Palatino,"Book Antiqua",Georgia,"Noto Serif",
"Liberation Serif","DejaVu Serif","Songti SC",SimSun,"Noto Serif CJK SC","Source Han Serif SC",serif;
--mono:ui-monospace,"SF Mono","Cascadia Mono",Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",
"Noto Sans Mono CJK SC",monospace}
@media (prefers-color-scheme:dark){:root{DARK}}
html{-webkit-text-size-adjust:100%}
html{font-size:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.55 var(--sans);
overflow-wrap:anywhere}
main{max-width:60rem;margin:0 auto;padding:3rem 2rem 4rem}
p,dl,dd,ul{margin:0}
h1,h2,h3{font-family:var(--serif);font-weight:600;line-height:1.25;margin:0;text-wrap:balance}
h1{font-size:2rem;letter-spacing:-.01em}
h2{font-size:1.3rem}
h3{font-size:1.05rem}
code{font-family:var(--mono);font-size:.88em}
a{color:var(--blue-ink);text-underline-offset:.18em;text-decoration-thickness:1px}
.num{font-variant-numeric:tabular-nums lining-nums;white-space:nowrap}
.num.long{white-space:normal}
.muted{color:var(--muted)}
.small{font-size:.875rem}
.eyebrow{font-size:.8125rem;letter-spacing:.08em;text-transform:uppercase;color:var(--muted)}
.icon{width:1em;height:1em;flex:none;vertical-align:-.14em;fill:none;stroke:currentColor;
stroke-width:1.6;stroke-linecap:round;stroke-linejoin:round}
.masthead{display:flex;flex-wrap:wrap;justify-content:space-between;gap:.3rem 1.5rem}
.masthead h1{flex-basis:100%}
.masthead p:last-child{flex-basis:100%}
.chips{display:flex;flex-wrap:wrap;gap:.4rem}
.chip{font-size:.8125rem;line-height:1.5;padding:0 .6em;border:1px solid var(--rule);
border-radius:1em;color:var(--ink)}
.banner{display:grid;grid-template-columns:auto 1fr;gap:.1rem 1rem;margin:1.5rem 0 0;
padding:1.15rem 1.4rem 1.2rem 1.2rem;border-left:6px solid var(--rule);background:var(--panel)}
.banner .icon{width:2rem;height:2rem;grid-row:1/span 3;margin-top:.1rem;stroke-width:1.3}
.banner h2{font-size:1.5rem}
.banner .sentence{font-size:1.0625rem;margin-top:.15rem}
.banner .muted{margin-top:.25rem}
.banner.blue{border-color:var(--blue);background:var(--blue-tint)}
.banner.vermilion{border-color:var(--vermilion);background:var(--vermilion-tint)}
.banner.amber{border-color:var(--amber);background:var(--amber-tint)}
.banner.grey{border-color:var(--grey);background:var(--grey-tint)}
.blue>.icon,.blue>h2,.mark.blue{color:var(--blue-ink)}
.vermilion>.icon,.vermilion>h2,.mark.vermilion{color:var(--vermilion-ink)}
.amber>.icon,.amber>h2,.mark.amber{color:var(--amber-ink)}
.grey>.icon,.grey>h2,.mark.grey{color:var(--grey-ink)}
.mark{display:inline-flex;align-items:baseline;gap:.4em;font-weight:600;font-size:.875rem;
line-height:1.4}
.mark .icon{align-self:flex-start;margin-top:.2em}
.mark.none{color:var(--muted);font-weight:400}
.mark.framed{padding:.1em .55em;border:1px solid currentColor;border-radius:.3em}
.mark.vermilion.framed{background:var(--vermilion-tint)}
.mark.amber.framed{background:var(--amber-tint)}
.mark.grey.framed{background:var(--grey-tint)}
.mark.dashed{border-style:dashed}
.columns{display:grid;grid-template-columns:minmax(0,5fr) minmax(0,6fr);gap:0 2.5rem}
.part{margin-top:2rem}
.part>h2{margin-bottom:.6rem}
.facts{display:grid;grid-template-columns:fit-content(14rem) minmax(0,1fr);gap:.2rem 1.1rem;
font-size:.9375rem}
.facts dt{color:var(--muted)}
.case{border-top:1px solid var(--line);padding:.85rem 0 .95rem;break-inside:avoid}
.case:last-child{padding-bottom:0}
.muted+.case{margin-top:.6rem}
.case header{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:baseline;
gap:.25rem 1.2rem}
.case h3{flex:1 1 18rem}
.case p{margin-top:.3rem}
.strip{display:flex;flex-wrap:wrap;gap:.45rem 1.9rem;margin-top:.55rem}
.strip div{max-width:100%}
.strip dt,.under{font-size:.8125rem;color:var(--muted)}
.strip dd{font-size:.9375rem}
.under span{display:inline-block;max-width:100%}
.reasons{margin-top:.5rem}
.list{padding-left:1.15rem}
.list li{margin-top:.25rem}
.list li::marker{color:var(--rule)}
.standing .list{font-size:.9375rem;columns:2;column-gap:2.5rem}
.standing li{break-inside:avoid}
.beside{font-size:.875rem}
.beside thead th{white-space:nowrap}
.beside tbody th{min-width:6.5rem}
.beside td,.beside th{overflow-wrap:break-word;word-break:normal}
.beside .label{display:none;color:var(--muted)}
.beside td .rule+div,.beside td div+div{margin-top:.15rem}
.command{display:inline-block;margin:.2rem 0 .4rem;padding:.35rem .8rem;background:var(--panel);
border:1px solid var(--line);border-radius:.3rem}
nav{margin-top:2.2rem;padding-top:.8rem;border-top:1px solid var(--line);font-size:.9375rem}
nav a{margin-right:1.6rem}
.section{margin-top:3.5rem;padding-top:1.6rem;border-top:2px solid var(--ink)}
.section>h2{font-size:1.6rem;margin-bottom:.8rem}
.block{margin-top:2.2rem}
.block>p{margin-top:.3rem;max-width:46rem}
.block>.list{margin-top:.4rem;font-size:.9375rem}
table{width:100%;border-collapse:collapse;font-size:.9375rem;line-height:1.45}
caption{text-align:left;color:var(--muted);font-size:.875rem;padding-bottom:.4rem}
th,td{text-align:left;vertical-align:top;padding:.45rem .8rem .45rem 0;
border-bottom:1px solid var(--line)}
th:last-child,td:last-child{padding-right:0}
thead th{font-size:.8125rem;font-weight:600;color:var(--muted);vertical-align:bottom;
border-bottom:1px solid var(--rule)}
tbody th{font-weight:400}
.end{text-align:right}
.findings{table-layout:fixed}
.findings .outcome{width:11.5rem}
.findings .value{width:12rem}
.findings .limit{width:7.5rem}
.rule{font-weight:600}
.forest .name{width:26%}
.singles .name{width:46%}
.forest .value{width:13rem}
.forest .n{width:5.5rem}
.forest .plot{position:relative;padding:0;min-width:6.5rem}
.plot svg{position:absolute;left:.6rem;top:0;width:calc(100% - 1.2rem);height:100%;
overflow:visible}
.plot .axis{position:relative;left:0;margin:0 .6rem;display:block;height:2.3rem;
width:calc(100% - 1.2rem)}
.axis text{font:.75rem var(--sans);fill:var(--muted)}
.axis line,.zero{stroke:var(--line)}
.bar{stroke:var(--ink);stroke-width:2}
.bound{stroke:var(--vermilion-ink);stroke-width:1.25;stroke-dasharray:4 3}
.axis .bound-text{fill:var(--vermilion-ink)}
.point{fill:var(--ink);stroke:var(--paper);stroke-width:1}
.point.failed{fill:var(--vermilion)}
.point.passed{fill:var(--blue)}
.point.open{fill:var(--paper);stroke:var(--ink)}
.digests td:last-child{font-family:var(--mono);font-size:.78rem}
.groups .case h4{margin:0;font-size:.9375rem;flex:1 1 18rem}
.figure{margin:1.5rem 0 0;break-inside:avoid}
.figure figcaption{font-weight:600;font-size:.9375rem;margin-bottom:.4rem}
.figure .canvas{overflow-x:auto}
.figure .canvas svg,.figure .canvas table{min-width:34rem}
.figure .under{margin-top:.25rem;max-width:46rem}
.figure .numbers th,.figure .numbers td{padding-top:.25rem;padding-bottom:.25rem;font-size:.875rem}
FIGURES
details{margin-top:.6rem}
summary{cursor:pointer;color:var(--blue-ink);font-size:.9375rem;width:max-content;max-width:100%}
:focus-visible{outline:2px solid var(--blue);outline-offset:2px}
.words{display:grid;grid-template-columns:9.5rem minmax(0,1fr);gap:.55rem 1.2rem;align-items:baseline}
.words dd{max-width:44rem}
.words dt.term{font-weight:600;font-size:.9375rem}
.definitions{margin-top:.5rem}
.definitions p{margin-top:.2rem}
.audit{margin-top:2.6rem;border-top:1px solid var(--line);padding-top:.7rem}
.audit+.block{margin-top:.3rem}
.section>h2+.audit{margin-top:1rem;border-top:0;padding-top:0}
footer{margin-top:3rem;padding-top:.8rem;border-top:1px solid var(--line)}
.defs{position:absolute;width:0;height:0;overflow:hidden}
@media (max-width:640px){
main{padding:1.5rem 1.1rem 3rem}
h1{font-size:1.6rem}
.columns{grid-template-columns:minmax(0,1fr)}
.banner{padding:.9rem 1rem 1rem .8rem;gap:.1rem .7rem}
.banner .icon{width:1.5rem;height:1.5rem}
.facts{grid-template-columns:minmax(0,1fr);gap:0}
.facts dd{margin-bottom:.5rem}
.findings thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.findings tr,.findings td,.findings tbody,.findings .value,.findings .limit{display:block;width:auto;border:0;padding:.1rem 0}
.findings,.findings caption{display:block}
.findings tbody tr{border-bottom:1px solid var(--line);padding:.6rem 0}
.words{grid-template-columns:minmax(0,1fr);gap:.1rem}
.words dd{margin-bottom:.6rem}
.forest .name,.singles .name{width:auto}
.forest .value{width:auto}
.forest .value .num{white-space:normal}
.forest .n{width:auto}
.singles .plot,.axis text:nth-of-type(2){display:none}
.standing .list{columns:1}
.beside thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.beside,.beside tbody,.beside tr,.beside th,.beside td{display:block;border:0;padding:.1rem 0}
.beside .label{display:inline}
.beside tr{border-bottom:1px solid var(--line);padding:.6rem 0}
.origin th,.origin td{display:block;border:0;padding:.1rem 0}
.origin td{padding-bottom:.4rem;border-bottom:1px solid var(--line)}
}
@media print{
@page{size:A4;margin:14mm 16mm}
:root{color-scheme:light;LIGHT}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
html{font-size:8.7pt}
body{line-height:1.38}
td,th{padding-top:.3rem;padding-bottom:.3rem}
.list li{margin-top:.1rem}
.beside{font-size:.78rem;line-height:1.3}
.beside td,.beside th{padding-top:.15rem;padding-bottom:.15rem}
.beside td .rule,.beside td .rule+div,.beside td div+div{display:inline;margin:0 .3em 0 0}
.standing .list{font-size:.875rem}
.facts{gap:.05rem 1.1rem}
.columns{break-inside:avoid}
.banner h2{font-size:1.35rem}
main{max-width:none;padding:0}
.part{margin-top:.85rem}
.part>h2{margin-bottom:.35rem}
.banner{margin-top:.9rem;padding:.75rem 1rem .8rem}
.case{padding:.4rem 0 .45rem}
.case p,.strip,.reasons{margin-top:.2rem}
.section{margin-top:2.6rem;padding-top:1rem;break-inside:auto}
#findings,#beside{break-before:page;margin-top:0}
.block{margin-top:1.7rem}
thead{display:table-header-group}
tr,.strip,li{break-inside:avoid}
h2,h3,caption,summary,.eyebrow,.block>p{break-after:avoid}
.definitions p{break-after:auto}
p{orphans:3;widows:3}
nav,.figure details.numbers{display:none}
.figure .canvas{overflow:visible}
.figure .canvas svg{min-width:0;max-height:230mm}
.figure .canvas table{min-width:0}
.figure figcaption,.figure .canvas{break-after:avoid}
a{color:inherit;text-decoration:none}
details::details-content{content-visibility:visible;height:auto;block-size:auto;overflow:visible}
summary{list-style:none;color:var(--muted)}
}
"""

_DRAWINGS: dict[Icon, str] = {
    "tick": '<circle cx="8" cy="8" r="7"/><path d="M4.8 8.3 7 10.5l4.2-4.7"/>',
    "barred": '<circle cx="8" cy="8" r="7"/><path d="M3.1 12.9 12.9 3.1"/>',
    "triangle": '<path d="M8 1.7 15 14H1Z"/><path d="M8 6.3v3.6M8 11.9v.1"/>',
    "scales": '<path d="M8 2v12M5 14h6M2.8 4.5h10.4M3 4.5.9 9.8h4.2ZM13 4.5l-2.1 5.3h4.2Z"/>',
    "question": (
        '<circle cx="8" cy="8" r="7"/>'
        '<path d="M6 6.3a2 2 0 1 1 2.9 1.8c-.6.3-.9.7-.9 1.3M8 11.6v.1"/>'
    ),
    "clock": '<circle cx="8" cy="8" r="7"/><path d="M8 4v4.2l2.7 1.6"/>',
    "dash": '<path d="M4 8h8"/>',
}

_POINTS = (
    '<symbol id="m-passed" viewBox="-7 -7 14 14"><circle r="4.6"/></symbol>'
    '<symbol id="m-failed" viewBox="-7 -7 14 14"><path d="M0-6 6 0 0 6-6 0Z"/></symbol>'
    '<symbol id="m-open" viewBox="-7 -7 14 14"><circle r="4.2"/></symbol>'
    '<symbol id="m-plain" viewBox="-7 -7 14 14"><path d="M-4-4H4V4H-4Z"/></symbol>'
)


def style_sheet() -> Html:
    """Return the content of the style element."""
    css = (
        _CSS.replace("FIGURES", FIGURE_CSS)
        .replace("LIGHT", custom_properties(LIGHT))
        .replace("DARK", custom_properties(DARK))
    )
    return trusted(css)


def report_css() -> str:
    """Return the rules for a screen of any width, colours as custom properties: what cards reuse."""
    return (
        _CSS.replace("FIGURES", "").partition("@media (max-width")[0].partition("monospace}\n")[2]
    )


def drawings() -> Html:
    """Return the hidden element that defines every icon and every shape of a point."""
    icons = "".join(
        f'<symbol id="i-{name}" viewBox="0 0 16 16">{paths}</symbol>'
        for name, paths in _DRAWINGS.items()
    )
    return trusted(f'<svg class="defs" aria-hidden="true">{icons}{_POINTS}</svg>')
