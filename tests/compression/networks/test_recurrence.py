import torch
from torch.nn import functional

from compression.networks.recurrence import last_states, last_states_on_grids, schedule

LENGTHS = torch.tensor([2, 3, 1])


def test_schedule_by_hand() -> None:
    # Tokens of the texts: 0 1 | 2 3 4 | 5.
    plan = schedule(LENGTHS)
    assert plan.order.tolist() == [1, 0, 2]
    assert plan.active.tolist() == [3, 2, 1]
    assert plan.rows.tolist() == [[2, 0, 5, 3, 1, 4], [4, 1, 5, 3, 0, 2]]


def test_texts_of_equal_length_stay_in_order() -> None:
    assert schedule(torch.tensor([2, 2, 2])).order.tolist() == [0, 1, 2]


def test_both_recurrences_agree_to_the_precision_of_the_grids() -> None:
    torch.manual_seed(0)
    plan = schedule(LENGTHS)
    words, weight = torch.randn(6, 5), torch.randn(12, 5) * 0.3
    recurrent, biases = torch.randn(12, 4) * 0.3, torch.randn(2, 12) * 0.3
    rows = plan.rows[0]
    parameters = [weight, recurrent, biases[0], biases[1]]
    exact = last_states(words[rows], plan, parameters, training=False)
    projected = functional.linear(words, weight, biases[0])
    rounded = last_states_on_grids(projected, rows, plan, recurrent, biases[1])
    assert exact.shape == (3, 4)
    torch.testing.assert_close(rounded, exact, atol=0.02, rtol=0)
    assert not torch.equal(rounded, exact)
