from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Script = Callable[[str], ModuleType]
ROOT = Path(__file__).parents[3]


def has_gpu() -> bool:
    import torch

    return torch.cuda.is_available() or torch.backends.mps.is_available()


def test_a_section_is_appended_once_and_replaces_itself(script: Script, tmp_path: Path) -> None:
    put_section = script("sections").put_section
    path = tmp_path / "RESULTS.md"
    path.write_text("# Results\n\n## old\n\nstays\n", encoding="utf-8")
    put_section(path, "2026-11-26 · A", "first\n\n### inner\n\nx")
    put_section(path, "2026-11-26 · B", "other")
    once = path.read_text(encoding="utf-8")
    put_section(path, "2026-11-26 · A", "first\n\n### inner\n\nx")
    assert path.read_text(encoding="utf-8") == once
    put_section(path, "2026-11-26 · A", "second")
    expected = "# Results\n\n## old\n\nstays\n\n## 2026-11-26 · A\n\nsecond\n\n## 2026-11-26 · B\n\nother\n"
    assert path.read_text(encoding="utf-8") == expected


@pytest.mark.parametrize(
    ("device", "precision", "tera"),
    [
        ("NVIDIA H100 80GB HBM3", "bfloat16", 989),
        ("NVIDIA H100 PCIe", "float32", 51),
        ("NVIDIA A100-SXM4-80GB", "bfloat16", 312),
        ("NVIDIA L40S", "float32", 91.6),
        ("NVIDIA L4", "bfloat16", 121),
    ],
)
def test_a_known_device_has_the_peak_of_its_data_sheet(
    script: Script, device: str, precision: str, tera: float
) -> None:
    flops, source = script("device_peaks").peak_flops(device, precision)
    assert flops == tera * 1e12
    assert "data sheet" in source


@pytest.mark.parametrize(
    ("device", "precision"),
    [("cpu", "float32"), ("NVIDIA H100 NVL", "float32"), ("Tesla T4", "bfloat16")],
)
def test_an_unknown_device_has_no_peak(script: Script, device: str, precision: str) -> None:
    assert script("device_peaks").peak_flops(device, precision) is None


def test_counted_operations_are_those_of_the_formula(script: Script, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification

    synthetic, fitting = script("synthetic"), script("fitting")
    synthetic.write_model(tmp_path, is_small=True)
    network = AutoModelForSequenceClassification.from_pretrained(tmp_path)
    before = {name: weight.clone() for name, weight in network.state_dict().items()}
    rows, tokens, layers = 3, 17, synthetic.SMALL["num_hidden_layers"]
    width = synthetic.SMALL["hidden_size"]
    # four square matrices and two of four times the width in each layer; scores and their use
    linear = 2 * rows * tokens * layers * 12 * width**2
    attention = 2 * 2 * rows * tokens**2 * width * layers
    head = 2 * rows * (width**2 + 2 * width)
    forward = fitting.forward_flops(network, [(rows, tokens)] * 2)
    assert forward == 2 * (linear + attention + head)
    assert fitting.training_flops(network, [(rows, tokens)]) == 3 * (linear + attention + head)
    assert all(torch.equal(weight, before[name]) for name, weight in network.state_dict().items())


def test_without_a_gpu_one_sentence_says_so_and_nothing_is_written(
    script: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if has_gpu():
        pytest.skip("a GPU is at hand")
    target = tmp_path / "RESULTS.md"
    assert script("gpu").main(["--results", str(target)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("A GPU must be at hand, got none")
    assert said.count("\n") == 1
    assert not target.exists()


def test_the_shell_script_says_so_before_it_installs_anything() -> None:
    if shutil.which("nvidia-smi") or shutil.which("rocm-smi") or shutil.which("bash") is None:
        pytest.skip("a GPU may be at hand, or there is no bash")
    done = subprocess.run(
        ["bash", str(ROOT / "benchmarks" / "gpu.sh")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("A GPU must be at hand, got none")


@pytest.mark.slow
def test_on_a_cpu_the_script_trains_audits_and_writes_its_section(
    script: Script,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gpu = script("gpu")
    monkeypatch.setattr(gpu, "RUNS", (("float32", "full"), ("bfloat16", "full")))
    target = tmp_path / "RESULTS.md"
    small = ["--device", "cpu", "--rows", "24", "--steps", "3", "--date", "2026-11-26"]
    assert gpu.main([*small, "--results", str(target)]) == 0
    text = target.read_text(encoding="utf-8")
    assert text.count("## 2026-11-26 · cpu (`benchmarks/gpu.sh`)") == 1
    assert "| bfloat16, full | " in text
    assert "not stated: unknown device" in text
    assert "24 rows: seconds in all, rows/s" in text
    assert "not measured" not in text
    assert capsys.readouterr().out.startswith("## 2026-11-26 · cpu")
