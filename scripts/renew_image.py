"""Take the newest image of the environment's repository, and write it down by its digest."""

from scripts.lib.command import command
from scripts.lib.telling import results


@command()
def main() -> None:
    """Ask the registry for the newest dated tag and its digest, and write both into components/environment.yml.

    Azure ML pulls what the digest names, the same content whenever it is built. The environment and all components get
    new versions.

    Example: python -m scripts.renew_image
    """
    from scripts.lib.repository.image import renew_image

    before, after = renew_image()
    said = f"The image was {before} and is {after}." if after != before else f"The image is the newest: {after}."
    results.tell(said)
    results.emit({"before": before, "after": after, "changed": after != before}, f"### Image\n\n{said}\n")


if __name__ == "__main__":
    main()
