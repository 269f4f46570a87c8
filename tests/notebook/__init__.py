"""The article's own notebook, run from first to last cell against the embedded workspace."""
