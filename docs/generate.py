"""Write what the program itself knows best: `make docs`. A test compares the pages with what would be written.

`reference/cli.md` is the help of every command, `errors.md` the exit codes, `styles.md` the styles, `dataset.md` what
tracks are judged by, `stages.md` what a stage of a pipeline may say, `files.md` every file with its first sentence, in the order
the work flows.
"""

from __future__ import annotations

import ast
import inspect
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cyclopts import App
from pydantic.fields import FieldInfo
from rich.console import Console

from producertwin import errors
from producertwin.audio.sandbox import REMEDIES
from producertwin.cli.examples import examples_of
from producertwin.cli.main import EVERYWHERE, app
from producertwin.dataset.captions import FLAGGED, Flag
from producertwin.dataset.quality import PARTS
from producertwin.dataset.screening import MEANINGS, PROFILES, Profile, Reason
from producertwin.house_band.styles import STYLES, Style
from producertwin.model.sampling.options import SamplingOptions
from producertwin.music import STEMS
from producertwin.pipeline.pipelines import NamedStage
from producertwin.pipeline.sound_stages import Mix, MixInput, Select
from producertwin.pipeline.stages import EDITS, Adapter, Generate, Play, Prompt
from producertwin.recipe import Record

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
PACKAGE = Path("src") / "producertwin"
NOTE = "<!-- Written by docs/generate.py (make docs); do not edit. -->\n"
WIDE = 10_000
"""Columns, so that nothing is wrapped."""


def help_of(*words: str) -> str:
    """What `twin WORDS --help` says, as Markdown. The options of every command are told once, for `twin` itself."""
    page = io.StringIO()
    usual, app.help_formatter = app.help_formatter, "plain"
    try:
        app.help_print(words, console=Console(file=page, width=WIDE, color_system=None, force_terminal=False))
    finally:
        app.help_formatter = usual
    title, lines = examples_of(words)
    said = page.getvalue().split(f"\n{title}\n")[0]
    if words:
        said = said.split(f"\n{EVERYWHERE.name}:")[0]
    told = "\n".join(marked(line.rstrip()) for line in said.strip().splitlines())
    return "\n".join([told, "", title, "", "```", *lines, "```"])


def marked(line: str) -> str:
    """One line of help as Markdown: usage and options in code, groups in bold."""
    if line.startswith("Usage: "):
        return f"`{line.removeprefix('Usage: ')}`"
    if option := re.match(r"^  (\S.*?)(?:: (.*))?$", line):
        return f"- `{option[1]}`" + (f": {option[2]}" if option[2] else "")
    return f"**{line[:-1]}**\n" if line.endswith(":") else line


