"""What validators are called: by the nodes that have their keys, remembered when those are gone."""

from __future__ import annotations

from node.chain.tables import validators_of
from node.served import Served


class Names:
    """Names are a node's own words, proven to be of whoever has the key. Kept are those of present validators."""

    def __init__(self, node: Served) -> None:
        self._node = node
        self._names: dict[bytes, str] = {}
        self.note()

    def note(self) -> None:
        """Look who is there; once a block is often enough."""
        keys = {member.key for member in validators_of(self._node.state).members}
        here = {peer.key: peer.name for peer in self._node.peers()}
        self._names = {key: name for key, name in {**self._names, **here}.items() if key in keys}

    def of(self, key: bytes) -> str:
        """Empty where nobody with that key was heard since this node started."""
        return self._names.get(key, "")
