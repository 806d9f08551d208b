"""The documents beside the data: capabilities, availability, examples, the self-description."""

import io
import os
import pathlib
import subprocess
import tempfile
import urllib.parse
import warnings
import xml.etree.ElementTree as ElementTree

from astropy.io import votable

from curl import curl, expect

VOCABULARY = "http://www.ivoa.net/rdf/examples#"
ROOTS = {"capabilities": "{http://www.ivoa.net/xml/VOSICapabilities/v1.0}capabilities",
         "availability": "{http://www.ivoa.net/xml/VOSIAvailability/v1.0}availability"}
TABLESET = "{http://www.ivoa.net/xml/VOSITables/v1.0}tableset"
STANDARDS = {"capabilities": "ivo://ivoa.net/std/VOSI#capabilities",
             "availability": "ivo://ivoa.net/std/VOSI#availability",
             "sync": "ivo://ivoa.net/std/SODA#sync-1.0",
             "sia": "ivo://ivoa.net/std/SIA#query-2.0",
             "links": "ivo://ivoa.net/std/DataLink#links-1.1",
             "tables": "ivo://ivoa.net/std/VOSI#tables-1.1",
             "tap": "ivo://ivoa.net/std/TAP",
             "examples": "ivo://ivoa.net/std/DALI#examples"}
# What the examples of a service answer.
EXAMPLES = {"sync": "^application/fits", "sia": r"^application/x-votable\+xml",
            "links": r"^application/x-votable\+xml;content=datalink$"}


def stilts(document, root):
    """STILTS validates against its own copies of the schemas: nothing is fetched."""
    done = subprocess.run(["stilts", "xsdvalidate", "uselocals=true", f"doc={document}",
                           f"topel={root}"],
                          capture_output=True, text=True, check=False)
    text = (done.stdout + done.stderr).strip()
    problems = [line for line in text.splitlines()
                if line.startswith(("ERROR", "FATAL", "Error")) or "ERROR" in line[:20]]
    if done.returncode and not problems:
        problems = [f"stilts xsdvalidate ended with {done.returncode}: {text[-200:]}"]
    return problems


def xmllint(document, schemas):
    folder = pathlib.Path(schemas).resolve()
    done = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", str(folder / "all.xsd"),
                           document], capture_output=True, text=True, cwd=folder, check=False,
                          env={**os.environ, "XML_CATALOG_FILES": str(folder / "catalog.xml")})
    if not done.returncode:
        return []
    return [line for line in done.stderr.splitlines() if "error" in line] or [
        f"xmllint ended with {done.returncode}"]


def validate(content, root):
    """The document against the IVOA's schemas, by STILTS, and by xmllint when SODA_SCHEMAS names
    a folder of them."""
    with tempfile.NamedTemporaryFile(suffix=".xml", prefix="soda-test-") as out:
        out.write(content)
        out.flush()
        yield "stilts", stilts(out.name, root)
        if os.environ.get("SODA_SCHEMAS"):
            yield "xmllint", xmllint(out.name, os.environ["SODA_SCHEMAS"])


def cases(url):
    """Pairs (name, problems)."""
    for name, root in ROOTS.items():
        got = curl(f"{url}/{name}")
        yield f"{name} answers", expect(got, 200, content_type="^(text|application)/xml")
        for tool, problems in validate(got.body, root):
            yield f"{name} {tool}", problems
        yield f"{name} HEAD", expect(curl(f"{url}/{name}", "--head"), 200, content_type="xml")
        yield f"{name} POST", expect(curl(f"{url}/{name}", "--data", "a=b"), 405, allow="GET")
    yield from availability_cases(url)
    yield from capability_cases(url)
    yield "unknown resource", expect(curl(f"{url}/nothing"), 404)
    yield from example_cases(url)
    got = curl(f"{url}/sync")
    yield "self-description is a VOTable", self_description(got)
    yield from votable_cases("self-description", got.body)


def votable_cases(name, content):
    """STILTS has a checker of its own for VOTables."""
    with tempfile.NamedTemporaryFile(suffix=".xml", prefix="soda-test-") as out:
        out.write(content)
        out.flush()
        done = subprocess.run(["stilts", "votlint", f"votable={out.name}"], capture_output=True,
                              text=True, check=False)
        told = (done.stdout + done.stderr).strip().splitlines()
        problems = [line for line in told if line.startswith(("ERROR", "WARNING"))]
        yield f"{name} stilts", problems or (told if done.returncode else [])
        if os.environ.get("SODA_SCHEMAS"):
            yield f"{name} xmllint", xmllint(out.name, os.environ["SODA_SCHEMAS"])


