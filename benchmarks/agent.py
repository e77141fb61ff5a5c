"""How good the agent is on thirty briefs: plans, tracks that pass the inspector, its choice, and what a finished minute costs.

    python benchmarks/agent.py plans
    python benchmarks/agent.py play --rows agent.tsv --transcriber nmp.onnx [--split measured] [--share 1/2]
    python benchmarks/agent.py tell --rows agent.tsv [--split measured]

`plans` counts the briefs of `briefs.toml` whose plans keep to every property of `agent_plans.py`. `play` makes their albums on
nano and appends a row a candidate as soon as a track is finished: it may be killed at any time, and the same command goes on.
`tell` prints the figures.

A track passes where the inspector, which hears the finished file as a stranger would, finds no defect of the level failure.

The agent's choice is held against candidates by two rewards that it does not use. `notes` is the judge that counts: how much
of the notes that the band wrote a published transcriber hears (`published_transcriber.py`), as a share of what it hears of them
in the band's own clean sound, so that thick scores do not count against a candidate. `roots` is the share of beats on which a
second reader of chords (`second_reader.py`) hears the written root. Both know the score, and neither shares code or training
with the inspector, the embedder or the chord reader that the agent's points come from. Their noise: each is taken of odd and
of even bars apart, and the correlation of the two over the candidates of a track, stepped up to the whole (Spearman-Brown), is
told. Repaired candidates are judged as they were ranked. Intervals are bootstrapped by brief.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import shutil
import tempfile
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from agent_plans import Brief, find_faults, read_briefs, score_of, tracks_key
from numpy.typing import NDArray

from producertwin.agent.album import AlbumPlan
from producertwin.agent.commission import Commission
from producertwin.agent.decisions import Decision, Ledger
from producertwin.agent.produce import produce
from producertwin.agent.rules import plan_album
from producertwin.audio import files
from producertwin.house_band.render import render
from producertwin.metrics.statistics import bootstrap, wilson
from producertwin.progress import Event, Kept, finish
from producertwin.settings import Settings
from producertwin.verbs.studio import Studio, open_studio

COLUMNS = (
    "brief", "key", "track", "style", "letter", "take", "chosen", "points", "inspector", "watched", "caption", "chords", "heard",
    "seconds", "notes", "notes_odd", "notes_even", "roots", "roots_odd", "roots_even", "failures", "score", "cpu",
)  # fmt: skip
Row = dict[str, str]


class Judge:
    """The two rewards that the agent does not use."""

    def __init__(self, transcriber: Path) -> None:
        from published_transcriber import Transcriber

        self._transcriber = Transcriber(transcriber)

    def judge(self, path: Path, album: AlbumPlan, place: int, seed: int) -> dict[str, float]:
        """Rewards of a take in `path`, of all bars, of odd and of even ones."""
        from published_transcriber import precision

        track = album.tracks[place - 1]
        score = score_of(track, seed)
        clean = self._transcriber.hear(render(score, seconds=track.seconds).mix, 48_000)
        heard = self._transcriber.hear(files.read(path), 48_000)
        bars = {"": None, "_odd": range(0, score.bars, 2), "_even": range(1, score.bars, 2)}
        found = {f"notes{name}": precision(heard, score, part) / precision(clean, score, part) for name, part in bars.items()}
        right = _roots(path, score)
        each = np.arange(len(right)) // score.meter
        halves = {"": np.ones(len(right), bool), "_odd": each % 2 == 0, "_even": each % 2 == 1}
        return found | {f"roots{name}": float(right[part].mean()) for name, part in halves.items()}


def _roots(path: Path, score: Any) -> NDArray[np.bool_]:
    """For every beat whether the second reader hears the written root."""
    from second_reader import read_beats

    heard = read_beats(path, score.bpm, int(score.beats), score.meter)
    starts = np.array([chord.start for chord in score.chords])
    wanted = [score.chords[int(np.searchsorted(starts, beat + 1e-6, "right")) - 1].root % 12 for beat in range(len(heard))]
    return np.array([one is not None and one[0] == root for one, root in zip(heard, wanted, strict=True)])


def read_rows(path: Path) -> list[Row]:
    """The rows of a table; the last one is left out where a kill has broken it."""
    if not path.is_file():
        return []
    lines = path.read_text("utf-8").splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("\n") and line.count("\t") == len(COLUMNS) - 1]
    return list(csv.DictReader(whole, fieldnames=COLUMNS, delimiter="\t"))


def append(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Append the rows of one track in one write."""
    lines = ["\t".join(format(row[name], ".6g" if isinstance(row[name], float) else "") for name in COLUMNS) for row in rows]
    broken = path.is_file() and path.stat().st_size and not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8") as file:
        file.write(("\n" if broken else "") + "".join(f"{line}\n" for line in lines))


