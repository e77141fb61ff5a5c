"""A folder of ONNX graphs that are made in a moment: what they compute is simple, and their inputs and outputs are an export's.

Latents are four numbers wide. Opset, files and records can be spoiled one by one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
from safetensors.numpy import save_file

from producertwin.model.graphs.axes import AXES, CARRIED, FIRST_FRAME
from producertwin.model.instrument import TIMBRE_FRAMES, write_card
from producertwin.model.variants import catalogue
from producertwin.model.variants.checksums import hashes
from producertwin.model.variants.tiny import tokenizer
from producertwin.timebase import HOP, LATENT_RATE, SAMPLE_RATE

WIDTH: Final = 4
HIDDEN: Final = 8
_TABLE: Final = ", ".join(f"{np.sin(0.7 * place):.4f}" for place in range(64 * HIDDEN))
_INTO_HIDDEN: Final = ", ".join(f"{np.cos(place):.4f}" for place in range(WIDTH * HIDDEN))
_WAVE: Final = ", ".join(f"{np.sin(2 * np.pi * 220 * place / SAMPLE_RATE):.5f}" for place in range(HOP))
_BODIES: Final = {
    "text_embedding": f"""(int64[b, t] ids) => (float[b, t, {HIDDEN}] embeddings)
        <float[64, {HIDDEN}] table = {{{_TABLE}}}, int64 size = {{64}}> {{
        place = Mod(ids, size)
        embeddings = Gather(table, place) }}""",
    "text_encoder": f"""(float[b, t, {HIDDEN}] embeddings) => (float[b, t, {HIDDEN}] states) {{ states = Tanh(embeddings) }}""",
    "condition_encoder": f"""(float[b, w, {HIDDEN}] text, bool[b, w] text_mask, float[b, s, {HIDDEN}] lyrics,
        bool[b, s] lyrics_mask, float[b, r, f, {WIDTH}] references, bool[b, r] references_mask)
        => (float[b, t, {HIDDEN}] condition, bool[b, t] condition_mask)
        <int64[1] two = {{2}}, float[{WIDTH}, {HIDDEN}] into = {{{_INTO_HIDDEN}}}> {{
        mean = ReduceMean<keepdims = 0>(references, two)
        timbre = MatMul(mean, into)
        condition = Concat<axis = 1>(lyrics, timbre, text)
        condition_mask = Concat<axis = 1>(lyrics_mask, references_mask, text_mask) }}""",
    "transformer": f"""(float[b, f, {WIDTH}] latents, float[b] level, float[b, t, {HIDDEN}] condition, bool[b, t] condition_mask,
        float[b, f, {2 * WIDTH}] context) => (float[b, f, {WIDTH}] velocity)
        <int64[1] one = {{1}}, int64[1] zero = {{0}}, int64[1] width = {{{WIDTH}}}, int64[1] last = {{2}},
         int64[2] ends = {{1, 2}}, float[1] half = {{0.5}}> {{
        heard = Slice(context, zero, width, last)
        counts = Cast<to = 1>(condition_mask)
        weights = Unsqueeze(counts, last)
        told = Mul(condition, weights)
        words = ReduceMean<keepdims = 1>(told, ends)
        wave = Sin(words)
        steep = Unsqueeze(level, ends)
        moved = Mul(wave, steep)
        near = Mul(heard, half)
        away = Sub(latents, near)
        velocity = Add(away, moved) }}""",
    "audio_tokenizer": f"""(float[b, f, {WIDTH}] latents) => (float[b, c, {WIDTH}] points, int64[b, c, 1] codes)
        <int64[6] pad = {{0, 0, 0, 0, 0, 4}}, int64[1] two = {{2}}, float[1] many = {{1000}}, int64[1] size = {{64000}}> {{
        turned = Transpose<perm = [0, 2, 1]>(latents)
        filled = Pad(turned, pad)
        pooled = AveragePool<kernel_shape = [5], strides = [5]>(filled)
        points = Transpose<perm = [0, 2, 1]>(pooled)
        mean = ReduceMean<keepdims = 1>(points, two)
        size_of = Abs(mean)
        scaled = Mul(size_of, many)
        whole = Cast<to = 7>(scaled)
        codes = Mod(whole, size) }}""",
    "audio_codebook": f"""(int64[b, c, 1] codes) => (float[b, c, {WIDTH}] points)
        <int64[3] wide = {{1, 1, {WIDTH}}}, float[1] many = {{64000}}> {{
        number = Cast<to = 1>(codes)
        share = Div(number, many)
        points = Expand(share, wide) }}""",
    "audio_detokenizer": f"""(float[b, c, {WIDTH}] points) => (float[b, f, {WIDTH}] latents)
        <int64[1] two = {{2}}, int64[4] five = {{1, 1, 5, 1}}, int64[3] flat = {{0, -1, {WIDTH}}}> {{
        apart = Unsqueeze(points, two)
        each = Expand(apart, five)
        latents = Reshape(each, flat) }}""",
    "codec_encoder": f"""(float[b, 2, n] audio) => (float[b, {WIDTH}, f] mean, float[b, {WIDTH}, f] deviation) {{
        loud = Abs(audio)
        frames = AveragePool<kernel_shape = [{HOP}], strides = [{HOP}]>(loud)
        mean = Concat<axis = 1>(frames, frames)
        deviation = Exp(mean) }}""",
    "codec_decoder": f"""(float[b, {WIDTH}, f] latents) => (float[b, 2, n] audio)
        <int64[1] zero = {{0}}, int64[1] two = {{2}}, int64[1] one = {{1}}, int64[1] end = {{3}},
         float[1, 1, 1, {HOP}] wave = {{{_WAVE}}}, int64[3] flat = {{0, 2, -1}}> {{
        sides = Slice(latents, zero, two, one)
        apart = Unsqueeze(sides, end)
        each = Mul(apart, wave)
        audio = Reshape(each, flat) }}""",
}

CARRYING: Final = f"""(float[b, {WIDTH}, f] latents, int64[1] first_frame, double[b, 2] carried, int64[1] carried_at)
    => (float[b, 2, n] audio, double[b, f, 2] carry)
    <int64[1] zero = {{0}}, int64[1] two = {{2}}, int64[1] one = {{1}}, int64[1] end = {{3}}, int64 along = {{1}},
     int64[6] front = {{0, 1, 0, 0, 0, 0}}, float[1] turn = {{6.2831853}},
     float[1, 1, 1, {HOP}] wave = {{{_WAVE}}}, int64[3] flat = {{0, 2, -1}}> {{
    sides = Slice(latents, zero, two, one)
    turned = Transpose<perm = [0, 2, 1]>(sides)
    gains = Cast<to = 11>(turned)
    gained = CumSum(gains, along)
    before = Pad(gained, front)
    at = Gather<axis = 1>(before, carried_at)
    begin = Unsqueeze(carried, one)
    origin = Sub(begin, at)
    carry = Add(gained, origin)
    whole = Floor(carry)
    share = Sub(carry, whole)
    cycles = Cast<to = 1>(share)
    angle = Mul(cycles, turn)
    sine = Sin(angle)
    levels = Transpose<perm = [0, 2, 1]>(sine)
    apart = Unsqueeze(levels, end)
    each = Mul(apart, wave)
    audio = Reshape(each, flat) }}"""
"""A decoder whose sound depends on what all frames before have gained: two numbers of each frame are cycles, added up."""


def write_graph(path: Path, body: str = "", *, opset: int = 18) -> None:
    """Write the graph that `path` is named after, or another one."""
    import onnx

    head = f'<ir_version: 8, opset_import: ["" : {opset}]>\n'
    onnx.save(onnx.parser.parse_model(f"{head}{path.stem} {body or _BODIES[path.stem]}"), str(path))


def carry_phases(folder: Path) -> None:
    """Give the folder a decoder that carries phases from tile to tile, in graph and records."""
    write_graph(folder / "codec_decoder.onnx", CARRYING)
    facts, record = (json.loads((folder / name).read_text()) for name in (catalogue.GRAPHS, catalogue.EXPORT_RECORD))
    facts["codec"] |= {"carries": 2, "places_frames": True}
    decoder = record["graphs"]["codec_decoder"]
    decoder["inputs"] |= FIRST_FRAME | CARRIED[0]
    decoder["outputs"] |= CARRIED[1]
    (folder / catalogue.GRAPHS).write_text(json.dumps(facts))
    (folder / catalogue.EXPORT_RECORD).write_text(json.dumps(record))
    (folder / "checksums.json").unlink()
    remember(folder)


def write_graphs(folder: Path) -> Path:
    """Write the whole folder, and return it."""
    (folder / "tokenizer").mkdir(parents=True)
    for name in _BODIES:
        write_graph(folder / f"{name}.onnx")
    (folder / "tokenizer" / "tokenizer.json").write_text(tokenizer().to_str())
    write_card(catalogue.VARIANTS["tiny"].card.model_copy(update={"name": folder.name}), folder)
    constants = {
        "silence": np.full((1, 20, WIDTH), 0.02, np.float32),
        "null_condition": np.full((1, 1, HIDDEN), 0.1, np.float32),
    }
    save_file(constants, folder / catalogue.GRAPH_CONSTANTS)
    facts: dict[str, Any] = {"schema": "twin.graphs/1", "sample_rate": SAMPLE_RATE, "hop": HOP, "latent_rate": LATENT_RATE}
    facts |= {"width": WIDTH, "patch": 2, "timbre_frames": TIMBRE_FRAMES, "frames_per_code": 5, "has_codes": True}
    codec = {"kind": "Simple", "keeps_phase": True, "places_frames": False, "context": 32, "frame_bytes": 600_000}
    facts |= {"timbre_token": False, "codec": codec, "metronome": {}}
    (folder / catalogue.GRAPHS).write_text(json.dumps(facts))
    graphs = {
        name: {"file": f"{name}.onnx", "precision": "fp32", "inputs": inputs, "outputs": outputs}
        for name, (inputs, outputs) in AXES.items()
    }
    (folder / catalogue.EXPORT_RECORD).write_text(json.dumps({"precision": "fp32", "graphs": graphs}))
    remember(folder)
    return folder


def remember(folder: Path) -> None:
    """Write the checksums of what lies in `folder` now."""
    beside = (catalogue.EXPORT_RECORD, catalogue.GRAPHS, "twin.json", "checksums.json")
    hashes([path for path in folder.rglob("*") if path.is_file() and path.name not in beside], folder, keep_all=True)
