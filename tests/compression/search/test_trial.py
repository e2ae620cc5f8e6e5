"""Finished trials."""

import optuna
from optuna.distributions import CategoricalDistribution
from optuna.trial import TrialState, create_trial

from compression.search.trial import Trial, describe, finished_trials


def test_choices_are_decoded_and_unfinished_trials_left_out() -> None:
    parameters = {
        "base.model.hidden": "[8, 6]",
        "method": "apot",
        "apot.bits": "5",
        "lsq.bits": "2",
    }
    study = optuna.create_study(directions=["minimize", "maximize"])
    distributions = {name: CategoricalDistribution([value]) for name, value in parameters.items()}
    study.add_trial(create_trial(state=TrialState.PRUNED))
    study.add_trial(
        create_trial(params=parameters, distributions=distributions, values=[100.0, 0.5])
    )
    expected = Trial(1, "apot", {"bits": 5}, {"model.hidden": [8, 6]}, 100, 0.5)
    assert finished_trials(study) == [expected]


def test_descriptions() -> None:
    assert describe({"bits": 5, "model.hidden": [8, 6]}) == "bits=5 model.hidden=[8, 6]"
    assert describe({}) == ""
