"""Responders and one of the four web servers in the foreground, from the files of conf/ as shipped.

A Stand renders conf/ (`make rendered`) into a folder of its own below /tmp, writes a minimal main
configuration around the one include line that the snippet asks for, starts soda-spawn (mod_fcgid
starts its responders itself) and the server on 127.0.0.1, and stops by process id what it started.
The tests, the benchmark and `./bootstrap serve` use it.

Started by root, the web server runs as www-data, as on any Debian host, and the responders too when
that user can read the images.
"""

import ctypes
import getpass
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import tomllib

# The responders of the package: each has a socket of its own name and lies beside soda-sync.
MODULES = ("sync", "sia", "links", "data", "async", "tap")
WEB_USER = "www-data"
APACHE_MODULES = "/usr/lib/apache2/modules"

NGINX = """\
daemon off;
{user}
worker_processes auto;
pid {run}/nginx.pid;
error_log {run}/server.log;
events {{ worker_connections 1024; }}
http {{
    types {{ text/html html; text/css css; }}
    access_log off;
    sendfile on;
    client_body_temp_path {run}/temp/body;
    fastcgi_temp_path {run}/temp/fastcgi;
    fastcgi_cache_path {run}/temp/pictures keys_zone=soda:1m use_temp_path=off;
    proxy_temp_path {run}/temp/proxy;
    uwsgi_temp_path {run}/temp/uwsgi;
    scgi_temp_path {run}/temp/scgi;
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        root {run}/conf/htdocs;
        include {run}/conf/nginx/soda.conf;
    }}
}}
"""

APACHE = """\
ServerRoot {run}
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
ListenBacklog 1024
PidFile {run}/apache.pid
DefaultRuntimeDir {run}/temp
ErrorLog {run}/server.log
{user}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule dir_module {modules}/mod_dir.so
LoadModule mime_module {modules}/mod_mime.so
LoadModule alias_module {modules}/mod_alias.so
LoadModule env_module {modules}/mod_env.so
LoadModule xsendfile_module {modules}/mod_xsendfile.so
{special}
TypesConfig /dev/null
AddType text/html .html
DocumentRoot {run}/conf/htdocs
<Directory {run}/conf/htdocs>
    Require all granted
</Directory>
Include {run}/conf/httpd/{snippet}
"""

PROXY = """\
LoadModule proxy_module {modules}/mod_proxy.so
LoadModule proxy_fcgi_module {modules}/mod_proxy_fcgi.so"""

FCGID = """\
LoadModule fcgid_module {modules}/mod_fcgid.so
FcgidIPCDir {run}/temp
FcgidProcessTableFile {run}/temp/fcgid.table"""

LIGHTTPD = """\
server.bind = "127.0.0.1"
server.port = {port}
server.listen-backlog = 1024
server.document-root = "{run}/conf/htdocs"
server.upload-dirs = ( "{run}/temp" )
index-file.names = ( "index.html" )
mimetype.assign = ( ".html" => "text/html" )
{user}
include "{run}/conf/lighttpd/soda.conf"
"""


def _nginx(stand):
    return NGINX, {"user": f"user {WEB_USER};" if stand.web_user else ""}, \
        ["nginx", "-p", stand.run, "-e", stand.run + "/server.log", "-c"], ["-t"]


def _apache(snippet, special):
    def make(stand):
        user = f"User {WEB_USER}\nGroup {WEB_USER}" if stand.web_user else ""
        values = {"modules": APACHE_MODULES, "snippet": snippet, "user": user,
                  "special": special.format(modules=APACHE_MODULES, run=stand.run)}
        return APACHE, values, ["apache2", "-DFOREGROUND", "-f"], ["-t"]
    return make


def _lighttpd(stand):
    user = ""
    if stand.web_user:
        user = f'server.username = "{WEB_USER}"\nserver.groupname = "{WEB_USER}"'
    return LIGHTTPD, {"user": user}, ["lighttpd", "-D", "-f"], ["-tt"]


# Name -> (maker of the main configuration, whether we start the responders).
SERVERS = {
    "nginx": (_nginx, True),
    "apache": (_apache("soda-proxy.conf", PROXY), True),
    "fcgid": (_apache("soda-fcgid.conf", FCGID), False),
    "lighttpd": (_lighttpd, True),
}

_libc = ctypes.CDLL(None)


