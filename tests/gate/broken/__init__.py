"""Broken candidates: what a gate must not let through, each as an edit of the candidate's own code."""
