"""The container image of the environment: how it is named, what the registry says of it, and how it is renewed."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.lib.errors import BadConfiguration, ReleaseError
from scripts.lib.repository.files import ENVIRONMENT_FILE, read_yaml

_IMAGE = re.compile(r"(?P<host>[^/]+\.[^/]+)/(?P<repository>[^:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>sha256:\w+))?")
# The tags of Microsoft's images for Azure ML are dates; one of them never comes to mean another image.
_DATED = re.compile(r"\d{8}\.v\d+")
_ACCEPTED = (
    "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"
)
_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Image:
    """An image by its registry and repository, and its tag or digest or both."""

    host: str
    repository: str
    tag: str | None
    digest: str | None

    @property
    def reference(self) -> str:
        """What the registry is asked for; the digest says more than the tag."""
        return self.digest or self.tag or "latest"


def image_of(path: Path = ENVIRONMENT_FILE) -> str:
    """Return the image that an environment names."""
    return str(read_yaml(path).get("image"))


def parse_image(image: str) -> Image:
    """Take the name of an image apart.

    Raises:
        BadConfiguration: it names no registry.
    """
    parts = _IMAGE.fullmatch(image)
    if parts is None:
        raise BadConfiguration(f"`image` is {image!r}; write REGISTRY/REPOSITORY:TAG@DIGEST.")
    return Image(**parts.groupdict())


def require_pinned(image: str, path: Path) -> None:
    """Refuse an image whose name comes to mean another content by itself: what trains would not be what was judged.

    Raises:
        BadConfiguration: the image has no digest, and no tag or the tag ``latest``.
    """
    if image and "@" not in image and image.rpartition("/")[2].partition(":")[2] in ("", "latest"):
        raise BadConfiguration(
            f"{path}: `image` is {image!r}, which names another content each month. Name one by its digest: "
            "`python -m scripts.renew_image` writes the newest."
        )


def ask_registry(image: Image, what: str, method: str = "GET") -> Any:
    """Send a request of the OCI's distribution specification about an image's repository, and return the answer."""
    import requests

    address = f"https://{image.host}/v2/{image.repository}/{what}"
    return requests.request(method, address, headers={"Accept": _ACCEPTED}, timeout=_TIMEOUT_SECONDS)


def renew_image(path: Path = ENVIRONMENT_FILE) -> dict[str, str]:
    """Write the newest image into the environment at ``path`` and those in folders beside it, each of its own name.

    Return the image after for each before, that of ``path`` first.

    Raises:
        ReleaseError: a registry does not answer, or has no dated tag.
    """
    files = [path, *sorted(set(path.parent.rglob(path.name)) - {path})]
    renewed = {before: _newest(parse_image(before)) for before in dict.fromkeys(map(image_of, files))}
    for file in files:
        text, before = file.read_text(encoding="utf-8"), image_of(file)
        file.write_text(text.replace(f"image: {before}\n", f"image: {renewed[before]}\n"), encoding="utf-8")
    return renewed


def _newest(image: Image) -> str:
    import requests

    try:
        tags = ask_registry(image, "tags/list")
        tags.raise_for_status()
        dated = sorted(tag for tag in tags.json()["tags"] if _DATED.fullmatch(tag))
        if not dated:
            raise ReleaseError(f"{image.host} has no tag of the form 20260901.v1 for {image.repository}.")
        manifest = ask_registry(image, f"manifests/{dated[-1]}", "HEAD")
        manifest.raise_for_status()
        digest = manifest.headers["Docker-Content-Digest"]
    except (requests.RequestException, KeyError, ValueError) as error:
        raise ReleaseError(f"{image.host} does not say which image is the newest: {error}") from error
    return f"{image.host}/{image.repository}:{dated[-1]}@{digest}"
