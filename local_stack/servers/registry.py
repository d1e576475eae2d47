"""Apicurio Registry, asked through the Confluent API; it keeps its schemas in the stack's PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Mapping

from local_stack import artifacts
from local_stack.server import NotReady, Server
from local_stack.site import Site
from local_stack.state import HOST
from local_stack.web import ask

API = "/apis/ccompat/v7"
READY_SUBJECT = "orderloom-ready"
SCHEMA = json.dumps({"type": "record", "name": "Ready", "namespace": "orderloom", "fields": []})


class Registry(Server):
    name = "registry"
    title = "Schema registry"
    port_names = ("registry",)
    needs = "postgres"

    def prepare(self, site: Site) -> None:
        site.make_scratch(self.name)

    def command(self, site: Site) -> list[str]:
        return [
            site.java,
            *site.java_options(self.name),
            *("-Xms64m", "-Xmx192m", "-XX:MaxMetaspaceSize=192m"),
            *("-Djava.util.logging.manager=org.jboss.logmanager.LogManager", "-jar"),
            str(site.programs["registry"] / "quarkus-run.jar"),
        ]

    def environment(self, site: Site) -> Mapping[str, str]:
        return {
            "QUARKUS_HTTP_HOST": HOST,
            "QUARKUS_HTTP_PORT": str(site.port("registry")),
            # Left alone, it listens at 0.0.0.0:9000 as well, and a second stack could not start beside the first.
            "QUARKUS_MANAGEMENT_HOST": HOST,
            "QUARKUS_MANAGEMENT_PORT": "0",
            "APICURIO_STORAGE_KIND": "sql",
            "APICURIO_STORAGE_SQL_KIND": "postgresql",
            "APICURIO_DATASOURCE_URL": f"jdbc:postgresql://{HOST}:{site.port('postgres')}/registry",
            "APICURIO_DATASOURCE_USERNAME": "orders",
            "APICURIO_DATASOURCE_PASSWORD": site.state.postgres_password,
            "APICURIO_DATASOURCE_JDBC_INITIAL_SIZE": "2",
            "APICURIO_DATASOURCE_JDBC_MIN_SIZE": "2",
            "APICURIO_DATASOURCE_JDBC_MAX_SIZE": "10",
        }

    def check(self, site: Site) -> None:
        port = site.port("registry")
        made = ask(port, "POST", f"{API}/subjects/{READY_SUBJECT}/versions", {"schema": SCHEMA})
        read = ask(port, "GET", f"{API}/schemas/ids/{made['id']}")
        if json.loads(read["schema"]) != json.loads(SCHEMA):
            raise NotReady("a schema was registered, but another one was read back")

    def version(self, _site: Site, /) -> str:
        return artifacts.version_of("registry")
