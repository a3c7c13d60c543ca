"""Every page in a real browser, light, dark and on a phone: readable for everybody, and nothing foreign."""

import importlib.util
import shutil
from pathlib import Path

import pytest

import harness
from harness.evidence import list_runs

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("", "verdict", "requirements", "measurements", "examples", "compare", "decision")
LOOKS = {"light": (1400, "light"), "dark": (1400, "dark"), "phone": (420, "light")}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=http://evil.example/a.png onerror=alert(2)>",
    "![x](http://evil.example/b.png)",
    "http://evil.example/c and www.evil.example or me@evil.example",
    "<style>body{background:url(http://evil.example/d)}</style>",
    '=HYPERLINK("http://evil.example","x")',
    "a\u202eb\u200bc\x00d",
    ":material/home: :red[x] $\\href{http://evil.example}{y}$",
    "天气" + "很" * 5_000,
)


@pytest.fixture(scope="module")
def axe():
    folder = Path(importlib.util.find_spec("axe_playwright_python").origin).parent
    (script,) = folder.rglob("axe.min.js")
    return script.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs of hostile data under two policies, and the golden one."""
    import numpy as np

    folder = tmp_path_factory.mktemp("pages")
    rng = np.random.default_rng(5)
    table = [
        {
            "id": f"h{i:04d}{HOSTILE[i % 9][:20] if i % 40 == 0 else ''}",
            "text": f"{HOSTILE[i % len(HOSTILE)]} {i}",
            "label": ["no", HOSTILE[0]][int(rng.random() < 0.5)],
            "who": HOSTILE[i % 4],
        }
        for i in range(400)
    ]
    for seed in (1,):
        p = np.random.default_rng(seed).uniform(0.02, 0.98, len(table))
        found = harness.audit(
            np.stack([1 - p, p], axis=1), table, task=["no", HOSTILE[0]], groups=["who"], id="id",
            favourable="no", suite="quick", runs=folder, name=f"![h](http://evil.example) {seed}",
        )  # fmt: skip
        harness.gate(found, policy="builtin/standard")
    shutil.copytree(ROOT / "golden" / "bundle", folder / "golden")
    (golden,) = (one for one in list_runs(folder) if one.path.name == "golden")
    golden.path.rename(folder / golden.id)
    return folder


@pytest.fixture(scope="module")
def server(served, runs):
    with served("--runs", runs) as url:
        yield url


def visit(page, url, name, run, settled, **more):
    query = "&".join(f"{key}={value}" for key, value in {"run": run, **more}.items())
    page.goto(f"{url}/{name}?{query}" if name else f"{url}/")
    settled(page)
    page.wait_for_timeout(500)  # components draw after the script has ended


def charts_must_not_be_blank(page, where):
    """Axe does not see what is drawn: some of each chart must differ from its ground."""
    import io

    from PIL import Image

    for chart in page.locator('[data-testid="stVegaLiteChart"]').all():
        if not chart.is_visible():
            continue
        image = Image.open(io.BytesIO(chart.screenshot())).convert("RGB")
        colours = image.getcolors(maxcolors=image.width * image.height)
        ground = max(n for n, _ in colours)
        drawn = 1 - ground / (image.width * image.height)
        assert drawn > 0.004, f"{where}: a chart is blank ({drawn:.4f} of it is drawn)"


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_accessible_and_loads_nothing_foreign(server, runs, tab, settled, axe, look):
    width, scheme = LOOKS[look]
    page, watched = tab(width=width, scheme=scheme)
    found = []
    for run in (one.id for one in list_runs(runs)):
        for name in PAGES:
            visit(page, server, name, run, settled)
            assert "Something went wrong" not in page.inner_text("body"), f"{name} {run}"
            charts_must_not_be_blank(page, f"{name} {run} {look}")
            page.evaluate(axe)
            ran = page.evaluate("tags => axe.run(document, {runOnly: tags})", RULES)
            found += [
                (name, run, one["id"], [node["html"][:200] for node in one["nodes"][:3]])
                for one in ran["violations"]
            ]
            wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert page.evaluate(wide) <= 0, f"{name} is wider than its window"
    watched.must_be_clean()
    assert not found, "\n".join(map(str, found))
