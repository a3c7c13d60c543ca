"""Steps between versions, each a file."""
