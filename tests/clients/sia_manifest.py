"""Real images found as the manifest of the reference data says: astropy and CFITSIO made it."""

import json
import math

import ask
import harness
import sphere

# Times in the manifest are in the header's scale; UTC is at most 70 s away. In days:
SCALES = 70 / 86400
NAMED = {"OBJECT": ("TARGET", "target_name"), "INSTRUME": ("INSTRUMENT", "instrument_name")}


def known(images, listing):
    """(image of the manifest, row): the data sets that both have."""
    rows = {}
    for row in listing:
        rows[harness.locate(row)[0], row["hdu"]] = row
    return [(image, rows[image["file"], image["hdu"]]) for image in images
            if (image["file"], image["hdu"]) in rows
            and rows[image["file"], image["hdu"]]["dataproduct_type"] in ("image", "cube")]


def finds(url, row, *params):
    found = ask.search(url, [*params, *ask.ALL]).ids
    return [] if row["obs_publisher_did"] in found else [f"{params} does not find it"]


def on_sky(image):
    return image.get("center") and all(math.isfinite(number) for number in image["center"])


def reach(image):
    """Degrees from the centre to the farthest corner; None where a corner is off the sky."""
    corners = image.get("footprint_icrs")
    if not corners or not all(corners):
        return None
    centre = sphere.unit(*image["center"])
    return math.degrees(max(sphere.angle(centre, sphere.unit(*corner)) for corner in corners))


def position_cases(url, pairs):
    for image, row in pairs:
        if not on_sky(image) or row["s_region"] is None:
            continue
        lon, lat = image["center"]
        label = f"position {image['file']}#{image['hdu']}"
        yield label, finds(url, row, ("POS", f"CIRCLE {lon!r} {lat!r} 1e-6"))


def false_hits(url, pairs):
    """Nothing is found far from where astropy has it."""
    places = {row["obs_publisher_did"]: (sphere.unit(*image["center"]), reach(image))
              for image, row in pairs if on_sky(image) and reach(image)}
    for image, row in pairs:
        if not on_sky(image) or row["s_region"] is None:
            continue
        lon, lat = image["center"]
        found = ask.search(url, [("POS", f"CIRCLE {lon!r} {lat!r} 0.01"), *ask.ALL]).ids
        here = sphere.unit(lon, lat)
        away = {name: math.degrees(sphere.angle(here, places[name][0]))
                for name in found if name in places}
        # A twentieth more than the corners, for sides that bend outwards, and the circle.
        problems = [f"{name} is {away[name]:.3f} degrees away" for name in away
                    if away[name] > 1.05 * places[name][1] + 0.01]
        yield f"only what is there {image['file']}#{image['hdu']}", problems


def interval_cases(url, pairs):
    for image, row in pairs:
        label = f"{image['file']}#{image['hdu']}"
        if image.get("band_m"):
            lo, hi = image["band_m"]
            yield f"band {label}", finds(url, row, ("BAND", f"{lo!r} {hi!r}"))
        if image.get("time_mjd"):
            lo, hi = image["time_mjd"]
            if "dd/mm/yy" in image["time_src"]:  # the day is all that is known
                hi = lo + 1
            yield f"time {label}", finds(
                url, row, ("TIME", f"{lo - SCALES!r} {(hi or lo) + SCALES!r}"))


def heirs(primaries, pairs, keyword, text):
    """Images that do not say it themselves, of files whose primary header does, or whose header the
    manifest does not show."""
    return {row["obs_publisher_did"] for image, row in pairs
            if keyword not in image.get("keys", {})
            and (image["file"] not in primaries
                 or primaries[image["file"]].get(keyword, "").strip() == text)}


def name_cases(url, pairs, primaries):
    """Those and no others that the headers name so."""
    for keyword, (parameter, column) in NAMED.items():
        names = {}
        for image, row in pairs:
            text = str(image.get("keys", {}).get(keyword) or "").strip()
            if text:
                names.setdefault(text, set()).add(row["obs_publisher_did"])
        for text, expected in sorted(names.items()):
            found = ask.search(url, [(parameter, text), *ask.ALL]).ids
            silent = heirs(primaries, pairs, keyword, text)
            yield f"{column} {text}", ask.different(
                [name for name in found if name not in silent], expected)


def cases(url, manifest, listing):
    images = json.loads(manifest.read_text())["images"]
    pairs = known(images, listing)
    primaries = {image["file"]: image["keys"] for image in images
                 if image["hdu"] == 0 and "keys" in image}
    yield "manifest is known", [] if len(pairs) > 100 else [f"{len(pairs)} images"]
    yield from position_cases(url, pairs)
    yield from false_hits(url, pairs)
    yield from interval_cases(url, pairs)
    yield from name_cases(url, pairs, primaries)
