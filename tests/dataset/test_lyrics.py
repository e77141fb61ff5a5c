from __future__ import annotations

import pytest

from producertwin.dataset.lyrics import LONGEST, normalise
from producertwin.errors import BadInput
from producertwin.music import INSTRUMENTAL


@pytest.mark.parametrize("text", ["", "  \n ", "[Instrumental]", "[instrumental]\n", "instrumental", "[inst]", "\ufeff", "N/A"])
def test_nothing_to_sing_is_said_one_way(text: str) -> None:
    found = normalise(text)
    assert found.text == INSTRUMENTAL
    assert found.instrumental


def test_sections_get_their_names_and_lines_their_spaces() -> None:
    text = "(Verse 1)\r\nrain  on the window \r\n\r\nREFRAIN:\nstay\n[Hook x2]\nstay\n[Bridge]\nooh\nOutro:\nbye"
    found = normalise(text, language="EN")
    assert found.text == ("[Verse]\nrain on the window\n\n[Chorus]\nstay\n\n[Chorus]\nstay\n\n[Bridge]\nooh\n\n[Outro]\nbye")
    assert (found.language, found.notes, found.instrumental) == ("en", (), False)


def test_normal_lyrics_stay_as_they_are() -> None:
    text = "[Intro]\n\n[Verse]\nfirst: the rain\n(softly)\n\n[Pre-Chorus]\nhush\n\n[Outro]\nbye"
    again = normalise(normalise(text).text)
    assert again == normalise(text)
    assert "first: the rain\n(softly)" in again.text


def test_lines_without_a_section_are_a_verse_and_unknown_marks_go() -> None:
    found = normalise("hello\n[Guitar screams]\nthere")
    assert found.text == "[Verse]\nhello\nthere"
    assert len(found.notes) == 2


def test_marks_alone_are_instrumental() -> None:
    found = normalise("[Intro]\n[Chorus]")
    assert found.instrumental
    assert found.notes


def test_other_scripts_stay() -> None:
    assert normalise("[Verse 2]\n夜の雨 🌧\nдождь", language="ja").text == "[Verse]\n夜の雨 🌧\nдождь"


@pytest.mark.parametrize("bad", ["a\x00b", "x" * (LONGEST + 1)])
def test_what_is_no_lyric_is_refused(bad: str) -> None:
    with pytest.raises(BadInput):
        normalise(bad)


@pytest.mark.parametrize(
    ("said", "code"), [("English", "en"), ("zh_CN", "zh"), ("yue", "yue"), (None, "unknown"), ("", "unknown")]
)
def test_a_language_is_one_that_ace_step_knows(said: str | None, code: str) -> None:
    assert normalise("[Verse]\nla", language=said).language == code


@pytest.mark.parametrize("language", ["klingon", "e", "e1", "xx"])
def test_a_language_that_nobody_sings_is_refused(language: str) -> None:
    with pytest.raises(BadInput, match="language"):
        normalise("[Verse]\nla", language=language)
