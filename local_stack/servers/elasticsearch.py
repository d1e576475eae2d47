"""Elasticsearch, one node, from the build that its own integration tests use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from local_stack import artifacts
from local_stack.server import NotReady, Server
from local_stack.site import Site
from local_stack.state import HOST
from local_stack.web import ask

READY_INDEX = "orderloom-ready"

HEAP = """\
-Xms512m
-Xmx512m
-XX:+UseSerialGC
-XX:TieredStopAtLevel=1
-XX:-UsePerfData
"""


class Elasticsearch(Server):
    name = "elasticsearch"
    title = "Elasticsearch"
    port_names = ("elasticsearch",)

    def prepare(self, site: Site) -> None:
        site.make_scratch(self.name)
        dist, config = site.programs["elasticsearch"], site.config(self.name)
        for source in (dist / "config").iterdir():
            if source.is_file() and source.name not in ("jvm.options", "elasticsearch.yml"):
                site.account.write(config / source.name, source.read_text(encoding="utf-8"))
        site.account.write(config / "jvm.options", _jvm_options((dist / "config" / "jvm.options").read_text()))
        site.account.write(config / "elasticsearch.yml", _settings(site))

    def command(self, site: Site) -> list[str]:
        home = site.programs["elasticsearch"]
        return [
            site.java,
            *site.java_options(self.name),
            *("-Xms4m", "-Xmx48m"),
            *("-Dcli.name=server", "-Dcli.script=elasticsearch", "-Dcli.libs=lib/tools/server-cli"),
            *(f"-Des.path.home={home}", f"-Des.path.conf={site.config(self.name)}", "-Des.distribution.type=zip"),
            *("-cp", f"{home}/lib/*:{home}/lib/cli-launcher/*"),
            "org.elasticsearch.launcher.CliToolLauncher",
        ]

    def environment(self, site: Site) -> Mapping[str, str]:
        return {"ES_TMPDIR": str(site.scratch(self.name)), "ES_JAVA_HOME": str(site.programs["java"])}

    def working_folder(self, site: Site) -> Path:
        """Its launcher looks for its parts from where it is started."""
        return site.programs["elasticsearch"]

    def check(self, site: Site) -> None:
        """A document goes in and is found. The index stays: two who ask at once must not take it from each other."""
        port = site.port("elasticsearch")
        _make_ready_index(port)
        ask(port, "PUT", f"/{READY_INDEX}/_doc/1?refresh=true&timeout=2s", {"ready": "yes"})
        found = ask(port, "GET", f"/{READY_INDEX}/_search?q=ready:yes")
        if found["hits"]["total"]["value"] != 1:
            raise NotReady("a document was indexed, but not found")

    def version(self, _site: Site, /) -> str:
        return artifacts.version_of("elasticsearch")


def _make_ready_index(port: int) -> None:
    settings = {"index.hidden": True, "index.number_of_shards": 1, "index.number_of_replicas": 0}
    try:
        ask(port, "PUT", f"/{READY_INDEX}", {"settings": settings})
    except NotReady as error:
        if "resource_already_exists" not in str(error):
            raise


def _jvm_options(text: str) -> str:
    """Java from a wheel is built without the vector module, and the garbage collector's log helps nobody here."""
    unwanted = re.compile(r"jdk\.incubator\.vector|^-Xlog:gc|UseG1GC|HeapDump|^-XX:ErrorFile|^9-:-Xlog")
    return "\n".join(line for line in text.splitlines() if not unwanted.search(line)) + "\n" + HEAP


def _settings(site: Site) -> str:
    data = site.data("elasticsearch")
    return f"""\
cluster.name: orderloom
node.name: local
discovery.type: single-node
network.host: {HOST}
http.port: {site.port("elasticsearch")}
transport.port: 0
path.data: {data / "data"}
path.logs: {data / "logs"}
xpack.security.enabled: false
action.auto_create_index: true
cluster.routing.allocation.disk.threshold_enabled: false
"""
