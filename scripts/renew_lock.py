"""Lock the packages that pyproject.toml declares, and write what follows from the lock."""

import click

from scripts.lib.command import command
from scripts.lib.telling import results


@command()
@click.option("--upgrade", is_flag=True, help="Take the newest version of all that pyproject.toml does not pin.")
def main(upgrade: bool) -> None:
    """Write uv.lock, requirements.txt and the packages of each conda.yml, which belong together.

    The public package index must be within reach. New packages of an environment make a new version of it
    and of its components.

    Example: python -m scripts.renew_lock --upgrade
    """
    from scripts.lib.repository.lock import renew_lock

    changed = renew_lock(upgrade)
    said = f"Written: {', '.join(changed)}." if changed else "The lock is up to date."
    results.tell(said)
    results.emit({"changed": changed}, f"### Lock\n\n{said}\n")


if __name__ == "__main__":
    main()
