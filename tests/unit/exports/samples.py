"""Realistic runs, measurements and verdicts for the tests of the exports."""

import math
from collections import Counter
from dataclasses import replace
from typing import NamedTuple

from harness.records import (
    ALL,
    COUNTED_OUTCOMES,
    AuditRecord,
    DatasetRef,
    DocumentRef,
    Estimate,
    Finding,
    Measure,
    Measurement,
    Measurements,
    Message,
    ModelRef,
    PolicyRef,
    Quarantined,
    RunRecord,
    Stage,
    Task,
    Verdict,
    WaiverUse,
    exit_code_of,
    slice_name,
)

SHA = {name: f"{i:x}a3f91c7".ljust(64, "0123456789abcdef"[i]) for i, name in enumerate("abcdefgh")}

MEASURES = (
    Measure(
        key="accuracy.balanced-accuracy",
        title="Balanced accuracy",
        unit="share",
        better="higher",
        range_low=0.0,
        range_high=1.0,
        reads_as=(
            "Averaged over the classes, {per_100} of 100 examples get their true class "
            "(between {low} and {high}, {n} examples)."
        ),
        blind_to="which class is confused with which.",
        source="Brodersen et al. 2010, doi:10.1109/ICPR.2010.764",
    ),
    Measure(
        key="accuracy.log-loss",
        title="Log loss",
        unit="nats",
        better="lower",
        range_low=0.0,
        range_high=None,
        reads_as="The mean log loss is {value} (between {low} and {high}, {n} examples).",
        blind_to="whether errors fall on one group.",
        source="Good 1952",
    ),
    Measure(
        key="group-error.error-rate",
        title="Error rate by group",
        unit="share",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 messages from {slice}, {per_100} get the wrong class ({n} messages).",
        blind_to="groups that the data does not name.",
        source="Wilson 1927, doi:10.1080/01621459.1927.10502953",
    ),
    Measure(
        key="group-error.worst-difference",
        title="Worst difference of error rates between groups",
        unit="difference",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="The error rates of the best and the worst group differ by {value}.",
        blind_to="differences inside a group.",
        source="Fairlearn 0.15, MetricFrame.difference",
    ),
    Measure(
        key="occlusion.single-token-reliance",
        title="Decisions that hang on one word",
        unit="share",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="In {per_100} of 100 rows that hold it, removing one word flips the decision.",
        blind_to="reliance on two words together.",
        source="Li et al. 2016, arXiv:1612.08220",
    ),
    Measure(
        key="accuracy.recall",
        title="Recall by class",
        unit="share",
        better="higher",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 examples with {slice}, {per_100} are found ({n} examples).",
        blind_to="what the missed examples are taken for.",
        source="scikit-learn, recall_score",
    ),
)


class Sample(NamedTuple):
    run: RunRecord
    measurements: Measurements
    verdict: Verdict


def wilson(share, n):
    z = 1.6448536269514722
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def estimate(value, n, unit="share", ends=None, method="wilson"):
    low, high = ends or wilson(value, n)
    return Estimate(value=value, low=low, high=high, n=n, unit=unit, method=method)


def measured(key, value, n, where=None, unit="share", ends=None, method="wilson", **more):
    return Measurement(
        measure=key,
        dataset=more.pop("dataset", "test"),
        slice=slice_name(where) if where else ALL,
        estimate=estimate(value, n, unit, ends, method),
        **more,
    )


def finding(m, outcome="passed", limit="at most 0.10", limit_value=0.10, **more):
    """A finding that judges a measurement."""
    e = m.estimate
    defaults = {
        "rule": "RULE",
        "title": "A rule",
        "severity": "block",
        "basis": "policy_choice",
        "clauses": ("eu-aia/15-1",),
        "because": Message("gate.clears", "The whole interval lies on the right side."),
        "place": "standard.policy.yaml:31",
        "alpha_low": 0.05,
        "alpha_high": 0.05,
    }
    return Finding(
        measure=m.measure,
        dataset=m.dataset,
        slice=m.slice,
        outcome=outcome,
        limit=limit,
        limit_value=limit_value,
        value=e.value,
        low=e.low,
        high=e.high,
        n=e.n,
        unit=e.unit,
        **{**defaults, **more},
    )


