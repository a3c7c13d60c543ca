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


def test_an_audit_without_a_value_is_counted_once_where_the_gate_names_its_measures(samples):
    recorded, _, concluded = samples.blocked()
    why = Message.of("audit.needs-model", "Not measured: there is no model to ask.")
    of_measures = Message.of(
        "gate.measurements-not-tested",
        "{audit}: {n_measures} measures ({names}) were not measured on data set {dataset}: {reason}",
        audit="occlusion", n_measures=2, names="a, b", dataset="x", reason=why.text,
    )  # fmt: skip
    of_one = Message.of(
        "gate.measurement-not-tested",
        "{measure} was not measured on data set {dataset}: {reason}",
        measure="shortcuts.word-share", dataset="x", reason=why.text,
    )  # fmt: skip
    audits = tuple(
        replace(recorded.audits[0], id=id, status="not-measured", because=because)
        for id, because in (
            ("occlusion", why),
            ("shortcuts", why),
            ("robustness", why),  # the gate said nothing of it
            ("occlusion", Message.of("audit.other", "Another reason.")),
        )
    )
    run = replace(recorded, audits=audits, skipped=())
    verdict = replace(concluded, not_tested=(of_measures, of_one))
    assert view.not_tested(run, verdict)[2:] == [
        "robustness: there is no model to ask.",
        "occlusion: Another reason.",
    ]
