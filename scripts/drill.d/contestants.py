"""Starts HOSP and what stands in front of it, each in a directory of its own on loopback, and ends what was started."""

import asyncio
import getpass
import json
import os
import random
import re
import shutil
import signal
import socket
import time

import http_client

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
NAMES = ["stent", "nginx", "haproxy", "direct"]
TIME_SCALE = 0.1
START_SECONDS, STOP_SECONDS = 30, 15

# What of the shipped policy belongs to HOSP's speed, and so to the time scale: (line as shipped, line as drilled,
# whether the shipped file must have it). Everything else is drilled as shipped. A good answer takes up to 0.9 s here;
# 5 s leaves room for HOSP's own queue in the surge. The outage is ten real seconds, and the deadline 30.
SUBSTITUTIONS = [
    (r"first_byte_timeout: 25s", "first_byte_timeout: 5s", True),
    (r"attempt_timeout: 25s", "attempt_timeout: 5s", True),
    (r"deadline: 55s", "deadline: 30s", True),
    (r"settle: 20s", "settle: 2s", False),
]


class Trouble(Exception):
    """The drill itself can't go on: nothing is said about any contestant."""


def drilled_policy(shipped):
    """The text of config/hosp.yaml with HOSP's times scaled; fails where the file is not what this was written for."""
    for pattern, line, required in SUBSTITUTIONS:
        # a setting by itself, or within { }
        shipped, count = re.subn(rf"(?m)^([^#\n]*?)(?<!\w){pattern}(?=\s*(?:[,}}#]|$))", rf"\g<1>{line}", shipped)
        if required and count != 1:
            raise Trouble(
                f"config/hosp.yaml has '{pattern}' {count} times, not once; adapt scripts/drill.d/contestants.py")
    return shipped


def free_ports(count):
    """Below the range that outgoing connections take theirs from."""
    ports = []
    port = random.randrange(20000, 30000)
    while len(ports) < count:
        port = port + 1 if port < 32000 else 20000
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in free_ports.given:
            free_ports.given.add(port)
            ports.append(port)
    return ports


free_ports.given = set()


