"""Settings for uv that follow the settings of pip: the index, the proxy and the certificates. uv does not read pip's.

``eval "$(python -m emulator.runner.package_index)"`` sets them in a shell. Only Python's own library is needed.
"""

import ast
import os
import shlex
import ssl
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

# For each option of pip, the variable of uv, and the separator that uv needs between several values.
_VARIABLES = {
    "index-url": ("UV_DEFAULT_INDEX", None),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "no-index": ("UV_NO_INDEX", None),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", None),
    "client-cert": ("SSL_CLIENT_CERT", None),
    "proxy": ("ALL_PROXY", None),
    "default-timeout": ("UV_HTTP_TIMEOUT", None),
    "timeout": ("UV_HTTP_TIMEOUT", None),
}
# pip reads these if it has no option `cert`.
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
# From this version on, pip trusts the certificates of the system.
_PIP_TRUSTS_SYSTEM = (24, 2)


def uv_settings(python: Path, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables that uv needs in addition to ``environment``; they replace no variable of it."""
    options = _pip_options(python, environment)
    found = {"UV_SYSTEM_CERTS": "true"}
    if bundle := next(filter(None, map(environment.get, _BUNDLES)), None):
        found["SSL_CERT_FILE"] = bundle
    for option, (variable, separator) in _VARIABLES.items():
        if value := options.get(option, "").strip():
            found[variable] = value if separator is None else separator.join(value.split())
    if "UV_INDEX" in found:
        # Like pip, take a version from any index, not only from the first index that has the package.
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return {name: value for name, value in found.items() if name not in environment}


def pip_settings(python: Path, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables with which an older pip trusts the certificates of the system, as newer versions do."""
    version = _pip(python, environment, "--version").split()
    trusted = ssl.get_default_verify_paths().cafile
    named = "cert" in _pip_options(python, environment) or any(map(environment.get, _BUNDLES))
    if named or not trusted or len(version) < 2:
        return {}
    older = tuple(int(part) for part in version[1].split(".")[:2] if part.isdigit()) < _PIP_TRUSTS_SYSTEM
    return {"PIP_CERT": trusted} if older else {}


def _pip_options(python: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return pip's options by name; the environment overrides ``[install]``, which overrides ``[global]``."""
    ranks = ("global.", "install.", ":env:.")
    found: dict[str, tuple[int, str]] = {}
    for line in _pip(python, environment, "config", "list").splitlines():
        name, _, value = line.partition("=")
        rank = next((place for place, prefix in enumerate(ranks) if name.startswith(prefix)), None)
        if rank is None:
            continue
        option = name.removeprefix(ranks[rank])
        if rank >= found.get(option, (0, ""))[0]:
            found[option] = rank, str(ast.literal_eval(value))
    return {option: value for option, (_, value) in found.items()}


def _pip(python: Path, environment: Mapping[str, str], *arguments: str) -> str:
    """Return the output of pip; an empty text if there is no pip."""
    command = [str(python), "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, env=dict(environment), capture_output=True, text=True).stdout


if __name__ == "__main__":
    _python = Path(sys.executable)
    for _name, _value in {**uv_settings(_python), **pip_settings(_python)}.items():
        print(f"export {_name}={shlex.quote(_value)}")
