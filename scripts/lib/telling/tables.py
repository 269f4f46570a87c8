"""Show rows of text as a table: aligned for a terminal, or in Markdown."""


def as_text(rows: list[list[str]]) -> str:
    """Return rows with aligned columns, for a terminal."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def as_markdown(title: str, rows: list[list[str]]) -> str:
    """Return rows as a Markdown table below a title; the first row holds the heads."""
    head, *body = rows
    lines = [f"### {title}", "", f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in body)]) + "\n"