def play(asked: argparse.Namespace) -> None:
    """Make the albums of a split that are not in the table yet."""
    judge, ends = Judge(asked.transcriber), time.monotonic() + 60 * asked.minutes
    work = Path(tempfile.gettempdir() if asked.folder is None else asked.folder)
    first, count = map(int, asked.share.split("/"))
    for brief in [one for one in read_briefs() if one.split == asked.split][first - 1 :: count]:
        if time.monotonic() > ends:
            break
        folder = work / f"agent-{hash_of(brief)}"
        with open_studio(Settings(studio=folder / "studio", device="cpu", offline=True)) as studio:
            album = plan_album(Commission(brief=brief.words), studio.read_card("nano"))
            done = {row["track"] for row in read_rows(asked.rows) if row["key"] == tracks_key(album)}
            if len(done) < len(album.tracks):
                print(f"{brief.words}: {len(album.tracks)} tracks", flush=True)
                _make(album, brief, studio, folder / "album", asked.rows, judge, {int(one) for one in done})
        shutil.rmtree(folder, ignore_errors=True)


def hash_of(brief: Brief) -> int:
    """A number that stands for a brief, the same in every process."""
    return zlib.crc32(brief.words.encode())


def _make(album: AlbumPlan, brief: Brief, studio: Studio, folder: Path, table: Path, judge: Judge, done: set[int]) -> None:
    """Make an album; what each track costs is counted between one that is finished and the next."""
    spent = _spent()

    def watch(event: Event) -> None:
        nonlocal spent
        if not isinstance(event, Kept):
            return
        place, cpu = int(event.unit.split()[-1]), _spent() - spent
        if place not in done:
            append(table, list(_rows(album, brief, studio, folder, place, cpu, judge)))
        spent = _spent()

    finish(produce(album, folder, studio), watch)


