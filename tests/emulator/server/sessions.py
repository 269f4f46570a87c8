"""Signed-in sessions with a server."""

HOST = "https://management.azure.com"


def sign_in(server, session, **changes):
    variables = server.environment()
    form = {
        "grant_type": "client_credentials",
        "client_id": variables["AZURE_CLIENT_ID"],
        "client_secret": variables["AZURE_CLIENT_SECRET"],
        "scope": f"{HOST}/.default",
        **changes,
    }
    tenant = variables["AZURE_TENANT_ID"]
    return session.post(f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token", data=form)


def workspace_url(server):
    return HOST + server.names.arm


def signed_in(server, session):
    session.headers["Authorization"] = "Bearer " + sign_in(server, session).json()["access_token"]
    return session
