"""The capacity of the region: the sizes of virtual machines, and the quota of the subscription."""

from emulator.routes.routing import LOCATIONS, Call, route
from emulator.state.surroundings import read_surroundings
from emulator.wire.http import JsonObject, Response, json_response
from emulator.wire.names import PROVIDER, REGION

# Name, family, cores, GPUs, memory in GB; from Microsoft's pages on sizes of virtual machines.
_SIZES = (
    ("Standard_DS2_v2", "standardDSv2Family", 2, 0, 7),
    ("Standard_DS3_v2", "standardDSv2Family", 4, 0, 14),
    ("Standard_DS4_v2", "standardDSv2Family", 8, 0, 28),
    ("Standard_D4s_v3", "standardDSv3Family", 4, 0, 16),
    ("Standard_E4s_v3", "standardESv3Family", 4, 0, 32),
    ("Standard_F4s_v2", "standardFSv2Family", 4, 0, 8),
    ("Standard_NC4as_T4_v3", "Standard NCASv3_T4 Family", 4, 1, 28),
)
_LOW_PRIORITY = "TotalLowPriorityCores"
_DEFAULT = (0, 100)
_NO_GPUS = (0, 0)


@route("management", "GET", LOCATIONS + "/vmSizes")
def list_sizes(call: Call) -> Response:
    """Virtual Machine Sizes - List."""
    value = [
        {
            "name": name,
            "family": family,
            "vCPUs": cores,
            "gpus": gpus,
            "osVhdSizeMB": 1047552,
            "maxResourceVolumeMB": memory * 2048,
            "memoryGB": float(memory),
            "lowPriorityCapable": True,
            "premiumIO": True,
            "supportedComputeTypes": ["AmlCompute", "ComputeInstance"],
        }
        for name, family, cores, gpus, memory in _SIZES
    ]
    return json_response(200, {"value": value})


@route("management", "GET", LOCATIONS + "/usages")
def list_usages(call: Call) -> Response:
    """Usages - List: the used cores of each family of sizes, and their limit."""
    quota = read_surroundings(call.workspace.state).quota
    families = {family: _NO_GPUS if gpus else _DEFAULT for _, family, _, gpus, _ in _SIZES}
    names = {**families, _LOW_PRIORITY: _DEFAULT}
    return json_response(200, {"value": [_usage(call, name, *quota.get(name, names[name])) for name in names]})


def _usage(call: Call, name: str, used: int, limit: int) -> JsonObject:
    location = f"/subscriptions/{call.workspace.names.subscription}/providers/{PROVIDER}/locations/{REGION}"
    shown = "Total Cluster LowPriority vCPUs" if name == _LOW_PRIORITY else f"{name} Cluster Dedicated vCPUs"
    return {
        "id": f"{location}/usages/{name}",
        "type": f"{PROVIDER}/usages",
        "unit": "Count",
        "currentValue": used,
        "limit": limit,
        "name": {"value": name, "localizedValue": shown},
    }
