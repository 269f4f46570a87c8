"""Do the deeds of a line one after the other, and report each as a line of JSON; it imports nothing of ours."""

import json
import sys
import traceback
from pathlib import Path


def do(line_class, deeds):
    """Do ``deeds`` of a line; one that fails ends no other, unless that needs it.

    The arguments of the program are a tag for the names of the line, a folder to work in, and the file of the report.
    """
    tag, folder, report = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    line = line_class(tag, folder)
    for name in deeds:
        error = ""
        try:
            getattr(line, name)()
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"
            traceback.print_exc()
        with report.open("a") as file:
            file.write(json.dumps({"deed": name, "error": error}) + "\n")
