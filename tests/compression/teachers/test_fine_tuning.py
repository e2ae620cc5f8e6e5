from pathlib import Path

import numpy as np
import pytest
import torch

from compression.data.dataset import Dataset
from compression.errors import CheckpointError
from compression.settings import (
    TransformerSettings,
)
from compression.teachers import fine_tuning
from compression.teachers.fine_tuning import FineTuning
from compression.teachers.label_heads import LabelHeads
from compression.teachers.transformer import Transformer


def test_an_interrupted_fine_tuning_resumes_to_the_same_weights(
    source: Path,
    settings: TransformerSettings,
    dataset: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fine_tuning, "SAVE_EVERY", 10)
    whole = Transformer(source, settings, labels=3)
    FineTuning(whole, settings, LabelHeads({"data": dataset}), tmp_path / "whole.safetensors").run()

    state_file = tmp_path / "p.safetensors"
    original = FineTuning._step

    def interrupted(run: FineTuning, chosen: list[int]) -> None:
        if run._done == 37:
            raise KeyboardInterrupt
        original(run, chosen)

    with monkeypatch.context() as patch:
        patch.setattr(FineTuning, "_step", interrupted)
        with pytest.raises(KeyboardInterrupt):
            FineTuning(
                Transformer(source, settings, labels=3),
                settings,
                LabelHeads({"data": dataset}),
                state_file,
            ).run()
    resumed = Transformer(source, settings, labels=3)
    steps: list[int] = []
    monkeypatch.setattr(
        FineTuning, "_step", lambda run, chosen: (steps.append(run._done), original(run, chosen))
    )
    FineTuning(resumed, settings, LabelHeads({"data": dataset}), state_file).run()
    assert steps[0] == 30
    for name, tensor in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], tensor), name


def test_a_damaged_state_file_is_named(
    source: Path, settings: TransformerSettings, dataset: Dataset, tmp_path: Path
) -> None:
    state_file = tmp_path / "p.safetensors"
    state_file.write_bytes(b"junk")
    network = Transformer(source, settings, labels=3)
    with pytest.raises(CheckpointError, match=r"p\.safetensors.*delete it"):
        FineTuning(network, settings, LabelHeads({"data": dataset}), state_file).run()


def test_batches_hold_every_text_once_an_epoch_and_texts_of_similar_length(
    source: Path, settings: TransformerSettings, dataset: Dataset, tmp_path: Path
) -> None:
    network = Transformer(source, settings, labels=3)
    fine_tuning = FineTuning(
        network, settings, LabelHeads({"data": dataset}), tmp_path / "p.safetensors"
    )
    first, second = list(fine_tuning._epoch(0)), list(fine_tuning._epoch(1))
    assert sorted(i for batch in first for i in batch) == list(range(len(dataset.train)))
    assert first != second
    lengths = [[len(dataset.train.texts[i]) for i in batch] for batch in first]
    overall = np.ptp([length for batch in lengths for length in batch])
    assert np.mean([np.ptp(batch) for batch in lengths]) < overall / 2
