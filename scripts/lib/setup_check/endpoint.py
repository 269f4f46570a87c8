"""Check that the endpoint's name is ours, or free: Azure tells that only to who creates an endpoint of that name."""

from scripts.lib.setup_check.check import Check
from scripts.lib.setup_check.place import Place
from scripts.lib.setup_check.remedies import first_line, remedy
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoint_names import endpoint_name
from scripts.lib.workspace.endpoints import endpoint_exists, ensure_endpoint
from scripts.lib.workspace.locks import endpoint_lock
from scripts.lib.workspace.release_store import ReleaseStore
from scripts.lib.workspace.writing import deleted


def check_endpoint(connection: Connection, endpoint: str, place: Place) -> Check:
    """Look for the endpoint; where there is none create it, and delete it again.

    An endpoint costs nothing, and the lock keeps it from a release that begins meanwhile.
    """
    from azure.core.exceptions import AzureError

    client, name = connection.client, endpoint_name(connection.client, endpoint)
    try:
        if endpoint_exists(client, endpoint):
            return Check("endpoint", "ok", f"{name} is in this workspace")
        with endpoint_lock(ReleaseStore(connection, endpoint)):
            if ensure_endpoint(client, endpoint):
                deleted(
                    lambda: client.batch_endpoints.get(name),
                    lambda: client.batch_endpoints.begin_delete(name).result(),
                    f"endpoint {name}",
                )
        return Check("endpoint", "ok", f"{name} is free: it was created, and deleted again")
    except AzureError as error:
        taken = "must be unique within the region" in str(error)
        other = f"write another name than {name} as `name` into endpoints/{endpoint}/endpoint.yml"
        return Check("endpoint", "missing", first_line(error), other if taken else remedy(error, place))
