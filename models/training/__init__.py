"""Training of text classifiers and language models: resumed after a kill, with its lineage."""

from models.training.run import train

__all__ = ["train"]
