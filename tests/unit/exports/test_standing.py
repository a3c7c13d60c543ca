"""What stands beside a verdict says why it cannot be released, and nothing that cannot be."""

import re
from dataclasses import replace

import pytest

from harness.exports import _standing as standing
from harness.exports import render_html
from harness.exports._measured import measured_blocks
from harness.exports.summary import render_summary
from harness.gate.facts import Baseline
from harness.gate.standing import unreleased
from harness.records import Message
from harness.wording.messages import t
from harness.wording.quantities import limit_words

UNTIL = "would stand until"
POLICY, RUN = "policy was not fixed before the run", "released the baseline run"


def worthy(samples):
    run, measurements, verdict = samples.standing()
    policy = replace(verdict.policy, status="final")
    passed = replace(verdict, verdict="pass", policy=policy, is_exploratory=False)
    return run, measurements, passed


def test_only_a_verdict_that_can_be_released_says_until_when(samples):
    run, _, verdict = worthy(samples)
    draft = replace(verdict.policy, status="draft")
    assert UNTIL in " ".join(standing.sentences(run, verdict))
    for one in (
        replace(verdict, verdict="blocked"),
        replace(verdict, verdict="incomplete"),
        replace(verdict, is_exploratory=True),
        replace(verdict, policy=draft),
    ):
        assert UNTIL not in " ".join(standing.sentences(run, one))


@pytest.mark.parametrize(
    ("is_named", "is_fixed", "said"),
    [(False, False, (True, False)), (True, True, (False, True)), (True, False, (True, True))],
)
def test_each_reason_to_be_exploratory_has_its_sentence(samples, is_named, is_fixed, said):
    run, measurements, verdict = worthy(samples)
    baseline = Baseline(run_id="other", differences=(), is_released=False) if is_named else None
    notes: tuple[Message, ...] = unreleased(baseline, is_fixed=is_fixed)
    verdict = replace(verdict, is_exploratory=True, not_tested=notes)
    text = " ".join(standing.sentences(run, verdict))
    assert (POLICY in text, RUN in text) == said
    page = render_html(run, measurements, verdict)
    assert ("Change since the baseline run" in page) == is_named
    assert ("Change since the last release" in page) != is_named


def test_how_much_was_not_tested_stands_first_and_leads_to_the_list(samples):
    given = samples.standing()
    page = render_html(*given)
    words = "4 things were not measured or tested."
    assert re.search(rf'<a href="#not-tested">{words}</a>', page)
    assert page.count('id="not-tested"') == 1
    assert page.index(words) < page.index("Change since the last release")
    text = render_summary(*given)
    assert text.index(words) < text.index("Change since the last release")


def test_the_limit_of_a_drop_is_in_points_also_where_nothing_was_compared(samples):
    _, _, verdict = samples.standing()
    finding = replace(
        verdict.findings[0], limit="drop at most 0.02", limit_value=0.02, unit="share"
    )
    assert limit_words(finding) == "drop at most 2 pp"


@pytest.mark.parametrize(("value", "word"), [(-0.01, "fell: "), (0.01, "rose: ")])
def test_a_change_says_whether_the_measure_rose_or_fell(samples, value, word):
    _, measurements, verdict = samples.standing()
    findings = tuple(
        replace(one, value=value, low=value - 0.005, high=value + 0.005)
        if one.limit.startswith("drop")
        else one
        for one in verdict.findings
    )
    found = standing.changes(measurements, replace(verdict, findings=findings))
    assert found
    assert all(one.difference.startswith(word) for one in found)


def test_the_limit_of_a_change_is_not_drawn_beside_the_value(samples):
    _, measurements, verdict = samples.standing()
    drop = next(one for one in verdict.findings if one.limit.startswith("drop"))
    level = replace(drop, limit="at most 0.01")
    drawn = ['class="bound"' in "".join(measured_blocks(measurements, [f])) for f in (drop, level)]
    assert drawn == [False, True]


def test_a_report_says_first_how_much_was_not_tested(samples):
    run, measurements, verdict = samples.blocked()
    page = render_html(run, measurements, replace(verdict, is_single_person=True))
    box = page[page.index('class="standing"') :]
    assert box.index('href="#not-tested"') < box.index(t("standing.single-person"))


def test_what_was_not_tested_is_said_first(samples):
    run, _, verdict = sample = samples.standing()
    words = standing.not_tested_words(run, verdict)
    assert words is not None
    assert standing.all_sentences(run, verdict)[0] == words
    html = render_html(*sample)
    limits = html[html.index('class="standing"') :]
    (first,) = re.findall(r"<li>(.*?)</li>", limits[: limits.index("</li>") + 5], re.DOTALL)
    assert re.sub(r"<[^>]+>", "", first).strip() == words
