"""Run the service from its container image, with docker, podman or buildah."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

ENGINES = ("docker", "podman", "buildah")
CONFINED = (
    *("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"),
    *("--security-opt", "no-new-privileges"),
)
"""Options that the documentation recommends; buildah has none of them."""


@contextmanager
def container_command(
    engine: str, image: str, environment: Mapping[str, str]
) -> Iterator[list[str]]:
    """The command that runs the image on the host's network; `{port}` stands for the port.

    Args:
        engine: one of `ENGINES`.
        image: its name.
        environment: variables of the container.
    """
    variables = {"PORT": "{port}", "EMOTION_HOST": "127.0.0.1", **environment}
    flags = [part for name, value in variables.items() for part in ("--env", f"{name}={value}")]
    run = [engine, "run", "--network", "host", *flags]
    if engine != "buildah":
        yield [*run, "--rm", *CONFINED, image]
        return
    container = _output(["buildah", "from", "--pull-never", image])
    try:
        yield [*run, container, "--", "python", "-m", "service"]
    finally:
        _output(["buildah", "rm", container])


def image_size(engine: str, image: str) -> str:
    """The size of an image as its engine prints it, such as `227 MB`."""
    return _output([engine, "images", "--format", "{{.Size}}", image])


def _output(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip()
