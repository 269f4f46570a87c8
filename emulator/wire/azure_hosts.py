"""Which hosts belong to Azure; without imports, because every Python of a step reads it before anything else."""

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
# The last two tell a virtual machine of Azure who it is, and hand out its tokens.
_HOSTS = ("login.microsoft.com", "graph.microsoft.com", "169.254.169.254", "168.63.129.16")
# In the form of NO_PROXY.
NO_PROXY = ",".join((*_SUFFIXES, *_HOSTS))


def is_azure(host: str) -> bool:
    """Say whether ``host`` is one of Azure's, which nothing of a step may reach."""
    plain = host.rstrip(".").lower()
    return plain.endswith(_SUFFIXES) or plain in _HOSTS


def refusal(host: str) -> str:
    """Say why ``host`` is not reached from a step, and what to do instead."""
    return (
        f"{host} is a host of Azure, and a step of the embedded workspace does not reach it. The workspace itself"
        " answers programs that use the library requests, as Azure's SDK and MLflow do. Data from elsewhere on Azure"
        " comes as an input of the step with its https address."
    )
