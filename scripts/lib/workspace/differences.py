"""A field that the repository describes otherwise than the workspace has it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """One field; ``refused`` says why it is not written, and is None where it is."""

    kind: str
    name: str
    field: str
    wanted: Any
    present: Any
    refused: str | None = None

    def sentence(self) -> str:
        """Say it on one line."""
        said = f"{self.kind} {self.name}: {self.change()}"
        return f"{said}; {self.refused}" if self.refused else said

    def change(self) -> str:
        """Say what the field is, and what the repository says."""
        return f"{self.field} is {self.present!r}, the repository says {self.wanted!r}"