def unmeasured(measure, reason, outcome="not-measured", **more):
    """A finding without a number."""
    defaults = {
        "rule": "RULE",
        "title": "A rule",
        "severity": "block",
        "basis": "policy_choice",
        "clauses": (),
        "limit": "at most 0.10",
        "limit_value": 0.10,
    }
    return Finding(
        measure=measure,
        dataset="",
        slice=ALL,
        outcome=outcome,
        because=Message("gate.not-measured", reason),
        **{**defaults, **more},
    )


def run_record(**changes):
    base = RunRecord(
        schema_version="modelassay/run/v1",
        run_id="2026-11-23-184000-9c1e42",
        name="urgent-messages",
        plan_digest=SHA["a"],
        argv=("assay", "run", "assay.yaml"),
        config={"name": "urgent-messages"},
        config_digest=SHA["b"],
        task=Task("text-classification", "text", ("routine", "urgent"), "urgent"),
        datasets=(
            DatasetRef(
                name="train",
                file="messages.csv",
                file_digest=SHA["c"],
                content_digest=SHA["d"],
                n_rows=3188,
                n_read=3200,
                roles={"text": "message", "label": "urgent"},
                quarantined=(Quarantined("empty text", 9), Quarantined("label not in task", 3)),
                n_duplicates=14,
                licence="CC0-1.0",
            ),
            DatasetRef(
                name="test",
                file="messages_test.csv",
                file_digest=SHA["e"],
                content_digest=SHA["f"],
                n_rows=4000,
                n_read=4000,
                roles={"text": "message", "label": "urgent", "groups": ["region", "channel"]},
                n_duplicates_of_train=2,
            ),
        ),
        model=ModelRef(
            kind="trained",
            name="urgent-messages",
            base="nreimers/MiniLM-L6-H384-uncased",
            revision="3276f0fac9d818781d7a1327b3ff818fc4e643c0",
            weights_digest=SHA["g"],
            lineage_digest=SHA["h"],
            n_parameters=22_713_986,
        ),
        audits=(
            AuditRecord("accuracy", "measured", {}, "1"),
            AuditRecord("group-error", "measured", {"min_group": 30}, "1"),
            AuditRecord("occlusion", "measured", {"rows": 200}, "1"),
        ),
        stages=(
            Stage("train", "done", "2026-11-23T18:36:02Z", "2026-11-23T18:39:10Z"),
            Stage("predict", "done", "2026-11-23T18:39:10Z", "2026-11-23T18:39:31Z"),
            Stage("audit", "done", "2026-11-23T18:39:31Z", "2026-11-23T18:39:58Z"),
        ),
        packages={"torch": "2.13.0", "transformers": "5.23.0", "numpy": "2.3.4"},
        python="3.11.7",
        platform="Linux x86_64",
        device="cpu",
        dtype="float32",
        seed=0,
        token_budget=8192,
        suite="standard",
        skipped=(),
        harness_version="0.1.0",
        commit="1f0c7be",
        is_dirty=False,
        system={
            "purpose": "Puts customer messages into the urgent queue or the routine queue.",
            "domain": "customer service",
            "jurisdictions": ["EU", "UK"],
            "limits_of_use": "English messages of at most 200 words. Not for medical emergencies.",
            "owner": "service-desk",
        },
        outputs={"measurements.json": SHA["a"], "predictions.parquet": SHA["b"]},
    )
    return replace(base, **changes)


def verdict_of(findings, word, because, not_tested=(), exit_code=None, **changes):
    counts = Counter(f.outcome for f in findings)
    base = Verdict(
        schema_version="modelassay/verdict/v1",
        run_id="2026-11-23-184000-9c1e42",
        run_digest=SHA["h"],
        policy=PolicyRef(
            "builtin/standard",
            "1.0.0",
            "Standard checks for text classifiers",
            SHA["c"],
            "standard.policy.yaml",
        ),
        verdict=word,
        exit_code=exit_code_of(word) if exit_code is None else exit_code,
        because=Message("gate.verdict", because),
        now="2026-11-23T18:40:00Z",
        findings=tuple(findings),
        counts={o: counts[o] for o in COUNTED_OUTCOMES},
        not_tested=tuple(Message("gate.not-tested", text) for text in not_tested),
        harness_version="0.1.0",
    )
    return replace(base, **changes)


