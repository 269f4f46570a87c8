"""Take the pictures of reports that README shows: `python -m tests.report.pictures`."""

import subprocess
import tempfile
from pathlib import Path

from scripts.lib.report.assembly import evaluation_report
from scripts.lib.report.html import report_page
from scripts.lib.report.judgement_document import Judgement
from tests.gate.samples import ROOT
from tests.npm_packages import npm_ci
from tests.report.worlds import binary, data

BROWSER = Path(__file__).with_name("browser")


def picture(name: str, judgement: Judgement, theme: str, selector: str, height: int) -> None:
    """Write docs/NAME.png: so many pixels of the page, from the top of an element."""
    page = report_page(evaluation_report("heart-disease", judgement, data(), (), "out/evidence.json", False))
    with tempfile.NamedTemporaryFile("w", suffix=".html", encoding="utf-8") as file:
        file.write(page)
        file.flush()
        target = ROOT / "docs" / f"{name}.png"
        command = ["node", BROWSER / "picture.mjs", file.name, target, theme, selector, str(height)]
        subprocess.run(command, check=True, timeout=120)


if __name__ == "__main__":
    npm_ci(BROWSER)
    picture("report_verdict", binary(skill=0.75, blur=0.55), "light", "body", 1000)
    picture("report_charts", binary(blur=3.5), "dark", ".charts", 745)
