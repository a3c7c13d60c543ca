"""Train and audit on a GPU, and write what it took to RESULTS.md.

    bash benchmarks/gpu.sh [--model FOLDER] [--table FILE --text COLUMN --label COLUMN]

Without a model, one of BERT-base's size is made with random weights; without a table, rows of stated
lengths are made up (see synthetic.py). Nothing is fetched. The figures depend on shapes and lengths
alone. ``--device cpu`` runs the same steps with a very small model, to try the script; it prints its
section and writes it only where ``--results`` names a file.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import fitting
import synthetic
from answering import Answered, answer
from device_peaks import peak_flops
from fitting import Fitted
from interleaved import existing
from sections import put_section

HERE = Path(__file__).resolve().parent
RUNS = (("float32", "full"), ("bfloat16", "full"), ("float32", "lora"), ("bfloat16", "lora"))


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, write."""
    given = _arguments(argv)
    device, why_not = find_device(given.device)
    if device is None:
        print(why_not, file=sys.stderr)
        return 2
    is_small = device == "cpu"
    with tempfile.TemporaryDirectory() as name:
        setting = prepare(given, Path(name), device, is_small=is_small)
        if not is_small:
            warm_up(setting)
        fits = [fitting.fit(setting, precision, method) for precision, method in RUNS]
        answered = answer(setting)
        body = section(setting, fits, answered)
    heading = f"{given.date} · {setting.device_name} (`benchmarks/gpu.sh`)"
    print(f"## {heading}\n\n{body}")
    target = given.results or (None if is_small else HERE / "RESULTS.md")
    if target is not None:
        put_section(target, heading, body)
        print(f"written to {target}", file=sys.stderr)
    return 0


def warm_up(setting: fitting.Setting) -> None:
    """Train each way once, unmeasured: a GPU loads its kernels at the first batch of each shape."""
    unmeasured = replace(setting, folder=setting.folder / "unmeasured")
    unmeasured.folder.mkdir()
    for precision, method in RUNS:
        fitting.fit(unmeasured, precision, method)


def find_device(wanted: str) -> tuple[str | None, str]:
    """Return a device that is there, or None and a sentence."""
    import torch

    from harness.errors import ModelError
    from models._network import pick_device

    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "mps"
    try:
        return pick_device(wanted), ""
    except ModelError:
        pass
    return None, (
        f"A GPU must be at hand, got none that torch {torch.__version__} can use (asked for "
        f"{wanted}). Run it on a machine with a GPU and its driver, or with --device cpu to try the "
        "script; nothing was measured and nothing was written."
    )


def prepare(
    given: argparse.Namespace, folder: Path, device: str, *, is_small: bool
) -> fitting.Setting:
    """Make what is missing, and say what is used."""
    import torch

    model, n_tokens = given.model, given.max_tokens
    name = f"{given.model.name}" if model else "BERT-base sizes, random weights"
    if model is None:
        model = folder / "model"
        synthetic.write_model(model, is_small=is_small)
        name = "two layers of width 64, random weights" if is_small else name
    sizes = {"train": given.batch_size * given.steps, "test": given.rows}
    if given.table is None:
        tables = {
            part: synthetic.write_rows(folder / f"{part}.csv", n, seed=seed, n_words=n_tokens - 2)
            for seed, (part, n) in enumerate(sizes.items())
        }
        columns = ("text", "label")
        rows_name = "made-up rows"
    else:
        tables = {"train": given.table, "test": given.table}
        columns, rows_name = (given.text, given.label), given.table.name
    name_of = torch.cuda.get_device_name(0) if device.startswith("cuda") else device
    return fitting.Setting(
        model=model,
        model_name=name,
        tables=tables,
        rows_name=rows_name,
        columns=columns,
        sizes=sizes,
        folder=folder,
        device=device,
        device_name=name_of,
        steps=given.steps,
        batch_size=given.batch_size,
        max_tokens=n_tokens,
    )


