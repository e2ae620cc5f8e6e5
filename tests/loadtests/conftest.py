"""Locust without gevent's patches, which would change sockets and threads for all other tests."""

import os

os.environ["LOCUST_SKIP_MONKEY_PATCH"] = "1"
