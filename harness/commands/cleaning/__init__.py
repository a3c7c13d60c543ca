"""Training data before it is learnt: what it holds, and a copy without it."""

from harness.commands.cleaning.forgetting import forget_run
from harness.commands.cleaning.screening import Screening, screen_path
from harness.commands.cleaning.scrubbing import METHODS, Scrubbed, scrub_file

__all__ = ["METHODS", "Screening", "Scrubbed", "forget_run", "screen_path", "scrub_file"]
