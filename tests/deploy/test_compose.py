"""What the containers of the compose file may do, and who may reach them."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]

each_service = pytest.mark.parametrize("name", sorted(SERVICES))


@each_service
def test_ports_are_published_on_the_loopback_address_alone(name: str) -> None:
    for port in SERVICES[name].get("ports", ()):
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port)
    assert "network_mode" not in SERVICES[name]


def test_prometheus_has_no_published_port_and_no_way_out() -> None:
    assert "ports" not in SERVICES["prometheus"]
    networks = set(SERVICES["prometheus"]["networks"])
    assert all(COMPOSE["networks"][network] == {"internal": True} for network in networks)
    shared = {name for name, one in SERVICES.items() if networks & set(one["networks"])}
    assert shared == {"edgemood", "prometheus", "grafana"}
    assert not set(SERVICES["edgemood"]["networks"]) & set(SERVICES["grafana"]["networks"])


@each_service
def test_containers_are_confined(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"] <= 256
    assert service["mem_limit"] in {"320m", "512m"}
    assert not {"privileged", "cap_add", "devices", "pid", "ipc", "user"} & set(service)
    for folder in service.get("tmpfs", ()):
        assert {"noexec", "nosuid", "nodev"} <= set(folder.partition(":")[2].split(","))
        assert "size=" in folder


@each_service
def test_files_of_the_host_are_mounted_read_only(name: str) -> None:
    for volume in SERVICES[name].get("volumes", ()):
        source, _, rest = volume.partition(":")
        assert source in COMPOSE["volumes"] or rest.endswith(":ro"), volume
        assert "docker.sock" not in volume


@each_service
def test_images_of_others_are_pinned_by_digest(name: str) -> None:
    service = SERVICES[name]
    assert "build" in service or re.fullmatch(
        r".+:v?\d+\.\d+\.\d+@sha256:[0-9a-f]{64}", service["image"]
    )


def test_the_service_has_the_memory_that_kubernetes_grants_it() -> None:
    manifest = (DEPLOY / "kubernetes" / "base" / "deployment.yaml").read_text()
    limit = yaml.safe_load(manifest)["spec"]["template"]["spec"]["containers"][0]["resources"]
    assert SERVICES["edgemood"]["mem_limit"] == "320m"
    assert limit["limits"]["memory"] == "320Mi"


def test_grafana_has_no_account_and_lets_nobody_change_anything() -> None:
    environment = SERVICES["grafana"]["environment"]
    closed = {
        "GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION": "true",  # otherwise admin/admin
        "GF_AUTH_BASIC_ENABLED": "false",
        "GF_AUTH_DISABLE_LOGIN_FORM": "true",
        "GF_AUTH_ANONYMOUS_ORG_ROLE": "Viewer",
        "GF_USERS_ALLOW_SIGN_UP": "false",
        "GF_PLUGINS_PLUGIN_ADMIN_ENABLED": "false",
    }
    assert closed.items() <= environment.items()
    assert not [name for name in environment if "PASSWORD" in name]


def test_no_secret_is_written_into_the_file() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search("TOKEN|KEY|SECRET|PASSWORD", name):
                assert re.fullmatch(r"\$\{\w+:-\}", value), name
