"""Producer Twin on Modal: upload, training and music of a producer's twin, on a GPU that runs only while it is needed.

    pip install modal && modal token new
    modal secret create producertwin-token TWIN_TOKEN=$(openssl rand -hex 32)
    modal deploy deploy/modal_app.py

One volume is the studio, and holds besides what was uploaded and what was learned from:

    uploads/PRODUCER/NAME.wav                       tracks as they came
    training_data/PRODUCER/audio|text/NAME.…        the same as they are learned, with their captions
    models/PRODUCER/adapter_model.safetensors       the twin

Every endpoint wants `Authorization: Bearer TOKEN`. Training and music take minutes, so both return a `call` at once, and `result`
tells how that stands.
"""

import base64
import hmac
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import modal

DATA = Path("/data")
GPU = "L40S"
VARIANT = "turbo"
MOST_BYTES = 50 << 20
"""Of one uploaded track."""
SOUNDS = {".wav", ".flac", ".mp3", ".ogg", ".m4a", ".aiff"}

app = modal.App("producertwin")
volume = modal.Volume.from_name("producer-dataset", create_if_missing=True)
secret = modal.Secret.from_name("producertwin-token")
CLONE = Path(__file__).resolve().parent.parent
"""Where the program is installed from: the clone that holds this file."""
image = modal.Image.debian_slim(python_version="3.12").apt_install("ffmpeg").pip_install("fastapi[standard]")
for part in ("pyproject.toml", "README.md", "LICENSE", "constraints.txt"):
    image = image.add_local_file(str(CLONE / part), f"/src/{part}", copy=True)
image = (
    image.add_local_dir(str(CLONE / "src"), "/src/src", copy=True, ignore=["**/__pycache__"])
    .run_commands("pip install --constraint /src/constraints.txt /src")
    .env({"TWIN_STUDIO": str(DATA)})
)


class Refused(Exception):
    """A request that is answered with `status`."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


def answer(said: dict, work):
    """What `work` makes of a request whose token is right, or why it is refused, by its HTTP status."""
    from fastapi.responses import JSONResponse

    try:
        if not hmac.compare_digest(str(said.pop("token", "")).encode(), os.environ["TWIN_TOKEN"].encode()):
            raise Refused(401, "the token is missing or wrong")
        return JSONResponse(work(said))
    except Refused as refused:
        return JSONResponse({"detail": refused.detail}, refused.status)


def with_token(said: dict, authorization: str) -> dict:
    """The body with the token of the header beside it."""
    return {**said, "token": authorization.removeprefix("Bearer ").strip()}


def check_name(name: object, field: str) -> str:
    """`name` if it can be the name of a folder or file."""
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,79}", name):
        raise Refused(422, f"{field}: letters, digits, spaces, - and _")
    return name


def run_twin(*words: str) -> None:
    """Run `twin` with these words. Raises where it fails, with what it said last."""
    done = subprocess.run(["twin", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])


def keep_upload(said: dict) -> dict:
    """Keep a track of a producer: `producer_id`, `filename`, `content_base64`."""
    producer = check_name(said.get("producer_id"), "producer_id")
    named = Path(str(said.get("filename", "audio.wav")))
    stem, suffix = check_name(named.stem, "filename"), named.suffix.lower()
    if suffix not in SOUNDS or named.name != str(said.get("filename", "audio.wav")):
        raise Refused(422, f"filename: the name of a sound: {', '.join(sorted(SOUNDS))}")
    try:
        content = base64.b64decode(str(said.get("content_base64", "")), validate=True)
    except ValueError:
        raise Refused(422, "content_base64: is no base64") from None
    if not 0 < len(content) <= MOST_BYTES:
        raise Refused(413, f"content_base64: 1 to {MOST_BYTES} bytes are taken")
    place = DATA / "uploads" / producer / f"{stem}{suffix}"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    volume.commit()
    return {"path": str(place.relative_to(DATA)), "producer_id": producer}


def read_training(said: dict) -> tuple[str, str]:
    """Producer and licence of a training, whose uploads are there."""
    producer = check_name(said.get("producer_id"), "producer_id")
    licence = said.get("licence", "LicenseRef-own")
    if not isinstance(licence, str) or not re.fullmatch(r"[A-Za-z0-9.+-]{1,80}", licence):
        raise Refused(422, "licence: an SPDX name, or LicenseRef-own for your own music")
    volume.reload()
    if not (DATA / "uploads" / producer).is_dir():
        raise Refused(404, f"nothing was uploaded for {producer}")
    return producer, licence


def read_wish(said: dict) -> dict:
    """What is to be played: `prompt`, `lora_id` (`PRODUCER` or `PRODUCER:model`), `duration`."""
    prompt, seconds = said.get("prompt"), said.get("duration", 60)
    if not isinstance(prompt, str) or not prompt.strip() or len(prompt) > 10_000 or prompt.startswith("-"):
        raise Refused(422, "prompt: words that say what should sound")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 1 <= seconds <= 600:
        raise Refused(422, "duration: 1 to 600 seconds")
    named = str(said.get("lora_id", "")).partition(":")[0]
    return {"prompt": prompt, "seconds": float(seconds), "producer": check_name(named, "lora_id") if named else ""}


def learn(producer: str, licence: str) -> dict:
    """Make the uploads of a producer a training set, write it in the volume's layout, and train the twin."""
    run_twin("dataset", "build", str(DATA / "uploads" / producer), "--producer", producer, "--licence", licence,
             "--provider", "self")  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        run_twin("dataset", "export", "--format", "training-data", "--out", f"{place}/export")
        for home in (Path(place) / "export" / "training_data").glob("*"):
            target = DATA / "training_data" / home.name
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(home, target)
    volume.commit()
    run_twin("models", "pull", VARIANT)
    run_twin("train", "--producer", producer, "--variant", VARIANT, "--auto-fit")
    volume.commit()
    return {"producer_id": producer, "models_path": "models/PRODUCER/adapter_model.safetensors".replace("PRODUCER", producer)}


