import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest

from harness.exports import render_html
from harness.exports._measured import sentence
from harness.records import ALL, Estimate, Measure, Measurement, Message

TAGS = {
    "figure",
    "figcaption",
    "desc",
    *("html", "head", "meta", "title", "style", "body", "main", "header", "section", "article"),
    *("nav", "footer", "h1", "h2", "h3", "p", "div", "span", "a", "code", "ul", "li", "dl", "dt"),
    *("dd", "table", "thead", "tbody", "tr", "th", "td", "caption", "details", "summary"),
    *("svg", "symbol", "use", "circle", "path", "line", "text"),
}
ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "scope", "role"),
    *("aria-label", "aria-hidden", "viewbox", "cx", "cy", "r", "d", "x", "y", "x1", "x2", "y1"),
    *("y2", "width", "height", "text-anchor"),
}
MEETS = (
    "Meets policy builtin/standard 1.0.0 on data set test. A reviewer's decision is still required."
)
VOID = {"meta"}


class Page(HTMLParser):
    """Tags, attributes, text and section ids of a page, and whether its elements close."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.links, self.ids = set(), set(), set(), []
        self.text, self.open, self.labels = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "href":
                self.links.add(value)
            if name == "id":
                self.ids.append(value)
            if name == "aria-label":
                self.labels.append(value)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)

    def words(self):
        return re.sub(r"\s+", " ", " ".join(self.text))


def page_of(sample):
    page = Page(render_html(*sample))
    assert page.open == []
    return page


@pytest.mark.parametrize(
    "name", ["blocked", "pass", "incomplete", "warned", "classes", "chinese", "standing"]
)
def test_a_report_has_its_sections_once_and_nothing_active(samples, name):
    page = page_of(samples.SAMPLES[name]())
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES
    assert {"findings", "measurements", "provenance", "words"} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links} <= set(page.ids)
    for heading in (
        "What was tested",
        "On what",
        "What was not tested",
        "Limits of use",
        "How to check this report",
        "All findings",
        "What was measured",
    ):
        assert heading in page.words()


@pytest.mark.parametrize("index", range(17))
def test_hostile_text_never_becomes_anything_but_text(samples, index):
    text = samples.HOSTILE[index]
    html = render_html(*samples.hostile(text))
    page = Page(html)
    assert page.open == []
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES
    assert all(link.startswith("#") for link in page.links)
    assert html.count("<style") == html.count("</style") == 1
    assert re.search(r"url\(|@import", re.search(r"<style>.*?</style>", html, re.S)[0]) is None
    assert len(html.encode()) < 2_000_000
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\ufffe]", html)


def test_hostile_text_stays_readable(samples):
    words = page_of(samples.hostile(samples.HOSTILE[0])).words()
    assert samples.HOSTILE[0] in words
    assert "a<U+202E>gnp.exe" in page_of(samples.hostile(samples.HOSTILE[9])).words()


def test_the_page_may_load_and_run_nothing(samples):
    html = render_html(*samples.blocked())
    csp = re.search(r'Content-Security-Policy" content="([^"]+)"', html)[1]
    assert csp.replace("&#x27;", "'") == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    )
    assert '<html lang="en">' in html
    assert "http://" not in html
    assert "https://" not in html


@pytest.mark.parametrize(
    ("name", "banner"),
    [
        ("blocked", "Release blocked. 1 rule failed and 1 was not measured."),
        (
            "incomplete",
            "Incomplete. Nothing failed, but 2 blocking rules have no answer. This is not a pass.",
        ),
        (
            "pass",
            MEETS,
        ),
        (
            "warned",
            MEETS,
        ),
    ],
)
def test_the_banner_says_exactly_what_was_concluded(samples, name, banner):
    assert banner in page_of(samples.SAMPLES[name]()).words()


def test_one_open_rule_is_counted_in_the_singular(samples):
    sample = samples.incomplete()
    findings = sample.verdict.findings[1:]
    words = page_of(sample._replace(verdict=replace(sample.verdict, findings=findings))).words()
    assert "but 1 blocking rule has no answer" in words


def test_nothing_failed_is_not_said_when_a_warning_failed(samples):
    sample = samples.incomplete()
    warned = replace(sample.verdict.findings[2], outcome="failed", severity="warn")
    verdict = replace(sample.verdict, findings=(*sample.verdict.findings[:2], warned))
    words = page_of(sample._replace(verdict=verdict)).words()
    assert "Nothing failed" not in words
    assert "No blocking rule failed, but 2 have no answer. This is not a pass." in words


def test_an_incomplete_verdict_without_findings_is_no_pass(samples):
    sample = samples.incomplete()
    words = page_of(sample._replace(verdict=replace(sample.verdict, findings=()))).words()
    assert "Incomplete. This is not a pass." in words
    assert "No rule of the policy was held against this run." in words


def test_the_first_page_says_why_with_number_limit_and_reason(samples):
    words = page_of(samples.blocked()).words()
    front = words[: words.index("All findings")]
    for said in (
        "14.3 % [12.6, 16.2]",
        "one-sided 98.75 % lower end, 95 % upper end",
        "at most 10 %",
        "970",
        "region = north, on test",
        "policy choice; eu-aia/10-2-f, eu-aia/15-1",
        "Look at the labels of that region",
        "Planted secrets do not come back",
        "memorisation: it needs model.train_canaries",
        "robustness: skipped by the configuration",
        "9 set aside: empty text",
        "14 rows repeat an earlier one",
        "2 rows also stand in the training set",
        "English messages of at most 200 words",
        "assay verify 2026-11-23-184000-9c1e42",
        "waiver W-2026-014 covers: failed",
        "Waived until 2027-01-31",
    ):
        assert said in front.replace("\u00a0", " ").replace("\u2212", "-"), said


def test_what_was_not_declared_is_said(samples):
    words = page_of(samples.incomplete()).words()
    for said in (
        "No limits of use were declared.",
        "Sample run",
        "seeded sample, limited to 500",
        "All rows: this run used a sample of them.",
        "no model was asked",
    ):
        assert said in words


def test_findings_stand_in_the_order_of_the_reference(samples):
    sample = samples.hostile("x")
    measured = (*sample.verdict.findings[:7], sample.verdict.findings[-1])
    html = render_html(*sample._replace(verdict=replace(sample.verdict, findings=measured)))
    table = html[html.index('id="findings"') : html.index('id="measurements"')]
    icons = re.findall(r"#i-(\w+)", table)
    expected = ["barred", "triangle", "question", "question", "scales", "clock", "tick", "dash"]
    assert icons == expected


def test_a_sentence_is_filled_from_the_measurement():
    measure = Measure(
        key="a.b",
        title="T",
        unit="share",
        better="lower",
        range_low=0,
        range_high=1,
        reads_as="{per_100} of 100 in {slice}: {value}, {low} to {high}, {n}, {other} {n.real}",
        blind_to="x",
        source="y",
    )
    e = Estimate(0.143, 0.131, 0.155, 1970, "share", "wilson")
    m = Measurement("a.b", "test", "gender=f", e)
    assert sentence(measure, m) == (
        "14 of 100 in gender = f: 14.3 %, 13.1 % to 15.5 %, 1,970, {other} {n.real}"
    )
    none = Estimate(None, None, None, 0, "share", "none", why_undefined=Message("x", "No labels."))
    assert sentence(measure, Measurement("a.b", "test", ALL, none)) == "No labels."


def test_a_value_without_an_interval_is_not_drawn(samples):
    sample = samples.blocked()
    bare = [
        replace(m, estimate=replace(m.estimate, low=None, high=None))
        for m in sample.measurements.measurements
    ]
    html = render_html(
        sample.run, replace(sample.measurements, measurements=tuple(bare)), sample[2]
    )
    assert 'class="bar"' not in html
    assert 'class="point' not in html
    assert 'class="bar"' in render_html(*sample)


def test_a_drawn_interval_says_where_it_lies(samples):
    labels = page_of(samples.blocked()).labels
    assert "Interval wholly above the limit" in labels
    assert "Interval wholly below the limit" in labels
    assert "Interval on both sides of the limit" in labels
    assert "Axis from 0\u00a0% to 30\u00a0%, limit 10\u00a0%" in labels


def test_a_limit_is_drawn_where_it_lies_on_the_axis(samples):
    html = render_html(*samples.blocked())
    assert '<line x1="33.33%" x2="33.33%" y1="0" y2="100%" class="bound"/>' in html


def test_many_classes_fold_and_none_is_dropped(samples):
    sample = samples.many_classes()
    html = render_html(*sample)
    assert html.count("<details") >= 2
    for name in sample.run.task.classes:
        assert f"label = {name}<" in html
    assert "70 further slices" in html


def test_numbers_that_are_not_finite_are_named(samples):
    sample = samples.blocked()
    m = sample.measurements.measurements[0]
    bad = replace(m, estimate=replace(m.estimate, value=float("nan"), high=float("inf")))
    measurements = replace(sample.measurements, measurements=(bad,))
    findings = (replace(sample.verdict.findings[0], value=float("nan"), outcome="error"),)
    verdict = replace(sample.verdict, findings=findings)
    assert "not a number" in page_of((sample.run, measurements, verdict)).words()


@pytest.mark.parametrize("outcome", ["failed", "passed"])
def test_five_thousand_findings_stay_under_two_megabytes_and_what_is_left_out_is_said(
    samples, outcome
):
    html = render_html(*samples.many_findings(5000, outcome))
    assert len(html.encode()) < 2_000_000
    assert re.search(r"The [\d,]+ worst of 5,000 findings are shown", html)
    assert "further measurements stand in measurements.json" in html


def test_the_same_nouns_give_the_same_bytes(samples):
    assert render_html(*samples.blocked()) == render_html(*samples.blocked())


def test_the_first_page_carries_waivers_documents_and_what_limits_the_verdict(samples):
    html = render_html(*samples.standing())
    front = " ".join(unescape(re.sub(r"<[^>]+>", " ", html[: html.index("<nav")])).split())
    for words in (
        "Exploratory",
        "Draft policy",
        "Note of the policy: Numbers to be confirmed against the standard's text.",
        "W-2026-015",
        "Expired",
        "user:m.okafor and user:s.ahmed",
        "Signed documents",
        "Somebody signed for these; nothing about them was measured.",
        "Change since the last release",
        "What was not tested (4)",
        "at most 10 % (policy choice)",
        "Waived until 2027-01-31",
    ):
        assert words in front
    assert "3 further rows stand in the section below." in front
    assert html.count('id="beside"') == 1


def test_a_report_without_waivers_has_no_section_for_them(samples):
    html = render_html(*samples.passing())
    assert 'id="beside"' not in html
    assert "Waivers" not in html


def test_of_two_samples_each_has_its_own_numbers(samples):
    from harness.exports._standing import documents

    two = tuple(
        samples.document(document="manual-sample", name=f"{i}.csv", n=4000, n_accepted=n)
        for i, n in enumerate((3990, 3900))
    )
    finding = samples.of_document("S", documents=two, value=0.975, low=0.9706, high=0.9789, n=4000)
    rows = documents(replace(samples.passing().verdict, findings=(replace(finding, unit="share"),)))
    assert [row.sample for row in rows] == [
        "3,990 of 4,000 accepted",
        "3,900 of 4,000 accepted: 97.5 % [97.1, 97.9]",
    ]


def test_everything_that_was_judged_by_stands_with_its_digest(samples):
    sample = samples.passing()
    policy = replace(sample.verdict.policy, extends={"builtin/x 1.1.0": samples.SHA["a"]})
    inputs = {"trust.yaml": samples.SHA["b"]}
    words = page_of(
        sample._replace(verdict=replace(sample.verdict, policy=policy, inputs=inputs))
    ).words()
    assert f"Extended: builtin/x 1.1.0 {samples.SHA['a']}" in words
    assert f"Judged by: trust.yaml {samples.SHA['b']}" in words
