"""Load tests of a running service, with Locust. They speak HTTP and import none of its packages."""