def measurements_of(measurements):
    return Measurements("modelassay/measurements/v1", MEASURES, tuple(measurements))


def _values(error=0.041):
    regions = {"east": 0.039, "north": 0.143, "south": 0.044, "west": 0.037}
    return {
        "accuracy": measured(
            "accuracy.balanced-accuracy", 0.941, 4000, ends=(0.9342, 0.9471), method="dirichlet"
        ),
        "loss": measured(
            "accuracy.log-loss", 0.1874, 4000, unit="nats", ends=(0.172, 0.204), method="bootstrap"
        ),
        "all": measured("group-error.error-rate", error, 4000),
        **{
            name: measured("group-error.error-rate", share, 940 + 30 * i, {"region": name})
            for i, (name, share) in enumerate(regions.items())
        },
        "small": measured(
            "group-error.error-rate",
            0.1,
            20,
            {"region": "overseas"},
            caveats=(Message("group-error.few", "Only 20 examples; the interval is wide."),),
        ),
        "difference": measured(
            "group-error.worst-difference",
            0.106,
            4000,
            unit="difference",
            ends=(0.081, 0.131),
            method="newcombe",
        ),
        "token": measured(
            "occlusion.single-token-reliance",
            0.62,
            100,
            notes=(Message("occlusion.token", "The word at position 3 decides most often."),),
        ),
    }


def blocked():
    """A planted defect: one region is misjudged; one blocking rule has no answer."""
    v = _values()
    group = {
        "rule": "GROUP-ERROR",
        "title": "No group's error rate above 10 %",
        "why": "A queue that misses one region's urgent messages harms the people there.",
        "fix": "Look at the labels of that region in the training data before anything else.",
        "clauses": ("eu-aia/10-2-f", "eu-aia/15-1"),
    }
    failed = Message(
        "gate.wrong-side",
        "The error rate of region = north is 14.3 %, and its whole interval lies above 10 %.",
    )
    findings = [
        finding(
            v["accuracy"],
            limit="at least 0.80",
            limit_value=0.80,
            rule="ACCURACY-FLOOR",
            title="Balanced accuracy of at least 80 %",
        ),
        finding(v["north"], "failed", because=failed, alpha_low=0.0125, **group),
        *(finding(v[name], **group) for name in ("east", "south", "west")),
        finding(
            v["small"],
            "inconclusive",
            n_needed=420,
            **{**group, "severity": "warn"},
            because=Message(
                "gate.straddles",
                "The interval lies on both sides of 10 %: 20 examples are too few to tell.",
            ),
        ),
        unmeasured(
            "memorisation.canary-leak-rate",
            "No measurement of memorisation.canary-leak-rate: the run did not train with canaries.",
            rule="CANARY-LEAK",
            title="Planted secrets do not come back",
            fix="Add the memorisation audit to the run.",
            clauses=("gdpr/5-1-f",),
            basis="law",
        ),
        finding(
            v["token"],
            "waived",
            limit="at most 0.25",
            limit_value=0.25,
            severity="block",
            rule="ONE-WORD",
            title="No single word decides",
            waiver="W-2026-014",
            waived_outcome="failed",
            because=Message(
                "gate.waived",
                "Accepted until 2027-01-31 by two approvers: the word is a product code.",
                {"expires": "2027-01-31"},
            ),
        ),
        unmeasured(
            "group-metrics.impact-ratio",
            "The policy applies this rule to hiring only.",
            "not-applicable",
            rule="IMPACT-RATIO",
            title="Impact ratio by sex",
        ),
    ]
    verdict = verdict_of(
        findings,
        "blocked",
        "Rule GROUP-ERROR failed for region = north; rule CANARY-LEAK was not measured.",
        not_tested=(
            "Planted secrets: the run did not train with canaries.",
            "Robustness to spelling mistakes: no audit of this suite asks for it.",
        ),
    )
    run = run_record(
        audits=(
            *run_record().audits,
            AuditRecord(
                "memorisation",
                "not-measured",
                {},
                "1",
                Message(
                    "audit.needs",
                    "it needs model.train_canaries, which text "
                    "classifiers of this run do not offer.",
                ),
            ),
        ),
        skipped=("robustness",),
    )
    return Sample(run, measurements_of(v.values()), verdict)


