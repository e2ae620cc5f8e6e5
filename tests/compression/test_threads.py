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
