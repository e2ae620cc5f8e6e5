"""Runs a variant: text in, labels out, from one memory-mapped file.

A *variant* is one ``.safetensors`` file that carries its vocabulary, its packed weights, its
thresholds and a manifest. This package needs numpy, safetensors and pydantic; it knows neither
torch (that is ``compression``) nor HTTP (that is ``service``).
"""

from edgemood.classifier import Classifier, Prediction
from edgemood.errors import ArtifactError, EdgemoodError
from edgemood.format.artifact import Artifact
from edgemood.format.manifest import Manifest

__all__ = ["Artifact", "ArtifactError", "Classifier", "EdgemoodError", "Manifest", "Prediction"]
__version__ = "0.1.0"