class Running:
    """A process that the drill started."""

    alive = set()

    def __init__(self, name, log, process):
        self.name = name
        self.log = log
        self.process = process
        self.alive.add(self)

    @classmethod
    async def start(cls, name, directory, command, environment=None):
        log = os.path.join(directory, f"{name}.log")
        with open(log, "ab") as output:
            # a session of its own, so that Ctrl-C reaches the drill alone, which ends them in order
            process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output, env=environment,
                cwd=directory, start_new_session=True)
        return cls(name, log, process)

    async def stop(self):
        """Returns the exit status; None if it had to be killed."""
        if self.process.returncode is None:
            self.process.terminate()
        try:
            status = await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        except TimeoutError:
            status = None
            self.kill()
            await self.process.wait()
        self.alive.discard(self)
        return status

    def kill(self):
        """With what it started itself: each process leads a group of its own."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    @classmethod
    def kill_rest(cls):
        """What a fault of the drill itself left behind."""
        for running in cls.alive:
            if running.process.returncode is None:
                running.kill()
        cls.alive.clear()

    def last_words(self):
        with open(self.log, "rb") as log:
            return b"\n".join(log.read()[-8000:].splitlines()[-20:]).decode(errors="replace")

    async def until(self, ready, what):
        deadline = time.monotonic() + START_SECONDS
        while not await ready():
            if self.process.returncode is not None or time.monotonic() > deadline:
                raise Trouble(f"{self.name} {what}; what it said:\n{self.last_words()}")
            await asyncio.sleep(0.05)


class Hosp:
    """The simulator and its control port."""

    def __init__(self, running, port, control_port):
        self.running = running
        self.port = port
        self.control = http_client.Client(control_port, timeout=20)

    @classmethod
    async def start(cls, binary, directory, seed, profile):
        port, control_port = free_ports(2)
        running = await Running.start("hosp", directory, [
            binary, "--port", str(port), "--control-port", str(control_port), "--seed", str(seed), "--time-scale",
            str(TIME_SCALE), "--profile", profile])
        hosp = cls(running, port, control_port)
        try:
            await running.until(hosp.is_ready, "does not start")
        except BaseException:
            await hosp.stop()
            raise
        return hosp

    async def is_ready(self):
        try:
            await self.control.call("GET", "/status")
            return True
        except http_client.Failed:
            return False

    async def ask(self, method, target, body=None):
        try:
            answer = await self.control.call(method, target, body=body)
        except http_client.Failed as failure:
            raise Trouble(f"hosp's control port: {failure}; what hosp said:\n{self.running.last_words()}") from None
        if answer.status != 200:
            raise Trouble(f"hosp's control port answers {method} {target} with {answer.status}: {answer.body[:200]!r}")
        return json.loads(answer.body)

    async def become(self, profile):
        """Switches the profile; returns the moments between which the switch happened."""
        before = time.time()
        await self.ask("PUT", "/profile", profile.encode())
        return before, time.time()

    async def settle(self):
        """Until nothing is in flight; what HOSP has taken on it will still do."""
        deadline = time.monotonic() + START_SECONDS
        quiet = 0
        while quiet < 3:
            if time.monotonic() > deadline:
                raise Trouble("hosp is still at work long after its clients have left")
            quiet = quiet + 1 if (await self.ask("GET", "/counters"))["in-flight"] == 0 else 0
            await asyncio.sleep(0.1)

    async def arrivals(self):
        """The whole log."""
        found = []
        since = 0
        while True:
            page = await self.ask("GET", f"/arrivals?since={since}&limit=2000")
            if page["oldest"] > since:
                raise Trouble("hosp's log has lost its beginning: the drill is too long for it")
            found += page["arrivals"]
            if not page["arrivals"]:
                return found
            since = page["next"]

    async def stop(self):
        self.control.close()
        await self.running.stop()


class Proxy:
    """What the clients talk to; for `direct` that is HOSP itself."""

    def __init__(self, running, port, tls):
        self.running = running
        self.port = port
        self.tls = tls

    @classmethod
    async def start(cls, name, stent, directory, hosp_port):
        if name == "direct":
            return cls(None, hosp_port, None)
        port, http_port, admin_port = free_ports(3)
        environment = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin"}
        match name:
            case "stent":
                with open(os.path.join(ROOT, "config", "hosp.yaml"), encoding="utf-8") as shipped:
                    policy = drilled_policy(shipped.read())
                path = os.path.join(directory, "hosp.yaml")
                with open(path, "w", encoding="utf-8") as drilled:
                    drilled.write(policy)
                # The contract is looked for beside the settings.
                shutil.copy(os.path.join(ROOT, "config", "hosp.openapi.yaml"), directory)
                environment = {
                    **{name: value for name, value in environment.items() if not name.startswith("STENT_")},
                    "STENT_UPSTREAM": f"http://127.0.0.1:{hosp_port}", "STENT_HTTPS_PORT": str(port),
                    "STENT_HTTP_PORT": str(http_port), "STENT_ADMIN_PORT": str(admin_port),
                    "STENT_STATE_DIR": os.path.join(directory, "state")}
                command = [stent, "serve", "--config", path]
            case "nginx":
                path = render("nginx.conf", directory, hosp_port, port)
                command = ["nginx", "-c", path, "-e", os.path.join(directory, "nginx.error.log")]
            case "haproxy":
                command = ["haproxy", "-db", "-f", render("haproxy.cfg", directory, hosp_port, port)]
        running = await Running.start(name, directory, [program(command[0], environment), *command[1:]], environment)
        proxy = cls(running, port, http_client.unverified() if name == "stent" else None)
        try:
            await running.until(proxy.listens, f"does not listen on port {port}")
        except BaseException:
            await proxy.stop()
            raise
        return proxy

    async def listens(self):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True

    async def stop(self):
        """The exit status: 0 is a clean end, None had to be killed."""
        return await self.running.stop() if self.running else 0


def program(name, environment):
    found = shutil.which(name, path=environment["PATH"])
    if found is None:
        raise Trouble(f"{name} is not there; scripts/bootstrap --bench installs what the drill compares with")
    return found


def render(template, directory, hosp_port, port):
    with open(os.path.join(HERE, template), encoding="utf-8") as file:
        text = file.read()
    for name, value in {"@DIR@": directory, "@USER@": getpass.getuser(), "@HOSP@": hosp_port, "@PROXY@": port}.items():
        text = text.replace(name, str(value))
    path = os.path.join(directory, template)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path
