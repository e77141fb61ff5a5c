"""Answers are appended whole, survive a crash, and are read strictly."""

from __future__ import annotations

from pathlib import Path

import pytest

from listening_kit import answered, made_up, small
from producertwin.errors import BadInput, NotFound
from producertwin.listening.answers import append, check_listener, first_answers, parse, read

TEST = made_up(small())
GIVEN = answered(TEST, "Ann", lambda _: "a")
LINE = GIVEN[0].model_dump_json()


def test_answers_come_back_as_they_were_given(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    for answer in GIVEN:
        append(path, answer)
    assert read(path, TEST).answers == tuple(GIVEN)
    assert path.read_bytes().count(b"\n") == len(GIVEN)


@pytest.mark.parametrize("kept", [1, 20, len(LINE) - 1])
def test_a_last_line_that_was_cut_short_is_passed_over_and_then_replaced(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "answers.jsonl"
    append(path, GIVEN[0])
    path.write_bytes(path.read_bytes() + GIVEN[1].model_dump_json().encode()[:kept])
    found = read(path, TEST)
    assert found.answers == (GIVEN[0],)
    assert "cut short" in found.warnings[0]
    append(path, GIVEN[2])
    assert read(path, TEST).answers == (GIVEN[0], GIVEN[2])
    assert read(path, TEST).warnings == ()


def test_a_whole_last_line_without_its_end_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text(LINE)
    append(path, GIVEN[1])
    assert read(path, TEST).answers == (GIVEN[0], GIVEN[1])


def test_what_mail_and_editors_do_to_lines_is_borne() -> None:
    data = b"\xef\xbb\xbf" + LINE.encode() + b"\r\n\r\n" + GIVEN[1].model_dump_json().encode()
    assert parse(data, TEST, "pasted").answers == (GIVEN[0], GIVEN[1])


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        LINE.replace('"a"', '"x"'),
        LINE.replace("t001", "t999"),
        LINE.replace("t001", "../../t001"),
        LINE.replace("a" * 12, "b" * 12),
        LINE.replace('"Ann"', '"<img src=x>"'),
        LINE.replace('"Ann"', '"Ann\\u0000"'),
        LINE.replace("5.0", "NaN"),
        LINE.replace("5.0", "-1"),
        LINE[:-1] + ',"right":true}',
        LINE.replace("+00:00", "").replace("Z", ""),
        "[" * 5000,
        LINE[:40],
    ],
)
def test_a_line_that_is_no_answer_to_this_test_refuses_the_file(line: str) -> None:
    with pytest.raises(BadInput, match="pasted line 1") as caught:
        parse(f"{line}\n{LINE}\n".encode(), TEST, "pasted")
    assert caught.value.remedy


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(BadInput):
        parse(b"\xff\xfe\x00\n" + LINE.encode() + b"\n", TEST, "pasted")


def test_a_file_that_is_not_there_or_a_folder(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read(tmp_path / "none.jsonl", TEST)
    with pytest.raises(BadInput):
        read(tmp_path, TEST)


def test_the_first_answer_to_a_trial_stands() -> None:
    other = GIVEN[0].model_copy(update={"answer": "b"})
    found, changed = first_answers([GIVEN[0], GIVEN[0], other, GIVEN[1]])
    assert (found, changed) == ([GIVEN[0], GIVEN[1]], 1)


@pytest.mark.parametrize("name", ["", " ann", "a" * 61, "ann\n", "<b>"])
def test_names_that_cannot_stand_in_an_answer(name: str) -> None:
    assert check_listener("Ána B. 2") == "Ána B. 2"
    with pytest.raises(BadInput):
        check_listener(name)
