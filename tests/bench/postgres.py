"""A PostgreSQL with pgsphere of the benchmark's own: its files in one folder, reached on a unix
socket only, run by an unprivileged user, started and stopped by process id."""

import getpass
import glob
import os
import pathlib
import re
import shutil
import subprocess
import time

import stand

USER = "postgres"  # when root runs the benchmark; Debian's package makes it
CONNECT = ("-h", "{socket}", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-q", "-X")


def programs():
    """The folder of the programs of a PostgreSQL that has pgsphere; None without one."""
    found = glob.glob("/usr/share/postgresql/*/extension/pg_sphere.control")
    versions = sorted(int(path.split("/")[4]) for path in found)
    return f"/usr/lib/postgresql/{versions[-1]}/bin" if versions else None


class Cluster:
    """`folder` is made when it is absent; `socket` is an existing folder. A context manager."""

    def __init__(self, folder, socket):
        self.folder, self.socket = folder, socket
        self.bin = programs()
        if self.bin is None:
            raise RuntimeError("there is no PostgreSQL with pgsphere (postgresql-15-pgsphere)")
        self.user = USER if os.geteuid() == 0 else getpass.getuser()
        self.process = None

    def _as_user(self, *command):
        if os.geteuid() != 0:
            return list(command)
        return ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--init-groups",
                *command]

    def __enter__(self):
        if not os.path.exists(f"{self.folder}/PG_VERSION"):
            shutil.rmtree(self.folder, ignore_errors=True)
            os.makedirs(self.folder, mode=0o700)
            if os.geteuid() == 0:
                shutil.chown(self.folder, self.user, self.user)
            self._run(*self._as_user(f"{self.bin}/initdb", "-A", "trust", "-E", "UTF8",
                                     "--locale=C", "-D", self.folder))
        if os.geteuid() == 0:
            shutil.chown(self.socket, self.user, self.user)
        log = pathlib.Path(f"{self.socket}/postgres.log")
        settings = {"listen_addresses": "", "unix_socket_directories": self.socket,
                    "shared_buffers": "1GB", "maintenance_work_mem": "1GB", "max_wal_size": "4GB"}
        with open(log, "ab") as sink:
            self.process = subprocess.Popen(
                self._as_user(f"{self.bin}/postgres", "-D", self.folder,
                              *(f"--{name}={value}" for name, value in settings.items())),
                stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, cwd="/",
                start_new_session=True)
        deadline = time.monotonic() + 60
        while subprocess.run([f"{self.bin}/pg_isready", "-q", "-h", self.socket],
                             check=False).returncode:
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = log.read_text(errors="replace")[-1000:]
                self.__exit__()
                raise RuntimeError(f"PostgreSQL did not start: {said}")
            time.sleep(0.1)
        return self

    def __exit__(self, *_):
        if self.process is not None:
            stand.stop(self.process)
            self.process = None

    @staticmethod
    def _run(*command):
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
        if done.returncode:
            raise RuntimeError(f"{command[-1]}: {done.stderr.strip()[-1000:]}")
        return done.stdout

    def _psql(self, *more):
        return [f"{self.bin}/psql", *(word.format(socket=self.socket) for word in CONNECT), "-U",
                self.user, *more]

    def sql(self, text):
        done = subprocess.run(self._psql("-At"), input=text, capture_output=True, text=True,
                              check=False)
        if done.returncode:
            raise RuntimeError(f"PostgreSQL: {done.stderr.strip()[-1000:]}")
        return done.stdout

    def feed(self, command):
        """The standard output of a program as SQL."""
        with subprocess.Popen(command, stdout=subprocess.PIPE) as source:
            done = subprocess.run(self._psql(), stdin=source.stdout, capture_output=True,
                                  text=True, check=False)
        if done.returncode or source.returncode:
            raise RuntimeError(f"PostgreSQL: {done.stderr.strip()[-1000:]}")

    def ask(self, prepare, questions):
        """What the client waited for each second of two calls, in milliseconds, and the number of
        rows of all of them. `prepare` is a PREPARE of q, a question the arguments of its EXECUTE.
        """
        text = [prepare, "\\timing on"]
        for question in questions:
            text += [f"EXECUTE q({question});"] * 2
        said = self.sql("\n".join(text) + "\n")
        times = [float(ms) for ms in re.findall(r"^Time: ([\d.]+) ms", said, re.MULTILINE)]
        rows = len(re.findall(r"^\d+$", said, re.MULTILINE))
        return times[1::2], rows // 2
