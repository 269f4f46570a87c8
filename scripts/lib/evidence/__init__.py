"""Evidence: the one JSON document that says why a candidate may become the default, and its checks."""
