import math
import re
from dataclasses import replace

import pytest
import yaml
from huggingface_hub import EvalResultEntry, ModelCard
from huggingface_hub.repocard_data import eval_results_to_model_index, model_index_to_eval_results

from harness.exports import EXPORTS, without_small_cells

NAMES = ["blocked", "pass", "incomplete", "warned", "classes", "chinese", "standing"]
COMMIT = "3276f0fac9d818781d7a1327b3ff818fc4e643c0"


def card(sample):
    return ModelCard(EXPORTS["model-card"].render(*sample))


def on_hub(sample):
    """The same run, its test set taken from the hub."""
    test = replace(sample.run.datasets[1], file=f"acme/messages@{COMMIT} (default, test)")
    return sample._replace(run=replace(sample.run, datasets=(sample.run.datasets[0], test)))


@pytest.mark.parametrize("name", NAMES)
def test_the_hub_reads_every_finite_value_as_an_evaluation_result(samples, name):
    sample = samples.SAMPLES[name]()
    found = card(sample).data.eval_results
    values = [m.estimate.value for m in sample.measurements.measurements]
    assert sorted(r.metric_value for r in found) == sorted(v for v in values if v is not None)
    assert {r.task_type for r in found} == {sample.run.task.kind}


def test_an_evaluation_result_keeps_slice_interval_and_n(samples):
    found = card(samples.blocked()).data.eval_results
    north = next(r for r in found if r.metric_args["slice"] == "region=north")
    assert (north.metric_type, north.dataset_name) == ("group-error.error-rate", "test")
    assert north.metric_args["low"] < 0.143 < north.metric_args["high"]
    assert north.metric_args["n"] == 970


def test_the_index_survives_a_round_through_the_library(samples):
    data = card(samples.blocked()).data
    index = eval_results_to_model_index(data.model_name, data.eval_results)
    name, again = model_index_to_eval_results(index)
    assert name == "urgent-messages"
    assert sorted(r.metric_value for r in again) == sorted(
        r.metric_value for r in data.eval_results
    )


@pytest.mark.parametrize("index", range(17))
def test_hostile_text_is_neither_markup_nor_another_front_matter(samples, index):
    text = EXPORTS["model-card"].render(*samples.hostile(samples.HOSTILE[index]))
    read = ModelCard(text)
    assert set(read.data.to_dict()) <= {"tags", "base_model", "model-index", "pipeline_tag"}
    body = text.split("\n---\n", 1)[1]
    assert "<" not in body
    assert "![" not in body
    assert "](" not in body
    assert "://" not in body
    assert not re.search(r"@\w", body)


def test_limits_findings_waivers_and_what_was_not_measured_are_said(samples):
    text = card(samples.standing()).text
    for words in (
        "English messages of at most 200 words",
        "at most 10 % \\(policy choice\\)",
        "W-2026-015 \\(expired\\)",
        "risk-management-file",
        "What was not tested (4)",
        "Planted secrets: the run did not train with canaries.",
        "**Blocked**",
    ):
        assert words in text


def test_small_groups_stay_out(samples):
    sample = samples.blocked()
    shown = without_small_cells(sample.run, sample.measurements, sample.verdict, 30)
    text = EXPORTS["model-card"].render(sample.run, *shown)
    slices = [r.metric_args["slice"] for r in ModelCard(text).data.eval_results]
    assert "region=overseas" not in slices
    assert "region=north" in slices


def test_a_base_model_that_is_no_id_of_the_hub_is_not_named_as_one(samples):
    assert card(samples.blocked()).data.base_model == "nreimers/MiniLM-L6-H384-uncased"
    sample = samples.blocked()
    run = replace(sample.run, model=replace(sample.run.model, base="/home/me/model"))
    assert card(sample._replace(run=run)).data.base_model is None


def test_a_data_set_of_the_hub_is_named_with_its_commit(samples):
    found = card(on_hub(samples.blocked()))
    assert found.data.datasets == ["acme/messages"]
    assert {(r.dataset_type, r.dataset_revision) for r in found.data.eval_results} == {
        ("acme/messages", COMMIT)
    }


def test_entries_for_eval_results_are_those_of_data_sets_of_the_hub(samples):
    from huggingface_hub import parse_eval_result_entries

    sample = samples.blocked()
    assert yaml.safe_load(EXPORTS["eval-results"].render(*sample)) == []
    raw = yaml.safe_load(EXPORTS["eval-results"].render(*on_hub(sample)))
    entries = parse_eval_result_entries(raw)
    assert all(isinstance(entry, EvalResultEntry) for entry in entries)
    first = next(e for e in entries if e.task_id == "accuracy.balanced-accuracy")
    assert (first.dataset_id, first.dataset_revision, first.value) == (
        "acme/messages",
        COMMIT,
        0.941,
    )
    assert first.notes.startswith("94.1 % [93.4, 94.7], n = 4,000; judged by builtin/standard")


def test_a_number_that_is_not_finite_is_no_result(samples):
    sample = samples.passing()
    first, *rest = sample.measurements.measurements
    broken = replace(first, estimate=replace(first.estimate, high=math.inf))
    found = card(
        sample._replace(measurements=replace(sample.measurements, measurements=(broken, *rest)))
    )
    assert len(found.data.eval_results) == len(rest)
