"""docker-compose.yml and the image, as far as they can be checked without a container engine."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from ticketdesk.env import BASE_DIR, read_config

COMPOSE: dict[str, Any] = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("web", "worker", "beat", "mail", "migrate")
KNOWN_KEYS = {
    "build", "cap_drop", "command", "depends_on", "environment", "healthcheck", "image", "init", "networks", "ports",
    "read_only", "restart", "security_opt", "shm_size", "stop_grace_period", "tmpfs", "volumes",
}  # fmt: skip
VALUES = {
    "SITE_HOST": "help.example.com",
    "SECRET_KEY": "s" * 64,
    "APPLICATION_PASSWORD": "a" * 64,
    "OWNER_PASSWORD": "o" * 64,
    "POSTGRES_PASSWORD": "p" * 64,
    "REDIS_PASSWORD": "r" * 64,
}
VARIABLE = re.compile(r"\$\{(\w+)(?::([?-])([^}]*))?\}")


def filled(text: str) -> str:
    """What compose makes of a value."""

    def value(found: re.Match[str]) -> str:
        name, how, rest = found.groups()
        if name in VALUES:
            return VALUES[name]
        assert how == "-", f"{name} has no default and no message"
        return str(rest)

    return VARIABLE.sub(value, text)


def test_every_part_is_a_service() -> None:
    assert set(SERVICES) == {"proxy", "web", "worker", "beat", "mail", "migrate", "postgres", "redis"}
    assert set(COMPOSE["volumes"]) == {"data", "postgres", "certificates"}
    assert set(COMPOSE["networks"]) == {"inner", "outer"}
    for service in SERVICES.values():
        assert set(service) <= KNOWN_KEYS


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_every_lasting_service_is_watched_and_restarted(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert service["healthcheck"]["interval"]
    assert service["restart"] == "unless-stopped"


def test_web_and_worker_can_be_scaled() -> None:
    for name in ("web", "worker"):
        assert "container_name" not in SERVICES[name]
        assert "ports" not in SERVICES[name]
    caddyfile = (BASE_DIR / "ticketdesk/deploy/Caddyfile").read_text()
    assert "dynamic a web 8000" in caddyfile  # follows the number of web containers


def test_only_the_proxy_and_the_mail_door_are_open_to_the_world() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"proxy", "mail"}
    assert COMPOSE["networks"]["inner"]["internal"]
    for name in ("postgres", "redis"):
        assert SERVICES[name]["networks"] == ["inner"]


def test_no_secret_has_a_default() -> None:
    text = (BASE_DIR / "docker-compose.yml").read_text()
    for name, how, rest in VARIABLE.findall(text):
        if name.endswith(("PASSWORD", "KEY")) or name == "SITE_HOST":
            assert how == "?", name
            assert len(rest) > 10, f"{name} does not say what to write"
    for name in set(VALUES):
        assert f"#{name}=" in (BASE_DIR / ".env.example").read_text()


@pytest.mark.parametrize("name", OURS)
def test_our_services_have_no_rights_they_do_not_need(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["volumes"] == ["data:/data"]
    assert service["command"][:2] == ["python", "manage.py"]


@pytest.mark.parametrize("name", OURS)
def test_the_environment_of_our_services_is_one_the_product_accepts(name: str) -> None:
    environment = {key: filled(str(value)) for key, value in SERVICES[name]["environment"].items()}
    config = read_config(environment)
    assert config.is_https
    assert not config.debug
    assert not config.demo
    assert not config.is_embedded_database
    assert not config.is_embedded_redis
    assert config.trusted_proxies == 1


def test_only_the_migration_knows_the_owner_of_the_tables() -> None:
    knowing = {name for name, service in SERVICES.items() if "OWNER_PASSWORD" in str(service["environment"])
               or "DATABASE_OWNER_URL" in service["environment"]}  # fmt: skip
    assert knowing == {"migrate", "postgres"}
    for name in set(OURS) - {"migrate"}:
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    roles = (BASE_DIR / "ticketdesk/deploy/postgres-roles.sh").read_text()
    assert "CREATE ROLE ticketdesk LOGIN" in roles
    assert "CREATE DATABASE ticketdesk OWNER ticketdesk_owner" in roles


def test_what_is_mounted_exists() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert not source.startswith(".") or (BASE_DIR / source).is_file()


def test_the_image_runs_as_an_ordinary_user_on_pinned_requirements() -> None:
    lines = (BASE_DIR / "Dockerfile").read_text().splitlines()
    text = "\n".join(lines)
    assert "--require-hashes --requirement /tmp/base.txt" in text
    last_stage = lines[max(index for index, line in enumerate(lines) if line.startswith("FROM ")) :]
    users = [line.split()[1] for line in last_stage if line.startswith("USER ")]
    assert users == ["ticketdesk"]
    assert any(line.startswith("HEALTHCHECK ") for line in last_stage)
    assert not any(re.match(r"(ENV|ARG).*(SECRET|PASSWORD)", line) for line in lines)
    ignored = (BASE_DIR / ".dockerignore").read_text().splitlines()
    assert "*" in ignored  # nothing enters the image that is not named
    for needed in ("manage.py", "ticketdesk", "tickets", "contactcenter", "itsm", "templates", "static"):
        assert f"!{needed}" in ignored