def passing():
    v = _values(0.036)
    v["north"] = measured("group-error.error-rate", 0.041, 970, {"region": "north"})
    v["token"] = measured("occlusion.single-token-reliance", 0.02, 100)
    del v["small"], v["difference"]
    findings = [
        finding(
            v["accuracy"],
            limit="at least 0.80",
            limit_value=0.80,
            rule="ACCURACY-FLOOR",
            title="Balanced accuracy of at least 80 %",
        ),
        *(
            finding(v[name], rule="GROUP-ERROR", title="No group's error rate above 10 %")
            for name in ("east", "north", "south", "west")
        ),
        finding(
            v["token"],
            limit="at most 0.25",
            limit_value=0.25,
            rule="ONE-WORD",
            title="No single word decides",
        ),
    ]
    verdict = verdict_of(
        findings,
        "pass",
        "Every blocking rule passed.",
        not_tested=("Robustness to spelling mistakes.",),
    )
    return Sample(run_record(), measurements_of(v.values()), verdict)


def incomplete():
    v = _values(0.036)
    findings = [
        unmeasured(
            "memorisation.canary-leak-rate",
            "No audit measured it.",
            rule="CANARY-LEAK",
            title="Planted secrets do not come back",
        ),
        unmeasured(
            "robustness.typo-drop",
            "perturbation raised ValueError at example 4511.",
            "error",
            rule="TYPO-DROP",
            title="Spelling mistakes cost at most 5 points",
        ),
        finding(
            v["accuracy"],
            limit="at least 0.80",
            limit_value=0.80,
            rule="ACCURACY-FLOOR",
            title="Balanced accuracy of at least 80 %",
        ),
    ]
    verdict = verdict_of(findings, "incomplete", "Two blocking rules have no answer.")
    run = run_record(
        is_sample=True,
        system={},
        model=ModelRef(kind="predictions", name="scores.parquet"),
        datasets=(replace(run_record().datasets[1], limit=500, n_rows=500),),
    )
    return Sample(run, measurements_of([v["accuracy"], v["loss"]]), verdict)


def warned():
    sample = blocked()
    findings = [f for f in sample.verdict.findings if f.rule in ("ACCURACY-FLOOR", "ONE-WORD")]
    findings += [f for f in sample.verdict.findings if f.outcome == "inconclusive"]
    v = _values()
    findings.append(
        finding(
            v["difference"],
            "failed",
            severity="warn",
            rule="WORST-DIFFERENCE",
            title="Groups differ by at most 5 points",
            limit="at most 0.05",
            limit_value=0.05,
            because=Message(
                "gate.wrong-side", "The difference is 10.6 points; its interval lies above 5."
            ),
        )
    )
    verdict = verdict_of(findings, "pass-with-warnings", "1 rule is waived, 2 rules warn.")
    return Sample(run_record(), sample.measurements, verdict)


