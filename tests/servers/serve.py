#!/usr/bin/python3
"""Serves a folder of images in the foreground until SIGINT or SIGTERM: what `./bootstrap serve` runs.

It ingests, starts responders and a web server (stand.py), prints three URLs to try, and stops all
that it started. Its process id lies in STATE/serve.pid for `./bootstrap stop`.
"""

import argparse
import glob
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
import zlib

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import stand  # noqa: E402


class Stopped(Exception):
    pass


def on_signal(number, _frame):
    # A second signal must not interrupt the stopping.
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise Stopped(signal.Signals(number).name)


def database_of(state, data):
    """One data base for each folder of images that was ever served."""
    return f"{state}/{zlib.crc32(data.encode()):08x}.sqlite"


def settings(state, data, port):
    """soda.toml of this archive."""
    quoted = {key: json.dumps(value) for key, value in {
        "database": database_of(state, data), "cache": f"{state}/cache", "data": data,
        "jobs": f"{state}/jobs/jobs.sqlite", "results": f"{state}/jobs/results"}.items()}
    return (f'base_url = "http://127.0.0.1:{port}/vo"\n'
            f'database = {quoted["database"]}\n'
            f'cache_folder = {quoted["cache"]}\n'
            f'jobs_database = {quoted["jobs"]}\n'
            f'results_folder = {quoted["results"]}\n\n'
            f'[data_roots]\nimages = {quoted["data"]}\n')


def ingest(sodactl, config, data, database):
    """Unreadable files are told and left out; a failure of the command ends the program. A data base
    that it cannot work with (an older clone's) is made anew: it is ours alone."""
    command = [sodactl, "--config", config, "ingest", data]
    done = subprocess.run(command, check=False)
    if done.returncode and os.path.exists(database):
        print(f"making {database} anew", flush=True)
        for old in glob.glob(f"{glob.escape(database)}*"):
            os.remove(old)
        done = subprocess.run(command, check=False)
    if done.returncode:
        raise SystemExit(f"sodactl ingest ended with status {done.returncode}")
    done = subprocess.run([sodactl, "--config", config, "list", "--json"], check=True,
                          stdout=subprocess.PIPE)
    text = done.stdout.decode().strip()
    if text.startswith("["):
        return json.loads(text)
    return [json.loads(line) for line in text.splitlines()]


def try_cutouts(base_url, records):
    """The URL of a cutout that the service really answers; None when there is none."""
    placed = [r for r in records if r.get("s_ra") is not None and r.get("s_dec") is not None]
    # The largest image shows most.
    placed.sort(key=lambda r: -(r.get("s_xel1") or 0) * (r.get("s_xel2") or 0))
    for record in placed[:50]:
        radius = min(max((record.get("s_fov") or 0.1) / 8, 1e-4), 5)
        query = urllib.parse.urlencode({
            "ID": record["obs_publisher_did"],
            "CIRCLE": f"{record['s_ra']:.5f} {record['s_dec']:.5f} {radius:.3g}",
        }, quote_via=urllib.parse.quote)
        try:
            with urllib.request.urlopen(f"{base_url}/sync?{query}", timeout=60) as answer:
                if answer.status == 200:
                    return f"{base_url}/sync?{query}"
        except OSError:
            continue
    return None


def announce(site, records, data):
    print(f"\n{len(records)} data sets of {data}, served by {site.server} "
          f"with {site.responders} responders. Try:\n")
    print(f"  http://127.0.0.1:{site.port}/")
    print(f"  {site.base_url}/capabilities")
    cutout = try_cutouts(site.base_url, records)
    if cutout:
        print(f"  {cutout}")
    else:
        print("  (no data set has a position on the sky: no cutout to show)")
    print(f"\nA cutout into a file: curl -OJ '{cutout or site.base_url + '/sync?ID=…'}'")
    if site.note:
        print(f"Note: {site.note}.")
    print(f"Log: {site.run}/responder.log and server.log. Ctrl-C stops everything.", flush=True)


def serve(options):
    state = os.path.abspath(options.state)
    data = os.path.realpath(options.data)
    if not os.path.isdir(data):
        raise SystemExit(f"--data: '{options.data}' is no folder")
    if stand.port_in_use(options.port):
        raise SystemExit(f"--port: {options.port} is in use on 127.0.0.1; choose another one")
    for own in ("cache", "jobs"):
        os.makedirs(f"{state}/{own}", exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(f"{state}/{own}", stand.WEB_USER)
    text = settings(state, data, options.port)
    config = f"{state}/soda.toml"
    pathlib.Path(config).write_text(text)
    records = ingest(options.sodactl, config, data, database_of(state, data))
    if not records:
        raise SystemExit(f"{data} holds no image that can be served")
    with stand.Stand(options.server, str(HERE.parent.parent), options.build, options.program, text,
                     [data, state], options.port) as site:
        announce(site, records, data)
        while site.server_process.poll() is None:
            try:
                site.server_process.wait(3600)
            except subprocess.TimeoutExpired:
                continue
        raise SystemExit(f"{site.server} ended: {site.read_log('server.log')}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="the build folder")
    parser.add_argument("--program", required=True, help="soda-sync")
    parser.add_argument("--sodactl", required=True)
    parser.add_argument("--state", required=True, help="where settings and data base are kept")
    parser.add_argument("--data", required=True)
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--server", default="nginx", choices=list(stand.SERVERS))
    options = parser.parse_args()
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, on_signal)
    pid_file = pathlib.Path(options.state) / "serve.pid"
    os.makedirs(options.state, exist_ok=True)
    pid_file.write_text(f"{os.getpid()}\n")
    try:
        serve(options)
    except Stopped as stopped:
        print(f"\nstopped by {stopped}", flush=True)
    finally:
        pid_file.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
