"""The report of a release: one document, and everything that shows it: HTML, Markdown, terminal, model card."""
