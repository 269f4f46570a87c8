"""Errors: the error responses of the control plane, and the error of a workspace that cannot be used."""

from emulator.wire.http import JsonObject, Response, json_response
from emulator.wire.names import REGION, now_text


class Unusable(Exception):
    """A state folder, a setting or a file of settings cannot be used; the message says which one and how to fix it."""


class ServiceError(Exception):
    """A request is refused with the status, code and body that Azure uses."""

    def __init__(
        self, status: int, code: str, message: str, detail: tuple[str, str] | None = None, inner: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.detail = detail
        self.inner = inner

    def response(self) -> Response:
        """Return the error response."""
        details = []
        if self.detail:
            code, message = self.detail
            details = [{"code": code, "message": message, "details": [], "additionalInfo": []}]
        return json_response(
            self.status,
            {
                "error": {
                    "code": self.code,
                    "message": self.message,
                    "details": details,
                    "additionalInfo": _additional_info(self.inner),
                }
            },
        )


def _additional_info(inner: tuple[str, ...]) -> list[JsonObject]:
    info: list[JsonObject] = [
        {"type": "ComponentName", "info": {"value": "managementfrontend"}},
        {"type": "Correlation", "info": {"value": {"operation": "0" * 32, "request": "0" * 16}}},
        {"type": "Environment", "info": {"value": REGION}},
        {"type": "Location", "info": {"value": REGION}},
        {"type": "Time", "info": {"value": now_text()}},
    ]
    chain: JsonObject | None = None
    for code in reversed(inner):
        chain = {"code": code, "innerError": chain}
    if chain:
        info.append({"type": "InnerError", "info": {"value": chain}})
    return info


def not_found(message: str, *inner: str) -> ServiceError:
    """Return the error for a resource of the management front end that does not exist."""
    return ServiceError(404, "UserError", message, inner=inner or ("NotFoundError",))


def no_such(kind: str, name: str, workspace: str) -> ServiceError:
    """Return the error for a batch endpoint or deployment that does not exist (recorded as ``NoSuchEndpoint``)."""
    message = f"There is no {kind.lower()} with name: {name} in {workspace}"
    return ServiceError(404, "NotFound", "The specified resource was not found.", (f"NoSuch{kind}", message))


def bad_request(message: str, *inner: str) -> ServiceError:
    """Return the error for a request whose content is not valid."""
    return ServiceError(400, "UserError", message, inner=("BadArgument", *inner))


def unsupported(what: str) -> ServiceError:
    """Return the error for ``what``, a feature of Azure ML that the embedded workspace does not have."""
    return ServiceError(
        400, "NotSupported", f"{what} is not supported by the embedded workspace; see docs/emulator.md."
    )


def invalid_pipeline(message: str, reason: str) -> ServiceError:
    """Return the error for a pipeline whose steps or bindings are not valid; ``reason`` is the service's inner code."""
    return bad_request(message, "ArgumentInvalid", "InvalidPipelineJob", reason)
