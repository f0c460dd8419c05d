"""The secret key of an installation that was given none: made once, kept in VAR; and the cookie that a key names."""

import hashlib
import os
import secrets
from pathlib import Path


def secret_key(var: Path) -> str:
    """Return the key in `VAR/secret_key`, making it (readable by its owner alone) on the first start."""
    path = var / "secret_key"
    if not path.exists():
        var.mkdir(parents=True, exist_ok=True)
        _write_once(path, secrets.token_urlsafe(64))
    return path.read_text().strip()


def cookie_of(key: str) -> str:
    """Return the name of the session's cookie: another one for each key.

    Browsers send a cookie to every port of a host, so two copies with one name would sign each other out; several web
    servers of one installation share their key, and so its name.
    """
    return f"worthwhile_session_{hashlib.sha256(f'cookie {key}'.encode()).hexdigest()[:8]}"


def _write_once(path: Path, key: str) -> None:
    """Write through a temporary file and a hard link: of two processes starting at once, one key wins whole."""
    draft = path.with_name(f".secret_key.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(key)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # the other process was first: its key is the one to read
    finally:
        draft.unlink()
