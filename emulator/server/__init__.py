"""The workspace on loopback, for any program."""
