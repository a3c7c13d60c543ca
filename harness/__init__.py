"""Modelassay's engine: nouns, statistics, data, predictions, gate and evidence.

Everyone may import ``harness``; ``harness`` imports none of ``audits``, ``models``, ``policies``
or ``dashboards`` and finds them at run time (``harness.registry``).

From Python: ``harness.audit`` measures, ``harness.gate`` judges, ``harness.open_run`` opens what is
there, ``harness.explain`` says what single decisions rest on. They are loaded when they are first used; their types stand in ``__init__.pyi``.
"""

__version__ = "0.1.0"

_PUBLIC = {
    "AssayCallback": "harness.api.callback",
    "Run": "harness.api",
    "audit": "harness.api",
    "bridge_lm_eval": "harness.api.lm_eval",
    "explain": "harness.api",
    "gate": "harness.gate",
    "load_policy": "harness.api",
    "open_run": "harness.api",
    "run_lm_eval": "harness.api.lm_eval",
}

__all__ = [
    "AssayCallback",
    "Run",
    "audit",
    "bridge_lm_eval",
    "explain",
    "gate",
    "load_policy",
    "open_run",
    "run_lm_eval",
]


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in _PUBLIC:
        raise AttributeError(f"module 'harness' has no attribute {name!r}")
    module = import_module(_PUBLIC[name])
    # harness.gate is a package that can be called
    return module if module.__name__ == f"harness.{name}" else getattr(module, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
