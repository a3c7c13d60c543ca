"""Modalities: one file each, found by ``harness.registry``; files with ``_`` in front help them."""