def play(wish: dict) -> dict:
    """Play what is wished, and return the sound as text."""
    volume.reload()
    run_twin("models", "pull", VARIANT)
    with tempfile.TemporaryDirectory() as place:
        twin = ["--adapter", wish["producer"]] if wish["producer"] else []
        run_twin("make", wish["prompt"], "--variant", VARIANT, "--duration", f"{wish['seconds']:g}", "--out", f"{place}/song.wav",
                 *twin)  # fmt: skip
        sound = (Path(place) / "song.wav").read_bytes()
    volume.commit()
    return {"audio_base64": base64.b64encode(sound).decode()}


with image.imports():
    from fastapi import Header

train_twin = app.function(image=image, volumes={str(DATA): volume}, gpu=GPU, timeout=24 * 3600, retries=2)(learn)
play_twin = app.function(image=image, volumes={str(DATA): volume}, gpu=GPU, timeout=1800)(play)


@app.function(image=image, volumes={str(DATA): volume}, secrets=[secret], timeout=300)
@modal.asgi_app()
def web():
    """The endpoints: POST /upload, POST /train, POST /generate, GET /result?call=…"""
    from fastapi import Body, FastAPI

    api = FastAPI(title="Producer Twin on Modal", docs_url=None, redoc_url=None, openapi_url=None)

    @api.post("/upload")
    def upload(said: dict = Body(), authorization: str = Header("")):
        return answer(with_token(said, authorization), keep_upload)

    @api.post("/train")
    def train(said: dict = Body(), authorization: str = Header("")):
        return answer(with_token(said, authorization), lambda one: {"call": train_twin.spawn(*read_training(one)).object_id})

    @api.post("/generate")
    def generate(said: dict = Body(), authorization: str = Header("")):
        return answer(with_token(said, authorization), lambda one: {"call": play_twin.spawn(read_wish(one)).object_id})

    @api.get("/result")
    def result(call: str, authorization: str = Header("")):
        def look(_: dict) -> dict:
            try:
                return {"state": "succeeded", **modal.FunctionCall.from_id(call).get(timeout=0)}
            except TimeoutError:
                return {"state": "running"}
            except RuntimeError as error:
                return {"state": "failed", "detail": str(error)}

        return answer(with_token({}, authorization), look)

    return api
