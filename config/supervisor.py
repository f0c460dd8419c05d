"""Everything in one process tree: `make run`.

PostgreSQL and Valkey (unless the environment names servers), web, worker and beat are children of this process.
One that dies is started again; Ctrl-C and SIGTERM stop them in order; should this process be killed, the kernel
ends them, because each asked for that when it was started.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from config import children, embedded
from config.counts import count
from config.processes import SUPERVISED, die_with_parent
from config.services import ServiceError, Services
from portfolio.demo import REFUSED
from portfolio.demo.stories import LANGUAGES

ROOT = Path(__file__).resolve().parent.parent
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 4.0  # seconds before a dead child is started again
STEADY_AFTER = 60.0  # seconds after which a child's earlier deaths are forgotten
PAGE_WITHIN = 60.0
HIGHEST_PORT = 65_535
EVERY_HOST = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - shown as one that can be typed
FIRST_START = "On the first start the page asks for the organisation and the first administrator."


@dataclass
class Restart:
    """When a child was started, and how long to wait before the next attempt."""

    started: float = field(default_factory=time.monotonic)
    pause: float = FIRST_PAUSE
    due: float | None = None


class Supervisor:
    """Starts the product on one data folder and keeps it up."""

    def __init__(self, var: Path, host: str, port: int, pair: Services) -> None:
        self.var, self.host, self.port, self.pair = var, host, port, pair
        self.processes: dict[str, children.Process] = {}
        self.restarts: dict[str, Restart] = {}
        self.commands = commands(var, host, port)

    def start(self, demo: str | None) -> str:
        """Start everything and return what the demonstration says of itself (how to sign in)."""
        self.pair.start(embedded.DATABASE)
        manage("migrate", "--verbosity", "0")
        said = demonstrate(demo) if demo else ""
        for name in [*self.pair.processes, *self.commands]:
            self.restarts[name] = Restart()
        for name in self.commands:
            self.start_one(name)
        self.wait_for_page()
        return said

    def start_one(self, name: str) -> None:
        """Start one child, or start it again."""
        if name in self.pair.names:
            self.processes[name] = self.pair.start_one(name)
        else:
            self.processes[name] = children.spawn(self.var, name, self.commands[name])
        self.restarts[name].started, self.restarts[name].due = time.monotonic(), None

    def wait_for_page(self) -> None:
        """Return when the page answers."""
        deadline = time.monotonic() + PAGE_WITHIN
        while not answers(self.address + "healthz"):
            if time.monotonic() > deadline:
                raise ServiceError(f"The page does not answer. {children.last_lines(self.var, 'web')}")
            self.look_after()
            time.sleep(0.1)

    def look_after(self) -> None:
        """Start again whichever child has died, after a pause that doubles while it keeps dying; keep logs short."""
        for name, process in {**self.pair.processes, **self.processes}.items():
            if lost := children.keep_log_short(self.var, name):
                say(lost)
            restart = self.restarts[name]
            if restart.due is not None:
                if time.monotonic() >= restart.due:
                    self.start_again(name)
            elif children.ended(process):
                self.plan_restart(name, process)

    def start_again(self, name: str) -> None:
        """Start a child that has died; where that cannot be done, as on a full disk, try again later."""
        try:
            self.start_one(name)
        except OSError as error:
            self.restarts[name].due = time.monotonic() + LONGEST_PAUSE
            say(f"{name} cannot be started ({error.strerror}); trying again in {LONGEST_PAUSE:g} s.")

    def plan_restart(self, name: str, process: children.Process) -> None:
        """Clear away what a dead child left and set the time of its next start."""
        children.kill_group(process)
        restart, now = self.restarts[name], time.monotonic()
        restart.pause = FIRST_PAUSE if now - restart.started > STEADY_AFTER else min(restart.pause * 2, LONGEST_PAUSE)
        restart.due = now + restart.pause
        say(f"{name} has ended ({process.returncode}); starting it again in {restart.pause:g} s. See {self.log(name)}")

    def stop(self) -> None:
        """Stop web and beat, then the worker (which may finish a short job); the pair is stopped by its owner."""
        for name in ("web", "beat", "worker"):
            if name in self.processes:
                children.ask_to_stop(self.processes[name])
        for name in ("web", "beat", "worker"):
            if name in self.processes:
                children.stop(self.var, name, self.processes[name], within=12)
                children.kill_group(self.processes[name])

    def log(self, name: str) -> Path:
        """Return the log of a child."""
        return self.var / "log" / f"{name}.log"

    @property
    def address(self) -> str:
        """The address of the page, as a person on this machine types it."""
        return address_of(self.host, self.port)


class Interrupt:
    """What Ctrl-C and SIGTERM do: they break off the start; once that is over they are only noted.

    An exception in the middle of looking after the children could lose one that was just started, or come to nothing
    in a callback of the interpreter's own.
    """

    def __init__(self) -> None:
        self.starting, self.noted = True, False

    def __call__(self, number: int, frame: object) -> None:
        """Handle the signal."""
        self.noted = True
        if self.starting:
            raise KeyboardInterrupt


def commands(var: Path, host: str, port: int) -> dict[str, list[str]]:
    """Return what starts each child of ours."""
    celery = [sys.executable, "-m", "celery", "-A", "config"]
    quiet = ["--without-mingle", "--without-gossip"]
    return {
        "web": [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--host", host),
            *("--port", str(port), "--workers", str(count("WEB_WORKERS"))),
            *("--blocking-threads", str(count("WEB_THREADS"))),
            *("--respawn-failed-workers", "--workers-kill-timeout", "10", "config.wsgi:application"),
        ],
        "worker": [*celery, "worker", "--concurrency", str(count("JOB_PROCESSES")), *quiet, "--loglevel", "INFO"],
        "beat": [*celery, "beat", "--schedule", str(var / "beat"), "--pidfile=", "--loglevel", "INFO"],
    }


def main() -> None:
    """Run until told to stop."""
    options = parse_options()
    if options.with_parent:
        die_with_parent(signal.SIGTERM)
    interrupt = Interrupt()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    try:
        check_port(options.host, options.port)
        with embedded.owned(options.var, f"make run, {address_of(options.host, options.port)}") as pair:
            run(Supervisor(options.var, options.host, options.port, pair), options.demo, interrupt)
    except ServiceError as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        pass  # the start was broken off
    say("Stopped.")


def run(supervisor: Supervisor, demo: str | None, interrupt: Interrupt) -> None:
    """Start, look after the children until interrupted, and stop them in order whatever happens."""
    os.environ.update(VAR=str(supervisor.var), **{SUPERVISED: "1"})
    try:
        say(f"The database is {embedded.database_told(supervisor.var)}")
        said = supervisor.start(demo)
        interrupt.starting = False
        say(f"\n{said or FIRST_START}\n")
        say(f"Worthwhile is at {supervisor.address}   (Ctrl-C stops it; data and logs: {supervisor.var})")
        while not interrupt.noted:
            supervisor.look_after()
            time.sleep(0.2)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # stopping is under way and bounded in time
        supervisor.stop()


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m config.supervisor", description="Runs all of Worthwhile.")
    parser.add_argument("--port", type=port_number, default=8000)
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 answers other machines as well")
    demo = "load the demonstration portfolio first, told in this language (en)"
    parser.add_argument("--demo", nargs="?", const="en", type=demo_language, metavar="LANGUAGE", help=demo)
    parser.add_argument("--with-parent", action="store_true", help="stop when the process that started this one ends")
    options = parser.parse_args()
    options.var = Path(os.environ.get("VAR") or ROOT / "var").resolve()
    return options


def port_number(text: str) -> int:
    """Read a port; argparse says what is wrong with another text."""
    if text.isascii() and text.isdecimal() and 1 <= int(text) <= HIGHEST_PORT:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port: a number from 1 to {HIGHEST_PORT}")


def demo_language(text: str) -> str:
    """Read a language that the demonstration is told in; argparse says what is wrong with another text."""
    if text in LANGUAGES:
        return text
    raise argparse.ArgumentTypeError(f"{text!r} is no language of the demonstration: {', '.join(LANGUAGES)}")


def check_port(host: str, port: int) -> None:
    """Refuse a port that somebody listens on, before anything is started."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = f"Port {port} on {host} cannot be used ({error.strerror})."
            raise ServiceError(f"{reason} Choose another one: make run PORT={port + 1}") from error


