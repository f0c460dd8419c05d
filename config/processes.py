"""Small Linux facts about processes: a child that ends with its parent."""

import ctypes
import os
import signal

SUPERVISED = "WORTHWHILE_SUPERVISED"
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Ask the kernel to send this process a signal when the process that started it ends."""
    if _libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")


def follow_supervisor() -> None:
    """Let a grandchild of the supervisor (web or job process) end with its parent, so that none is left over."""
    if os.environ.get(SUPERVISED) == "1":
        die_with_parent()


def alive(pid: int) -> bool:
    """Return whether a process with this number is running."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
