"""How everything that a reader sees is written: sentences, numbers, hostile text, markup, colours.

Shared by the exports and by the figures; knows nothing of runs and verdicts beyond their records.
"""
