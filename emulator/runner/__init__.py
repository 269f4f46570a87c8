"""The runner: it runs a job by its plan, in a process of its own, and the job's steps as further processes."""
