"""RunPlan: everything that is known before the first prediction, and its digest."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import registry
from harness.auditing import Audit, OptionFacts
from harness.config import LoadedConfig
from harness.engines.prediction import default_budget
from harness.errors import ConfigError, PolicyError, raise_all
from harness.files import digest_of, sha256_file
from harness.pipeline.budget import budget_problems
from harness.pipeline.environment import device_class, package_versions
from harness.pipeline.inputs import Inputs, load_inputs, predictions_digest
from harness.policy import Policy, check_measures, locate_policy, read_policy
from harness.processes import launched
from harness.yamlfile import validation_problems

if TYPE_CHECKING:
    from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What a run will be measured and judged by; nothing of the model.

    Attributes:
        loaded: The config.
        inputs: Data sets, read and checked.
        audits: Chosen audits by id.
        options: Audit id → validated options, or None.
        policy: The policy that will judge.
        files: File that an option names → SHA-256.
    """

    loaded: LoadedConfig
    inputs: Inputs
    audits: dict[str, Audit]
    options: dict[str, BaseModel | None]
    policy: Policy
    files: dict[str, str]


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What a run will do.

    Attributes:
        loaded, inputs, audits, options, policy: As in ``Yardstick``.
        device_class: What can change a number: ``cpu``, ``mps``, a GPU's name, ``none``.
        packages: Versions that can change a number.
        digest: Over config, inputs, packages and device class.
        train_digest: The same over what training sees; None without training.
        files: File that an option names → SHA-256.
    """

    loaded: LoadedConfig
    inputs: Inputs
    audits: dict[str, Audit]
    options: dict[str, BaseModel | None]
    policy: Policy
    device_class: str
    packages: dict[str, str]
    digest: str
    train_digest: str | None
    files: dict[str, str] = field(default_factory=dict)

    @property
    def token_budget(self) -> int:
        """Padded tokens of one batch: what the config names, else what suits the device."""
        return self.loaded.config.token_budget or default_budget(self.device_class)


def yardstick_of(loaded: LoadedConfig) -> Yardstick:
    """Check everything that a run is measured and judged by; the model need not be there yet.

    Raises:
        ConfigError, PolicyError, DataError, PluginError: With every independent problem.
    """
    audits, options = _audits(loaded)
    policy = _policy(loaded, audits)
    inputs = load_inputs(loaded)
    files, problems = _option_files(loaded, audits, options, inputs)
    raise_all(ConfigError, [*budget_problems(loaded, audits, inputs), *problems])
    return Yardstick(loaded, inputs, audits, options, policy, files)


def make_plan(loaded: LoadedConfig) -> RunPlan:
    """Check everything that can be checked before work begins.

    Raises:
        ConfigError, PolicyError, DataError, PluginError: With every independent problem.
    """
    config, by = loaded.config, yardstick_of(loaded)
    inputs, audits, files = by.inputs, by.audits, by.files
    packages = package_versions()
    device = device_class(config.device, needs_model=config.model.predictions is None)
    common = {"packages": packages, "device": device, "seed": config.seed}
    return RunPlan(
        loaded=loaded,
        inputs=inputs,
        audits=audits,
        options=by.options,
        policy=by.policy,
        device_class=device,
        packages=packages,
        digest=digest_of(
            {
                **common,
                "config": loaded.resolved(),
                "data": {one.ref.name: one.ref.content_digest for one in inputs.all},
                "model": _model_digest(loaded),
                "audits": {id: one.version for id, one in audits.items()},
                **({"files": files} if files else {}),
            }
        ),
        train_digest=_train_digest(loaded, inputs, common),
        files=files,
    )


def _audits(loaded: LoadedConfig) -> tuple[dict[str, Audit], dict[str, BaseModel | None]]:
    section = loaded.config.audits
    chosen, unknown = registry.select(
        section.suite,
        skip=section.skip,
        named=list(section.options),
        kind=loaded.task.kind,
    )
    problems = [f"audits: {text} ({loaded.place('audits')})." for text in unknown]
    options: dict[str, BaseModel | None] = {}
    for id, one in chosen.items():
        options[id] = _options(loaded, one, problems)
    raise_all(ConfigError, problems)
    return chosen, options


def _options(loaded: LoadedConfig, one: Audit, problems: list[str]) -> BaseModel | None:
    from pydantic import ValidationError

    given: Any = loaded.config.audits.options.get(one.id, {})
    if one.options is None:
        if given:
            problems.append(f"audits.{one.id} has no options ({loaded.place('audits', one.id)}).")
        return None
    try:
        return one.settled(loaded.config.audits.suite, given)
    except ValidationError as err:
        known = list(one.options.model_fields)
        problems += validation_problems(err, loaded.file, prefix=("audits", one.id), known=known)
        return None


def _option_files(
    loaded: LoadedConfig,
    audits: dict[str, Audit],
    options: dict[str, BaseModel | None],
    inputs: Inputs,
) -> tuple[dict[str, str], list[str]]:
    """Return the files that options name, with their digests, and what is wrong with options."""
    digests: dict[str, str] = {}
    problems: list[str] = []
    for id, one in audits.items():
        if one.check is None:
            continue
        facts = OptionFacts(
            options=options[id],
            task=loaded.task,
            tests=inputs.tests,
            has_model=loaded.config.model.predictions is None,
            base=loaded.base,
            place=partial(loaded.place, "audits", id),
        )
        problems += one.check(facts)
        digests |= {name: sha256_file(path) for name, path in facts.files.items() if path.is_file()}
    return digests, problems


def _policy(loaded: LoadedConfig, audits: dict[str, Audit]) -> Policy:
    section = loaded.config.policy
    ref = section.pack or str(loaded.path(section.file or "").absolute())
    policy = read_policy(locate_policy(ref, loaded.base))
    raise_all(PolicyError, check_measures(policy, registry.known_measures()))
    return policy


def _model_digest(loaded: LoadedConfig) -> str | None:
    model = loaded.config.model
    if model.predictions is not None:
        return predictions_digest(loaded)
    base = _folder_digest(loaded.path(model.base)) if model.base else None
    if model.adapter is None:
        return base
    return digest_of([base, _folder_digest(loaded.path(model.adapter))])


def _folder_digest(folder: Path) -> str | None:
    if not folder.is_dir():
        return None  # a hub id is identified by its name and revision in the config
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return digest_of({path.name: sha256_file(path) for path in files})


def _train_digest(loaded: LoadedConfig, inputs: Inputs, common: dict[str, Any]) -> str | None:
    config = loaded.config
    if config.train is None or inputs.train is None or inputs.validation is None:
        return None
    return digest_of(
        {
            **common,
            "classes": list(loaded.task.classes),
            "model": config.model.model_dump(mode="json"),
            # who is told about a training changes nothing in it
            "train": config.train.model_dump(mode="json", exclude={"report_to"}),
            "base": _model_digest(loaded),
            "data": [inputs.train.ref.content_digest, inputs.validation.ref.content_digest],
            # their number changes the batches, and so the weights
            "n_processes": launched().count,
        }
    )
