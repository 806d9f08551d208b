"""The rules of the house as functions: {path: text} -> sentences, none when the rule is kept.

Paths are relative to the top of the source tree. Nothing here reads a file or starts a program.
"""

import ast
import re

MAX_LINES = 600
TOP_LEVEL = {"configure.ac", "Makefile.am", "modules", "libsoda", "conf", "tests", "htdocs",
             "README", "COPYING", "bootstrap"}
FORBIDDEN = ("atoi atol atoll atof strtod strtof strtold strtol strtoul strtoll strtoull stoi stol "
             "stoul stoll stoull stof stod stold sprintf vsprintf strcpy strcat gets sscanf system "
             "popen rand srand tmpnam mktemp strtok alloca fits_convert_hdr2str").split()
# libpng and libjpeg leave by no other way after an error.
JUMPS = "setjmp longjmp".split()
JUMPING = ("libsoda/image/png.cc", "libsoda/image/jpeg.cc")
# In pieces, so that this file does not break its own rule.
MACHINE_PATHS = re.compile("|".join(("/wor" + "k/", "/hom" + r"e/\w+/", "/roo" + "t/",
                                     "/tm" + "p/b-")))
REGISTRIES = re.compile(r"(deb|security|ftp)\.deb" + r"ian\.org|pyp" + r"i\.org|registry\.npm" +
                        r"js|crat" + r"es\.io")
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|HA" + r"CK)\b|not impl" + "emented")
POSIX = re.compile(r"^(sys|netinet|arpa|linux)/|^(unistd|fcntl|signal|poll|errno|dirent|getopt|"
                   r"pthread|netdb|ifaddrs|grp|pwd|time|limits|stdlib|stdio|string|math|stdint|stddef|"
                   r"termios|ftw|fnmatch|glob|regex)\.h$")
STANDARD = re.compile(r"^[a-z_0-9]+$")  # <vector>


def is_cpp(path):
    return path.endswith((".h", ".cc"))


def code_of(text):
    """C++ without comments and without the contents of literals; lines stay where they are."""
    pattern = re.compile(r'R"(\w*)\((?:.|\n)*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|'
                         r"//[^\n]*|/\*(?:.|\n)*?\*/")

    def blank(match):
        found = match.group()
        if found.startswith("'") and match.start() and \
                text[match.start() - 1].isalnum():
            return found  # a digit separator: 1'000'000
        keep = "\n" * found.count("\n")
        return keep if found.startswith("/") else '""' + keep
    return pattern.sub(blank, text)


def line_number(text, at):
    return text.count("\n", 0, at) + 1


def matches(files, pattern, what, prepare=lambda text: text):
    for path, text in files.items():
        prepared = prepare(text)
        for found in re.finditer(pattern, prepared):
            yield f"{path}:{line_number(prepared, found.start())}: {what}: {found.group()}"


# ---- C++

def parse_include_table(text):
    table = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            room, inside, outside = (part.strip() for part in line.split(":"))
            table[room] = (inside.split(), outside.split())
    return table


def allowed(name, permitted):
    return any(name == each or (each.endswith("/") and name.startswith(each))
               for each in permitted)


def includes(files, table):
    for path, text in files.items():
        parts = path.split("/")
        if not is_cpp(path) or parts[0] not in ("libsoda", "modules"):
            continue
        room = parts[1] if parts[0] == "libsoda" else "modules"
        if room not in table:
            yield f"{path}: the room {room} is not in the table"
            continue
        inside, outside = table[room]
        for found in re.finditer(r'^\s*#\s*include\s*(["<])([^">]+)[">]', text, re.MULTILINE):
            where = f"{path}:{line_number(text, found.start())}"
            name = found.group(2)
            if found.group(1) == '"':
                other = name.split("/")[0]
                beside = "/".join(parts[:-1] + [name]) in files  # modules/ lies outside the root
                if other != room and other not in inside and name not in inside and not beside:
                    yield f'{where}: {room} may not include "{name}"'
            elif not (STANDARD.match(name) or POSIX.match(name) or allowed(name, outside)):
                yield f"{where}: {room} may not include <{name}>"


def forbidden_functions(files):
    def pattern(names):
        return r"(?<![\w.>])(?:std::|::)?(?:" + "|".join(names) + r")\s*\("
    product = {path: text for path, text in files.items()
               if is_cpp(path) and path.startswith(("libsoda/", "modules/"))}
    yield from matches(product, pattern(FORBIDDEN), "forbidden function", code_of)
    others = {path: text for path, text in product.items() if path not in JUMPING}
    yield from matches(others, pattern(JUMPS), "forbidden function", code_of)


def ascii_code(files):
    cpp = {path: text for path, text in files.items() if is_cpp(path)}
    return matches(cpp, r"[^\x00-\x7f]+", "only comments and literals may leave ASCII", code_of)


