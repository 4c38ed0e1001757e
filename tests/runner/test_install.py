"""uv installs from where pip would."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

PATH = Path(__file__).resolve().parents[2] / "requirements" / "install.py"
spec = importlib.util.spec_from_file_location("install", PATH)
assert spec is not None
assert spec.loader is not None
install = importlib.util.module_from_spec(spec)
sys.modules["install"] = install
spec.loader.exec_module(install)


@pytest.mark.parametrize(
    ("config", "environ", "expected"),
    [
        ("", {}, {}),
        ("global.index-url='scheme://mirror/simple'", {}, {"UV_DEFAULT_INDEX": "scheme://mirror/simple"}),
        ("global.extra-index-url='\\nscheme://a\\nscheme://b'", {}, {"UV_INDEX": "scheme://a scheme://b"}),
        (":env:.cert='/ca.pem'\nglobal.cert='/other.pem'", {}, {"SSL_CERT_FILE": "/ca.pem"}),
        ("global.find-links='/wheels'", {"UV_FIND_LINKS": "/mine"}, {}),
        ("global.unknown='x'", {}, {}),
    ],
)
def test_pip_settings_reach_uv(config: str, environ: dict[str, str], expected: dict[str, str]) -> None:
    always = {"UV_SYSTEM_CERTS": "true", "UV_LINK_MODE": "copy"}
    assert install.uv_settings(config, environ) == always | expected
