"""TOPCAT's TAP window under Xvfb (TapWindow.java): the tables it shows, and a query run from it."""

import glob
import os
import pathlib
import re
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
# Nobody is asked but the service: the registry, which the window would ask, is not there.
ALONE = ("-Dhttp.proxyHost=127.0.0.1", "-Dhttp.proxyPort=9", "-Dhttp.nonProxyHosts=127.0.0.1")
QUERY = "SELECT TOP 7 obs_publisher_did, s_ra, s_dec, s_region, access_url FROM ivoa.obscore"


def cases(url, _site):
    jars = ":".join(sorted(glob.glob("/usr/share/java/starlink*.jar")))
    with tempfile.TemporaryDirectory(prefix="soda-test-") as folder:
        picture = pathlib.Path(os.environ.get("SODA_SCREENSHOTS", folder), "tap-window.png")
        done = subprocess.run(["xvfb-run", "-a", "-s", "-screen 0 1280x1024x24", "java", *ALONE, "-cp",
                               jars, HERE / "TapWindow.java", f"{url}/tap", QUERY, picture],
                              capture_output=True, text=True, timeout=300, check=False)
        size = picture.stat().st_size if picture.exists() else 0
    found = re.search(r"tables (\d+)", done.stdout)
    yield "shows the tables", [] if found and int(found[1]) >= 6 else [
        done.stdout[-300:], done.stderr[-500:]]
    yield "runs a query", [] if "rows 7 columns 5" in done.stdout else [
        done.stdout[-300:], done.stderr[-500:]]
    yield "its picture", [] if size > 20_000 else [f"{size} bytes"]
