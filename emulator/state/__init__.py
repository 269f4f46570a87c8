"""The stored state of a workspace, and the functions that read it."""
