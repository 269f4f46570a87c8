"""Public samples of Azure ML, unchanged, against the embedded workspace."""
