"""What the help of every command ends with: two or three command lines that work. A test parses each of them."""

from __future__ import annotations

from typing import Final

ROAD: Final = (
    'twin dataset build music --producer "Mara Vale" --licence LicenseRef-own --provider self',
    'twin train "Mara Vale"',
    'twin prove "Mara Vale"',
    'twin make "jazz lofi, piano" --adapter "Mara Vale" -o song.flac',
)
"""From a folder of tracks to a song with the twin: what the first page ends with."""

EXAMPLES: Final = {
    "demo": ("demo", 'demo "house, uplifting, piano" --takes 2 -o demo'),
    "make": (
        'make "lofi, rainy, rhodes" --bpm 78 --key "D minor" --best-of 3 -o song.flac',
        'make "boom bap, dusty" --chords "Dm9 G13 | Cmaj9 A7b9" --form "intro 2, verse 8, hook 8" -o song.flac',
        'make "jazz lofi, piano" --adapter "Mara Vale:0.6:0.5-1" --dry-run',
    ),
    "produce": (
        'produce "lofi EP, 3 tracks, rainy, one with sax" --budget 10m -o rain',
        'produce "techno single, 132 bpm, D minor" --like song.flac --dry-run',
        'produce "jazz album, 8 tracks" -o jazz --autonomy supervised --detach',
    ),
    "produce show": ("produce show rain", "produce show rain --json"),
    "produce choose": ("produce choose rain 2 B", "produce choose rain 1 a"),
    "produce approve": ("produce approve rain", "produce approve rain --json"),
    "produce revise": ('produce revise rain "track 3 slower and darker"', 'produce revise rain "one with flute" --dry-run'),
    "produce replay": ("produce replay rain", "produce replay rain --json"),
    "produce learn": ("produce learn rain", "produce learn albums --apply", "produce learn --undo"),
    "song new": (
        'song new --title "Night bus" --caption "boom bap, dusty" --key "D minor" -o night-bus.toml',
        'song new --chords "Am | F | C | G" --form "verse 8, chorus 8" --bpm 96',
        "song new --midi riff.mid --tune chorus.abc:vocals -o riff.toml",
    ),
    "song import": (
        "song import riff.mid -o riff.toml",
        "song import leadsheet.musicxml",
        'song import demo.mp3 --caption "synthwave" --bpm 104',
    ),
    "song check": ("song check song.toml", "song check song.toml --json"),
    "song show": ("song show song.toml", "song show night-bus.toml --json"),
    "song transpose": ("song transpose song.toml 2", "song transpose song.toml -3 -o lower.toml"),
    "song play": (
        "song play song.toml -o song.flac",
        'song play song.toml --hold "chords>=.8, tempo" --tries 6',
        "song play song.toml --guide-strength 0.4 --batch 2 --seed 1",
    ),
    "song from": ("song from k3v -o night-bus.toml", "song from song.flac --bpm 87 -o heard.toml"),
    "song export": ("song export night-bus.toml -o night-bus.mid", "song export k3v -o chart.html", "song export k3v -o song"),
    "edit refine": ("edit refine song.flac --denoise 0.4 -o refined.flac", "edit refine k3v --seed 8 --batch 2"),
    "edit cover": (
        'edit cover song.flac --caption "synthwave" -o cover.flac',
        'edit cover k3v --caption "house, piano" --dry-run',
    ),
    "edit repaint": (
        "edit repaint song.flac --start 8 --end 12 -o fixed.flac",
        "edit repaint k3v --region 0-4 --region 12- --seed 9",
        "edit repaint song.flac --region 5-9 --unit bars --bpm 84 --edge 0.2",
    ),
    "edit morph": (
        'edit morph song.flac --source-caption "lofi, rhodes" --caption "lofi, nylon guitar" -o guitar.flac',
        'edit morph k3v --caption "lofi, vibraphone" --dry-run',
    ),
    "edit extract": ("edit extract song.flac --stem drums -o drums.flac", "edit extract k3v bass -o bass.flac"),
    "edit lego": ("edit lego drums.flac bass -o bass.flac", 'edit lego k3v piano --caption "jazz" -o piano.flac'),
    "edit complete": (
        "edit complete drums.flac --stem bass --stem piano -o song.flac",
        "edit complete k3v --stem drums --dry-run",
    ),
    "planner understand": ("planner understand song.flac", "planner understand k3v --planner 0.6B --seed 4"),
    "planner create-sample": (
        'planner create-sample "a slow song about rain" --language en',
        'planner create-sample "drum and bass for a chase" --instrumental --seed 4',
    ),
    "planner format": (
        'planner format "latin pop, flamenco guitar" --lyrics words.txt',
        'planner format "lofi" --bpm 78 --seed 4',
    ),
    "mix": (
        'mix stems --prompt "dark trap, heavy 808s" -o mix.flac',
        "mix drums.wav bass.wav keys.wav --desk lofi --target -14LUFS -o mix.flac",
        "mix drums.wav bass.wav --allow-raw-faust mine.dsp -o mix.flac",
    ),
    "desk list": ("desk list", "desk list --json"),
    "desk new": ("desk new trap -o mine.toml", "desk new --from stems --prompt house -o mine.toml"),
    "desk show": ("desk show trap", "desk show mine.toml --json"),
    "desk edit": (
        "desk edit mine.toml --set strips.bass.gain=-3 --set master.loudness=-12",
        "desk edit trap --set 'strips.bass.high_pass={hz=40}' -o mine.toml",
    ),
    "desk diff": ("desk diff trap drill", "desk diff mine.toml trap --json"),
    "desk export": ("desk export trap -o mix.dsp", "desk export mine.toml --force"),
    "producer plan": ('producer plan "dark trap beat with heavy 808s"', 'producer plan "jazz, no drums, 92 bpm" --json'),
    "producer demo": (
        'producer demo --input song.wav --prompt "Create a dark trap beat with heavy 808s" -o result.wav',
        'producer demo -i song.wav -p "jazz, brushed drums" --stems stems --rounds 0 -o jazz.flac',
    ),
    "producer train": (
        "producer train runs/producer",
        "producer train mine --data songs --takes --minutes 20",
        "producer train --dry-run",
    ),
    "producer faust-train": ("producer faust-train runs/producer", "producer faust-train mine --data songs --minutes 5"),
    "pipeline list": ("pipeline list", "pipeline list --json"),
    "pipeline show": (
        'pipeline show quality-ladder "lofi, rainy" --variant nano',
        'pipeline show cover-polish "synthwave" --source song.flac',
    ),
    "pipeline validate": (
        'pipeline validate quality-ladder "lofi" --variant nano',
        "pipeline validate cover-polish --source song.flac",
    ),
    "pipeline run": (
        'pipeline run quality-ladder "lofi, rainy, rhodes" --variant nano -o song.flac',
        'pipeline run cover-polish "synthwave" --source song.flac --variant nano -o cover.flac',
    ),
    "pipeline new": ("pipeline new my-ladder --like quality-ladder", "pipeline new like-that --like k3v --force"),
    "pipeline delete": ("pipeline delete my-ladder", "pipeline delete my-ladder --dry-run"),
    "pipeline from": ("pipeline from k3v", "pipeline from song.mp3", "pipeline from request.json --json"),
    "pipeline diff": ("pipeline diff draft-refine base-turbo", "pipeline diff k3v p2q --json"),
    "takes list": ("takes list", "takes list --limit 5", "takes list --json"),
    "takes show": ("takes show k3v", "takes show k3v --json"),
    "takes play": ("takes play k3v", 'takes play k3v --player "mpv --no-video"'),
    "takes play-path": ("takes play-path k3v", "takes play-path k3v --json"),
    "takes export": (
        "takes export k3v -o song.wav",
        "takes export k3v -o bare.flac --no-metadata",
        "takes export k3v -o - --format wav | aplay",
    ),
    "takes page": ("takes page -o takes.html", "takes page --text rain --limit 20 -o sheet"),
    "takes delete": ("takes delete k3v --dry-run", "takes delete k3v --cascade"),
    "takes verify": ("takes verify", "takes verify k3v"),
    "inspect": (
        "inspect k3v -o report.html",
        "inspect song.wav --reference masters --stems stems --style house",
        "inspect k3v --separate extract",
    ),
    "repair": (
        "repair song.flac --propose",
        "repair song.flac --only click --only dropout -o mended.flac",
        "repair k3v --budget 3",
    ),
    "rate": ("rate k3v 4", 'rate k3v 2 --tags "too busy, great drums" --remark "the bridge drags"'),
    "prefer": ("prefer k3v m7q", 'prefer k3v m7q --tags "more swing"', "prefer k3v m7q --tie"),
    "verdicts list": ("verdicts list --take k3v", "verdicts list --only preference --judge Ada", "verdicts list --every"),
    "verdicts take-back": ("verdicts take-back p5t", 'verdicts take-back p5t --remark "wrong take"'),
    "pairs make": (
        "pairs make --n 100 --takes 4 --budget 30",
        'pairs make --n 10000 --part 2/8 --scorer inspector --scorer producer=2 --producer "Mara Vale" --detach',
        "pairs make --n 50 --takes 2 --vary repair --dry-run",
    ),
    "pairs collect": (
        "pairs collect",
        "pairs collect --judge Ada --only preference",
        "pairs collect --repairs",
    ),
    "pairs list": ("pairs list", "pairs list --json"),
    "pairs search": ("pairs search --text rhodes --least-margin 1", "pairs search k3v --split holdout --limit 20"),
    "pairs undecided": ("pairs undecided", "pairs undecided k3v --limit 5 --json"),
    "pairs coverage": ("pairs coverage", "pairs coverage k3v --json"),
    "pairs compare": ("pairs compare k3v m7q", "pairs compare k3v m7q --taught p5t"),
    "pairs export": ("pairs export -o pairs.jsonl", "pairs export --pairs k3v --format tangoflux -o pairs.json"),
    "pairs import": ("pairs import pairs.jsonl", "pairs import alpaca.json --format audio-alpaca --licence CC-BY-4.0"),
    "replay": ("replay k3v", "replay song.flac", "replay k3v --allow-raw-faust"),
    "stems": (
        "stems k3v -o song.zip",
        'stems song.flac --bpm 96 --key "A minor" -o stems',
        "stems song.flac --extract --stem drums --stem bass --rest -o stems --detach",
    ),
    "send live": ("send live k3v --bar 5", "send live k3v --stems --set-tempo", "send live song.flac --bpm 96 --dry-run"),
    "send reaper": (
        "send reaper --install-script producer_twin.lua",
        "send reaper k3v --stems --bar 9",
        "send reaper --listen",
    ),
    "tracks ingest": (
        'tracks ingest music --producer "Mara Vale" --licence CC-BY-4.0 --provider self',
        'tracks ingest music --producer "Mara Vale" --dry-run',
    ),
    "tracks screen": ("tracks screen", 'tracks screen --producer "Mara Vale" --profile twin-beat'),
    "tracks caption": ("tracks caption", "tracks caption --review", "tracks caption --tagger gemini --dry-run"),
    "tracks caption edit": (
        "tracks caption edit k3v --set bpm=84",
        'tracks caption edit k3v --set mood="dark, sad"',
        'tracks caption edit --flagged --set genre="deep house"',
    ),
    "tracks rate": ("tracks rate k3v 5", 'tracks rate k3v 2 --note "the drums"'),
    "tracks list": ("tracks list", 'tracks list --producer "Mara Vale" --json'),
    "tracks forget": ("tracks forget k3v", "tracks forget k3v --json"),
    "dataset build": (
        'dataset build music --producer "Mara Vale" --licence CC-BY-4.0 --provider self',
        'dataset build music --producer "Mara Vale" --holdout 0.3',
        'dataset build music --producer "Mara Vale" --dry-run',
    ),
    "dataset split": ('dataset split --producer "Mara Vale"', 'dataset split --producer "Mara Vale" --holdout 0.2'),
    "dataset encode": ("dataset encode", "dataset encode k3v --variant nano --stems", "dataset encode --dry-run"),
    "dataset list": ("dataset list", "dataset list --json"),
    "dataset delete": ("dataset delete k3v --dry-run", "dataset delete k3v"),
    "dataset styles": ("dataset styles", "dataset styles k3v"),
    "dataset export": (
        "dataset export --format acestep-json -o for-acestep",
        "dataset export --format folder --audio mp3 -o shared",
    ),
    "dataset import": ("dataset import shared --format folder", "dataset import for-acestep --format acestep-json"),
    "train": (
        'train "Mara Vale"',
        'train "Mara Vale" --dry-run',
        'train "Mara Vale" --recipe lora-nano --set training.steps=200',
    ),
    "improve": (
        'improve "Mara Vale" --by keepers --keep 24 --anchor 0.5',
        'improve "Mara Vale" --by dpo --pairs k3v --steps 100',
        'improve "Mara Vale" --by dpo --pairs k3v --rounds 3 --judge caption --dry-run',
    ),
    "runs list": ("runs list", 'runs list --producer "Mara Vale"'),
    "runs show": ("runs show k3v", "runs show k3v --json"),
    "runs delete": ("runs delete k3v --dry-run", "runs delete k3v"),
    "runs compare": ("runs compare k3v", "runs compare k3v --dry-run"),
    "prove": ('prove "Mara Vale"', 'prove "Mara Vale" --dry-run', "prove k3v -o proof"),
    "listen prepare": (
        "listen prepare runs/proof --question abx --trials 12",
        "listen prepare takes/twin takes/base --question preference",
        "listen prepare --bundles nano ./nano-half --question preference --trials 12",
    ),
    "listen run": ("listen run", "listen run k3v --listener Ada"),
    "listen page": ("listen page -o listening.html", "listen page k3v -o listening"),
    "listen score": ("listen score", "listen score k3v --answers answers.jsonl"),
    "listen delete": ("listen delete k3v --dry-run", "listen delete k3v"),
    "twins list": ("twins list", "twins list --json"),
    "twins show": ('twins show "Mara Vale"', "twins show adapter.safetensors"),
    "twins convert": (
        'twins convert "Mara Vale" mara-vale.safetensors --form comfyui',
        "twins convert other.safetensors folder --form peft",
    ),
    "twins install": (
        'twins install adapter --producer "Mara Vale"',
        'twins install k3vm7qp5t2ab --producer "Mara Vale"',
        'twins install adapter --producer "Mara Vale" --dry-run',
    ),
    "twins remove": ('twins remove "Mara Vale" --dry-run', 'twins remove "Mara Vale"'),
    "export": (
        'export "Mara Vale" -o mara-vale',
        'export "Mara Vale" --variant turbo --format acestep --precision fp16 -o acestep-v15-mara',
        "export nano --format onnx --precision int8 --player -o nano-web",
    ),
    "release make": (
        'release make "Mara Vale" -o mara-vale-1.0',
        'release make "Mara Vale" --licence CC-BY-NC-4.0 --takes 5 --merged -o mara-vale-1.0',
        'release make "Mara Vale" --dry-run',
    ),
    "release check": ("release check mara-vale-1.0", "release check mara-vale-1.0 --no-replay --json"),
    "release song": (
        'release song k3v --artist "Mara Vale" --licence CC-BY-4.0 -o night-bus-release',
        'release song k3v --artist "Mara Vale" --licence LicenseRef-own --certificate chain.pem --key key.pem -o signed',
    ),
    "release push": (
        "release push mara-vale-1.0 --to mara/mara-vale --dry-run",
        "release push mara-vale-1.0 --to mara/mara-vale --public",
    ),
    "jobs submit": (
        "jobs submit make plan.json",
        "jobs submit pipeline plan.json --key album-1 --priority 1",
        "jobs submit train --attempts 5 --budget-seconds 3600",
    ),
    "jobs list": ("jobs list", "jobs list --state queued --state running", "jobs list --json"),
    "jobs show": ("jobs show k3v", "jobs show k3v --json"),
    "jobs watch": ("jobs watch k3v", "jobs watch k3v --after 120"),
    "jobs cancel": ("jobs cancel k3v", "jobs cancel k3v --kill"),
    "jobs retry": ("jobs retry k3v", "jobs retry k3v --json"),
    "jobs prune": ("jobs prune --dry-run", "jobs prune --days 7"),
    "work": ("work", "work --queue cpu --at-once 2", "work --until-idle"),
    "serve": ("serve --open", "serve --port 0 --json", "serve --host 0.0.0.0 --expose --name studio.example.org"),
    "mcp": ("mcp", "mcp --read-only", "mcp --most-jobs 5 --workers 0"),
    "lofi-daemon": (
        "lofi-daemon",
        'lofi-daemon --adapter "Mara Vale:0.8"',
        "lofi-daemon --variant turbo --out tracks --format ogg",
    ),
    "doctor": ("doctor", "doctor --json", "doctor --bench"),
    "qualify": ("qualify nano", "qualify xl-turbo --songs 1", "qualify nano --again --json"),
    "models list": ("models list", "models list --json"),
    "models pull": ("models pull turbo", "models pull turbo --dry-run"),
    "models check": ("models check nano", "models check turbo"),
    "models convert": ("models convert turbo", "models convert checkpoints/ace-step --into models/mine"),
    "config list": ("config list", "config list --json"),
    "config get": ("config get licence", "config get device --json"),
    "config set": ("config set licence LicenseRef-own", 'config set producer "Mara Vale"', "config set device cpu"),
    "config unset": ("config unset producer", "config unset device"),
    "trash list": ("trash list", "trash list --json"),
    "trash restore": ("trash restore k3v", "trash restore k3v --json"),
    "trash empty": ("trash empty --older-than 30 --dry-run", "trash empty --older-than 30 --force", "trash empty k3v"),
    "library path": ("library path", "library path --json"),
    "library info": ("library info", "library info --json"),
    "library verify": ("library verify", "library verify --json"),
    "library rebuild": ("library rebuild --dry-run", "library rebuild"),
    "library sweep": ("library sweep --dry-run", "library sweep"),
    "lab band play": (
        'lab band play "lofi, rainy, rhodes" -o song.flac --stems',
        'lab band play house --bpm 124 --key "A minor" -o sketch.flac',
    ),
    "lab band album": (
        'lab band album --producer "Mara Vale" --songs 4 -o album',
        'lab band album --producer "Mara Vale" --style house --mixes-only -o music',
    ),
    "lab band styles": ("lab band styles", "lab band styles --json"),
    "lab pretrain all": ("lab pretrain all runs/nano", "lab pretrain all runs/nano --resume"),
    "lab pretrain render": ("lab pretrain render runs/nano", "lab pretrain render runs/nano --dry-run"),
    "lab pretrain codec": ("lab pretrain codec runs/nano", "lab pretrain codec runs/nano --minutes 30"),
    "lab pretrain encode": ("lab pretrain encode runs/nano", "lab pretrain encode runs/nano --dry-run"),
    "lab pretrain tokenizer": ("lab pretrain tokenizer runs/nano", "lab pretrain tokenizer runs/nano --minutes 30"),
    "lab pretrain embedder": ("lab pretrain embedder runs/nano", "lab pretrain embedder runs/nano --minutes 30"),
    "lab pretrain nano": ("lab pretrain nano runs/nano", "lab pretrain nano runs/nano --minutes 120"),
    "lab pretrain ship": ("lab pretrain ship runs/nano", "lab pretrain ship runs/nano -o weights"),
    "lab pretrain curve": ("lab pretrain curve runs/nano", "lab pretrain curve runs/nano -o loss.png"),
    "lab measure nano": ("lab measure nano --prompts 8 --reference 48", "lab measure nano --dry-run"),
    "lab measure embedder": ("lab measure embedder --songs 40", "lab measure embedder --page embedder.md"),
    "lab measure band": ("lab measure band --songs 3", "lab measure band --songs 3 --page house_band.md"),
    "lab measure ears": ("lab measure ears --songs 1", "lab measure ears --recordings masters --page quality.md"),
}
"""Command -> its examples, `twin` left out. `k3v` stands for the beginning of an id."""
SHOWN: Final = 4
"""Commands of a group of which its page shows an example."""


def examples_of(command: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Title and lines of a command's examples; a group shows the first of its first commands, `twin` itself the road."""
    if not command:
        return "From tracks to a song with your twin:", ROAD
    name = " ".join(command)
    found = EXAMPLES.get(name) or [lines[0] for chain, lines in EXAMPLES.items() if chain.startswith(f"{name} ")][:SHOWN]
    return "Examples:", tuple(f"twin {line}" for line in found)
