"""What is kept of a workspace, and how it is found."""
