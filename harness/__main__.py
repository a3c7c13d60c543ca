"""``python -m harness`` is ``assay``."""

from harness.cli import main

main()
