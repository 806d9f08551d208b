"""The synthetic archive of the golden and server tests."""

import os
import subprocess

import harness


def make_data(build, folder):
    """The synthetic images of tests/data/make_data.cc."""
    os.makedirs(folder, exist_ok=True)
    subprocess.run([harness.find_program("MAKE_DATA", build, "tests/make_data"), folder],
                   check=True, stdout=subprocess.DEVNULL)


def identifiers(records):
    """"FILE" and, where a file holds several data sets, "FILE#HDU" -> identifier."""
    found = {}
    for record in records:
        path, hdu = harness.locate(record)
        found[path if hdu is None else f"{path}#{hdu}"] = record["obs_publisher_did"]
    return found