def namespaces(files):
    """Namespace = room: libsoda/sky/*.h declares soda::sky; base is soda itself."""
    for path, text in files.items():
        parts = path.split("/")
        if parts[0] != "libsoda" or not path.endswith(".h"):
            continue
        wanted = "soda" if parts[1] == "base" else f"soda::{parts[1]}"
        if f"namespace {wanted} {{" not in text:
            yield f"{path}: there is no namespace {wanted}"


def header_guards(files):
    for path, text in files.items():
        if path.startswith("libsoda/") and path.endswith(".h") and "#pragma once" not in text:
            yield f"{path}: #pragma once is missing"
        if path.startswith("libsoda/") and path.endswith(".h") and not text.startswith("//"):
            yield f"{path}: it does not begin with a comment that says what it is"


# ---- all files

def length(files):
    for path, text in files.items():
        lines = text.count("\n")
        if lines > MAX_LINES and path != "COPYING":
            yield f"{path}: {lines} lines, at most {MAX_LINES} are allowed"


def text_form(files):
    for path, text in files.items():
        if text and not text.endswith("\n"):
            yield f"{path}: no newline at the end"
        if re.search(r"[ \t]+$", text, re.MULTILINE):
            line = line_number(text, re.search(r"[ \t]+$", text, re.MULTILINE).start())
            yield f"{path}:{line}: blanks at the end of a line"
        if "\r" in text:
            yield f"{path}: carriage returns"
        if is_cpp(path) and "\t" in text:
            yield f"{path}: tabs"


def machine_paths(files):
    return matches(files, MACHINE_PATHS, "a path of one machine")


def registries(files):
    return matches(files, REGISTRIES, "a host name of a package registry")


def unfinished(files):
    return matches(files, UNFINISHED, "unfinished")


def top_level(files):
    for name in sorted({path.split("/")[0] for path in files}):
        if name not in TOP_LEVEL and not name.startswith("."):
            yield f"{name} is not among what may lie at the top"


def python_syntax(files):
    for path, text in files.items():
        if path.endswith(".py"):
            try:
                ast.parse(text)
            except SyntaxError as error:
                yield f"{path}:{error.lineno}: {error.msg}"


# ---- settings, parameters, golden cases

def settings_sample(rows, sample):
    """`rows`: (name, default as TOML, unit, limits, choices). `sample`: conf/soda.toml as built."""
    shown = {}
    for found in re.finditer(r"^#?([a-z_]+) = (.*)$", sample.split("[data_roots]")[0],
                             re.MULTILINE):
        shown.setdefault(found.group(1), []).append(found.group(0))
    for name, default, *_ in rows:
        if f"#{name} = {default}" not in shown.pop(name, []):
            yield f"soda.toml: there is no line '#{name} = {default}'"
    for name in shown:
        yield f"soda.toml: {name} is not in the table of settings"


def manual_entries(manual):
    """Name -> text, for each `.It Sy NAME` of an mdoc page."""
    found = re.split(r"^\.It Sy (\w+)$", manual, flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def settings_manual(rows, manual):
    entries = manual_entries(manual)
    for name, default, unit, limits, choices in rows:
        if name not in entries:
            yield f"soda.toml(5): {name} is missing"
            continue
        wanted = default.strip('"') or "empty"
        if limits:
            wanted += ", " + limits + (f" {unit}" if unit else "")
        if choices:
            wanted += ", one of: " + choices.replace("|", ", ")
        if f"\nDefault: {wanted}\n" not in entries.pop(name):
            yield f"soda.toml(5): {name}: there is no line 'Default: {wanted}'"
    for name in entries:
        yield f"soda.toml(5): {name} is not in the table of settings"


def parameters_manual(rows, manual, page="soda-sync.8"):
    """`rows`: (name, choices) of one page."""
    entries = manual_entries(manual)
    for name, choices in rows:
        if name not in entries:
            yield f"{page}: parameter {name} is missing"
            continue
        text = entries.pop(name)
        for choice in filter(None, choices.split("|")):
            if not re.search(rf"\b{choice}\b", text):
                yield f"{page}: {name}: its choice {choice} is missing"
    for name in entries:
        yield f"{page}: {name} is not in the table of parameters"


def golden_pairs(files):
    for path in files:
        stem, _, end = path.rpartition(".")
        other = {"request": "expect", "expect": "request"}.get(end)
        if path.startswith("tests/golden/") and other and f"{stem}.{other}" not in files:
            yield f"{path}: {stem}.{other} is missing"


def golden_parameters(rows, files):
    """Every declared parameter occurs in at least one golden request."""
    sent = set()
    for path, text in files.items():
        if path.endswith(".request"):
            sent |= {name.upper() for name in re.findall(r"^[?+*]\s*(\w+)\s*=", text, re.MULTILINE)}
            sent |= {name.upper() for name in re.findall(r"[?&](\w+)=", text)}
    for name, *_ in rows:
        if name not in sent:
            yield f"no golden case sends {name}"
