import torch

from compression.seeds import seed_torch, seeded, without_seed


def test_a_seed_in_a_name_can_be_removed() -> None:
    assert seeded("small", 3) == "small.s3"
    assert without_seed("small.s3") == "small"
    assert without_seed("small.s") == "small.s"
    assert without_seed("v1.s2.x") == "v1.s2.x"


def test_draws_depend_on_seed_and_position_only() -> None:
    def draw(seed: int, position: int) -> float:
        seed_torch(seed, position)
        return float(torch.rand(()))

    draws = {(s, p): draw(s, p) for s in (0, 1) for p in (0, 1)}
    assert len(set(draws.values())) == 4
    assert all(draw(*key) == value for key, value in draws.items())
