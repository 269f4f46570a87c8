"""Write the schema of the report document from its types: ``python -m tests.report.schema``."""

import json
from typing import Any

from pydantic import TypeAdapter

from scripts.lib.report.document import SCHEMA, Document


def schema() -> dict[str, Any]:
    """Return the JSON schema of a report; keys that it does not name are refused."""
    content = TypeAdapter(Document).json_schema(mode="serialization")
    for part in (content, *content["$defs"].values()):
        if part.get("type") == "object":
            part["additionalProperties"] = False
            part["required"] = sorted(part["properties"])
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "The report of a release"}
    return {**content, **head}


if __name__ == "__main__":
    SCHEMA.write_text(json.dumps(schema(), indent=2) + "\n", encoding="utf-8")
