"""Compiles every effect of a desk to WebAssembly, for the desk's live preview: `python web/make_effects.py`.

Needs the mixing engine (extra `mix`), whose Faust is the one that plays the mix. Run it when `mixing/effects.dsp` changed; a test
says so. The programs go into one file beside the place that plays them: each as base64, with the places of its numbers in memory.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from producertwin.disk import write_whole
from producertwin.mixing.engine import strong_licences
from producertwin.mixing.faust import write_effects
from producertwin.recipe import short_id

OUT: Final = Path(__file__).parent / "src" / "places" / "desk" / "preview" / "effects.json"


_COMPILE: Final = """
import cyfaust, json, sys
for name, source in json.load(sys.stdin).items():
    options = ("-lang", "wasm", "-ftz", "2", "-O", sys.argv[1], "-o", name + ".wasm")
    assert cyfaust.generate_auxfiles_from_string(name, source, *options), name
"""
"""What compiles them, in a process of its own: the engine writes its files out when it ends."""


def read_effect(name: str, count: int, folder: Path) -> dict[str, Any]:
    """One effect as its program, the bytes that its state takes, and where each of its `count` numbers lies."""
    told = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    declared = {key: value for one in told["meta"] for key, value in one.items()}
    if strong := strong_licences({key.replace("/", ":"): value for key, value in declared.items()}):
        raise SystemExit(f"{name} uses {', '.join(strong)}")
    places = {one["label"]: one["index"] for one in _sliders(told["ui"])}
    if sorted(places) != sorted(f"p{place}" for place in range(count)):
        raise SystemExit(f"{name}: Faust took numbers away: {', '.join(places)} of {count} are there")
    program = base64.b64encode((folder / f"{name}.wasm").read_bytes()).decode()
    params = [places[f"p{place}"] for place in range(count)]
    return {"inputs": told["inputs"], "size": told["size"], "params": params, "wasm": program}


def _sliders(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in items:
        yield from _sliders(one["items"]) if "items" in one else (one,)


def main() -> None:
    """Compile all of them."""
    sources = write_effects()
    with tempfile.TemporaryDirectory() as folder:
        asked = json.dumps({name: source for name, (source, _) in sources.items()}).encode()
        subprocess.run([sys.executable, "-c", _COMPILE, folder], input=asked, check=True)
        made = {name: read_effect(name, count, Path(folder)) for name, (_, count) in sources.items()}
    told = {"source": short_id({name: source for name, (source, _) in sources.items()}, person=b"effects"), "effects": made}
    write_whole(OUT, (json.dumps(told, indent=0) + "\n").encode())
    sys.stdout.write(f"{OUT}: {len(made)} effects, {OUT.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
