#!/usr/bin/env bash
# The road on nano, on a CPU in minutes: an album, its training set, takes, edits, a twin and its release, and the proof
# that nothing changed.
# Run it with `make road`, or with `twin` on the PATH. Everything lands in runs/out; a second run replaces it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

out=runs/out
export TWIN_STUDIO="$PWD/$out/studio" TWIN_OFFLINE=1
rm -rf "$out"
mkdir -p "$out"

say() { printf '\n-- %s (%d s)\n' "$1" "$SECONDS"; }

say "1. what this machine can do"
twin doctor

say "2. the house band records an album, with stems"
twin lab band album --producer "Mara Vale" --songs 2 --style CORE-02 --seed 7 -o "$out/album"

say "3. the album becomes a training set, in words and latents"
twin dataset build "$out/album" --producer "Mara Vale" --licence LicenseRef-own --provider self
twin dataset encode --stems
twin dataset export --format acestep-json -o "$out/for-acestep"

say "4. a take from words, over a guide"
twin make "jazz lofi, mellow, rhodes, upright bass, vinyl crackle" --bpm 84 --key "F minor" --duration 16 --seed 7 -o "$out/first.flac"

say "5. the same take again is the same file"
twin make "jazz lofi, mellow, rhodes, upright bass, vinyl crackle" --bpm 84 --key "F minor" --duration 16 --seed 7 -o "$out/again.flac"
cmp "$out/first.flac" "$out/again.flac"

say "6. edits"
twin edit refine "$out/first.flac" --denoise 0.4 --seed 8 -o "$out/refined.flac"
twin edit repaint "$out/first.flac" --start 6 --end 10 --seed 9 -o "$out/repainted.flac"
twin edit extract "$out/first.flac" --stem bass --seed 10 -o "$out/bass.flac"

say "7. a twin of the producer, trained for a moment, and a take with it"
twin train "Mara Vale" --recipe lora-nano --set training.steps=6 --set training.batch=2 --set training.crop_seconds=4
twin runs list
twin make "jazz lofi, mellow, rhodes" --bpm 84 --duration 8 --seed 7 --adapter "Mara Vale" -o "$out/twin.flac"
twin twins convert "Mara Vale" "$out/mara-vale.safetensors" --form comfyui

say "8. the twin leaves: merged into nano, heard, released, and checked as on another machine"
twin export "Mara Vale" -o "$out/mara-vale"
twin make "jazz lofi, mellow, rhodes" --bpm 84 --duration 8 --seed 7 --variant "$PWD/$out/mara-vale" -o "$out/merged.flac"
twin inspect "$out/merged.flac"
if python -c 'import onnx, onnxruntime' 2>/dev/null; then
    twin export "Mara Vale" --format onnx --precision fp32 -o "$out/mara-vale-graphs"
    twin make "jazz lofi, mellow, rhodes" --bpm 84 --duration 8 --seed 7 --variant "$PWD/$out/mara-vale-graphs" -o "$out/graphs.flac"
    twin inspect "$out/graphs.flac"
else
    echo "its graphs are not played: pip install 'producertwin[onnx]'"
fi
twin release make "Mara Vale" --licence LicenseRef-own -o "$out/mara-vale-1.0"
twin release check "$out/mara-vale-1.0"
twin release push "$out/mara-vale-1.0" --to mara/mara-vale --dry-run

say "9. everything is what its record says"
twin takes list
twin takes verify
twin library verify

say "done"