def _spent() -> float:
    """Seconds of the processor so far, with those of finished child processes."""
    return sum(one.ru_utime + one.ru_stime for one in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def _rows(
    album: AlbumPlan, brief: Brief, studio: Studio, folder: Path, place: int, cpu: float, judge: Judge
) -> Iterator[dict[str, Any]]:
    """A row for each candidate of a finished track, as it was ranked."""
    from producertwin.verbs.inspect import inspect_take

    ledger = Ledger(folder).rows
    track = album.tracks[place - 1]
    made = [row for row in ledger if row.track == place and row.kind == "candidate"]
    mended = {row.takes[0]: row for row in ledger if row.kind == "repair" and row.track == place}
    chosen = next(row.takes[0] for row in reversed(ledger) if row.kind == "choose" and row.track == place)
    master = next(row.takes[0] for row in reversed(ledger) if row.kind == "deliver" and row.track == place)
    report = inspect_take(studio.library.takes.get(master), studio)
    failures = sorted({one.kind for one in report.defects if one.severity == "failure"})
    for letter, seed, row in zip("ABCDEFGHIJKLMNOP", track.seeds, made, strict=False):
        last: Decision = mended.get(row.takes[0], row)
        take = studio.library.takes.get(last.takes[-1])
        scores = {name: last.scores.get(name, float("nan")) for name in ("points", "inspector", "watched", "caption", "chords")}
        scores["heard"] = last.scores.get("notes", float("nan"))
        yield {
            "brief": hash_of(brief), "key": tracks_key(album), "track": place, "style": track.style, "letter": letter,
            "take": take.id, "chosen": int(take.id == chosen), **scores, "seconds": take.seconds,
            **judge.judge(studio.library.takes.content(take), album, place, seed),
            "failures": ",".join(failures) or "-", "score": report.score, "cpu": cpu,
        }  # fmt: skip


def tell(asked: argparse.Namespace) -> None:
    """Print the figures of a split."""
    names = {str(hash_of(one)) for one in read_briefs() if one.split == asked.split}
    tracks: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in read_rows(asked.rows):
        if row["brief"] in names:
            tracks[row["brief"], row["track"]].append(row)
    latest = {where: [row for row in rows if row["key"] == rows[-1]["key"]] for where, rows in tracks.items()}
    picks = [next(row for row in rows if row["chosen"] == "1") for rows in latest.values()]
    print(f"{len({brief for brief, _ in latest})} briefs, {len(latest)} tracks, {sum(map(len, latest.values()))} candidates")
    passed = [row["failures"] == "-" for row in picks]
    found = wilson(sum(passed), len(passed))
    print(f"pass the inspector: {sum(passed)} of {len(passed)}, {found.value:.0%} ({found.low:.0%} to {found.high:.0%})")
    scores = [float(row["score"]) for row in picks]
    print(f"score of ten: median {np.median(scores):.1f}, lowest {min(scores):.1f}")
    kinds = [kind for row in picks for kind in row["failures"].split(",") if kind != "-"]
    print("failures:", ", ".join(f"{kind} {kinds.count(kind)}" for kind in sorted(set(kinds))) or "none")
    for reward in ("notes", "roots"):
        _tell_choice(latest, reward)
    costs = np.array([[float(row["cpu"]), float(row["seconds"]), float(row["brief"])] for row in picks])
    cost = _by_brief(costs[:, 2], costs, lambda drawn: 60 * drawn[:, 0].sum() / drawn[:, 1].sum())
    print(f"processor seconds for a finished minute: {cost}")


def _tell_choice(tracks: dict[tuple[str, str], list[Row]], reward: str) -> None:
    """The agent's choice against any candidate, the first, and the best by the reward; and the reward's noise."""
    against: dict[str, list[tuple[float, float]]] = defaultdict(list)
    odd, even, points, own = [], [], [], []
    for (brief, _), rows in tracks.items():
        values = np.array([float(row[reward]) for row in rows])
        pick = values[[row["chosen"] for row in rows].index("1")]
        others = {"a random candidate": values.mean(), "the first candidate": values[0], "the best candidate": values.max()}
        for name, value in others.items():
            against[name].append((float(brief), pick - value))
        for kept, name in ((odd, f"{reward}_odd"), (even, f"{reward}_even"), (points, "points"), (own, reward)):
            column = np.array([float(row[name]) for row in rows])
            kept += list(column - column.mean())
    spread = float(np.std(own))
    half = float(np.corrcoef(odd, even)[0, 1])
    print(f"{reward}: candidates of a track differ by {spread:.3f}; halves agree by {half:.2f}, "
          f"whole {2 * half / (1 + half):.2f}; with the points {float(np.corrcoef(points, own)[0, 1]):.2f}")  # fmt: skip
    for name, pairs in against.items():
        table = np.array(pairs)
        print(f"  the choice less {name}: {_by_brief(table[:, 0], table, lambda drawn: float(drawn[:, 1].mean()))}")


def _by_brief(briefs: NDArray[Any], table: NDArray[Any], statistic: Callable[[NDArray[Any]], float]) -> str:
    """A figure of a table with its interval, briefs drawn again with all their tracks."""
    groups = [table[briefs == one] for one in np.unique(briefs)]
    order = np.arange(len(groups))
    found = bootstrap(order, lambda drawn: statistic(np.concatenate([groups[int(at)] for at in drawn])), rounds=2000)
    return f"{found.value:+.3f} ({found.low:+.3f} to {found.high:+.3f})"


def plans(asked: argparse.Namespace) -> None:
    """Count the briefs whose plans keep to every property."""
    with tempfile.TemporaryDirectory() as place:
        card = Studio(Settings(studio=Path(place), device="cpu", offline=True)).read_card("nano")
        briefs = [one for one in read_briefs() if asked.split in ("all", one.split)]
        faults = {brief.words: found for brief in briefs if (found := find_faults(brief, card, Path(place)))}
    for words, found in faults.items():
        print(f"{words}: {'; '.join(found)}")
    print(f"{len(briefs) - len(faults)} of {len(briefs)} plans keep to every property")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("plans", "play", "tell"))
    parser.add_argument("--split", default="measured")
    parser.add_argument("--rows", type=Path, default=Path("agent.tsv"))
    parser.add_argument("--transcriber", type=Path, help="nmp.onnx of the package basic-pitch")
    parser.add_argument("--folder", type=Path, help="where albums lie while they are made")
    parser.add_argument("--share", default="1/1", help="2/3 is the second of three shares that processes play side by side")
    parser.add_argument("--minutes", type=float, default=1e6)
    asked = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    {"plans": plans, "play": play, "tell": tell}[asked.what](asked)


if __name__ == "__main__":
    main()
