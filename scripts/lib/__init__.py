"""The library of the commands; imports between its rooms go downwards only, as pyproject.toml says."""
