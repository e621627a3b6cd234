"""TOML at the border: what is wrong with it is told in one kind of error, and nothing else gets out."""

from __future__ import annotations

import pytest

from intents.errors import Malformed
from intents.strict_toml import MAX_TOML_BYTES, parse_toml, toml_in


def test_a_sound_document_is_read() -> None:
    """Tables, lists and numbers as TOML has them."""
    assert parse_toml(b"a = [1, 2]\n[b]\nc = 0.5\n", "x") == {"a": [1, 2], "b": {"c": 0.5}}
    assert toml_in("a = 'b'", "x") == {"a": "b"}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"a = ", "not TOML"),
        (b"a = 1\na = 2", "not TOML"),
        (b"a = 2021-02-31", "not TOML"),
        (b"a = '\xff'", "not UTF-8 at byte 5"),
        (b"a = " + b"[" * 20_000, "nested too deeply"),
        (b"a = " + b"{a=" * 20_000, "nested too deeply"),
        (b"a = " + b"9" * 5_000, "a number of too many digits"),
        (b"a = [{b = " + b"9" * 400 + b"}]", "a number of too many digits"),
        (b"a = 0x" + b"f" * 9_000, "a number of too many digits"),
        (b"#" * (MAX_TOML_BYTES + 1), "bytes of TOML"),
    ],
)
def test_what_is_wrong_is_told(data: bytes, reason: str) -> None:
    """Each with the place and the reason, whatever Python's reader raises."""
    with pytest.raises(Malformed, match=reason) as caught:
        parse_toml(data, "file.toml")
    assert "file.toml" in str(caught.value)
