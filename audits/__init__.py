"""One question, one file; ``harness.registry`` finds them. Files that start with ``_`` are shared."""
