"""From a submitted body to a plan, and to the process that runs it."""
