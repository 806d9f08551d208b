"""Golden cases: NAME.request is sent, the answer is compared with NAME.expect. See tests/README."""

import hashlib
import io
import pathlib
import re
import struct
import tarfile
import urllib.parse
import xml.etree.ElementTree

import minifits

BOUNDARY = "golden-boundary"


class CaseError(Exception):
    """The case itself is wrong: an unknown directive, an unknown file."""


def encode(text):
    return urllib.parse.quote(text, safe="", errors="surrogateescape")


def substitute(text, identifiers):
    """{id FILE} and {id FILE#HDU}: the identifier of a data set; {repeat TEXT N}; {byte HEX}."""
    def replace(match):
        word, _, rest = match.group(1).partition(" ")
        if word == "id":
            if rest not in identifiers:
                raise CaseError(f"no data set for {rest}: the archive has {sorted(identifiers)}")
            return identifiers[rest]
        if word == "repeat":
            what, count = rest.rsplit(" ", 1)
            return what * int(count)
        if word == "byte":
            return bytes.fromhex(rest).decode("utf-8", "surrogateescape")
        raise CaseError(f"unknown substitution {{{match.group(1)}}}")
    return re.sub(r"\{((?:id|repeat|byte) [^{}]*)\}", replace, text)


def multipart(fields):
    parts = []
    for name, value in fields:
        name, _, file = name.partition(" @")
        kind = f'"{name}"; filename="{file}"' if file else f'"{name}"'
        parts.append(f"--{BOUNDARY}\r\nContent-Disposition: form-data; name={kind}\r\n\r\n{value}"
                     "\r\n")
    return "".join(parts) + f"--{BOUNDARY}--\r\n"


def parse_request(text, identifiers):
    """-> (method, url, headers, body). The lines of a .request file:

    first      METHOD PATH[?QUERY]     as it is
    ? N = V    added to the query, percent-encoded
    + N = V    added to an urlencoded form in the body
    * N = V    added to a multipart form in the body; N @F = V: as the file F
    Name: V    a header
    an empty line, then a body as it is
    """
    def fill(part):
        return substitute(part, identifiers)

    head, _, body = text.partition("\n\n")
    first, *lines = [line for line in head.split("\n") if line and not line.startswith("#")]
    method, url = fill(first).split(" ", 1)
    query, form, parts, headers = [], [], [], []
    kinds = {"?": query, "+": form, "*": parts}
    for line in lines:
        if line[0] in kinds:
            name, _, value = line[1:].partition("=")
            kinds[line[0]].append((fill(name.strip()), fill(value.strip())))
        else:
            name, _, value = line.partition(":")
            headers.append((name, fill(value.strip())))
    body = fill(body.rstrip("\n"))
    if query:
        url += ("&" if "?" in url else "?") + "&".join(f"{encode(n)}={encode(v)}" for n, v in query)
    if form:
        body = "&".join(f"{encode(n)}={encode(v)}" for n, v in form)
        headers.append(("Content-Type", "application/x-www-form-urlencoded"))
    if parts:
        body = multipart(parts)
        headers.append(("Content-Type", f"multipart/form-data; boundary={BOUNDARY}"))
    return method, url, headers, body.encode("utf-8", "surrogateescape")


# ---- expectations: word -> check(answer, the rest of the line) -> a sentence, or None when met

def _matches(what, value, relation, wanted):
    if relation == "=":
        met = value == wanted
    elif relation == "~":
        met = value is not None and re.search(wanted, value) is not None
    else:
        raise CaseError(f"'=' or '~' is expected, not '{relation}'")
    return None if met else f"{what} is {value!r}, expected {relation} {wanted!r}"


def _status(answer, rest):
    return None if str(answer.status) in rest.split("|") else \
        f"status {answer.status}, expected {rest}; body: {answer.text()[:200]!r}"


def _header(answer, rest):
    name, relation, wanted = rest.split(" ", 2)
    return _matches(f"header {name}", answer.headers.get(name.lower()), relation, wanted)


def _no_header(answer, rest):
    value = answer.headers.get(rest.lower())
    return None if value is None else f"header {rest} is {value!r}, expected none"


def _body(answer, rest):
    word, _, wanted = rest.partition(" ")
    if word == "empty":
        return None if not answer.body else f"body has {len(answer.body)} bytes, expected none"
    if word == "bytes":
        return _matches("length of the body", str(len(answer.body)), "=", wanted)
    if word == "sha256":
        return _matches("sha256", hashlib.sha256(answer.body).hexdigest(), "=", wanted)
    return _matches("body", answer.text().rstrip("\n"), word, wanted)


def _no_body(answer, rest):
    return f"body matches {rest!r}: {answer.text()[:200]!r}" if re.search(rest, answer.text()) \
        else None


def _fits(answer, rest):
    shapes = ["x".join(str(n) for n in hdu.shape) or "-" for hdu in minifits.read(answer.body)]
    return _matches("shapes of the HDUs", " ".join(shapes), "=", rest)


