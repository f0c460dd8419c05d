"""Makes `.venv` from uv.lock on a machine that has nothing but Python: `make setup` runs this file as a script.

Standard library only, and no venv or pip is needed (Debian splits both off): uv builds the environment, and uv itself
comes from the wheel that uv.lock names, checked against the hash that stands there.
"""

import hashlib
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

try:
    import tomllib
except ModuleNotFoundError:  # before 3.11, where nothing else would work either
    sys.exit(f"Python 3.11 or later is needed, this is {platform.python_version()}: make setup PYTHON=python3.x")

ROOT = Path(__file__).resolve().parent.parent
WHEEL_TAGS = {"x86_64": r"manylinux_2_17_x86_64", "aarch64": r"manylinux_2_\d+_aarch64\.whl"}


def main() -> None:
    """Bring `.venv` to what the lock file says."""
    locked = locked_uv()
    uv = installed_uv(locked["version"]) or fetched_uv(locked)
    print("Making .venv from uv.lock …", flush=True)
    command = [uv, "sync", "--frozen", "--python", sys.executable, "--no-progress", "--quiet"]
    command += ["--system-certs"]  # as Python does: proxies that look into TLS are known to the system only
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "UV_PYTHON_DOWNLOADS": "never", "VIRTUAL_ENV": ""})
    if done.returncode != 0:
        sys.exit("The environment could not be made: see uv's message above (is the package index reachable?).")


def locked_uv() -> dict[str, object]:
    """Return what uv.lock says about uv itself."""
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    return next(package for package in packages if package["name"] == "uv")


def installed_uv(version: object) -> str | None:
    """Return a uv that is here already and new enough to read the lock file, or None."""
    for found in (str(ROOT / ".uv" / "uv"), shutil.which("uv")):
        if found and Path(found).exists() and release(version_of(found)) >= release(str(version)):
            return found
    return None


def version_of(uv: str) -> str:
    """Return what `uv --version` prints; nothing when it does not run."""
    return subprocess.run([uv, "--version"], capture_output=True, text=True).stdout


def release(text: str) -> list[int]:
    """Return the first version number in a text as comparable numbers."""
    found = re.search(r"\d+\.\d+\.\d+", text)
    return [int(part) for part in found.group().split(".")] if found else []


def fetched_uv(locked: dict[str, object]) -> str:
    """Download uv into `.uv`, and return its path."""
    wheel = wheel_for(platform.machine(), locked)
    print(f"Fetching uv {locked['version']} …", flush=True)
    try:
        with urllib.request.urlopen(wheel["url"], timeout=120) as answer:  # noqa: S310 - an https address from uv.lock
            content = answer.read()
    except urllib.error.URLError as error:
        hint = "Are the certificates there (apt-get install ca-certificates)? Without network, install uv by hand."
        sys.exit(f"uv cannot be fetched: {error.reason}. {hint}")
    if f"sha256:{hashlib.sha256(content).hexdigest()}" != wheel["hash"]:
        sys.exit("The downloaded uv is not the one that uv.lock names (its hash differs). Nothing was installed.")
    return str(unpack(content))


def wheel_for(machine: str, locked: dict[str, object]) -> dict[str, str]:
    """Return the locked wheel of uv for this machine."""
    tag = WHEEL_TAGS.get(machine)
    wheels = locked["wheels"]
    assert isinstance(wheels, list)
    for wheel in wheels:
        if tag is not None and re.search(tag, wheel["url"]):
            return dict(wheel)
    sys.exit(f"There is no uv to fetch for {machine}: install uv by hand and run this again.")


def unpack(wheel: bytes) -> Path:
    """Take the program out of its wheel; it appears under its name when it is whole."""
    target = ROOT / ".uv" / "uv"
    target.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/scripts/uv"))
        draft = target.with_suffix(".new")
        draft.write_bytes(archive.read(name))
    draft.chmod(0o755)
    draft.replace(target)
    return target


if __name__ == "__main__":
    main()
