"""What holds queries to their bounds: one user's many, long ones, large ones, long jobs."""

import concurrent.futures
import os
import signal
import time

import ask
from tap_stand import (DEFAULT_ROWS, JOB_TIME, ME, MEMORY, MOST_ROWS, OTHER, RESPONDERS, SCRATCH,
                       TIME)

PLACES = 2  # the default of tap_queries_per_user
PROMPT = TIME / 2  # seconds: less than those long queries take that might stand in the way
IMAGE = "ivo://test.example/default?tan_float.fits"
COUNT = "SELECT COUNT(*) AS n FROM ivoa.obscore"
FOUR = "ivoa.obscore AS a, ivoa.obscore AS b, ivoa.obscore AS c, ivoa.obscore AS d"
RUNAWAY = f"SELECT COUNT(*) AS n FROM {FOUR} WHERE a.s_ra + b.s_ra + c.s_ra + d.s_ra < 0"
TWO = "ivoa.obscore AS a, ivoa.obscore AS b"
PAIR = "a.obs_publisher_did || b.obs_publisher_did"


def until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


# ---- one user's ten

def user_cases(site):
    """As many run as there are places, the others are sent away at once; another user has the other
    responders."""
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        mine = [pool.submit(site.ask, RUNAWAY, ME, RESPONSEFORMAT="votable") for _ in range(10)]
        until(lambda: sum(each.done() for each in mine) >= 10 - PLACES)
        running = sum(not each.done() for each in mine)
        others = [site.ask(COUNT, OTHER) for _ in range(5)]
        still = sum(not each.done() for each in mine)
        replies = [each.result() for each in mine]
    yield "ten queries: two run", [] if running == PLACES else [f"{running} run"]
    problems = [f"{reply.status} {reply.said[:200]}" for reply in others if reply.status != 200]
    problems += [f"it took {reply.seconds:.2f} s" for reply in others if reply.seconds > PROMPT]
    if not still:
        problems.append("the long ones were over before")
    yield "ten queries: another user is answered meanwhile", problems
    away = [reply for reply in replies if reply.status == 503]
    problems = [] if len(away) == 10 - PLACES else [f"{[reply.status for reply in replies]}"]
    for reply in away:
        if not reply.headers.get("retry-after", "").isdigit():
            problems.append(f"Retry-After is {reply.headers.get('retry-after')}")
        if f"{PLACES} queries of yours" not in reply.said or reply.seconds > PROMPT:
            problems.append(f"after {reply.seconds:.2f} s: {reply.said[:200]}")
    yield "ten queries: eight are told when to come again", problems
    cut = [reply.said for reply in replies if reply.status == 400]
    yield "ten queries: two are cut", [] if len(cut) == PLACES and all(
        f"longer than {TIME} s" in each for each in cut) else [str(cut)[:300]]
    again = site.ask(COUNT, ME)
    yield "ten queries: the places are free again", [] if again.status == 200 else [again.said]


def insist(site, query):
    """The same user's again and again, until there is a place for it."""
    deadline = time.monotonic() + 60
    reply = site.ask(query, ME)
    while reply.status == 503 and time.monotonic() < deadline:
        time.sleep(0.01)
        reply = site.ask(query, ME)
    return reply


def patient_case(site):
    """Clients that come again when they are told to are all answered, though all ask at once."""
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda _: insist(site, COUNT), range(64)))
    yield "sixteen clients of one user", [f"{reply.status} {reply.said[:200]}" for reply in replies
                                          if reply.status != 200]


def sequence_case(site):
    """Who asks one query after the other has one place at a time."""
    replies = [site.ask(COUNT, ME) for _ in range(1000)]
    yield "one after the other", [f"{reply.status} {reply.said[:200]}" for reply in replies
                                  if reply.status != 200]


def death_case(site):
    """The places of responders that are killed are free."""
    before = set(site.responders())
    with concurrent.futures.ThreadPoolExecutor(PLACES) as pool:
        lost = [pool.submit(insist, site, RUNAWAY) for _ in range(PLACES)]
        time.sleep(TIME / 4)
        full = site.ask(COUNT, ME).status == 503
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        statuses = [each.result().status for each in lost]
    until(lambda: len(site.responders()) == RESPONDERS)
    until(lambda: site.ask(COUNT).status != 502)
    again = site.ask(COUNT, ME)
    problems = [] if full and statuses == [502] * PLACES else [f"{full} {statuses}"]
    if again.status != 200 or before & set(site.responders()):
        problems.append(f"{again.status} {again.said[:200]}")
    yield "places of the dead are free", problems


