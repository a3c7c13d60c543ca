"""The second act of the demo: what a small language model remembers of the tickets it was trained on."""
