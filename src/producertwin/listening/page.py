"""A listening test as one page for a browser: no server, nothing from a network, and nothing in it that says what is what.

The page holds the order of the trials and drawn names of files, and no more: titles, roles, sides and the rules stay in the
studio. Its script and style are admitted by their hashes. Answers are kept in the browser until the listener hands over the lines
that `score` reads. The sounds are in the page itself, or beside it in a folder.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from html import escape
from importlib import resources
from pathlib import Path
from typing import Final

from ..disk import disk_errors, make_folder, write_whole
from ..errors import BadInput
from ..progress import Clock, Steps
from ..wording import plural
from . import store
from .plan import WORDING, Form
from .trials import BlindTest

TYPES: Final[dict[Form, str]] = {"flac": "audio/flac", "wav": "audio/wav", "mp3": "audio/mpeg"}
INDEX: Final = "index.html"
_HTML: Final = (".html", ".htm")
_INSIDE: Final = "blob:"
_BESIDE: Final = "'self' file:"
"""Where the page may take sounds from; a page opened from the disk is nobody's `'self'` to some browsers."""


def places(test: BlindTest, out: Path) -> list[Path]:
    """The files that an export to `out` writes: one page, or a folder with a page and its sounds."""
    if out.suffix.lower() in _HTML:
        return [out]
    return [out / INDEX, *(out / store.SOUNDS / name for name in _names(test))]


def export(test: BlindTest, studio: Path, out: Path, *, overwrite: bool = False) -> Steps[list[Path]]:
    """Write the page of `test` to `out`: all in one when it ends in .html, else a folder. Returns the files.

    Raises `BadInput` where something is in the way.
    """
    written = places(test, out)
    there = [path for path in written if path.exists()]
    if there and not overwrite:
        raise BadInput(f"{there[0]} is there already", remedy="choose another name, or let it be replaced")
    sounds = store.folder_of(test, studio) / store.SOUNDS
    clock = Clock("writing", len(written))
    with disk_errors(written[0]):
        make_folder(written[0].parent)
        if len(written) > 1:
            make_folder(out / store.SOUNDS)
    for done, path in enumerate(written[1:], 1):
        write_whole(path, (sounds / path.name).read_bytes())
        yield clock.at(done, path.name)
    inside = () if len(written) > 1 else tuple((name, (sounds / name).read_bytes()) for name in _names(test))
    write_whole(written[0], document(test, inside).encode())
    yield clock.at(len(written), written[0].name)
    return written


def document(test: BlindTest, sounds: Iterable[tuple[str, bytes]] = ()) -> str:
    """The page of `test`, with `sounds` (name, bytes) inside it; sounds that are not inside are looked for in its folder."""
    style, script = (resources.files(__package__).joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    blocks = [f'<script type="text/plain" id="sound-{name}">{base64.b64encode(data).decode()}</script>' for name, data in sounds]
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        f"media-src {_INSIDE if blocks else _BESIDE}; base-uri 'none'; form-action 'none'"
    )
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">',
            f"<title>{escape(test.plan.title)}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>",
            _body(test),
            "</main>",
            *blocks,
            f'<script type="application/json" id="test">{_data(test)}</script>',
            f"<script>{script}</script>\n</body>\n</html>\n",
        ]
    )


def _body(test: BlindTest) -> str:
    question = escape(WORDING[test.plan.question])
    note = f'<p class="note">{escape(test.plan.note)}</p>' if test.plan.note else ""
    plays = "".join(_button(f"play-{letter}", f"Play {letter.upper()}") for letter in test.letters)
    answers = "".join(_button(f"answer-{letter}", letter.upper()) for letter in ("a", "b"))
    keys = " ".join(f"<kbd>{letter.upper()}</kbd>" for letter in test.letters)
    return f"""\
<h1>{escape(test.plan.title)}</h1>
<noscript><p>This page needs JavaScript, which plays the sounds and keeps your answers in this browser.</p></noscript>
<section id="start" hidden>
{note}
<p>You will hear {plural(len(test.trials), "trial")}. In each one: <strong>{question}</strong> If you are not sure, guess.
Use headphones,
and set a comfortable volume at the first sound. Your answers are kept in this browser, so you may stop and go on later.</p>
<p id="name-row"><label for="name">Your name, if you like</label> <input id="name" maxlength="40" autocomplete="off"></p>
<div class="row"><button type="button" id="begin">Begin</button></div>
</section>
<section id="trial" aria-labelledby="question" hidden>
<p role="status">Trial <span id="place"></span></p>
<progress id="bar" aria-label="Trials answered"></progress>
<div class="row" role="group" aria-label="Sounds">{plays}</div>
<h2 id="question">{question}</h2>
<div class="row" role="group" aria-labelledby="question">{answers}</div>
<div class="row"><button type="button" id="confirm">Next</button></div>
<p id="hint" class="faint" role="status"></p>
<p id="trouble" role="alert" hidden>A sound could not be played. Open the page in another browser, or ask for it again.</p>
<p id="memory" role="alert" hidden>This browser does not keep your answers: please finish without closing the page.</p>
<p class="faint">{keys} play or stop, <kbd>1</kbd> and <kbd>2</kbd> answer A and B, <kbd>Enter</kbd> goes on.</p>
<p><button type="button" id="early">Stop here and hand over the answers</button></p>
</section>
<section id="end" hidden>
<h2>Thank you</h2>
<p>Send these answers back: download the file, or copy the lines.</p>
<div class="row"><button type="button" id="download">Download</button>
<button type="button" id="back">Back to the trials</button></div>
<p><label for="lines">Answers</label> <textarea id="lines" readonly spellcheck="false"></textarea></p>
</section>"""


def _button(name: str, label: str) -> str:
    return f'<button type="button" id="{name}" aria-pressed="false">{label}</button>'


def _data(test: BlindTest) -> str:
    """What the script has to know, as JSON that no markup can end."""
    plan = test.plan
    data = {
        "id": test.id,
        "letters": test.letters,
        "heard": min(plan.heard, plan.seconds / 2),
        "type": TYPES[plan.form],
        "trials": [{"id": trial.id, "sounds": trial.files} for trial in test.trials],
    }
    return json.dumps(data).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _names(test: BlindTest) -> list[str]:
    return [trial.files[letter] for trial in test.trials for letter in test.letters]


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
