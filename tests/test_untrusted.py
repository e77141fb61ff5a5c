"""What others wrote is read within bounds: every fault of JSON and TOML is one typed error that names the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from producertwin import untrusted
from producertwin.errors import BadInput, NotFound

DEEP = untrusted.DEEPEST
FAULTS = {
    "lists": "[" * 100_000 + "]" * 100_000,
    "lists without end": "[" * 100_000,
    "objects": '{"a":' * 5_000 + "1" + "}" * 5_000,
    "a level too many": "[" * (DEEP + 1) + "]" * (DEEP + 1),
    "digits that Python refuses": f'{{"r": {"9" * 4_301}}}',
    "digits that no float holds": f'{{"r": -{"9" * 400}}}',
    "a fraction that no float holds": '{"alpha": 1e999}',
    "not a number": '{"alpha": NaN}',
    "infinity": '{"alpha": -Infinity}',
    "cut short": '{"alpha": ',
    "nothing": "",
    "a null byte": "\0",
    "bytes that are no text": b"\xff\xfe{\x00}\x00",
}


@pytest.mark.parametrize("text", FAULTS.values(), ids=FAULTS.keys())
def test_json_that_cannot_be_read_is_one_typed_error_that_names_it(tmp_path: Path, text: str | bytes) -> None:
    path = tmp_path / "song.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadInput, match=r"song\.json") as caught:
        untrusted.read_object(path, remedy="write it again")
    assert caught.value.remedy == "write it again" and len(caught.value.message) < 300
    with pytest.raises(BadInput) as caught:
        untrusted.read_object(path)
    assert caught.value.remedy == "correct the file"
    with pytest.raises(BadInput, match=r"^a card is"):
        untrusted.parse_json(text, "a card")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[" * DEEP + "]" * DEEP, None),
        ("9" * untrusted.MOST_DIGITS, int("9" * untrusted.MOST_DIGITS)),
        ("1.5e308", 1.5e308),
        ("\ufeff[1]", [1]),
        ('"\\ud83d\\ude00"', "😀"),
        ('{"\\ud83d": ["a\\ude00b"]}', {"\ufffd": ["a\ufffdb"]}),
        ('"\\\\ud83d"', "\\ud83d"),
    ],
)
def test_what_lies_within_the_bounds_is_read(text: str, value: object) -> None:
    found = untrusted.parse_json(text, "x")
    assert value is None or found == value
    assert untrusted.parse_json(text.encode(), "x") == found
    json.dumps(found, ensure_ascii=False).encode()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_table_exported_with_gaps_can_be_read(number: str) -> None:
    text = f'{{"bpm": {number}, "key": "A minor"}}'
    assert untrusted.parse_json(text, "x", nonfinite_is_none=True) == {"bpm": None, "key": "A minor"}
    with pytest.raises(BadInput, match="number"):
        untrusted.parse_json(text, "x")


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 5_000 + "]" * 5_000,
        "a = " + "{a = " * 5_000 + "1" + "}" * 5_000,
        "a." * 30_000 + "a = 1",
        "[" + "a." * 30_000 + "a]",
        "a = {" + "'b' . " * 30_000 + "a = 1}",
        "a = " + "9" * 5_000,
        "a = " + "9" * 100,
        "a = \u0000",
        "a",
        "#" * (untrusted.LARGEST_TOML + 1),
    ],
)
def test_toml_that_cannot_be_read_is_one_typed_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises(BadInput, match=r"recipe\.toml"):
        untrusted.read_toml(path)
    with pytest.raises(BadInput, match="a recipe is not TOML"):
        untrusted.parse_toml(text, "a recipe")


def test_long_sentences_are_no_deep_keys() -> None:
    said = "a. b, c... " * 200 + "." * 500 + "w" * 100_000
    assert untrusted.parse_toml(f'a.b."c d" = "{said}"', "x") == {"a": {"b": {"c d": said}}}


def test_files_that_are_none_or_too_large_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        untrusted.read_text(tmp_path / "nowhere.json")
    with pytest.raises(BadInput, match="not a file"):
        untrusted.read_text(tmp_path)
    with pytest.raises(BadInput, match="not a file"):
        untrusted.read_text(Path("/dev/zero"))
    for name in ("n" * 5_000, "null\0byte"):
        with pytest.raises(BadInput):
            untrusted.read_text(tmp_path / name)
    with (tmp_path / "sparse.json").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(BadInput, match="larger than 1024 KiB"):
        untrusted.read_text(tmp_path / "sparse.json", largest=untrusted.LARGEST_CONFIG)