def many_classes(n_classes=77):
    names = [
        f"{verb}_{noun}"
        for noun in ("card", "transfer", "top_up", "refund", "pin", "cash", "exchange", "fee")
        for verb in (
            "lost",
            "late",
            "failed",
            "declined",
            "pending",
            "unknown",
            "wrong",
            "virtual",
            "extra",
            "blocked",
        )
    ][:n_classes]
    cells = [
        measured(
            "accuracy.recall",
            0.60 + 0.39 * ((i * 37) % n_classes) / n_classes,
            40,
            {"label": name},
            share=1 / n_classes,
        )
        for i, name in enumerate(names)
    ]
    whole = measured("accuracy.recall", 0.884, 40 * n_classes)
    accuracy = measured("accuracy.balanced-accuracy", 0.884, 40 * n_classes)
    findings = [
        finding(
            m,
            "failed"
            if m.estimate.high < 0.80
            else "passed"
            if m.estimate.low > 0.80
            else "inconclusive",
            limit="at least 0.80",
            limit_value=0.80,
            rule="CLASS-RECALL",
            title="Every class is found in at least 80 of 100 cases",
            severity="warn",
            n_needed=None if m.estimate.low > 0.80 else 180,
            because=Message("gate.class", f"Recall {m.estimate.value:.3f} against 0.80."),
        )
        for m in cells
    ]
    findings.append(
        finding(
            accuracy,
            limit="at least 0.80",
            limit_value=0.80,
            rule="ACCURACY-FLOOR",
            title="Balanced accuracy of at least 80 %",
        )
    )
    verdict = verdict_of(findings, "pass-with-warnings", "Some classes are found too seldom.")
    run = run_record(
        task=Task("text-classification", "text", tuple(names)),
        model=replace(run_record().model, name="banking77-minilm"),
    )
    return Sample(run, measurements_of([accuracy, whole, *cells]), verdict)


def chinese():
    sample = blocked()
    groups = {"地区": "东北", "性别": "女"}
    m = measured("group-error.error-rate", 0.152, 812, groups, share=0.203, dataset="测试集")
    rest = measured(
        "group-error.error-rate", 0.048, 3188, {"地区": "华东", "性别": "男"}, dataset="测试集"
    )
    findings = [
        finding(
            m,
            "failed",
            rule="分组错误率",
            title="任何群体的错误率不超过 10 %",
            clauses=("gb-t-45654/5.2",),
            basis="standard",
            why="紧急消息被漏掉会伤害该地区的用户。",
            fix="先检查训练数据中该地区的标签。",
            because=Message(
                "gate.wrong-side", "地区 = 东北、性别 = 女 的错误率为 15.2 %，整个区间高于 10 %。"
            ),
        ),
        finding(rest, rule="分组错误率", title="任何群体的错误率不超过 10 %"),
    ]
    run = run_record(
        name="客户消息分类",
        task=Task("text-classification", "text", ("普通", "紧急"), "紧急"),
        model=replace(
            run_record().model, name="客户消息-紧急程度", base="hfl/chinese-macbert-base"
        ),
        system={
            "purpose": "把客户消息分到紧急或普通队列。",
            "domain": "客户服务",
            "limits_of_use": "仅限简体中文消息，不用于医疗急救。",
        },
        datasets=(
            replace(
                run_record().datasets[1],
                name="测试集",
                file="消息_测试.csv",
                quarantined=(Quarantined("空文本", 4),),
                n_read=4004,
            ),
        ),
    )
    verdict = verdict_of(findings, "blocked", "规则“分组错误率”未通过。", ("错别字的影响。",))
    return Sample(run, measurements_of([m, rest, sample.measurements.measurements[0]]), verdict)


def waiver(state="in-force", id="W-2026-014", **changes):
    base = WaiverUse(
        id=id,
        rule="ONE-WORD",
        state=state,
        reason="The word is a product code until the catalogue changes.",
        owner="user:li.wei",
        ticket="MRM-481",
        starts="2026-11-15",
        expires="2027-01-31",
        days_left=69,
        approved_by=("user:m.okafor", "user:s.ahmed"),
        because=Message(f"gate.waiver-{state}", f"The waiver is {state}."),
        accept_until_value=0.70,
    )
    return replace(base, **changes)


STATES = ("in-force", "expired", "not-started", "exceeded", "not-approved", "conflicting", "unused")


def waivers():
    """One waiver in each state, and two that end soon."""
    ends = {"expired": ("2026-11-20", -3), "exceeded": ("2026-12-20", 27)}
    found = []
    for i, state in enumerate(STATES):
        expires, left = ends.get(state, ("2027-01-31", 69))
        rule = "ONE-WORD" if state == "in-force" else f"RULE-{i}"
        found.append(waiver(state, f"W-2026-0{14 + i}", rule=rule, expires=expires, days_left=left))
    soon = {"rule": "GROUP-ERROR", "expires": "2026-11-30", "days_left": 7, "warns": 7}
    today = {"rule": "CANARY-LEAK", "expires": "2026-11-23", "days_left": 0, "warns": 7}
    found += [waiver(id="W-2026-030", **soon), waiver(id="W-2026-031", **today)]
    return tuple(found)


