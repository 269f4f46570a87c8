"""The vendor's own tests of azure-ai-ml, run against the embedded workspace."""
