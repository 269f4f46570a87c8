"""Write what a release leaves for people: its report, and what the default delivered, in one folder."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from scripts.lib.errors import ReleaseError
from scripts.lib.evidence.contents import Evidence
from scripts.lib.line.reporting import card_of
from scripts.lib.line.scoring import MODEL, TRANSFORMATIONS
from scripts.lib.line.stored_evidence import promoting_evidence
from scripts.lib.report.document import Document
from scripts.lib.report.judgement_document import Entry
from scripts.lib.report.writing import CARD, REPORT, write_report
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoints import read_endpoint
from scripts.lib.workspace.outputs import download_outputs
from scripts.lib.workspace.release_store import ReleaseStore

_FOLDERS = {"Model": (MODEL, "model"), "Transformations": (TRANSFORMATIONS, "transformations")}


def publish(
    connection: Connection, document: Document, output: Path, evidence_files: Mapping[str, tuple[str, str]]
) -> Document:
    """Write report, card, model and transformations below ``output``; return the report with their places.

    ``evidence_files`` has the digest and the path of each candidate's evidence. What the default delivered is fetched
    where it was promoted on evidence.
    """
    store = ReleaseStore(connection, document.endpoint)
    evidence = promoting_evidence(store, read_endpoint(connection.client, document.endpoint))
    places = [Entry("Report", str(output / REPORT))]
    if evidence:
        places += _delivered(connection, evidence, output)
    places += [Entry(f"Evidence on {name}", path) for name, (_, path) in evidence_files.items()]
    if document.data:
        places.append(Entry("Data Docs", str(output / "validation" / "data_docs" / "index.html")))
    if connection.state:
        places.append(Entry("Logs and workspace", os.path.relpath(connection.state)))
    document = replace(document, places=tuple(places))
    if evidence:
        (output / CARD).write_text(card_of(store, evidence), encoding="utf-8")
    write_report(document, output)
    return document


def _delivered(connection: Connection, evidence: Evidence, folder: Path) -> list[Entry]:
    """Fetch what the default delivered when it was judged; what cannot be fetched is told and left out."""
    made = evidence["candidate"]["delivered"]
    folder.mkdir(parents=True, exist_ok=True)
    places = []
    with tempfile.TemporaryDirectory(dir=folder) as place:
        try:
            names = [output for output, _ in _FOLDERS.values()]
            found = download_outputs(connection.client, made["job"], names, Path(place))
        except ReleaseError as error:
            results.tell(f"    What the default delivered cannot be fetched: {error.message}")
            return []
        for what, (output, name) in _FOLDERS.items():
            shutil.rmtree(folder / name, ignore_errors=True)
            shutil.move(found[output], folder / name)
            places.append(Entry(what, str(folder / name)))
    return [*places, Entry("Model card", str(folder / CARD))]
