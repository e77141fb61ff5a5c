#!/usr/bin/env bash
# The figures of docs/twin.md: three invented producers, their twins, and a control. About two hours on two cores.
#
#     runs/twins.sh [FOLDER]
#
# A second run goes on where the first was stopped.
set -euo pipefail
out=$(realpath -m "${1:-runs/twins}")
export TWIN_STUDIO="$out/studio" TWIN_OFFLINE=1

for one in "Mara Vale:CORE-02" "Otto Kern:boom-bap" "Ines Roy:CORE-02"; do
    name=${one%%:*} style=${one##*:}
    music="$out/music/$name"
    twin lab band album --producer "$name" --style "$style" --songs 10 --seed 1 --duration 48 --mixes-only -o "$music/record-1"
    twin lab band album --producer "$name" --style "$style" --songs 10 --seed 2 --duration 48 --mixes-only -o "$music/record-2"
    twin lab band album --producer "$name" --style "$style" --songs 10 --seed 3 --duration 48 --mixes-only -o "$music/record-3"
    twin lab band album --producer "$name" --style "$style" --songs 10 --seed 4 --duration 48 --mixes-only -o "$music/record-4"
    twin lab band album --producer "$name" --style "$style" --songs 10 --seed 5 --duration 48 --mixes-only -o "$music/record-5"
    twin lab band album --producer "$name" --style "$style" --songs 10 --seed 6 --duration 48 --mixes-only -o "$music/record-6"
    twin dataset build "$music" --producer "$name" --licence LicenseRef-own --provider self --holdout 0.67
    twin dataset encode
done

# A twin that has learned nothing: one step of the warm-up. Its proof must find nothing.
twin train "Ines Roy" --recipe lora-nano --set training.steps=1
twin prove "Ines Roy" -o "$out/control"

for name in "Mara Vale" "Otto Kern" "Ines Roy"; do
    twin train "$name" --recipe lora-nano
    twin prove "$name" -o "$out/proof/$name"
done

# One producer's twin against another's songs of the same style: how much of a gain is not the producer's own.
ines=$(basename "$(grep -l '"producer": "Ines Roy"' "$out"/studio/datasets/*.json | head -1)" .json)
twin prove "Mara Vale" --dataset "$ines" -o "$out/crossed"
