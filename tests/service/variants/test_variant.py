import pytest

from edgemood import Artifact, Classifier
from service.errors import UnavailableError
from service.variants.variant import State, Variant


def test_a_loaded_variant_has_its_classifier(artifact: Artifact) -> None:
    classifier = Classifier(artifact)
    assert Variant("a", "loaded", 1, "0", classifier).loaded_classifier is classifier


@pytest.mark.parametrize("state", ["failed", "unloaded"])
def test_any_other_variant_is_unavailable(state: State) -> None:
    with pytest.raises(UnavailableError) as error:
        _ = Variant("a", state, 1).loaded_classifier
    assert error.value.message == "the variant a is not loaded"
