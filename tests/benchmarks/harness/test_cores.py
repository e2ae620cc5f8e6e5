"""Server and client on the available cores."""

import os

from benchmarks.harness.cores import Cores


def test_server_and_client_have_the_first_and_the_last_core() -> None:
    several = Cores((2, 3, 7))
    assert (several.server, several.client, several.separate, len(several)) == (2, 7, True, 3)
    single = Cores((4,))
    assert (single.server, single.client, single.separate, len(single)) == (4, 4, False, 1)


def test_cores_are_those_of_the_process() -> None:
    assert set(Cores.detect().available) == os.sched_getaffinity(0)