def commands(group: App = app, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command below `group`, each followed by its own commands."""
    for name in group:
        if not name.startswith("-"):
            yield (*above, name)
            yield from commands(group[name], (*above, name))


def cli() -> str:
    """The command line."""
    parts = ["# Command line\n", NOTE, f"{help_of()}\n"]
    parts += [f"## twin {' '.join(words)}\n\n{help_of(*words)}\n" for words in commands()]
    return "\n".join(parts)


def exit_codes() -> str:
    """The error types with their exit codes and HTTP statuses."""
    kinds = sorted((getattr(errors, name) for name in errors.__all__), key=lambda kind: (kind.exit_code, kind.__name__))
    rows = [f"| {kind.exit_code} | `{kind.__name__}` | {kind.http_status} | {inspect.getdoc(kind)} |" for kind in kinds]
    head = ["# Errors and exit codes\n", NOTE, "0 is success and 2 is a command line that cannot be understood.\n"]
    return "\n".join([*head, "| exit code | error | HTTP | meaning |", "|---|---|---|---|", *rows, ""])


def styles() -> str:
    """The styles with the tags that describe them."""
    head = [
        "# Styles\n",
        NOTE,
        f"{len(STYLES)} styles: 38 of lofi, and what else the house band plays. `twin lab band play` and `--style` take an id.\n",
        "| id | name | genre | moods | instruments | production | tempo | voice | expected artefacts |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *(_style(name, style) for name, style in STYLES.items()), ""])


def _style(name: str, style: Style) -> str:
    words = (style.base_tags, style.moods, style.instruments, style.production)
    cells = [f"`{name}`", style.name, *(", ".join(said) for said in words), "{}–{}".format(*style.tempo), style.vocal_type]
    return f"| {' | '.join([*cells, ', '.join(style.expected) or '–'])} |"


def dataset() -> str:
    """Profiles, reasons, quality and flags of a training set."""
    limits = {"clipped_share": ".1%", "silence_share": ".0%"}
    fields = [name for name in Profile.model_fields if name != "name"]
    rows = [
        f"| `{name}` | {Profile.model_fields[name].description} | "
        + " | ".join(
            "–" if (value := getattr(one, name)) is None else format(value, limits.get(name, "g")) for one in PROFILES.values()
        )
        + " |"
        for name in fields
    ]
    reasons = [f"| `{reason.value}` | {MEANINGS[reason]} | {REMEDIES.get(reason.value, '–')} |" for reason in Reason]
    parts = [
        f"| {part.name} | {part.unit} | {part.good:g} | {part.bad:g} | {part.points:g} | {part.expected_as or '–'} |"
        for part in PARTS
    ]
    flags = [f"| `{flag.value}` | {FLAGGED[flag]} |" for flag in Flag]
    return "\n".join(
        [
            "# Training sets: profiles, reasons, quality, flags\n",
            NOTE,
            "## Profiles\n",
            "What `twin tracks screen --profile NAME` asks of a recording. NAME may be a TOML file of these keys and a `name`.\n",
            f"| key | meaning | {' | '.join(f'`{name}`' for name in PROFILES)} |",
            "|---|---|" + "---|" * len(PROFILES),
            *rows,
            "\n## Reasons\n",
            "Why a recording is left out. A track may be left out for its licence too, or for having no screening or caption.\n",
            "| code | meaning | what to do |",
            "|---|---|---|",
            *reasons,
            "\n## Quality\n",
            "100 less what each part costs: nothing up to the good reading, all its points from the bad one on, evenly between.",
            "What a style expects of its sound costs a track of that style nothing.\n",
            "| part | unit | good | bad | points | is no fault where the style expects |",
            "|---|---|---|---|---|---|",
            *parts,
            "\n## Flags\n",
            "Why a person should look at a caption (`twin tracks caption --review`).\n",
            "| flag | meaning |",
            "|---|---|",
            *flags,
            "",
        ]
    )


def stages() -> str:
    """The fields of pipelines and of every kind of stage."""
    kinds: list[type[Record]] = [Generate, *EDITS.values(), Mix, Select]
    shared: list[tuple[str, type[Record]]] = [
        ("prompt", Prompt), ("play", Play), ("adapters, one of them", Adapter), ("sampling", SamplingOptions),
        ("inputs, one of them", MixInput),
    ]  # fmt: skip
    head = [
        "# Stages of a pipeline\n",
        NOTE,
        "What a table `[[stages]]` may say, by `kind`; beside these fields it has an `id`, and may have",
        f"`audio` (true or false): {_about(NamedStage, 'audio')}",
        "`prompt`, `play` and `seconds` may also stand at the top, for all stages.\n",
    ]
    parts = [f"## {kind.model_fields['kind'].default}\n\n{inspect.getdoc(kind)}\n\n{_fields(kind)}\n" for kind in kinds]
    parts += [f"## Fields of {name}\n\n{inspect.getdoc(record)}\n\n{_fields(record)}\n" for name, record in shared]
    return "\n".join([*head, *parts])


def _fields(record: type[Record]) -> str:
    """The fields of a record but its kind as a table."""
    schema = record.model_json_schema()["properties"]
    rows = [
        f"| `{name}` | {_type(schema.get(name, {}))} | {_default(field)} | {_about(record, name)} |"
        for name, field in record.model_fields.items()
        if name != "kind"
    ]
    return "\n".join(["| field | values | default | meaning |", "|---|---|---|---|", *rows])


def _about(record: type[Record], name: str) -> str:
    return (record.model_fields[name].description or "").replace("|", "\\|")


def _type(schema: dict[str, Any]) -> str:
    """What a field may hold, in words; its bounds and choices are those of its schema."""
    options = schema.get("anyOf", [schema])
    option = next((one for one in options if one.get("type") != "null"), {})
    held = {**schema, **option}
    if "$ref" in held or "allOf" in held:
        return "a table"
    if choices := held.get("enum"):
        return "one of twelve stems" if choices == list(STEMS) else ", ".join(f"`{choice}`" for choice in choices)
    if held.get("type") in ("integer", "number"):
        low, high = held.get("minimum"), held.get("maximum")
        kind = "whole number" if held["type"] == "integer" else "number"
        return kind if low is None or high is None else f"{low:.10g} to {high:.10g}"
    return {"boolean": "true, false", "array": "a list", "string": "text"}.get(str(held.get("type")), "text")


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if field.is_required():
        return "–"
    if isinstance(value, Record):
        return "all as below"
    if value is None or value in ("", ()):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


ORDER = {
    ".": "errors music timebase settings recipe progress disk workers presets recipes audio library llm house_band "
    "reporting model metrics dataset listening mixing pipeline quality training evaluation proof preferences release "
    "verbs agent jobs server cli",
    "audio": "samples channels formats files sandbox decoder sources encoding edits levels loudness spectrum onsets tempo key "
    "masking",
    "reporting": "waveform spectrogram",
    "audio/tags": "tags",
    "library": "provenance studio takes track tracks blobs sidecars track_sidecars rows track_rows schema database lock",
    "house_band": "score styles band genres compose arrange harmony melody comping basslines grooves players captions synonyms "
    "render instruments patches kits oscillators",
    "model": "tasks instrument sampling variants adapters nano weights",
    "model/sampling": "request options engine checks plan take prompts conditioning task_context walk prediction flow guidance "
    "velocity correction wavelets morph repainting denoiser window codec postprocess",
    "model/variants": "catalogue load convert tiny",
    "model/nano": "build codec",
    "dataset": "build ingest stem_files sidecar_files sidecar_tables song_text stated_facts text_files licences lyrics screen "
    "screening quality duplicates caption captions taggers llm_tagger manifest splits store encode cache stems formats exports "
    "report",
    "pipeline": "stages fields behaviours executor sources guide finish delivery sound_stages pipelines planning codec_plan mix "
    "choosing sounding tracing differing",
    "evaluation": "nano band embedder",
    "evaluation/nano": "suite songs takes readings figures speed",
    "metrics": "adherence style_classifier mel_stats reconstruction statistics",
    "quality": "detectors",
    "training": "lora pretrain loop state optimizer checkpoints log",
    "training/lora": "plan recipe recipes request memory runner loop step conditions examples monitoring checkpointing samples",
    "proof": "plan subject prove takes readings space nearness prompt_adherence classification copies verdicts page",
    "listening": "plan prepare pairing trials excerpts session page answers score statistics verdicts",
    "model/adapters": "adapter reading writing attach trainable differentiable",
    "training/pretrain": "runs corpus codec latents nano loop",
    "cli": "main former_names examples options doors output demo make edit takes tracks caption dataset encode train runs "
    "compare prove listen twins doctor models library lab band pretrain measure",
}
"""What comes first in a folder; the rest follows by name."""
LONGEST = 110


def one_line(path: Path) -> str:
    """What a module's docstring or a preset's first comment says first, without its last full stop."""
    text = path.read_text(encoding="utf-8")
    said = ast.get_docstring(ast.parse(text)) or "" if path.suffix == ".py" else text.splitlines()[0].lstrip("# ")
    sentence = re.split(r"\.(?= [A-Z`]|$)", " ".join(said.split("\n\n")[0].split()))[0]
    while len(sentence) > LONGEST:
        cut = max(sentence.rfind(mark) for mark in (", ", ": ", "; ", " ("))
        sentence = sentence[:cut] if cut > 0 else sentence[:LONGEST]
    return sentence.rstrip(".")


def lines_of(folder: Path, depth: int) -> Iterator[str]:
    """The file list of `folder`, relative to the repository, two spaces deeper for each level."""
    order = ORDER.get(folder.relative_to(PACKAGE).as_posix(), "").split()
    shown = [
        path
        for path in (ROOT / folder).iterdir()
        if (path / "__init__.py").exists()
        or (path.suffix in {".py", ".toml"} and path.name != "__init__.py")
        or any(path.glob("*.toml"))
    ]
    width = max(len(path.name) for path in shown) + 2
    for path in sorted(shown, key=lambda path: (order.index(path.stem) if path.stem in order else len(order), path.name)):
        inner = path / "__init__.py"
        said = FOLDERS[path.name] if path.is_dir() and not inner.exists() else one_line(inner if path.is_dir() else path)
        yield f"{'  ' * depth}{path.name + '/' * path.is_dir():{width}}{said}"
        if path.is_dir():
            yield from lines_of(path.relative_to(ROOT), depth + 1)


FOLDERS = {
    "presets": "What is shipped as data",
    "recipes": "The settings of the runs that made what is shipped",
    "pipelines": "Stages in a row that are shipped",
    "dpo": "How a twin learns from pairs, by variant",
    "desks": "Desks that are shipped, by style",
    "automix": "What automatic mixing aims at, and what the words of a prompt do",
}
"""Folders that are not packages."""
AROUND = """\
README.md  what it is, and how to hear it
CONTRIBUTING.md  how changes are made
CHANGELOG.md  what changed for users
LICENSE  Apache-2.0
Makefile  demo, test, check, wheel, docs
pyproject.toml  the package, its dependencies, and the settings of ruff, mypy and pytest
constraints.txt  the versions that were measured
.ci/run  what has to pass before a change lands
runs/road.sh  the whole road on nano, in minutes on a CPU
runs/twins.sh  three twins and their proofs, in hours on a CPU
runs/gpu.sh  takes, training and tests at ACE-Step's size, in 8 minutes on a GPU
docs/tutorial/  start here
docs/how-to/  one task a page
docs/glossary.md  one word per idea
docs/mechanisms.md  how the instrument works, and where it differs from diffusers' pipeline
docs/nano.md  what nano can do, measured
docs/embedder.md  what the offline embedder hears, measured
docs/dataset.md  how surely and how fast tracks are judged, measured
docs/house_band.md  what the house band plays, measured
docs/twin.md  what twins learned, and how that is proven
docs/performance.md  how fast the engine is, against its floor
docs/release.md  what exported graphs weigh, how near they are and how fast, measured
docs/reference/  commands, files, errors, styles, stages and what tracks are judged by, written from the program
docs/decisions/  why things are as they are, a page each
docs/sources.md  the papers and standards behind the code
docs/log.md  experiments, the failed ones too
docs/generate.py  writes the reference and this list
benchmarks/  speed, as ratios against a named alternative
tests/  mirrors src; test_layers, test_sizes, test_shipped and test_docs guard the whole
src/producertwin/  the package
"""
"""What stands around the package."""


def files() -> str:
    """Every file with its first sentence. What is not there yet is left out."""
    around = [
        f"{name:22}{said}" for name, _, said in (line.partition("  ") for line in AROUND.splitlines()) if (ROOT / name).exists()
    ]
    tree = "\n".join([*around, *lines_of(PACKAGE, 1)])
    words = "In the order the work flows; each line is the first sentence of the file itself."
    return "\n".join(["# Files\n", NOTE, f"{words}\n", "```text", tree, "```\n"])


PAGES = {
    FOLDER / "cli.md": cli,
    FOLDER / "errors.md": exit_codes,
    FOLDER / "styles.md": styles,
    FOLDER / "dataset.md": dataset,
    FOLDER / "stages.md": stages,
    FOLDER / "files.md": files,
}


def main() -> None:
    """Write every page."""
    FOLDER.mkdir(exist_ok=True)
    for path, page in PAGES.items():
        path.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
