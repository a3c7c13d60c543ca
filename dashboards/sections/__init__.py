"""Sections of the page Measurements: one file for each kind of audit."""
