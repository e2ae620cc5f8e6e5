"""Text classifiers small enough for any device: text in, labels out, from one file.

A *variant* is one ``.safetensors`` file. It holds a vocabulary, packed weights, thresholds and a
manifest. This package runs variants; it needs numpy, safetensors and pydantic. The package
``compression`` makes variants with torch, and the package ``service`` serves them over HTTP.
"""

from edgemood.classifier import Classifier
from edgemood.decision import Prediction
from edgemood.errors import ArtifactError, EdgemoodError
from edgemood.format.artifact import Artifact
from edgemood.format.file import VariantFile
from edgemood.format.manifest import Manifest

__all__ = [
    "Artifact",
    "ArtifactError",
    "Classifier",
    "EdgemoodError",
    "Manifest",
    "Prediction",
    "VariantFile",
]
__version__ = "0.2.0"
