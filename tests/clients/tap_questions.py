"""The same questions to SIA and to TAP."""

import math
import random

import ask
import harness
import questions
import tap_forms

SEED, ASKED = 31, 1000


def number(value):
    return repr(value)


def shape_of(text):
    word, *numbers = text.split()
    return f"{word.upper()}({', '.join(numbers)})"


def text_of(value):
    quoted = value.replace("'", "''")
    return f"'{quoted}'"


def bounds(column, lo, hi, low_column=None):
    parts = [f"{low_column or column} <= {number(hi)}"] if math.isfinite(hi) else []
    parts += [f"{column} >= {number(lo)}"] if math.isfinite(lo) else []
    parts += [f"{column} IS NOT NULL", f"{low_column or column} IS NOT NULL"]
    return " AND ".join(parts)


def condition(name, value):
    """SIA 2.0 section 2.1 in ADQL."""
    if name == "POS":
        return f"INTERSECTS({shape_of(value)}, s_region) = 1"
    if name in questions.OVERLAPS:
        low, high = questions.OVERLAPS[name]
        return bounds(high, *questions.interval(value), low_column=low)
    if name in questions.CONTAINS:
        return bounds(questions.CONTAINS[name], *questions.interval(value))
    if name == "ID":
        return f"LOWER(obs_publisher_did) = {text_of(value.lower())}"
    if name == "POL":
        return f"pol_states LIKE '%/{value}/%'"
    if name == "CALIB":
        return f"calib_level = {value}"
    return f"{questions.EQUALS[name]} = {text_of(value)}"


def adql(question):
    every = [" OR ".join(f"({condition(name, value)})" for value in values)
             for name, values in question.items()]
    where = " AND ".join(f"({part})" for part in every)
    return f"SELECT obs_publisher_did FROM ivoa.obscore WHERE {where}"


def asked(source, rows):
    """A random question without RANGE, which ADQL has no shape for."""
    while True:
        question = questions.question(source, rows)
        if not any(value.upper().startswith("RANGE") for value in question.get("POS", ())):
            return {"DPTYPE": questions.KINDS, **question}


def cases(url, site):
    source = random.Random(SEED)
    judged = questions.Archive(site.run_sodactl("export", "--format", "csv"))
    hits, problems, every = 0, [], 0
    for number_of in range(ASKED):
        question = asked(source, judged.rows)
        by_sia = ask.search(url, ask.pairs(question) + ask.ALL, "POST").ids
        try:
            by_tap = [row[0] for row in tap_forms.rows(url, adql(question))]
            wrong = ask.different(by_tap, set(by_sia))
        except RuntimeError as error:
            wrong = [str(error)]
        hits += bool(by_sia)
        every += 1
        problems += [f"{number_of} {harness.query_string(ask.pairs(question))}: {one}"
                     for one in wrong]
    yield f"{every} questions: SIA and TAP agree", problems[:10]
    yield "questions that find something", [] if hits > every / 4 else [f"{hits} of {every}"]
