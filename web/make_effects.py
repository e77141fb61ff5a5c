"""Compiles every effect of a desk to WebAssembly, for the desk's live preview: `python web/make_effects.py`.

Needs Debian's `faust` (2.54.9). Run it when `mixing/effects.dsp` changed; a test says so. The programs go into one file beside
the place that plays them: each as base64, with the places of its numbers in memory.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from producertwin.disk import write_whole
from producertwin.mixing.faust import write_effects
from producertwin.recipe import short_id

OUT: Final = Path(__file__).parent / "src" / "places" / "desk" / "preview" / "effects.json"
_INDEX: Final = re.compile(r'"label": "p(\d+)".*?"index": (\d+)')


def compile_effect(name: str, source: str, count: int, folder: Path) -> dict[str, Any]:
    """One effect as its program, the bytes that its state takes, and where each of its `count` numbers lies."""
    (folder / f"{name}.dsp").write_text(source, encoding="utf-8")
    command = ["faust", "-lang", "wasm", "-ftz", "2", f"{name}.dsp", "-o", f"{name}.wasm"]
    subprocess.run(command, cwd=folder, check=True)
    told = (folder / f"{name}.js").read_text(encoding="utf-8")
    places = {int(number): int(index) for number, index in _INDEX.findall(told)}
    size = re.search(r'"size": (\d+)', told)
    inputs = re.search(r'"inputs": (\d+)', told)
    if size is None or inputs is None or sorted(places) != list(range(count)):
        raise SystemExit(f"{name}: Faust tells of it in another way than expected")
    program = base64.b64encode((folder / f"{name}.wasm").read_bytes()).decode()
    return {"inputs": int(inputs[1]), "size": int(size[1]), "params": [places[one] for one in range(count)], "wasm": program}


def main() -> None:
    """Compile all of them."""
    sources = write_effects()
    with tempfile.TemporaryDirectory() as folder:
        made = {name: compile_effect(name, source, count, Path(folder)) for name, (source, count) in sources.items()}
    told = {"source": short_id({name: source for name, (source, _) in sources.items()}, person=b"effects"), "effects": made}
    OUT.parent.mkdir(exist_ok=True)
    write_whole(OUT, (json.dumps(told, indent=0) + "\n").encode())
    sys.stdout.write(f"{OUT}: {len(made)} effects, {OUT.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
