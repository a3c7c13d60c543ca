"""The finished folder: written beside its place, and moved there in one step."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.canaries import write_canaries
from harness.files import write_whole
from models._adapters import ADAPTER_CONFIG, ADAPTER_WEIGHTS
from models.training.lineage import write_lineage

if TYPE_CHECKING:
    from harness.canaries import Canary
    from harness.config import TrainConfig
    from harness.modelling import TrainRequest
    from models.training.start import Start


def publish(
    start: Start,
    request: TrainRequest,
    options: TrainConfig,
    facts: dict[str, Any],
    *,
    canaries: tuple[Canary, ...] = (),
) -> None:
    """Write weights, configuration, tokenizer and lineage to ``request.output``.

    Args:
        start: The trained model.
        request: What was asked for.
        options: Its options, resolved.
        facts: What only the training knows; see ``write_lineage``.
        canaries: What was planted and held out: their file lies beside the lineage, which names it.
    """
    request.output.parent.mkdir(parents=True, exist_ok=True)
    for left in request.output.parent.glob(f".{request.output.name}.*.part"):
        shutil.rmtree(left)  # of a call that was killed
    part = request.output.with_name(f".{request.output.name}.{os.getpid()}.part")
    try:
        part.mkdir()
        network = start.network.to("cpu").eval()
        if options.adapter is None:
            network.save_pretrained(part)
        else:
            save_adapter(network, part, base=start.base, revision=start.revision)
        _save_tokenizer(start, part, is_language=request.task.kind != "text-classification")
        if canaries:
            facts = facts | {
                "canaries": facts["canaries"] | {"digest": write_canaries(part, canaries)}
            }
        write_lineage(part, request=request, options=options, start=start, facts=facts)
        if request.output.exists():
            request.output.rmdir()  # empty: see is_finished
        part.replace(request.output)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def save_adapter(network: Any, folder: Path, *, base: str | None, revision: str | None) -> None:
    """Write an adapter as peft reads it, in an order that does not depend on the process.

    The base is named, not located: a path of this machine says nothing on another.
    """
    from peft import get_peft_model_state_dict
    from safetensors.torch import save_file

    tensors = get_peft_model_state_dict(network, save_embedding_layers=False)
    save_file(
        {name: tensors[name].contiguous() for name in sorted(tensors)},
        folder / ADAPTER_WEIGHTS,
        metadata={"format": "pt"},
    )
    config = network.peft_config["default"].to_dict() | {
        "base_model_name_or_path": base,
        "revision": revision,
        "inference_mode": True,
    }
    # peft appends its own names for a head, whether they stand there already or not
    config["modules_to_save"] = sorted(set(config["modules_to_save"] or [])) or None
    text = json.dumps(config, default=_plain, ensure_ascii=False, indent=2, sort_keys=True)
    write_whole(folder / ADAPTER_CONFIG, text + "\n")


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set | frozenset) else str(value)


def _save_tokenizer(start: Start, folder: Path, *, is_language: bool) -> None:
    if not is_language:  # what a language model was trained on were windows, not whole texts
        start.tokenizer.model_max_length = start.max_tokens
    if start.tokenizer.is_fast:
        # otherwise the cut of the last batch is saved as a property of the tokenizer
        start.tokenizer.backend_tokenizer.no_truncation()
        start.tokenizer.backend_tokenizer.no_padding()
    start.tokenizer.save_pretrained(folder)
