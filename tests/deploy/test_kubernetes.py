"""Manifests as kustomize renders them, against Kubernetes' schemas and against the service."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from service.routing.policy import Policy
from service.settings import Settings

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
OVERLAYS = ("base", "overlays/canary", "overlays/autoscaling")


def rendered(overlay: str) -> list[dict[str, Any]]:
    """The objects of an overlay, as kustomize makes them."""
    if shutil.which("kubectl") is None:
        pytest.skip("install kubectl, for its kustomize")
    done = subprocess.run(
        ["kubectl", "kustomize", str(FOLDER / overlay)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"kubectl 1.25 or later is needed: {done.stderr}"
    return list(yaml.safe_load_all(done.stdout))


def of_kind(objects: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    (found,) = (one for one in objects if one["kind"] == kind)
    return found


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_objects_match_their_schemas(overlay: str) -> None:
    objects = rendered(overlay)
    checked = [one for one in objects if one["kind"] != "ServiceMonitor"]  # defined by the operator
    assert len(checked) >= 5
    for one in checked:
        kubernetes_validate.validate(one, "1.33", strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_all_selectors_match_the_pods(overlay: str) -> None:
    objects = rendered(overlay)
    labels = of_kind(objects, "Deployment")["spec"]["template"]["metadata"]["labels"]
    selectors = [
        of_kind(objects, "Deployment")["spec"]["selector"]["matchLabels"],
        of_kind(objects, "Service")["spec"]["selector"],
        of_kind(objects, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        of_kind(objects, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
    ]
    assert labels
    assert all(selector.items() <= labels.items() for selector in selectors)


def test_only_the_autoscaler_sets_the_replicas() -> None:
    objects = rendered("overlays/autoscaling")
    assert "replicas" not in of_kind(objects, "Deployment")["spec"]
    assert of_kind(objects, "HorizontalPodAutoscaler")["spec"]["minReplicas"] >= 2


def deployment() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / "base" / "deployment.yaml").read_text())
    return loaded


def test_the_pod_has_no_unneeded_privileges() -> None:
    pod = deployment()["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert not pod["automountServiceAccountToken"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"] == "320Mi"
    # The user is the image's.
    user = re.search(r"--uid (\d+)", (ROOT / "Dockerfile").read_text())
    assert user is not None
    assert pod["securityContext"]["runAsUser"] == int(user[1])


def test_variables_are_those_of_the_service() -> None:
    (container,) = deployment()["spec"]["template"]["spec"]["containers"]
    names = {variable["name"] for variable in container["env"]}
    known = {field.alias for field in Settings.model_fields.values()}
    assert {name for name in names if name.startswith("EMOTION_")} <= known
    mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
    values = {v["name"]: v.get("value") for v in container["env"]}
    assert values["EMOTION_STATE"] in mounts


def test_probes_are_paths_of_the_service() -> None:
    from service.http.api.routes import PROBE_ROUTES

    probes = {route.path for route in PROBE_ROUTES}

    (container,) = deployment()["spec"]["template"]["spec"]["containers"]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"]["path"] in probes


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("routing.json")), ids=lambda p: p.parent.name)
def test_policies_are_valid_and_name_shipped_variants(path: Path) -> None:
    policy = Policy.model_validate(json.loads(path.read_text()))
    shipped = frozenset(p.stem for p in (ROOT / "variants").glob("*.safetensors"))
    assert policy.first_unknown(shipped) is None
