"""The name that an endpoint has in Azure, which is not that of its folder: it must be unique in its whole region."""

import hashlib
import re
from typing import TYPE_CHECKING

from scripts.lib.errors import BadConfiguration
from scripts.lib.repository.files import endpoint_folder, read_yaml

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

LONGEST = 32
_DIGEST = 6
# Azure takes 3 to 32 letters, digits and single hyphens, a letter first and no hyphen last.
_NAME = re.compile(r"[A-Za-z](?:-?[A-Za-z0-9])*")


def endpoint_name(client: "MLClient", endpoint: str) -> str:
    """Return the name in Azure of the endpoint that ``endpoints/ENDPOINT`` describes.

    Names are unique among all customers of a region. So the folder's name is followed by a short digest of
    subscription, group and workspace, unless endpoint.yml gives another name than the folder's: that is used as it is.

    Raises:
        NotFound: there is no such folder.
        BadConfiguration: Azure would not take the name.
    """
    path = endpoint_folder(endpoint) / "endpoint.yml"
    written = str(read_yaml(path).get("name") or endpoint)
    place = (client.subscription_id, client.resource_group_name, client.workspace_name)
    name = written if written != endpoint else f"{endpoint}-{_digest(*map(str, place))}"
    if not _NAME.fullmatch(name) or not 3 <= len(name) <= LONGEST:
        raise BadConfiguration(
            f"endpoints/{endpoint}: Azure takes no endpoint of the name {name!r}: 3 to {LONGEST} letters, digits and "
            f"single hyphens, a letter first. Rename the folder (at most {LONGEST - 1 - _DIGEST} characters), or write "
            "another `name` into its endpoint.yml."
        )
    return name


def _digest(*place: str) -> str:
    """Digest of a workspace's place; Azure does not tell large letters from small ones in it."""
    return hashlib.sha256("/".join(place).lower().encode()).hexdigest()[:_DIGEST]