def _card(answer, rest):
    hdu, keyword, relation, wanted = rest.split(" ", 3)
    return _matches(f"card {keyword} of HDU {hdu}",
                    minifits.read(answer.body)[int(hdu)].value(keyword), relation, wanted)


def _no_card(answer, rest):
    hdu, keyword = rest.split(" ")
    value = minifits.read(answer.body)[int(hdu)].value(keyword)
    return None if value is None else f"card {keyword} of HDU {hdu} is {value!r}, expected none"


def _pixel(answer, rest):
    where, _, wanted = rest.partition(" = ")
    hdu, *position = (int(word) for word in where.split())
    value = minifits.read(answer.body)[hdu].pixel(*position)
    met = value != value if wanted == "nan" else value == float(wanted)
    return None if met else f"pixel {position} of HDU {hdu} is {value}, expected {wanted}"


def _xml(answer, rest):
    """`xml ROOT`: well-formed, with this root element ({namespace}name)."""
    return _matches("root element", xml.etree.ElementTree.fromstring(answer.body).tag, "=", rest)


def _picture(answer, rest):
    """`picture png grey 60x50`: also palette, rgb; `jpeg grey`, `jpeg colour`."""
    body = answer.body
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        width, height, depth, kind = struct.unpack(">IIBB", body[16:26])
        form, kind = "png", {0: "grey", 2: "rgb", 3: "palette"}[kind] + ("" if depth == 8 else f"-{depth}")
    elif body.startswith(b"\xff\xd8"):
        at = 2
        while body[at + 1] not in (0xC0, 0xC2):  # a frame header
            at += 2 + struct.unpack(">H", body[at + 2:at + 4])[0]
        height, width, components = struct.unpack(">HHB", body[at + 5:at + 10])
        form, kind = "jpeg", {1: "grey", 3: "colour"}[components]
    else:
        return f"no picture: {body[:40]!r}"
    return _matches("picture", f"{form} {kind} {width}x{height}", "=", rest)


def _tar(answer, rest):
    """`tar NAME…`: the members, all of them readable."""
    with tarfile.open(fileobj=io.BytesIO(answer.body), mode="r:") as archive:
        names = []
        for member in archive:
            names.append(member.name)
            if len(archive.extractfile(member).read()) != member.size:
                return f"{member.name} is cut short"
            if member.name.endswith(".fits"):
                minifits.read(archive.extractfile(member).read())
    return _matches("members", " ".join(names), "=", rest)


def _length(answer, _rest):
    """Content-Length is there and is the length of the body (HEAD: is there)."""
    value = answer.headers.get("content-length")
    if value is None:
        return "there is no Content-Length"
    return None if answer.complete else f"Content-Length {value}, but {len(answer.body)} bytes came"


DIRECTIVES = {
    "status": _status, "header": _header, "no-header": _no_header, "body": _body,
    "no-body": _no_body, "fits": _fits, "card": _card, "no-card": _no_card, "pixel": _pixel,
    "xml": _xml, "picture": _picture, "tar": _tar, "length": _length,
}


def judge(answer, expectation, via, identifiers):
    """All sentences that say what is wrong; empty when the answer is as expected.

    A line `@nginx,apache status 414` holds behind these servers only, and then replaces the lines
    of the same directive that name no server. `via`: fastcgi, nginx, apache, fcgid, lighttpd.
    """
    general, special = [], []
    for line in substitute(expectation, identifiers).split("\n"):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("@"):
            where, _, line = line[1:].partition(" ")
            if via in where.split(","):
                special.append(line)
        else:
            general.append(line)
    replaced = {line.split(" ")[0] for line in special}
    problems = []
    for line in special + [line for line in general if line.split(" ")[0] not in replaced]:
        word, _, rest = line.strip().partition(" ")
        if word not in DIRECTIVES:
            raise CaseError(f"unknown directive '{word}'")
        try:
            problem = DIRECTIVES[word](answer, rest)
        except (ValueError, IndexError, TypeError, xml.etree.ElementTree.ParseError) as error:
            problem = f"{line}: {type(error).__name__}: {error}"
        if problem:
            problems.append(problem)
    return problems


def cases(folder, wanted=()):
    """(name, request text, expect text) of every case below `folder`, by name."""
    for path in sorted(pathlib.Path(folder).glob("*/*.request")):
        name = f"{path.parent.name}/{path.stem}"
        if wanted and not any(word in name for word in wanted):
            continue
        expect = path.with_suffix(".expect")
        if not expect.exists():
            raise CaseError(f"{name}: there is no {expect.name}")
        yield name, path.read_text(), expect.read_text()


def run(folder, via, fetch, identifiers, report, wanted=()):
    """Sends every case by `fetch(method, url, headers, body)`; `via` prefixes the case names."""
    for name, request, expectation in cases(folder, wanted):
        title = f"{via}/{name}"
        try:
            answer = fetch(*parse_request(request, identifiers))
            report.judge(title, judge(answer, expectation, via, identifiers))
        except OSError as error:
            report.fail(title, f"{type(error).__name__}: {error}")
        except CaseError as error:
            report.fail(title, f"the case is wrong: {error}")
