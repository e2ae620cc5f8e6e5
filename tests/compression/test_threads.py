import os
import sys

import pytest
import torch

from compression.threads import all_threads, one_thread


def test_the_number_of_threads_is_restored_after_an_error() -> None:
    before = torch.get_num_threads()
    with all_threads(), one_thread():
        assert torch.get_num_threads() == 1
    with pytest.raises(KeyboardInterrupt), one_thread():
        raise KeyboardInterrupt
    assert torch.get_num_threads() == before


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")
def test_a_process_uses_no_more_threads_than_its_processors() -> None:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        with all_threads():
            assert torch.get_num_threads() == 1
    finally:
        os.sched_setaffinity(0, before)
