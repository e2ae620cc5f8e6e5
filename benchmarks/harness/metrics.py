"""Read a service's `/metrics`."""

import urllib.request

from prometheus_client.parser import text_string_to_metric_families

Sample = tuple[dict[str, str], float]
"""Labels and value."""


def read_samples(url: str, name: str) -> list[Sample]:
    """The samples of one name from the service at a URL.

    Raises:
        OSError: the service does not respond.
    """
    with urllib.request.urlopen(f"{url}/metrics", timeout=30) as response:
        return parse_samples(response.read().decode(), name)


def parse_samples(text: str, name: str) -> list[Sample]:
    """The samples of one name in the Prometheus text format."""
    return [
        (sample.labels, sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    ]
