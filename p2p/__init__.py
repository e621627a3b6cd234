"""Transport, blind to the domain: topics of bytes, requests of bytes, peers; libp2p behind a small Protocol."""
