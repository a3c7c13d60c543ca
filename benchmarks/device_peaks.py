"""Peak arithmetic of a few GPUs, to say what share of it a model used.

Rounded figures of NVIDIA's data sheets (nvidia.com, one PDF for each product), dense: without sparsity.
float32 is that of the plain units, because TF32 stays off. A device that is not listed has no utilisation.
"""

from __future__ import annotations

import re

PEAKS: tuple[tuple[str, str, dict[str, float]], ...] = (
    # pattern of the name that the driver gives, data sheet, TFLOP/s
    (r"H200", "H200 SXM", {"float32": 67, "bfloat16": 989}),
    (r"H100.*PCIe", "H100 PCIe", {"float32": 51, "bfloat16": 756}),
    (r"H100.*HBM3", "H100 SXM", {"float32": 67, "bfloat16": 989}),
    (r"A100", "A100", {"float32": 19.5, "bfloat16": 312}),
    (r"L40S", "L40S", {"float32": 91.6, "bfloat16": 362}),
    (r"L4\b", "L4", {"float32": 30.3, "bfloat16": 121}),
    (r"A10\b", "A10", {"float32": 31.2, "bfloat16": 125}),
    (r"RTX 4090(?! Laptop)", "RTX 4090", {"float32": 82.6, "bfloat16": 165}),
    (r"Tesla T4", "T4", {"float32": 8.1}),
)


def peak_flops(device_name: str, precision: str) -> tuple[float, str] | None:
    """Return operations a second and where that stands; None for a device that is not listed."""
    for pattern, sheet, by_precision in PEAKS:
        if re.search(pattern, device_name) and precision in by_precision:
            return by_precision[precision] * 1e12, f"NVIDIA data sheet {sheet}, dense"
    return None