def document(**changes):
    base = DocumentRef(
        document="risk-management-file",
        name="risk-file.pdf",
        sha256=SHA["d"],
        statement=SHA["e"],
        signed_by=("user:m.okafor",),
        signed_at="2026-11-20T09:00:00Z",
        expires="2027-11-20T00:00:00Z",
    )
    return replace(base, **changes)


def of_document(rule="RISK-FILE", outcome="passed", documents=None, **more):
    """A finding of a rule that asks for a signed document."""
    defaults = {
        "title": "The risk management file is signed for",
        "basis": "law",
        "clauses": ("eu-aia/9",),
        "limit": "",
        "limit_value": None,
    }
    return unmeasured(
        "evidence.risk-management-file",
        "The document was signed by user:m.okafor on 2026-11-20.",
        outcome,
        rule=rule,
        documents=(document(),) if documents is None else documents,
        **{**defaults, **more},
    )


def standing():
    """A verdict beside which everything stands that can: waivers, documents, a draft, looks."""
    sample = blocked()
    run, measurements, verdict = sample
    accuracy = measurements.measurements[0]
    drop = finding(
        replace(
            accuracy, estimate=estimate(-0.031, 4000, "share", (-0.042, -0.021), "paired-bootstrap")
        ),
        "failed",
        limit="drop at most 0.01",
        limit_value=0.01,
        severity="warn",
        rule="NO-REGRESSION",
        title="Not worse than the last release",
        because=Message("gate.failed", "The change since the last release lies below the limit."),
    )
    manual = of_document(
        "MANUAL-SAMPLE",
        documents=(document(document="manual-sample", n=4000, n_accepted=3900, expires=None),),
        value=0.975,
        low=0.9706,
        high=0.9789,
        n=4000,
        unit="share",
        limit="at least 0.96",
        limit_value=0.96,
    )
    missing = of_document("NO-FILE", "not-measured", (), severity="block")
    # the gate says until when of the waiver and not of the finding
    waived = [
        replace(f, because=replace(f.because, params={})) if f.outcome == "waived" else f
        for f in verdict.findings
    ]
    findings = (*waived, drop, of_document(), manual, missing)
    counts = Counter(f.outcome for f in findings)
    verdict = replace(
        verdict,
        findings=findings,
        counts={o: counts[o] for o in COUNTED_OUTCOMES},
        waivers=waivers(),
        waivers_digest=SHA["b"],
        policy=replace(verdict.policy, status="draft"),
        policy_review_by="2026-11-01",
        policy_notes="Numbers to be confirmed against the standard's text.",
        is_exploratory=True,
        is_single_person=True,
        valid_until="2027-01-31T23:59:59Z",
        baseline_run="2026-10-01-120000-aaaaaa",
    )
    return Sample(replace(run, looks={"test": 3}), measurements, verdict)


HOSTILE = (
    "<script>alert(1)</script>",
    "![i](http://evil.test/x.png)",
    "[click](https://evil.test)",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "http://evil.test/a www.evil.test a@evil.test @octocat #12 GH-7 mailto:a@b.test",
    "</style><style>@import 'http://evil.test/x.css';</style>",
    "javascript:alert(1) data:text/html,x",
    "a\u202egnp.exe\u2066\u200b\u00ad",
    "nul\x00 esc\x1b[31m bell\x07 \x9b31m cr\rlf\nnext",
    "lone \ud800 surrogate \ufffe nonchar \U000e0041 tag",
    "| pipe | `code` ``` fence ~~~ **bold** __x__ $x^2$ :smile:",
    "]]> <!-- --> &lt;b&gt; {value} {0.__class__} %s ${env:HOME}",
    "M" * 1_000_000,
    "=cmd|' /C calc'!A0",
    "::error file=x::y\n::stop-commands::z ##[error]w %0A::set-output name=a::b",
)


