"""uv installs through the index and the certificates that pip is set to, as pip does."""

import os
import re
import ssl
import subprocess
import sys
import threading
import venv
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from emulator.runner.package_index import pip_settings, uv_settings
from scripts.lib.repository.lock import exported

NAME = "only_at_the_company"
UV = Path(sys.executable).with_name("uv")
OURS = ("UV_", "PIP_", "SSL_", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "ALL_PROXY")


@pytest.fixture
def mirror(tmp_path):
    """A package index whose certificate nobody trusts but who is told to: its address and the authority's file."""
    folder = tmp_path / "index" / "simple" / NAME.replace("_", "-")
    folder.mkdir(parents=True)
    wheel = folder / f"{NAME}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr(f"{NAME}.py", "")
        file.writestr(f"{NAME}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1.0\n")
        file.writestr(f"{NAME}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{NAME}-1.0.dist-info/RECORD", "")
    (folder / "index.html").write_text(f'<a href="{wheel.name}">{wheel.name}</a>')
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path / "index")))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}/simple", tmp_path / "authority.pem"
    server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def surroundings(tmp_path, settings):
    """The environment of a machine on which pip has these settings, and nothing else says where packages are."""
    (tmp_path / "pip.conf").write_text("".join(f"[{section}]\n{text}\n" for section, text in settings.items()))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return kept | {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "HOME": str(tmp_path), "XDG_CONFIG_DIRS": "/none"}


def installed(tmp_path, environment, *what):
    folder = tmp_path / "environment"
    if not folder.exists():
        venv.create(folder)
    command = [UV, "pip", "install", "--quiet", "--no-cache", "--python", folder / "bin" / "python", *(what or [NAME])]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_uv_finds_what_only_the_companys_index_has(mirror, tmp_path):
    address, authority = mirror
    environment = surroundings(tmp_path, {"global": f"index-url = {address}\ncert = {authority}"})
    untold = installed(tmp_path, environment | {"UV_DEFAULT_INDEX": address, "UV_HTTP_RETRIES": "0"})
    assert "certificate" in untold.stderr
    done = installed(tmp_path, environment | uv_settings(Path(sys.executable), environment))
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_what_the_lock_holds_is_installed_through_a_mirror_with_its_hashes(mirror, tmp_path):
    address, authority = mirror
    pinned = tmp_path / "pinned.txt"
    pinned.write_text(next(part for part in re.split(r"\n(?=[a-z])", exported("run")) if part.startswith("six==")))
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "-r", pinned]
    subprocess.run([*download, "-d", tmp_path / "index/simple/six"], check=True)
    (wheel,) = (tmp_path / "index/simple/six").iterdir()
    (wheel.parent / "index.html").write_text(f'<a href="{wheel.name}">{wheel.name}</a>')
    environment = surroundings(tmp_path, {"global": f"index-url = {address}\ncert = {authority}"})
    environment |= uv_settings(Path(sys.executable), environment)
    done = installed(tmp_path, environment, "--require-hashes", "-r", pinned)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(wheel, "a") as file:
        file.writestr("six/evil.py", "")
    done = installed(tmp_path, environment, "--reinstall", "--require-hashes", "-r", pinned)
    assert "Hash mismatch" in done.stderr


def test_the_environment_counts_more_than_a_section_and_that_more_than_global(tmp_path):
    own = "index-url = https://own/simple\nproxy = http://proxy:1\nextra-index-url =\n  https://a/simple\n  https://b/simple"
    environment = surroundings(
        tmp_path, {"install": own, "global": "index-url = https://all/simple\ntimeout = 7\ncert = /c.pem"}
    )
    found = uv_settings(Path(sys.executable), environment)
    assert (
        found.items()
        >= {
            "UV_SYSTEM_CERTS": "true",
            "UV_DEFAULT_INDEX": "https://own/simple",
            "UV_INDEX": "https://a/simple https://b/simple",
            "UV_INDEX_STRATEGY": "unsafe-best-match",
            "SSL_CERT_FILE": "/c.pem",
            "ALL_PROXY": "http://proxy:1",
            "UV_HTTP_TIMEOUT": "7",
        }.items()
    )
    environment |= {"PIP_INDEX_URL": "https://env/simple", "PIP_TRUSTED_HOST": "a b", "PIP_DEFAULT_TIMEOUT": "8"}
    found = uv_settings(Path(sys.executable), environment)
    assert (found["UV_DEFAULT_INDEX"], found["UV_INSECURE_HOST"]) == ("https://env/simple", "a b")


def test_what_is_set_for_uv_stays(tmp_path):
    environment = surroundings(tmp_path, {"global": "index-url = https://all/simple"})
    environment |= {"UV_DEFAULT_INDEX": "https://own/simple", "SSL_CERT_FILE": "/a.pem", "UV_SYSTEM_CERTS": "no"}
    assert not uv_settings(Path(sys.executable), environment).keys() & environment.keys()


def test_an_older_pip_is_told_of_the_systems_certificates_unless_it_was_told_of_others(tmp_path):
    old = tmp_path / "old"
    old.write_text('#!/bin/sh\n[ "$4" = --version ] && echo "pip 23.0.1 from x"; true\n')
    old.chmod(0o755)
    trusted = ssl.get_default_verify_paths().cafile
    assert trusted
    assert pip_settings(old, {}) == {"PIP_CERT": trusted}
    assert pip_settings(old, {"REQUESTS_CA_BUNDLE": "/a.pem"}) == {}
    old.write_text(old.read_text().replace("23.0.1", "24.2"))
    assert pip_settings(old, {}) == {}
