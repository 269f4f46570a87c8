"""From a plan to processes: what runs a job, in a process of its own."""
