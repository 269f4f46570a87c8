"""Examine a set-up: what is there, what is missing, and how to mend it."""
