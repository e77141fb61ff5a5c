"""The tests marked `gpu`, in a process of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from gpu.report import Report, Row

ROOT = Path(__file__).resolve().parents[2]
MARK = "pytest.mark.gpu"


def cases(report: Report, *, device: str) -> None:
    """One row: how many passed. Without a device only that they are found."""
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py") if MARK in path.read_text("utf-8"))
    if not files:
        return report.skip("no test is marked")
    plain = [sys.executable, "-m", "pytest", "-m", "gpu", "-W", "default", "-p", "no:cacheprovider", "--tb=short", *files]
    command = plain if device == "cuda" else [*plain, "--collect-only"]

    def work() -> Row:
        environ = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])}
        try:
            done = subprocess.run(
                command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=max(5.0, report.left), check=False
            )
        except subprocess.TimeoutExpired as cut:
            print((cut.stdout or b"").decode(errors="replace")[-2000:], flush=True)
            return {"status": "skipped: the part's time was up before the tests were through"}
        lines = (done.stdout + done.stderr).strip().splitlines()
        last = next((line for line in reversed(lines) if re.search(r"\d+.* in [\d.]+s", line)), lines[-1] if lines else "")
        if done.returncode:
            print("\n".join(lines[-60:]), flush=True)
            raise RuntimeError(f"pytest: {last.strip('= ')}")
        return {"result": last.strip("= ")}

    report.case({"tests": " ".join(files)}, work, needs=15.0)
