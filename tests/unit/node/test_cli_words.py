"""What strangers wrote, on a terminal: shown, and never obeyed."""

from __future__ import annotations

import json
import logging

import pytest

from node.cli.command import Settings, emit, note
from node.cli.node_run import log_to_stderr
from node.cli.text import table
from node.cli.words import json_escaped, one_line, printable

#: Clears the screen, in two ways; turns the line around; and a byte of a file's name that is no Unicode.
HOSTILE = "a\x1b[2J\x9b2J\u202e\udcffb"


def test_lines_stay_and_nothing_moves_a_cursor() -> None:
    """Also not by the eight-bit codes, nor by those that turn the direction of writing."""
    assert printable("one\n  two\tthree\n") == "one\n  two\tthree\n"
    assert printable(HOSTILE) == "a\ufffd[2J\ufffd2J\ufffd\\udcffb"
    assert one_line(f"{HOSTILE}\nerror[x]").isprintable()


def test_the_document_is_the_same() -> None:
    """As JSON writes what is not shown, to the last character."""
    document = {HOSTILE: ["é", "🜍", "\U000e0001", "\n"]}
    text = json_escaped(json.dumps(document, indent=2, ensure_ascii=False))
    assert json.loads(text) == document
    assert "é" in text
    assert "🜍" in text
    assert all(line.isprintable() for line in text.splitlines())


def test_all_that_is_said_is_printable(capsys: pytest.CaptureFixture[str]) -> None:
    """Results, documents and remarks alike, whoever wrote what is in them."""
    emit(Settings(), {}, lambda: HOSTILE)
    emit(Settings(json=True), {"a": HOSTILE}, str)
    note(Settings(), HOSTILE)
    found = capsys.readouterr()
    assert all(line.isprintable() for line in (found.out + found.err).splitlines())


def test_a_cell_is_one_line() -> None:
    """A name with a line's end in it starts no row of its own."""
    assert table([{"name": "a\nb  c", "n": 1}]).splitlines() == [" name  n", "a b c  1"]


def test_peers_words_in_the_log_are_printable(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node logs what others call themselves, and nobody writes lines of its log; what failed has several."""
    root = logging.Logger("root")
    monkeypatch.setattr(logging, "getLogger", lambda name=None: logging.Logger(name) if name else root)
    log_to_stderr(False)
    root.warning("met %s", f"{HOSTILE}\nERROR root: all is lost")
    assert capsys.readouterr().err == f"WARNING root: met {printable(HOSTILE)}\ufffdERROR root: all is lost\n"
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        root.exception("failed")
    told = capsys.readouterr().err.splitlines()
    assert (told[0], told[-1]) == ("ERROR root: failed", f"ValueError: {printable(HOSTILE)}")
