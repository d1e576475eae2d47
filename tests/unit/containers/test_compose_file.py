"""What can be said of docker-compose.yml without running it. Running it is done by `make containers`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from operations.cli import build

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
STAND_INS = (ROOT / "tests" / "containers" / "build-images").read_text(encoding="utf-8")
ONE_SHOTS = {
    name for name, service in SERVICES.items() if "restart" in service and service["restart"] != "unless-stopped"
}
OURS = {name: service for name, service in SERVICES.items() if "ORDERS_IMAGE_ORDERLOOM" in service["image"]}
# Groups of commands that run until they are stopped, and those of their commands that only look or change something.
RUNS_FOR_EVER = {"api": set(), "relay": {"status", "set"}, "participant": set(), "projector": set(), "outside": set()}


def commands_that_run_for_ever() -> Iterator[list[str]]:
    """As the command line declares them: each command of those groups, or the group itself if it can be called."""
    root = build()
    for command in root.registered_commands:
        if (command.name or "") in RUNS_FOR_EVER:
            yield [str(command.name)]
    for group in root.registered_groups:
        name = str(group.typer_instance.info.name) if group.typer_instance else ""
        if name not in RUNS_FOR_EVER or group.typer_instance is None:
            continue
        info = group.typer_instance.registered_callback
        if info and info.invoke_without_command is True:
            yield [name]
        for command in group.typer_instance.registered_commands:
            if command.name not in RUNS_FOR_EVER[name]:
                yield [name, str(command.name)]


@pytest.mark.parametrize("command", list(commands_that_run_for_ever()), ids=" ".join)
def test_every_process_of_the_platform_is_a_service(command: list[str]) -> None:
    """One that takes names, as `participant` and `projector` do, by at least one of them."""
    assert command in [service["command"][: len(command)] for service in OURS.values()]


def test_each_participant_is_a_service_of_its_own() -> None:
    from saga_choreography.wiring import PARTICIPANTS, WATCHDOG

    for name in (*PARTICIPANTS, WATCHDOG):
        assert OURS[name]["command"] == ["participant", name]


def test_there_are_processes() -> None:
    """So that the test above can't pass for want of any."""
    declared = list(commands_that_run_for_ever())

    assert ["api", "commands"] in declared
    assert ["relay"] in declared
    assert ["relay", "status"] not in declared


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ONE_SHOTS))
def test_whoever_runs_for_ever_says_how_it_is(name: str) -> None:
    check = SERVICES[name]["healthcheck"]

    assert check["test"][0] in ("CMD", "CMD-SHELL")
    assert int(check["timeout"].rstrip("s")) <= 10
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_has_a_limit_of_memory_and_of_its_log(name: str) -> None:
    assert re.fullmatch(r"\d+[mg]", SERVICES[name]["mem_limit"])
    assert SERVICES[name]["logging"]["options"]["max-size"]


def test_the_core_fits_on_a_laptop() -> None:
    limits = [service["mem_limit"] for service in SERVICES.values() if "profiles" not in service]
    total = sum(int(limit[:-1]) * (1024 if limit[-1] == "g" else 1) for limit in limits)

    assert total <= 8 * 1024


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_image_is_pinned_and_can_be_another(name: str) -> None:
    variable, tag = re.fullmatch(r"\$\{(ORDERS_IMAGE_[A-Z_]+):-[a-z0-9/-]+:([^}]+)\}", SERVICES[name]["image"]).groups()  # type: ignore[union-attr]

    assert variable.startswith("ORDERS_IMAGE_")
    assert re.search(r"\d+\.\d+", tag), f"{tag} may be another image tomorrow"


@pytest.mark.parametrize("server", ["postgres", "kafka", "elasticsearch", "redis", "registry", "prometheus"])
def test_each_server_has_a_stand_in_by_the_variable_that_compose_reads(server: str) -> None:
    assert f"ORDERS_IMAGE_{server.upper()}=orderloom/stand-in-{server}:" in STAND_INS
    assert SERVICES[server]["image"].startswith(f"${{ORDERS_IMAGE_{server.upper()}:-")


@pytest.mark.parametrize("port", [port for service in SERVICES.values() for port in service.get("ports", [])])
def test_ports_are_bound_to_loopback_and_can_be_others(port: str) -> None:
    assert re.fullmatch(r"\$\{ORDERS_PUBLISH_[A-Z_]+:-127\.0\.0\.1:\d+\}:\d+", port)


def test_one_service_builds_the_image_and_those_of_its_name_wait_for_it() -> None:
    """Many builds of one name at a time fail where images are in containerd's store: "image already exists"."""
    assert [name for name, service in SERVICES.items() if "build" in service] == ["upgrade"]
    assert SERVICES["upgrade"]["pull_policy"] == "missing"
    assert {service["pull_policy"] for name, service in OURS.items() if name != "upgrade"} == {"never"}


@pytest.mark.parametrize("name", sorted(OURS))
def test_what_a_process_is_told_are_settings_with_which_it_can_start(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eventing.settings import read_settings

    for variable, value in OURS[name]["environment"].items():
        monkeypatch.setenv(variable, re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", value))

    settings = read_settings()

    # Anything else wants keys and an issuer that stand nowhere in this file.
    assert settings.environment == OURS[name]["environment"]["ORDERS_ENVIRONMENT"] == "development"


def test_no_two_services_want_the_same_port() -> None:
    ports = [port.split(":-")[1].split("}")[0] for service in SERVICES.values() for port in service.get("ports", [])]

    assert len(ports) == len(set(ports))


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_process_of_ours_may_do_little(name: str) -> None:
    service = OURS[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "container_name" not in service, "a name can be had once, and a service several times"


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_process_has_more_time_to_stop_than_it_takes_to_drain(name: str) -> None:
    from eventing.settings import HttpSettings

    longest = HttpSettings().notice_seconds + HttpSettings().drain_seconds

    assert int(OURS[name]["stop_grace_period"].rstrip("s")) > 2 * longest


@pytest.mark.parametrize("name", sorted(set(OURS) - ONE_SHOTS - {"payments", "carrier"}))
def test_a_process_begins_when_all_is_prepared(name: str) -> None:
    for prepared in ("upgrade", "topics", "schemas"):
        assert OURS[name]["depends_on"][prepared]["condition"] == "service_completed_successfully"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_who_waits_waits_for_health(name: str) -> None:
    for waited, how in SERVICES[name].get("depends_on", {}).items():
        wanted = "service_completed_successfully" if waited in ONE_SHOTS else "service_healthy"
        assert how["condition"] == wanted


def test_data_are_in_named_volumes() -> None:
    for server in ("postgres", "kafka", "elasticsearch", "redis"):
        assert any(volume.split(":")[0] in COMPOSE["volumes"] for volume in SERVICES[server]["volumes"])


def test_variables_of_compose_are_no_settings_of_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever exports them for compose goes on using the command line in the same shell."""
    from eventing.settings import read_settings

    monkeypatch.setenv("ORDERS_IMAGE_KAFKA", "mirror/kafka:4.3.1")
    monkeypatch.setenv("ORDERS_PUBLISH_COMMANDS", "127.0.0.1:18080")

    read_settings()
