"""The release line: one Click command a file, run as ``python -m scripts.NAME``."""
