"""Manifests as kustomize renders them, against Kubernetes' schemas and against the service."""

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from service.routing.policy import Policy
from service.settings import Settings

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
OVERLAYS = ("base", "overlays/canary", "overlays/autoscaling", "overlays/ingress")


@cache
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
    limits = container["resources"]["limits"]
    assert limits == {"memory": "320Mi", "ephemeral-storage": "256Mi"}
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"} & set(pod)
    assert all("hostPort" not in port for port in container["ports"])
    assert all({"configMap", "emptyDir"} & set(volume) for volume in pod["volumes"])
    # The user is the image's.
    user = re.search(r"--uid (\d+)", (ROOT / "Dockerfile").read_text())
    assert user is not None
    assert pod["securityContext"]["runAsUser"] == int(user[1])


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pods_have_an_account_without_permissions_and_no_admin_token(overlay: str) -> None:
    objects = rendered(overlay)
    account = of_kind(objects, "ServiceAccount")
    pod = of_kind(objects, "Deployment")["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == account["metadata"]["name"] != "default"
    assert account["automountServiceAccountToken"] is False
    assert not [one for one in objects if "Role" in one["kind"]]
    names = {variable["name"] for one in pod["containers"] for variable in one["env"]}
    assert "EMOTION_ADMIN_TOKEN" not in names
    assert not [one for one in objects if one["kind"] == "Secret"]


def matches(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Whether a label selector of Kubernetes matches; `In` is the only operator here."""
    for expression in selector.get("matchExpressions", ()):
        assert expression["operator"] == "In"
        if labels.get(expression["key"]) not in expression["values"]:
            return False
    return selector.get("matchLabels", {}).items() <= labels.items()


def admits(peer: dict[str, Any], namespace: dict[str, str], pod: dict[str, str], own: bool) -> bool:
    """Whether one entry of `from` admits a pod; without a selector, only the own namespace."""
    assert set(peer) <= {"namespaceSelector", "podSelector"}
    if "namespaceSelector" in peer and not matches(peer["namespaceSelector"], namespace):
        return False
    return (own or "namespaceSelector" in peer) and matches(peer.get("podSelector", {}), pod)


ACCESS = {"edgemood-access": "true"}
PROMETHEUS = {"app.kubernetes.io/name": "prometheus"}
MONITORING = {"kubernetes.io/metadata.name": "monitoring"}


@pytest.mark.parametrize(
    ("namespace", "pod", "own", "admitted"),
    [
        ({}, ACCESS, True, True),
        ({}, {}, True, False),
        ({}, {"app.kubernetes.io/name": "edgemood"}, True, False),
        ({}, ACCESS, False, False),  # another team may label its pods, but not its namespace
        (ACCESS, {}, False, True),
        (MONITORING, PROMETHEUS, False, True),
        (MONITORING, {}, False, False),
        ({}, PROMETHEUS, False, False),
        ({}, PROMETHEUS, True, False),
    ],
)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_only_callers_and_prometheus_reach_the_port(
    overlay: str, namespace: dict[str, str], pod: dict[str, str], own: bool, admitted: bool
) -> None:
    (rule,) = of_kind(rendered(overlay), "NetworkPolicy")["spec"]["ingress"]
    assert rule["ports"] == [{"port": "http", "protocol": "TCP"}]
    assert any(admits(peer, namespace, pod, own) for peer in rule["from"]) == admitted


def test_the_ingress_forwards_listed_calls_without_admin_calls_and_metrics() -> None:
    from service.http.api.routes import METRICS, ROUTES

    spec = of_kind(rendered("overlays/ingress"), "Ingress")["spec"]
    (rule,) = spec["rules"]
    assert spec["tls"][0]["hosts"] == [rule["host"]]
    forwarded = {path["path"] for path in rule["http"]["paths"]}
    assert {path["pathType"] for path in rule["http"]["paths"]} == {"Exact"}
    service = of_kind(rendered("overlays/ingress"), "Service")
    (port,) = service["spec"]["ports"]
    backend = {"service": {"name": service["metadata"]["name"], "port": {"name": port["name"]}}}
    assert all(path["backend"] == backend for path in rule["http"]["paths"])
    assert forwarded <= {route.path for route in ROUTES}
    assert not forwarded & {route.path for route in ROUTES if route.is_admin}
    assert not forwarded & {METRICS, *(route.path for route in ROUTES if route.is_probe)}
    assert {"/classify", "/compare", "/feedback", "/"} <= forwarded


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pods_open_no_connections(overlay: str) -> None:
    spec = of_kind(rendered(overlay), "NetworkPolicy")["spec"]
    assert set(spec["policyTypes"]) == {"Ingress", "Egress"}
    assert not spec.get("egress")


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
