"""The image is built for real, with buildah and without a registry, and the gateway runs in it as its own user."""

from __future__ import annotations

import subprocess

import pytest

import gateway
from tools.lab.site import ROOT


@pytest.mark.timeout(600)
def test_the_image_builds_and_the_gateway_in_it_checks_and_renders_its_configuration() -> None:
    done = subprocess.run(
        [ROOT / "tools" / "image.sh"], capture_output=True, text=True, timeout=580, check=False, cwd=ROOT
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "no errors" in done.stdout
    assert f"ready: gateway {gateway.__version__} runs" in done.stdout
