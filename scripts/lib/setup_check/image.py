"""Check that the registry has the image on which components run."""

from scripts.lib.repository.image import ask_registry, image_of, parse_image
from scripts.lib.setup_check.check import Check, result


def check_image() -> Check:
    """Ask the registry for the manifest of the environment's image, as whoever pulls it does first."""
    import requests

    named = image_of()
    image = parse_image(named)
    try:
        response = ask_registry(image, f"manifests/{image.reference}", "HEAD")
    except requests.RequestException as error:
        fix = f"let this machine and the workspace reach https://{image.host}"
        return Check("image", "missing", f"{image.host} does not answer: {type(error).__name__}", fix)
    found = named if response.ok else f"{image.host} answers {response.status_code} for {named}"
    return result("image", response.ok, found, "python -m scripts.renew_image")
