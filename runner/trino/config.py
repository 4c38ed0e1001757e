"""What Trino is started with: its files and its command, as pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runner.location import Location
from runner.trino.install import Installed

CATALOG = "lake"  # as in Spark: lake.silver.orders is the same table in both

# From Trino's own recommendation for its version, with less memory: it is here to be tried, beside Spark.
_JAVA_OPTIONS = (
    "-server",
    "-Xmx2G",
    "-XX:+UseParallelGC",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-OmitStackTraceInFastThrow",
    "-XX:PerMethodRecompilationCutoff=10000",
    "-XX:PerBytecodeRecompilationCutoff=10000",
    "-XX:TieredStopAtLevel=1",  # short questions: half the start, and no thread that optimizes what runs once
    "-XX:ReservedCodeCacheSize=240M",  # with the option above 48 MB, which Trino's own classes fill
    "-Djdk.attach.allowAttachSelf=true",
    "-Dfile.encoding=UTF-8",
    "-Duser.timezone=UTC",
    "-XX:+EnableDynamicAgentLoading",
    "--enable-native-access=ALL-UNNAMED",
)


def config_files(location: Location, port: int, data: Path) -> dict[str, str]:
    """Return the files of Trino's `etc` folder by name."""
    return {
        "config.properties": _properties(
            {
                "coordinator": "true",
                "node-scheduler.include-coordinator": "true",
                "http-server.http.port": str(port),
                "discovery.uri": f"http://127.0.0.1:{port}",
                "node.environment": "local",
                # nobody is asked for a password, so nobody else may come in
                "node.bind-ip": "127.0.0.1",
                "node.internal-address": "127.0.0.1",
                "catalog.config-dir": str(data / "etc" / "catalog"),
                "catalog.management": "static",
                "query.max-memory": "1GB",
                "query.max-memory-per-node": "1GB",
                "memory.heap-headroom-per-node": "300MB",
            }
        ),
        "log.properties": _properties({"io.trino": "WARN", "org": "WARN"}),
        f"catalog/{CATALOG}.properties": _properties(catalog_properties(location)),
    }


def catalog_properties(location: Location) -> dict[str, str]:
    """Return the properties of the Iceberg catalog: read only, keys from the usual AWS chain."""
    found = {
        "connector.name": "iceberg",
        "iceberg.catalog.type": "glue",
        "iceberg.security": "READ_ONLY",
        "hive.metastore.glue.region": location.region,
        "hive.metastore.glue.default-warehouse-dir": location.warehouse,
        "fs.native-s3.enabled": "true",
        "s3.region": location.region,
    }
    if location.endpoint:
        found |= {
            "hive.metastore.glue.endpoint-url": location.endpoint,
            "s3.endpoint": location.endpoint,
            "s3.path-style-access": "true",
        }
    return found


def command(installed: Installed, data: Path) -> list[str]:
    """Return the command that runs Trino on the files in `<data>/etc`."""
    return [
        str(installed.java),
        *_JAVA_OPTIONS,
        f"-Dconfig={data / 'etc' / 'config.properties'}",
        f"-Dlog.levels-file={data / 'etc' / 'log.properties'}",
        f"-Dplugin.dir={installed.home / 'plugin'}",
        "-cp",
        f"{installed.home / 'lib'}/*",
        "io.trino.server.TrinoServer",
    ]


def _properties(values: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in values.items())
