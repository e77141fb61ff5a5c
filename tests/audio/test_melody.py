import numpy as np

from producertwin.audio.melody import HeardNote, compare_lines, read_line

RATE = 48_000


def play(notes: list[HeardNote], seconds: float) -> np.ndarray:
    at = np.arange(int(seconds * RATE)) / RATE
    sound = np.zeros_like(at)
    for note in notes:
        inside = (at >= note.start) & (at < note.start + note.length)
        t = at[inside] - note.start
        hz = 440 * 2 ** ((note.pitch - 69) / 12)
        sound[inside] += np.minimum(t / 0.01, 1) * np.exp(-2 * t) * sum(np.sin(2 * np.pi * hz * k * t) / k for k in (1, 2, 3))
    return np.stack([sound, sound]).astype(np.float32) * 0.2


TUNE = [HeardNote(at * 0.5, 0.45, pitch) for at, pitch in enumerate((69, 72, 72, 76, 74, 72, 69, 67))]


def test_a_tune_alone_is_read_with_its_repeated_note():
    read = read_line(play(TUNE, 4.2), 64, 79)
    agreed = compare_lines(TUNE, read, around=0.25)
    assert agreed is not None and agreed.pitch > 0.9 and agreed.onset >= agreed.pitch


def test_another_tune_on_the_same_onsets_agrees_in_onsets_alone():
    other = [HeardNote(note.start, note.length, note.pitch + 3) for note in TUNE]
    agreed = compare_lines(other, read_line(play(TUNE, 4.2), 60, 84), around=0.25)
    assert agreed is not None and agreed.onset > 0.8 and agreed.pitch < 0.3


def test_silence_and_a_register_beyond_hearing_have_no_line():
    assert read_line(np.zeros((2, RATE), np.float32), 60, 72) == ()
    assert read_line(play(TUNE, 4.2), 120, 127) == ()
    assert compare_lines([], [HeardNote(0, 1, 60)], around=1) is None
    agreed = compare_lines(TUNE, [], around=1)
    assert agreed is not None and agreed.pitch == agreed.onset == 0.0


def test_notes_far_from_what_is_written_are_not_counted():
    far = [HeardNote(60.0, 1.0, 69)]
    agreed = compare_lines(TUNE, [*TUNE, *far], around=0.25)
    assert agreed is not None and agreed.pitch == 1.0
