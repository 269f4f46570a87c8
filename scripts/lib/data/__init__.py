"""The training data: where it comes from, its canonical form and the expectations it must meet."""
