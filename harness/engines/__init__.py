"""Engines: work that audits and modalities share, written against the protocols of ``modelling``."""