def demonstrate(language: str) -> str:
    """Load the demonstration, but not into a portfolio of one's own; return what is to be said of it."""
    done = run_command("demo", "--language", language, capture=True)
    if done.returncode == REFUSED:
        return "Starting without the demonstration (DEMO=0 does not ask for it)."
    return said_by(done)


def manage(*arguments: str) -> None:
    """Run a management command to its end."""
    said_by(run_command(*arguments))


def said_by(done: subprocess.CompletedProcess[str]) -> str:
    """Return what a management command said; raise ServiceError where it failed."""
    if done.returncode != 0:
        raise ServiceError(f"`manage.py {' '.join(done.args[2:])}` failed ({done.returncode}): see above.")
    return (done.stdout or "").strip()


def run_command(*arguments: str, capture: bool = False) -> subprocess.CompletedProcess[str]:
    """Run a management command to its end; it ends with us."""
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        cwd=ROOT,
        env={**os.environ, **embedded.addresses(Path(os.environ["VAR"]))},
        stdout=subprocess.PIPE if capture else None,
        text=True,
        preexec_fn=die_with_parent,
    )


def address_of(host: str, port: int) -> str:
    """Return the address of a page that is served at this host, as a person on this machine types it."""
    name = EVERY_HOST.get(host, host)
    return f"http://{f'[{name}]' if ':' in name else name}:{port}/"


def answers(address: str) -> bool:
    """Return whether a page answers."""
    try:
        with urllib.request.urlopen(address, timeout=2) as response:  # noqa: S310
            return bool(response.status == 200)
    except urllib.error.HTTPError:
        return True  # it speaks HTTP; with HTTPS=1 or other hosts the answer may be a redirect or a refusal
    except OSError:
        return False


def say(text: str) -> None:
    """Tell the person at the terminal, at once also through a pipe."""
    print(text, flush=True)


if __name__ == "__main__":
    main()
