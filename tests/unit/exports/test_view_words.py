"""Sentences about what has no value are short enough to be read: nothing is said twice."""

from dataclasses import replace

from harness.exports import view
from harness.records import Message
from harness.wording.language import speaking


def test_that_something_was_not_measured_is_said_once(samples):
    recorded, _, concluded = samples.blocked()
    why = Message.of("audit.needs-text", "Not measured: the data set {d} has no texts.", d="x")
    outer = Message.of(
        "gate.measurement-not-tested",
        "{measure} was not measured on data set {dataset}: {reason}",
        measure="a.b", dataset="x", reason=why.text,
    )  # fmt: skip
    audit = replace(recorded.audits[0], status="not-measured", because=why)
    run = replace(recorded, audits=(audit,), skipped=())
    verdict = replace(concluded, not_tested=(outer,))
    assert view.not_tested(run, verdict)[:2] == [
        "a.b was not measured on data set x: the data set x has no texts.",
        f"{audit.id}: the data set x has no texts.",
    ]
    with speaking("zh", [why]):
        assert "：未测量：" not in "".join(view.not_tested(run, verdict))
