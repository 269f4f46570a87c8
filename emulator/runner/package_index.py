"""pip's settings as uv takes them: uv reads none of pip's, and finds no way past a company's proxy or mirror by itself.

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

# pip's option to uv's variable, and what uv puts between several values.
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
# What pip itself reads when it has no `cert`.
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
# From this version on pip trusts what the system trusts.
_PIP_TRUSTS_SYSTEM = (24, 2)


def uv_settings(python: Path, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables to add to ``environment`` for uv; what is set there for uv already stays as it is."""
    options = _pip_options(python, environment)
    found = {"UV_SYSTEM_CERTS": "true"}
    if bundle := next(filter(None, map(environment.get, _BUNDLES)), None):
        found["SSL_CERT_FILE"] = bundle
    for option, (variable, separator) in _VARIABLES.items():
        if value := options.get(option, "").strip():
            found[variable] = value if separator is None else separator.join(value.split())
    if "UV_INDEX" in found:
        # As pip does: whichever index has the version, not the first that knows the name.
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return {name: value for name, value in found.items() if name not in environment}


def pip_settings(python: Path, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables with which an older pip trusts what the system trusts, as later ones do."""
    version = _pip(python, environment, "--version").split()
    trusted = ssl.get_default_verify_paths().cafile
    named = "cert" in _pip_options(python, environment) or any(map(environment.get, _BUNDLES))
    if named or not trusted or len(version) < 2:
        return {}
    older = tuple(int(part) for part in version[1].split(".")[:2] if part.isdigit()) < _PIP_TRUSTS_SYSTEM
    return {"PIP_CERT": trusted} if older else {}


def _pip_options(python: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return pip's options by name; the environment counts more than ``[install]``, and that more than ``[global]``."""
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
    """Return what pip prints; nothing where there is no pip."""
    command = [str(python), "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, env=dict(environment), capture_output=True, text=True).stdout


if __name__ == "__main__":
    _python = Path(sys.executable)
    for _name, _value in {**uv_settings(_python), **pip_settings(_python)}.items():
        print(f"export {_name}={shlex.quote(_value)}")
