"""A process that writes to a register until it is killed, and says what has been kept."""

from __future__ import annotations

import itertools
import os
import sys
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import pandas as pd

from geodata.database import connect
from geodata.store import Store


def write_on(url: str) -> None:
    """Add a grid and a unit of the same key in each transaction, and tell the key."""
    store = Store(connect(url))
    frames = {layer: store.read(layer).iloc[[0]] for layer in ("grids", "units")}
    for number in itertools.count():
        key = f"w{os.getpid()}-{number}"
        with store.write(who="writer", action="edit") as writer:
            for layer, frame in frames.items():
                row = frame.set_index(pd.Index([key], name=frame.index.name, dtype="str"))
                writer.add(layer, row, date(2026, 1, 1))
        sys.stdout.write(f"{key}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    write_on(sys.argv[1])