def abandoned_case(site):
    """Who goes away gives his places back, long before his queries would have been cut."""
    leaving = [site.left(RUNAWAY, ME) for _ in range(PLACES)]
    full = until(lambda: site.ask(COUNT, ME).status == 503, TIME / 2)
    for connection in leaving:
        connection.close()
    left = time.monotonic()
    until(lambda: site.ask(COUNT, ME).status == 200)
    took = time.monotonic() - left
    yield "places of those who have gone are free", [] if full and took < PROMPT else [
        f"{full}, {took:.2f} s"]


# ---- time, memory, disk

MANY = ", ".join(f"ivo_string_agg(a.s_region || '{i}', ',') AS x{i}" for i in range(20))
LARGE = {
    # A bound each, and queries that meet it.
    f"more than {SCRATCH} MiB for sorting or temporary tables": {
        "ORDER BY": f"SELECT {PAIR} AS x FROM {TWO} ORDER BY x",
        "DISTINCT, then counted": f"SELECT COUNT(*) AS n FROM (SELECT DISTINCT {PAIR} AS x FROM "
                                  f"{TWO}) AS t",
        "GROUP BY": f"SELECT {PAIR} AS x, COUNT(*) AS n FROM {TWO} GROUP BY {PAIR}",
        "UNION": f"SELECT {PAIR} AS x FROM {TWO} UNION SELECT obs_id FROM ivoa.obscore",
        "COUNT DISTINCT": f"SELECT COUNT(DISTINCT {PAIR}) AS n FROM {TWO}",
        "TOP of many, in order": f"SELECT COUNT(*) AS n FROM (SELECT TOP 400000 {PAIR} AS x FROM "
                                 f"{TWO} ORDER BY x) AS t",
        "WITH, twice": f"WITH q AS (SELECT a.s_region AS x, b.obs_publisher_did AS y FROM {TWO}) "
                       "SELECT COUNT(*) AS n FROM q AS r JOIN q AS s ON r.x = s.y",
    },
    f"more memory than {MEMORY} MiB": {
        "long lists": f"SELECT {MANY} FROM ivoa.obscore AS a, (SELECT TOP 20 1 AS k "
                                     "FROM ivoa.obscore) AS b",
    },
    "longer than is allowed": {
        "one long list": f"SELECT ivo_string_agg({PAIR}, ',') AS x FROM {TWO}",
    },
    f"longer than {TIME} s": {
        "a runaway": RUNAWAY,
        "a runaway in EXISTS": "SELECT COUNT(*) AS n FROM ivoa.obscore AS o WHERE EXISTS (SELECT 1 "
                               f"FROM {FOUR} WHERE a.s_ra + b.s_ra + c.s_ra + d.s_ra + o.s_ra < 0)",
    },
}


def large_cases(site):
    """Each is refused with the bound that it met, and soon; then the service answers as before."""
    for words, queries in LARGE.items():
        for name, query in queries.items():
            reply = site.ask(query, RESPONSEFORMAT="votable")
            problems = [] if reply.status == 400 and words in reply.said else [
                f"{reply.status} {reply.said[:300]}"]
            if reply.seconds > 10 * TIME:
                problems.append(f"it took {reply.seconds:.1f} s")
            yield name, problems
    count = site.value(COUNT)
    yield "the service goes on", [] if int(count) > 700 else [count]
    yield "memory is bounded", [] if site.largest() < 100 else [f"{site.largest():.0f} MiB"]


def within_cases(site):
    """What stays within the bounds is answered, sorted in files though it is."""
    rows = site.rows(f"SELECT TOP 300 {PAIR} AS x FROM {TWO} WHERE b.calib_level = 4 AND "
                     "b.obs_id < 'o2' ORDER BY x", MAXREC="300")
    found = [row[0] for row in rows]
    yield "sorting within the bounds", [] if len(found) == 300 and found == sorted(found) else [
        f"{len(found)} rows"]


