"""Training of text classifiers: full fine-tuning, resumed after a kill, with its lineage."""

from models.training.run import train

__all__ = ["train"]
