"""``assay demo``: a planted defect, a guilty and an innocent model, two verdicts."""
