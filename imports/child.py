"""Who reads a file that a library may hang or abort on, or unpack without end: a process of its own, with limits.

It writes pieces to its stdout, each after its length in eight bytes. Both sides of that are here, and no Django, so
that it starts at once.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parent.parent
MOST_SECONDS = 60  # for one piece
MOST_MEMORY = 2 * 1024**3
LONGEST_PIECE = MOST_MEMORY // 8
DAMAGED, TOO_MUCH = 1, 2  # how it ends where the library says so itself


class Child:
    """Reads a file beside this process: `python -m MODULE FILE …`. It goes with this object."""

    def __init__(self, module: str, *given: str) -> None:
        command = [sys.executable, "-m", module, *given]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        weakref.finalize(self, _end, self._process)

    def piece(self) -> bytes:
        """Return the next piece; b"" where none comes whole, or one that is too long to be taken."""
        said = self._process.stdout
        length = int.from_bytes(said.read(8), "big") if said else 0
        piece = said.read(length) if said and length <= LONGEST_PIECE else b""
        if piece and len(piece) == length:
            return piece
        self._process.kill()  # nothing to one that has ended
        return b""

    def found_damage(self) -> bool:
        """Tell, after the last piece, whether the library gave the file up, and not a limit the process."""
        return self._process.wait() == DAMAGED


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the reading of what nobody wants any more."""
    process.kill()
    process.communicate()


def write(pieces: Iterator[bytes]) -> NoReturn:
    """Write all pieces, and end this process: also where one takes too long, or too much memory."""
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    end = 0
    try:
        while piece := _in_time(pieces):
            sys.stdout.buffer.write(len(piece).to_bytes(8, "big") + piece)
            sys.stdout.buffer.flush()
    except BrokenPipeError:  # who asked has seen enough
        pass
    except MemoryError:
        end = TOO_MUCH
    except BaseException:  # noqa: BLE001 - a panic of Rust is no Exception
        end = DAMAGED
    os._exit(end)  # at once: what a panic leaves behind may hang on the way out


def _in_time(pieces: Iterator[bytes]) -> bytes:
    """Return the next piece. The system ends what takes too long: a hanging library would notice nothing else."""
    signal.alarm(MOST_SECONDS)
    piece = next(pieces, b"")
    signal.alarm(0)  # however long the reader takes for it
    return piece
