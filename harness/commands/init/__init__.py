"""``assay init``: look at a table, propose what its columns are, write a config and a policy."""
