"""The error tree is what its drawing says, and every error names a remedy."""

from __future__ import annotations

import inspect
import pickle
import re

import pytest

from producertwin import errors
from producertwin.errors import AudioRejected, BadInput, PartialFailure, TwinError

CODES = {
    "TwinError": 1,
    "BadInput": 3,
    "NotFound": 4,
    "PartialFailure": 5,
    "Resources": 6,
    "Unavailable": 7,
    "BudgetExceeded": 8,
    "Diverged": 9,
    "Interrupted": 130,
}
"""The exit codes that scripts around the studio rely on; 2 is a mistake of usage and belongs to the command line."""

CLASSES = {name: kind for name, kind in vars(errors).items() if inspect.isclass(kind) and issubclass(kind, TwinError)}


def drawn() -> dict[str, tuple[str | None, int]]:
    """Class -> (parent, exit code), read from the drawing in the module's docstring."""
    tree: dict[str, tuple[str | None, int]] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"^ {4}([│├└─ ]*)(\w+) +(\d+) {3}\S", line)
        if not found:
            continue
        depth, name, code = len(found[1]), found[2], int(found[3])
        above = [(column, parent) for column, parent in above if column < depth]
        tree[name] = (above[-1][1] if above else None, code)
        above.append((depth, name))
    return tree


def build(kind: type[TwinError]) -> TwinError:
    """An instance of `kind` with a remedy."""
    if kind is AudioRejected:
        return AudioRejected("not_audio", "song.txt is not audio", remedy="give a wav, flac or mp3 file")
    if kind is PartialFailure:
        failures: dict[str, TwinError] = {"b.wav": BadInput("b.wav is empty")}
        return PartialFailure("1 of 2 failed", failures, remedy="look at b.wav")
    return kind("bpm -3 is outside 30-300", remedy="give a bpm from 30 to 300")


def test_the_drawing_is_the_tree() -> None:
    real = {name: (None if kind is TwinError else kind.__bases__[0].__name__, kind.exit_code) for name, kind in CLASSES.items()}
    assert len(real) >= 9
    assert drawn() == real


def test_everything_is_exported() -> None:
    assert sorted(CLASSES) == sorted(errors.__all__)


def test_exit_codes_are_those_promised() -> None:
    direct = {name: kind.exit_code for name, kind in CLASSES.items() if kind is TwinError or kind.__bases__[0] is TwinError}
    assert direct == CODES
    assert len(set(direct.values())) == len(direct)
    assert 2 not in direct.values()


@pytest.mark.parametrize("kind", CLASSES.values(), ids=CLASSES)
def test_error_carries_message_and_remedy(kind: type[TwinError]) -> None:
    error = build(kind)
    assert error.remedy
    assert str(error) == error.message
    assert error.message in repr(error)
    assert 400 <= kind.http_status < 600 or kind is PartialFailure
    with pytest.raises(TwinError):
        raise error
    handed = pickle.loads(pickle.dumps(error))
    assert (type(handed), str(handed), handed.args) == (kind, str(error), error.args)
    assert vars(handed).keys() == vars(error).keys() and handed.remedy == error.remedy


def test_special_errors_keep_their_details() -> None:
    rejected = build(AudioRejected)
    assert isinstance(rejected, AudioRejected)
    assert rejected.reason == "not_audio"
    assert rejected.exit_code == BadInput.exit_code
    partial = build(PartialFailure)
    assert isinstance(partial, PartialFailure)
    assert list(partial.failures) == ["b.wav"]
