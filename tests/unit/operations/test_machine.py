from __future__ import annotations

import socket
from pathlib import Path

import pytest

from eventing.settings import Settings
from operations.checks.machine import GIB, PACKAGES, PYTHON, available_memory, disk_check
from operations.checks.ports import ports_check
from operations.doctor import checks_for

MEMINFO = "MemTotal:       16000000 kB\nMemAvailable:    8388608 kB\n"


def machine(root: Path, limit: str | None = None, used: int = 0) -> Path:
    (root / "proc").mkdir()
    (root / "proc/meminfo").write_text(MEMINFO)
    if limit is not None:
        (root / "sys/fs/cgroup").mkdir(parents=True)
        (root / "sys/fs/cgroup/memory.max").write_text(f"{limit}\n")
        (root / "sys/fs/cgroup/memory.current").write_text(f"{used}\n")
    return root


@pytest.mark.parametrize(
    ("limit", "used", "free"),
    [
        (None, 0, 8 * GIB),
        ("max", GIB, 8 * GIB),
        # a container that may have less than the machine
        (str(2 * GIB), GIB, GIB),
        (str(64 * GIB), GIB, 8 * GIB),
    ],
)
def test_free_memory_is_that_of_the_nearest_limit(tmp_path: Path, limit: str | None, used: int, free: int) -> None:
    assert available_memory(machine(tmp_path, limit, used)) == free


def test_this_python_and_its_packages_are_found_right() -> None:
    assert PYTHON.run(Settings()).ok
    assert PACKAGES.run(Settings()).ok


def test_a_folder_that_does_not_exist_yet_is_judged_by_the_one_above(tmp_path: Path) -> None:
    assert disk_check("cache", tmp_path / "a/b/c", "ORDERS_CACHE_DIR").run(Settings()).ok


def test_a_file_in_the_place_of_a_folder_is_told_with_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    found = disk_check("cache", tmp_path / "file/cache", "ORDERS_CACHE_DIR").run(Settings())

    assert not found.ok
    assert "set ORDERS_CACHE_DIR to another folder" in found.says


def test_a_fixed_port_that_another_program_has_is_told_with_its_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        settings = Settings.model_validate({"stack_ports": {"redis": port}, "command_api": {"port": 0}})

        found = ports_check(stack_runs=False).run(settings)
        while_it_runs = ports_check(stack_runs=True).run(settings)

    assert not found.ok
    assert f"Port {port} is taken by another program" in found.says
    assert "set ORDERS_STACK_PORTS__REDIS to another port" in found.says
    assert "ORDERS_STACK_PORTS__REDIS" not in while_it_runs.says


def test_the_doctor_asks_for_the_servers_once_there_is_an_address() -> None:
    nowhere = [check.name for check in checks_for(Settings(), stack_runs=False)]
    somewhere = [
        check.name
        for check in checks_for(Settings.model_validate({"redis": {"url": "redis://cache"}}), stack_runs=False)
    ]

    assert nowhere[-1] == "servers"
    assert somewhere[-5:] == ["postgres", "kafka", "elasticsearch", "redis", "registry"]
