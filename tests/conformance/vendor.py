"""Bring the vendor's tests here: the sdist of the pinned SDK, checked, and a checkout's other files laid over it."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from emulator.runner.package_index import uv_settings

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
CACHE = REPOSITORY / ".cache" / "conformance"
CHECKOUT_VARIABLE = "AZURE_SDK_CHECKOUT"
_PROJECT = Path("sdk/ml/azure-ai-ml")


class VendorError(Exception):
    """The vendor's tests cannot be had as they are pinned."""


def pin() -> dict[str, str]:
    """Return ``package``, ``version`` (as requirements.txt pins it) and ``sdist_sha256``."""
    pinned = json.loads((HERE / "pin.json").read_text())
    found = re.search(rf"^{pinned['package']}==(\S+)", (REPOSITORY / "requirements.txt").read_text(), re.MULTILINE)
    if not found:
        raise VendorError(f"requirements.txt does not pin {pinned['package']}.")
    return {**pinned, "version": found[1]}


def fetch_sdist() -> Path:
    """Return the sdist from the cache, downloaded by pip where it is not there yet.

    Raises:
        VendorError: it cannot be downloaded, or its SHA-256 is not the pinned one.
    """
    pinned = pin()
    archive = CACHE / f"{pinned['package'].replace('-', '_')}-{pinned['version']}.tar.gz"
    if not archive.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        options = ["--no-deps", "--no-binary", pinned["package"], "--quiet", "--dest", str(CACHE)]
        requirement = f"{pinned['package']}=={pinned['version']}"
        done = subprocess.run([sys.executable, "-m", "pip", "download", *options, requirement], check=False)
        if done.returncode or not archive.exists():
            raise VendorError(f"pip could not download the sdist of {requirement}; see its message above.")
    check_sdist(archive, pinned["sdist_sha256"])
    return archive


def check_sdist(archive: Path, expected: str) -> None:
    """Refuse, and remove, an archive whose SHA-256 is not ``expected``."""
    actual = hashlib.sha256(archive.read_bytes()).hexdigest()
    if actual != expected:
        archive.unlink()
        raise VendorError(f"{archive.name} has SHA-256 {actual}, pinned is {expected}; the file was removed.")


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack ``archive`` into a fresh ``folder`` and return the project in it."""
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    return next(folder.iterdir())


def configs_of(checkout: Path) -> list[Path]:
    """List the files beside the tests' Python in a checkout of azure-sdk-for-python.

    Raises:
        VendorError: ``checkout`` holds none.
    """
    tests = checkout / _PROJECT / "tests"
    found = [path for path in sorted(tests.rglob("*")) if path.is_file() and "recordings" not in path.parts]
    if not found:
        raise VendorError(f"{CHECKOUT_VARIABLE}={checkout} has no folder {_PROJECT}/tests.")
    return found


def add_configs(project: Path, checkout: Path) -> int:
    """Copy what the sdist lacks of ``tests/`` out of ``checkout``; return how many files that is."""
    added = 0
    for path in configs_of(checkout):
        target = project / path.relative_to(checkout / _PROJECT)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            added += 1
    return added


def digest_of(checkout: Path) -> str:
    """Return twelve hexadecimal digits that name what ``configs_of`` lists, contents included."""
    total = hashlib.sha256()
    for path in configs_of(checkout):
        total.update(str(path.relative_to(checkout)).encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()[:12]


def install_tools() -> Path:
    """Install what the vendor's tests import beside our own requirements; return the folder to put on the path."""
    folder = CACHE / "tools"
    if not all((folder / package).exists() for package in ("pytest_mock", "mldesigner")):
        uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
        command = [*uv, "--python", sys.executable, "--target", str(folder), "-r", str(HERE / "requirements.txt")]
        environment = {**os.environ, **uv_settings(Path(sys.executable))}
        if subprocess.run(command, env=environment, check=False).returncode:
            raise VendorError("uv could not install tests/conformance/requirements.txt; see its message above.")
    return folder


def checkout() -> Path:
    """Return the checkout that ``$AZURE_SDK_CHECKOUT`` names.

    Raises:
        VendorError: it names none; a run without it would write a table in which most tests could not run.
    """
    named = os.environ.get(CHECKOUT_VARIABLE)
    if not named:
        raise VendorError(f"Set {CHECKOUT_VARIABLE} to a checkout of azure-sdk-for-python; see docs/conformance.md.")
    return Path(named).expanduser().resolve()
