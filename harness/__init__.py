"""Modelassay's engine: nouns, statistics, data, predictions, gate and evidence.

Everyone may import ``harness``; ``harness`` imports none of ``audits``, ``models``, ``policies``
or ``dashboards`` and finds them at run time (``harness.registry``).
"""

__version__ = "0.1.0"