def section(setting: fitting.Setting, fits: Sequence[Fitted], answered: Answered) -> str:
    """Return the Markdown of what was measured."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "peft"))
    head = (
        f"{setting.device_name}, {platform.system()} {platform.machine()}, Python "
        f"{platform.python_version()}, {packages}. Model: {setting.model_name} "
        f"({fits[0].n_parameters / 1e6:.1f} M parameters). Rows: {setting.rows_name}, at most "
        f"{setting.max_tokens} tokens, {fits[0].mean_tokens:.0f} on average. Wall time, the device "
        "waited for at both ends; the first steps are left out."
    )
    columns = (
        "precision, method",
        "real tokens/s",
        "steps/s",
        "FLOPs a padded token",
        "share of the peak",
        "padded / real",
        "peak memory, MiB",
    )
    training = table(columns, [fit_cells(setting, one) for one in fits])
    whole = f"`assay audit`, suite quick, {answered.n_rows} rows: seconds in all, rows/s"
    speed = f"{answered.audit_s:.1f}, {answered.n_rows / answered.audit_s:.1f}"
    beside = f"largest difference of logits from the CPU, {answered.n_compared} rows"
    prediction = table(
        ("auditing in float32", "measured"),
        [
            ("prediction (tokenize and answer), rows/s", f"{answered.rows_per_s:.1f}"),
            ("prediction, real tokens/s", f"{answered.tokens_per_s:.0f}"),
            ("share of the peak", share(setting, "float32", answered.flops_per_s)),
            (whole, speed),
            ("peak memory, MiB", f"{answered.peak_bytes / 2**20:.0f}"),
            (beside, f"{answered.difference:.1e}"),
        ],
    )
    note = (
        "The share of the peak (model FLOP utilisation) counts the matrix products and attention of "
        "the network by torch's FlopCounterMode, forward and, in training, backward, padding "
        "included, over the peak of the device: "
        f"{peak_sentence(setting.device_name)}."
    )
    steps = f"Training, {setting.batch_size} rows a step:"
    return "\n".join([head, "", steps, "", *training, "", *prediction, "", note])


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return ["| " + " | ".join(cells) + " |" for cells in lines]


def fit_cells(setting: fitting.Setting, one: Fitted) -> list[str]:
    """Return one row of the training table."""
    label = f"{one.precision}, {one.method}"
    if one.why_not:
        return [label, f"not measured: {one.why_not}", *[""] * 5]
    flops = "not stated" if one.flops_per_token is None else f"{one.flops_per_token / 1e6:.1f} M"
    return [
        label,
        f"{one.tokens_per_s:.0f}",
        f"{one.steps_per_s:.2f}",
        flops,
        share(setting, one.precision, one.flops_per_s),
        f"{one.padding:.3f}",
        f"{one.peak_bytes / 2**20:.0f}",
    ]


def share(setting: fitting.Setting, precision: str, flops_per_s: float | None) -> str:
    """Return the used share of the peak as a number from 0 to 1, or why there is none."""
    peak = peak_flops(setting.device_name, precision)
    if flops_per_s is None:
        return "not stated: operations could not be counted"
    if peak is None:
        return "not stated: unknown device"
    return f"{flops_per_s / peak[0]:.3f}"


def peak_sentence(device_name: str) -> str:
    """Return the peaks that were used and where they stand."""
    found = []
    for precision in ("float32", "bfloat16"):
        peak = peak_flops(device_name, precision)
        if peak is not None:
            found.append(f"{peak[0] / 1e12:g} TFLOP/s in {precision} ({peak[1]})")
    return ", ".join(found) or "not stated, because the device is not in benchmarks/device_peaks.py"


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--device", default="auto", help="auto: the GPU; or cuda:1, mps, cpu")
    parser.add_argument("--model", type=existing, help="folder of a Hugging Face encoder")
    parser.add_argument("--table", type=existing, help="CSV file with two classes")
    parser.add_argument("--text", default="text")
    parser.add_argument("--label", default="label")
    parser.add_argument("--rows", type=int, help="of the audit; else 4000, on a CPU 60")
    parser.add_argument("--steps", type=int, help="of a training; else 60, on a CPU 4")
    parser.add_argument("--batch-size", type=int, help="else 32, on a CPU 8")
    parser.add_argument("--max-tokens", type=int, help="else 256, on a CPU 64")
    parser.add_argument("--results", type=Path, help="file; else RESULTS.md, on a CPU none")
    parser.add_argument("--date", default=f"{datetime.now(UTC):%Y-%m-%d}")
    given = parser.parse_args(argv)
    sizes = {"rows": (4000, 60), "steps": (60, 4), "batch_size": (32, 8), "max_tokens": (256, 64)}
    for name, (on_gpu, on_cpu) in sizes.items():
        if getattr(given, name) is None:
            setattr(given, name, on_cpu if given.device == "cpu" else on_gpu)
    return given


if __name__ == "__main__":
    sys.exit(main())
