"""What of a blob service's responses an SDK's user sees, and in what two services differ."""

from dataclasses import dataclass

from tests.emulator.routes.blob.azurite.scenarios import SCENARIOS

# Headers whose value counts, and those that only need be there, as their values are new each time.
VALUES = (
    "Accept-Ranges",
    "Content-Length",
    "Content-MD5",
    "Content-Range",
    "Content-Type",
    "x-ms-blob-content-md5",
    "x-ms-blob-type",
    "x-ms-lease-duration",
    "x-ms-lease-state",
    "x-ms-lease-status",
    "x-ms-lease-time",
    "x-ms-meta-kind",
)
PRESENT = ("ETag", "Last-Modified", "x-ms-lease-id", "x-ms-version")


@dataclass(frozen=True)
class Seen:
    """A response: the method of its request, status, error code, and headers that count."""

    method: str
    status: int
    code: str | None
    headers: dict[str, str]


def played(container, title):
    """Play a scenario; return each response, and what the scenario returned."""
    seen = []

    def see(response):
        headers = {name.lower(): value for name, value in response.http_response.headers.items()}
        kept = {name: headers[name.lower()] for name in VALUES if name.lower() in headers}
        kept |= {name: "there" for name in PRESENT if name.lower() in headers}
        method = response.http_request.method
        seen.append(Seen(method, response.http_response.status_code, headers.get("x-ms-error-code"), kept))

    # Clients of a container's blobs share its pipeline.
    policy = next(each for each in container._pipeline._impl_policies if hasattr(each, "_response_callback"))
    policy._response_callback = see
    try:
        return seen, SCENARIOS[title](container, title.replace(" ", "-").lower())
    finally:
        policy._response_callback = None


def differences(ours, theirs):
    """Return in what two runs of one scenario differ; of an error or a 304, status and code count."""
    (own_responses, own), (other_responses, other) = ours, theirs
    if [each.method for each in own_responses] != [each.method for each in other_responses]:
        return [f"requests: {[each.method for each in own_responses]}, not {[each.method for each in other_responses]}"]
    found = [] if own == other else [f"result: {own}, not {other}"]
    for mine, theirs_ in zip(own_responses, other_responses, strict=True):
        if (mine.status, mine.code) != (theirs_.status, theirs_.code):
            found.append(f"{mine.method}: {mine.status} {mine.code}, not {theirs_.status} {theirs_.code}")
        elif mine.status < 300:
            lists = mine.headers.get("Content-Type") == "application/xml"
            found += [
                f"{mine.method} {mine.status} {name}: {mine.headers.get(name)}, not {theirs_.headers.get(name)}"
                for name in (*VALUES, *PRESENT)
                if mine.headers.get(name) != theirs_.headers.get(name) and not (lists and name == "Content-Length")
            ]
    return found
