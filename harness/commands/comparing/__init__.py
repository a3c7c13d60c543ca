"""Two runs on the same rows: paired differences for the gate, and a table for readers."""