def row_cases(site):
    pairs = f"SELECT a.obs_publisher_did FROM {TWO}"
    for name, fields, count in (("MAXREC is not said", {}, DEFAULT_ROWS),
                                ("MAXREC beyond the limit", {"MAXREC": "1000000"}, MOST_ROWS),
                                ("MAXREC", {"MAXREC": "7"}, 7)):
        reply = site.ask(pairs, RESPONSEFORMAT="votable", **fields)
        found = ask.Found(reply.text.encode()) if reply.status == 200 else None
        yield name, [] if found and len(found.rows) == count and found.overflowed and \
            str(count) in str(found.marks) else [f"{reply.status}, {found and found.marks}"]
        job = site.query_job(pairs, **fields)
        phase = site.ended(job)
        found = ask.Found(site.get(f"{job}/results/result").text.encode())
        yield f"{name}, in a job", [] if phase == "COMPLETED" and len(found.rows) == count and \
            found.overflowed else [f"{phase}, {len(found.rows)} rows, {found.marks}"]
    short = ask.Found(site.ask("SELECT TOP 5 obs_publisher_did FROM ivoa.obscore",
                               RESPONSEFORMAT="votable").text.encode())
    yield "nothing is cut", [] if not short.overflowed and len(short.rows) == 5 else [
        str(short.marks)]


# ---- jobs

def failure(site, job):
    phase = site.ended(job)
    return phase, site.get(f"{job}/error").text


def job_cases(site):
    """What a query met is told of a job as well. A runaway meets its own limit or that of its job,
    which are the same."""
    for phases, words, name in ((("ERROR", "ABORTED"), f"{JOB_TIME} s", "a runaway"),
                                (("ERROR",), f"more than {SCRATCH} MiB", "ORDER BY"),
                                (("ERROR",), f"more memory than {MEMORY} MiB", "long lists")):
        query = next(queries[name] for queries in LARGE.values() if name in queries)
        begun = time.monotonic()
        job = site.query_job(query)
        phase, text = site.ended(job), site.get(f"{job}/error").text
        took = time.monotonic() - begun
        problems = [] if phase in phases and words in text and 'value="ERROR"' in text else [
            f"{phase}: {text[:400]}"]
        if "uws:errorSummary" not in site.get(job).text:
            problems.append("the job does not tell")
        if took > 4 * JOB_TIME:
            problems.append(f"it took {took:.1f} s")
        yield f"job: {name}", problems


def pool_cases(site):
    """Cutouts have children of their own, whatever queries there are; queries wait for one another,
    and one that is aborted makes room for the next."""
    fields = [("ID", IMAGE), ("CIRCLE", "150 2 0.05")]
    long = [site.query_job(RUNAWAY) for _ in range(3)]
    site.begun(long[0])
    begun = time.monotonic()
    cutout = site.job("async", fields)
    phase = site.ended(cutout)
    took = time.monotonic() - begun
    phases = [site.phase(job) for job in long]
    yield "a cutout passes long queries", [] if phase == "COMPLETED" and took < JOB_TIME and \
        phases[0] == "EXECUTING" else [f"{phase} after {took:.1f} s, the queries are {phases}"]
    yield "a query that waits is QUEUED", [] if phases[1:] == ["QUEUED"] * 2 else [str(phases)]
    next_one = site.query_job(COUNT)
    site.post(f"{long[0]}/phase", [("PHASE", "ABORT")])
    phases = [site.begun(long[1]), site.phase(long[0]), site.phase(long[2])]
    yield "a query that is aborted makes room", [] if phases == [
        "EXECUTING", "ABORTED", "QUEUED"] else [str(phases)]
    # Its time has not begun to run while it waited.
    time.sleep(JOB_TIME / 2)
    still = site.phase(long[1])
    begun = time.monotonic()
    for job in long:
        site.post(f"{job}/phase", [("PHASE", "ABORT")])
    phase = site.ended(next_one)
    took = time.monotonic() - begun
    yield "queries that are aborted end at once", [] if still == "EXECUTING" and \
        phase == "COMPLETED" and took < JOB_TIME else [f"{still}, {phase} after {took:.1f} s"]


def cases(site):
    for part in (user_cases, sequence_case, patient_case, death_case, abandoned_case, large_cases, within_cases, row_cases,
                 job_cases, pool_cases):
        yield from part(site)
