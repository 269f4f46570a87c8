"""The server: it opens the workspace to other programs on this machine."""