def _die_with_parent():
    """In a child: SIGTERM when the process that started it is gone, however it went (prctl(2))."""
    _libc.prctl(1, signal.SIGTERM)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def port_in_use(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def may_read(user, folders):
    """Whether `user` can read all that is below `folders` (root asks)."""
    probe = _as_user(user, ["find", "-L", *folders, "!", "-readable", "-print", "-quit"])
    return probe.returncode == 0 and not probe.stdout


def may_run(user, program):
    return _as_user(user, [program, "--version"]).returncode == 0


def _as_user(user, command):
    return subprocess.run(["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups",
                           *command], capture_output=True, check=False)


def default_responders():
    return max(4, 2 * (os.cpu_count() or 1))


def render(source, build, into, **folders):
    """The files of conf/ with other folders in them, by the rule that `make install` uses."""
    subprocess.run(["make", "-s", "-C", f"{build}/conf", "rendered", f"into={into}"] +
                   [f"{name}={value}" for name, value in folders.items()],
                   check=True, stdout=subprocess.DEVNULL)
    shutil.copytree(f"{source}/htdocs", f"{into}/htdocs",
                    ignore=shutil.ignore_patterns("Makefile*"), dirs_exist_ok=True)


# Server -> the folder of its samples in conf/ and in sysconfdir the file that hands files over.
SAMPLES = {"nginx": "nginx", "apache": "httpd", "fcgid": "httpd", "lighttpd": "lighttpd"}


def files_conf(sample, settings):
    """The sample soda-files.conf with the data roots and the cache folder of `settings`."""
    parsed = tomllib.loads(settings)
    roots = parsed["data_roots"]

    def for_each_root(match):
        return "".join(match[0].replace("/soda-files/images/", f"/soda-files/{name}/")
                       .replace("/srv/images", folder) for name, folder in roots.items())

    text = re.sub(r" images( \.previews)?\"", lambda m: f" {' '.join(roots)}{m[1] or ''}\"", sample)
    text = re.sub(r'^ *(location /soda-files/images/ \{.*?\}|XSendFilePath "/srv/images")\n',
                  for_each_root, text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r'[^\s"]*/cache/soda/previews', f"{parsed.get('cache_folder', '')}/previews", text)


class Stand:
    """Use as a context manager.

    `settings`: the text of soda.toml, in which {port} is filled in; `data`: the folders that the
    responders read; `port`: 0 for a free one; `responders`: 0 for the default number.
    """

    def __init__(self, server, source, build, program, settings, data, port=0, responders=0):
        if server not in SERVERS:
            raise SystemExit(f"--server: one of {', '.join(SERVERS)} is expected, got '{server}'")
        self.server, self.source, self.build, self.program = server, source, build, program
        self.settings, self.data = settings, data
        self.port = port or free_port()
        self.responders = responders or default_responders()
        self.make, self.spawns = SERVERS[server]
        self.web_user = WEB_USER if os.geteuid() == 0 else None
        self.run, self.started = None, []
        self.note = ""

    def socket(self, module="sync"):
        return f"{self.run}/soda/{module}.sock"

    def program_of(self, module):
        path = pathlib.Path(self.program)
        return str(path.with_name(path.name.replace("sync", module)))

    @property
    def base_url(self):
        return f"http://127.0.0.1:{self.port}/vo"

    def __enter__(self):
        self.run = tempfile.mkdtemp(prefix="soda-", dir="/tmp")
        try:
            self._prepare()
            if self.spawns:
                self._start_responders()
            self._start_worker()
            self._start_server()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.started):
            stop(process)
        self.started = []
        if self.run:
            shutil.rmtree(self.run, ignore_errors=True)

    def _prepare(self):
        os.chmod(self.run, 0o755)
        for name in ("temp", "soda", "libexec", "etc/soda"):
            os.makedirs(f"{self.run}/{name}")
        if self.web_user:
            shutil.chown(f"{self.run}/temp", self.web_user, self.web_user)
        render(self.source, self.build, f"{self.run}/conf", runstatedir=self.run,
               pkglibexecdir=f"{self.run}/libexec", pkgdatadir=f"{self.run}/conf",
               sysconfdir=f"{self.run}/etc")
        self.config = f"{self.run}/etc/soda/soda.toml"
        pathlib.Path(self.config).write_text(
            self.settings.replace("{port}", str(self.port)))
        if not self.web_user or may_read(self.web_user, self.data):
            kind = SAMPLES[self.server]
            sample = pathlib.Path(f"{self.run}/conf/{kind}/soda-files.conf").read_text()
            pathlib.Path(f"{self.run}/etc/soda/{kind}-files.conf").write_text(
                files_conf(sample, self.settings))
        # The programs may be libtool's wrappers in a build tree, which must stay where they are.
        for module in (*MODULES, "worker"):
            launcher = pathlib.Path(f"{self.run}/libexec/soda-{module}")
            launcher.write_text(f'#!/bin/sh\nexec "{self.program_of(module)}" "$@"\n')
            launcher.chmod(0o755)
            subprocess.run([launcher, "--version"], check=True, stdout=subprocess.DEVNULL)

    def _start(self, command, log):
        with open(f"{self.run}/{log}", "ab") as sink:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink,
                                       cwd=self.run, start_new_session=True,
                                       preexec_fn=_die_with_parent)
        self.started.append(process)
        return process

    def _wait(self, process, ready, what, log):
        deadline = time.monotonic() + 30
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{what} did not start:\n{self.read_log(log)}")
            time.sleep(0.02)

    def _web_user_may_respond(self):
        return may_read(self.web_user, self.data) and may_run(self.web_user, self.program)

    def _start_responders(self):
        owner = []
        if self.web_user:
            owner += ["-g", self.web_user]
            if self._web_user_may_respond():
                owner += ["-u", self.web_user]
            else:
                self.note = (f"the responders run as {getpass.getuser()}, because {self.web_user} "
                             f"cannot read all of {' and '.join(self.data)}")
        for module in MODULES:
            process = self._start([f"{self.run}/conf/spawn/soda-spawn", "-n", str(self.responders),
                                   "-s", self.socket(module), "-c", self.config, *owner,
                                   f"soda-{module}"], "responder.log")
            self._wait(process, lambda m=module: os.path.exists(self.socket(m)), "soda-spawn",
                       "responder.log")

    def _start_worker(self):
        """Whoever takes the jobs has to be able to write where the other wrote: the same user."""
        command = [f"{self.run}/libexec/soda-worker", "--config", self.config]
        if self.web_user and self._web_user_may_respond():
            command = ["setpriv", f"--reuid={self.web_user}", f"--regid={self.web_user}",
                       "--clear-groups", *command]
        self._start(command, "worker.log")

    def _start_server(self):
        if not self.spawns and self.web_user and not self._web_user_may_respond():
            raise SystemExit(f"under mod_fcgid the responders run as {self.web_user}, who cannot "
                             f"read all of {' and '.join(self.data)} or run {self.program}: let "
                             "others read them")
        text, values, command, _ = self.make(self)
        main = f"{self.run}/server.conf"
        pathlib.Path(main).write_text(text.format(run=self.run, port=self.port, **values))
        environment_path()
        process = self._start([*command, main], "server.log")
        self.server_process = process
        self._wait(process, lambda: not _refused(self.port), self.server, "server.log")

    def check_syntax(self):
        """What the server itself says of the configuration: (exit status, text)."""
        _, _, command, check = self.make(self)
        done = subprocess.run([command[0], *check, *(c for c in command[1:] if c != "-D"),
                               f"{self.run}/server.conf"], capture_output=True, text=True,
                              check=False)
        return done.returncode, (done.stdout + done.stderr).strip()

    def responder_pids(self, module="sync"):
        """The processes that answer: descendants of what we started that run the program itself,
        not a shell on the way to it."""
        found = []
        for pid in _descendants([process.pid for process in self.started]):
            try:
                name = os.path.basename(os.readlink(f"/proc/{pid}/exe"))
            except OSError:
                continue
            if name.removeprefix("lt-") == f"soda-{module}":
                found.append(pid)
        return found

    def read_log(self, name):
        try:
            return pathlib.Path(f"{self.run}/{name}").read_text(errors="replace")[-4000:]
        except OSError:
            return ""


def environment_path():
    """The servers live in /usr/sbin, which an ordinary user's PATH may lack."""
    parts = os.environ.get("PATH", "").split(":")
    os.environ["PATH"] = ":".join(parts + [p for p in ("/usr/sbin", "/sbin") if p not in parts])


def stop(process):
    """SIGTERM, ten seconds, then SIGKILL to the session that the process leads."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def _refused(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return False
    except OSError:
        return True


def _descendants(roots):
    children = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", "rb") as source:
                parent = int(source.read().rpartition(b")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(entry))
    result, todo = [], list(roots)
    while todo:
        pid = todo.pop()
        result.append(pid)
        todo.extend(children.get(pid, ()))
    return result
