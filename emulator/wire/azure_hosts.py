"""The hosts that belong to Azure. It imports nothing, because every Python process of a step loads it first."""

_SUFFIXES = (
    ".azure.com",
    ".azure.net",
    ".azureml.ms",
    ".azureml-test.ms",
    ".azureml.net",
    ".azurecr.io",
    ".windows.net",
    ".microsoftonline.com",
    ".visualstudio.com",
    # Azure in China and Azure Government.
    ".azure.cn",
    ".chinacloudapi.cn",
    ".azure.us",
    ".usgovcloudapi.net",
    ".microsoftonline.us",
)
# The last two are the metadata service and the platform address of a virtual machine; they issue its tokens.
_HOSTS = ("login.microsoft.com", "graph.microsoft.com", "169.254.169.254", "168.63.129.16")
# In the form of NO_PROXY.
NO_PROXY = ",".join((*_SUFFIXES, *_HOSTS))


def is_azure(host: str) -> bool:
    """Return whether ``host`` belongs to Azure, so that a step must not reach it."""
    plain = host.rstrip(".").lower()
    return plain.endswith(_SUFFIXES) or plain in _HOSTS


def refusal(host: str) -> str:
    """Return the message for a step that tries to reach ``host``: why it cannot, and what to do instead."""
    return (
        f"{host} is a host of Azure, and a step of the embedded workspace does not reach it. The workspace itself"
        " answers programs that use the library requests, as Azure's SDK and MLflow do. Data from elsewhere on Azure"
        " comes as an input of the step with its https address."
    )
