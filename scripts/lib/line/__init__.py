"""The stages of the release line, one a file."""
