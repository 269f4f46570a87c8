"""Take the newest image of each environment's repository, and write it down by its digest."""

from scripts.lib.command import command
from scripts.lib.telling import results


@command()
def main() -> None:
    """Ask the registry for the newest dated tag and its digest, and write both into each environment of components/.

    Azure ML pulls what the digest names, the same content whenever it is built. The environments and all components
    get new versions.

    Example: python -m scripts.renew_image
    """
    from scripts.lib.repository.image import renew_image

    renewed = renew_image()
    said = [
        f"The image was {before} and is {after}." if after != before else f"The image is the newest: {after}."
        for before, after in renewed.items()
    ]
    results.tell("\n".join(said))
    images = [{"before": before, "after": after, "changed": after != before} for before, after in renewed.items()]
    results.emit({**images[0], "images": images}, "### Image\n\n" + "\n".join(f"- {line}" for line in said) + "\n")


if __name__ == "__main__":
    main()
