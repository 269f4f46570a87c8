"""The variables that a GitHub-hosted runner sets beside GitHub's own, as ubuntu-24.04 had them in 2026."""

from pathlib import Path

# Settings of the image; their values are of no account here, that they are set is.
IMAGE = {
    "ACCEPT_EULA": "Y",
    "AGENT_TOOLSDIRECTORY": "/opt/hostedtoolcache",
    "AZURE_EXTENSION_DIR": "/opt/az/azcliextensions",
    "BOOTSTRAP_HASKELL_NONINTERACTIVE": "1",
    "CONDA": "/usr/share/miniconda",
    "DEBIAN_FRONTEND": "noninteractive",
    "DOTNET_MULTILEVEL_LOOKUP": "0",
    "DOTNET_NOLOGO": "1",
    "DOTNET_SKIP_FIRST_TIME_EXPERIENCE": "1",
    "ENABLE_RUNNER_TRACING": "true",
    "GRADLE_HOME": "/usr/share/gradle",
    "HOMEBREW_NO_AUTO_UPDATE": "1",
    "INVOCATION_ID": "0123456789abcdef0123456789abcdef",
    "ImageOS": "ubuntu24",
    "ImageVersion": "20260601.1",
    "JAVA_HOME": "/usr/lib/jvm/temurin-17-jdk-amd64",
    "JOURNAL_STREAM": "9:12345",
    "LANG": "C.UTF-8",
    "NVM_DIR": "/home/runner/.nvm",
    "PIPX_BIN_DIR": "/opt/pipx_bin",
    "PIPX_HOME": "/opt/pipx",
    "POWERSHELL_DISTRIBUTION_CHANNEL": "GitHub-Actions-ubuntu24",
    "PSModulePath": "/root/.local/share/powershell/Modules",
    "RUNNER_USER": "runner",
    "SELENIUM_JAR_PATH": "/usr/share/java/selenium-server.jar",
    "SHLVL": "1",
    "SYSTEMD_EXEC_PID": "600",
    "USER": "runner",
    "USE_BAZEL_FALLBACK_VERSION": "silent:",
    "VCPKG_INSTALLATION_ROOT": "/usr/local/share/vcpkg",
    "XDG_CONFIG_HOME": "/home/runner/.config",
    "XDG_RUNTIME_DIR": "/run/user/1001",
}
# What actions/setup-python exports.
PYTHON = {
    "PKG_CONFIG_PATH": "/opt/hostedtoolcache/Python/3.11/x64/lib/pkgconfig",
    "Python2_ROOT_DIR": "/opt/hostedtoolcache/Python/3.11/x64",
    "Python3_ROOT_DIR": "/opt/hostedtoolcache/Python/3.11/x64",
    "Python_ROOT_DIR": "/opt/hostedtoolcache/Python/3.11/x64",
    "pythonLocation": "/opt/hostedtoolcache/Python/3.11/x64",
}
_GITHUB = (
    "actor", "actor_id", "api_url", "base_ref", "event_name", "graphql_url", "head_ref", "job", "ref", "ref_name",
    "ref_protected", "ref_type", "repository", "repository_id", "repository_owner", "repository_owner_id",
    "retention_days", "run_attempt", "run_id", "run_number", "server_url", "sha", "triggering_actor", "workflow",
    "workflow_ref", "workflow_sha", "workspace",
)  # fmt: skip


def variables(github: dict[str, str], root: Path, event: Path, tracking_id: str) -> dict[str, str]:
    """Every variable that a step of a hosted runner finds, but for its own and for PATH and HOME."""
    given = {f"GITHUB_{name.upper()}": github[name] for name in _GITHUB}
    given |= {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_ACTION": "__run", "GITHUB_EVENT_PATH": str(event)}
    runner = {
        "RUNNER_ARCH": "X64",
        "RUNNER_ENVIRONMENT": "github-hosted",
        "RUNNER_NAME": "GitHub Actions 1",
        "RUNNER_OS": "Linux",
        "RUNNER_TEMP": str(root / "temp"),
        "RUNNER_TOOL_CACHE": "/opt/hostedtoolcache",
        "RUNNER_TRACKING_ID": tracking_id,
        "RUNNER_WORKSPACE": str(Path(github["workspace"]).parent),
        "ACTIONS_RUNNER_ACTION_ARCHIVE_CACHE": "/opt/actionarchivecache",
    }
    return {**IMAGE, **given, **runner}
