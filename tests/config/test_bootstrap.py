"""What `make setup` does before there is an environment: which uv it takes, and that it takes no other."""

import hashlib
import io
import urllib.error
import zipfile

import pytest

from config import bootstrap

WHEEL = "https://files.example/uv-0.13.9-py3-none-manylinux_2_17_x86_64.whl"


@pytest.fixture
def empty(monkeypatch, tmp_path):
    """A root folder with nothing in it, and no uv on the path."""
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _name: None)
    monkeypatch.setattr(bootstrap.platform, "machine", lambda: "x86_64")
    return tmp_path


def wheel(program: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("uv-0.13.9.data/scripts/uvx", b"another")
        archive.writestr("uv-0.13.9.data/scripts/uv", program)
    return content.getvalue()


def answer_with(monkeypatch, content: bytes) -> dict[str, object]:
    """Let the network answer with a wheel; return what a lock file would say that names it."""
    monkeypatch.setattr(bootstrap.urllib.request, "urlopen", lambda url, timeout: io.BytesIO(content))
    digest = hashlib.sha256(content).hexdigest()
    return {"version": "0.13.9", "wheels": [{"url": WHEEL, "hash": f"sha256:{digest}"}]}


def test_uv_is_taken_out_of_the_wheel_that_the_lock_file_names(empty, monkeypatch):
    locked = answer_with(monkeypatch, wheel(b"#!/bin/sh\necho uv 0.13.9\n"))
    uv = bootstrap.fetched_uv(locked)
    assert uv == str(empty / ".uv" / "uv")
    assert bootstrap.version_of(uv) == "uv 0.13.9\n"
    assert [path.name for path in (empty / ".uv").iterdir()] == ["uv"]


def test_a_wheel_with_another_hash_is_refused_and_nothing_is_installed(empty, monkeypatch):
    locked = answer_with(monkeypatch, wheel(b"as it was published"))
    answer_with(monkeypatch, wheel(b"as somebody changed it"))
    with pytest.raises(SystemExit, match="its hash differs"):
        bootstrap.fetched_uv(locked)
    assert list(empty.iterdir()) == []


def test_without_network_it_says_what_to_do(empty, monkeypatch):
    locked = answer_with(monkeypatch, b"")

    def unreachable(_url, timeout):
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr(bootstrap.urllib.request, "urlopen", unreachable)
    with pytest.raises(SystemExit, match=r"Name or service not known.*install uv by hand"):
        bootstrap.fetched_uv(locked)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_lock_file_names_one_uv_for_each_machine_with_its_hash(machine):
    found = bootstrap.wheel_for(machine, bootstrap.locked_uv())
    assert machine in found["url"]
    assert "musllinux" not in found["url"]
    assert len(found["hash"].removeprefix("sha256:")) == 64


def test_a_machine_without_a_wheel_is_told_so():
    with pytest.raises(SystemExit, match="no uv to fetch for riscv64"):
        bootstrap.wheel_for("riscv64", bootstrap.locked_uv())


@pytest.mark.parametrize(("there", "is_used"), [("0.13.9", True), ("0.13.10", True), ("0.9.30", False), ("", False)])
def test_a_uv_that_is_there_is_used_if_it_is_new_enough(empty, there, is_used):
    (empty / ".uv").mkdir()
    uv = empty / ".uv" / "uv"
    uv.write_text(f"#!/bin/sh\necho uv {there}\n" if there else "#!/bin/sh\nexit 1\n")
    uv.chmod(0o755)
    assert bootstrap.installed_uv("0.13.9") == (str(uv) if is_used else None)
