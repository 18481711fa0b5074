"""What a server says goes into the record of a night and comes out of it as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows import journal
from flows.damage import put_aside
from flows.journal import journal_of
from tests.flows.test_damage import NIGHT
from tests.flows.year import FIRST


@pytest.mark.parametrize("odd", ["\x85", "\u2028", "\u2029", "\x0b", "\x1c", "\r"])
def test_a_character_at_which_text_is_often_split_damages_nothing(odd: str, tmp_path: Path) -> None:
    night = NIGHT | {"problems": [f"source x: is text/x-{odd}ngstrom"]}
    journal.keep_night(tmp_path, night)
    journal.keep_night(tmp_path, NIGHT)

    assert journal.nights(tmp_path) == [night, NIGHT]
    assert put_aside(tmp_path, FIRST) == ()
    with journal_of(tmp_path).open("a", encoding="utf-8") as file:
        file.write("{\n")  # a true damage costs no other night
    assert len(put_aside(tmp_path, FIRST)) == 1
    assert journal.nights(tmp_path) == [night, NIGHT]