def hostile(text):
    """Every place that a name or sentence can enter, filled with one hostile text."""
    m = measured(
        "accuracy.recall",
        0.5,
        40,
        {text: text} if "\ud800" not in text else {"a": "b"},
        caveats=(Message("x", text),),
        notes=(Message("y", text),),
    )
    nothing = Measurement(
        "accuracy.log-loss",
        text,
        ALL,
        Estimate(None, None, None, 0, "nats", "none", why_undefined=Message("z", text)),
    )
    bad_slice = replace(m, slice=f"{text}=")
    findings = [
        finding(
            m,
            outcome,
            rule=text,
            title=text,
            because=Message("a", text, {"expires": text}),
            why=text,
            fix=text,
            clauses=(text,),
            limit=text,
            place=text,
            waiver=text,
        )
        for outcome in COUNTED_OUTCOMES
    ]
    paper = document(document=text, name=text, sha256=text, signed_by=(text,), signed_at=text)
    findings.append(of_document(text, documents=(replace(paper, expires=text),), title=text))
    findings.append(replace(findings[0], limit="drop at most 0.01", limit_value=0.01))
    findings.append(finding(replace(bad_slice, dataset=text), "failed", severity="warn"))
    measure = replace(
        MEASURES[5], title=text, reads_as=text + "{slice}", blind_to=text, source=text
    )
    base = run_record()
    run = replace(
        base,
        run_id=text,
        name=text,
        argv=(text,),
        skipped=(text,),
        platform=text,
        device=text,
        task=Task(text, text, (text, "b"), text),
        model=replace(base.model, name=text, base=text, revision=text, weights_digest=text),
        datasets=(
            replace(
                base.datasets[0],
                name=text,
                file=text,
                licence=text,
                quarantined=(Quarantined(text, 1),),
            ),
        ),
        audits=(AuditRecord(text, "error", {}, text, Message("b", text)),),
        stages=(Stage(text, "error", text, text),),
        packages={text: text},
        outputs={text: text},
        system={"purpose": text, "domain": [text], "limits_of_use": text},
        caveats=(Message("c", text),),
    )
    verdict = verdict_of(
        findings,
        "blocked",
        text,
        not_tested=(text,),
        policy=PolicyRef(text, text, text, text, text),
        run_id=text,
        baseline_run=text,
        harness_version=text,
        run_digest=text,
        valid_until=text,
        policy_notes=text,
        policy_review_by="",
        waivers=tuple(
            waiver(
                state,
                text,
                rule=text,
                reason=text,
                owner=text,
                ticket=text,
                expires=text,
                approved_by=(text,),
                because=Message("w", text),
                warns=7,
            )
            for state in STATES
        ),
    )
    run = replace(run, looks={text: 2})
    measurements = Measurements(
        "modelassay/measurements/v1", (measure, *MEASURES[:5]), (m, bad_slice, nothing)
    )
    return Sample(run, measurements, verdict)


def many_findings(n, outcome="failed"):
    """A verdict with n findings of five rules, and as many measurements."""
    word = {"failed": "blocked", "passed": "pass"}[outcome]
    cells = [
        measured("group-error.error-rate", 0.15 + (i % 50) / 1000, 500 + i, {"site": f"site {i}"})
        for i in range(n)
    ]
    findings = [
        finding(
            m,
            outcome,
            rule=f"GROUP-ERROR-{i % 5}",
            title="No group's error rate above 10 %",
            because=Message(
                "gate.wrong-side",
                f"The error rate of site {i} is "
                f"{m.estimate.value:.3f}, and its whole interval lies above 0.10.",
            ),
        )
        for i, m in enumerate(cells)
    ]
    return Sample(run_record(), measurements_of(cells), verdict_of(findings, word, "Five rules."))


SAMPLES = {
    "blocked": blocked,
    "pass": passing,
    "incomplete": incomplete,
    "warned": warned,
    "classes": many_classes,
    "chinese": chinese,
    "standing": standing,
}
