"""Submission of jobs: from the body of a request to a plan, and to the process that runs it."""
