"""From a config to a sealed run, and from a sealed run to a sealed verdict.

``harness.pipeline.execute`` measures, ``harness.pipeline.gating`` judges; the second is light.
"""
