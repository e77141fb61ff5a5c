"""The whole road on nano, as `runs/road.sh` walks it."""

from __future__ import annotations

import os
import subprocess
import sysconfig

import pytest

from tree import ROOT


@pytest.mark.slow
def test_the_road_leads_to_the_end() -> None:
    path = f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", ROOT / "runs" / "road.sh"],
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    made = {path.name for path in (ROOT / "runs" / "out").iterdir()}
    assert {"album", "for-acestep", "first.flac", "refined.flac", "repainted.flac", "bass.flac", "studio"} <= made
    assert {"mara-vale", "merged.flac", "mara-vale-1.0"} <= made