def availability_cases(url):
    root = ElementTree.fromstring(curl(f"{url}/availability").body)
    space = "{http://www.ivoa.net/xml/VOSIAvailability/v1.0}"
    yield "availability true", [] if root.findtext(f"{space}available") in ("true", "1") else [
        "available is not true"]


def capability_cases(url):
    got = curl(f"{url}/capabilities")
    yield "capabilities Last-Modified", expect(got, 200, last_modified="GMT$")
    root = ElementTree.fromstring(got.body)
    found = {item.get("standardID", "").lower(): item for item in root.iter("capability")}
    for name, standard in STANDARDS.items():
        item = found.get(standard.lower())
        if item is None:
            yield f"capability {name}", [f"{standard} is not listed"]
            continue
        address = (item.findtext("interface/accessURL") or "").strip()
        path = urllib.parse.urlsplit(address).path
        own = urllib.parse.urlsplit(f"{url}/{name}").path
        problems = [] if path == own else [f"accessURL is {address}, a sibling would end {own}"]
        yield f"capability {name}", problems + expect(curl(f"{url}/{name}"), 200)


def self_description(got):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = votable.parse(io.BytesIO(got.body), verify="ignore")
        except Exception as error:
            return [f"astropy cannot read it: {error}"]
    resource = [r for r in tree.resources if r.utype == "adhoc:this"]  # DataLink 1.1 section 4.2
    if not resource:
        return ["no RESOURCE of utype adhoc:this"]
    names = {param.name: param.value for param in resource[0].params}
    told = [f"PARAM {name} is missing" for name in ("standardID", "accessURL") if name not in names]
    inputs = {param.name for group in resource[0].groups for param in group.entries}
    return told + [f"input parameter {name} is missing" for name in
                   ("ID", "POS", "CIRCLE", "POLYGON", "BAND", "TIME", "POL") if name not in inputs]


def having(element, attribute, value):
    return [found for found in element.iter() if found.get(attribute) == value]


def plain(element):
    return "".join(element.itertext()).strip()


def example_cases(url):
    """DALI 1.1 section 2.3: well-formed, RDFa 1.1 Lite with the vocabulary of examples."""
    got = curl(f"{url}/examples")
    yield "examples answer", expect(got, 200, content_type="^(application/xhtml.xml|text/html)")
    try:
        root = ElementTree.fromstring(got.body)
    except ElementTree.ParseError as error:
        yield "examples well-formed", [str(error)]
        return
    yield "examples well-formed", []
    vocabularies = [found.get("vocab") for found in root.iter() if found.get("vocab")]
    yield "examples vocabulary", [] if vocabularies == [VOCABULARY] else [
        f"vocab is {vocabularies}, expected one: {VOCABULARY}"]
    found = having(root, "typeof", "example")
    yield "examples present", [] if found else ["no element has typeof=\"example\""]
    for example in found:
        yield f"example {example.get('id')}", check_example(example, url)


def check_example(example, url):
    problems = []
    if not example.get("id") or example.get("resource") != "#" + example.get("id", ""):
        problems.append("resource is not # and the id")
    if len(having(example, "property", "name")) != 1:
        problems.append("not exactly one property name")
    capability = [plain(item) for item in having(example, "property", "capability")]
    service = [name for name in EXAMPLES if capability == [STANDARDS[name]]]
    if not service:
        problems.append(f"capability is {capability}")
    params = []
    for item in having(example, "property", "generic-parameter"):
        keys = [plain(key) for key in having(item, "property", "key")]
        values = [plain(value) for value in having(item, "property", "value")]
        if item.get("typeof") != "keyval" or len(keys) != 1 or len(values) != 1:
            problems.append("a generic-parameter is no keyval with one key and one value")
        else:
            params.append((keys[0], values[0]))
    for item in example.iter():
        if item.get("property") not in (None, "continuation") and (
                item.get("href") or item.get("src")):
            problems.append("a property stands on a link")
    if problems:
        return problems
    query = urllib.parse.urlencode(params, quote_via=urllib.parse.quote)
    return expect(curl(f"{url}/{service[0]}?{query}"), 200, content_type=EXAMPLES[service[0]])
