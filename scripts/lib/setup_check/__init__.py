"""Check a set-up: what is there, what is missing, and how to add it."""
