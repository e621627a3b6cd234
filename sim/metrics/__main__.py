"""``python -m sim.metrics``: print the reference of metrics and tables."""

from __future__ import annotations

import sys

from sim.metrics.document import document

sys.stdout.write(document())
