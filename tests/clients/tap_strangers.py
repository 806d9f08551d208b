"""What is no query: SQLite's own language, very long and very deep texts, characters that look like
others. Each is answered or refused, and soon; afterwards the service is as it was."""

import sqlite3

FROM = " FROM ivoa.obscore"
COUNT = f"SELECT COUNT(*) AS n{FROM}"
LONGEST = 1 << 20  # bytes of a query
SECONDS = 5
MOST_MEMORY = 256  # MiB of a responder: what it takes to read the longest queries

DEEP = "the query is nested"


def filled(head, unit, tail="", size=LONGEST):
    """As many units as go into a query of that size."""
    return head + unit * ((size - len(head) - len(tail)) // len(unit)) + tail


# What a query of a megabyte is made of: (the query, words of the refusal).
LONG = {
    "conditions": (filled(f"{COUNT} WHERE 1=1", " AND s_ra>1"), "at most 2000 conditions"),
    "an identifier": (filled("SELECT ", "a", FROM), "there is no column"),
    "a delimited identifier": (filled('SELECT "', "a", f'"{FROM}'), "there is no column"),
    "a table's name": (filled("SELECT 1 FROM ", "t"), "there is no table"),
    "a path": (filled("SELECT a", ".a", FROM), "FROM has no table"),
    "a number": (filled("SELECT ", "1", FROM), "beyond the range"),
    "an exponent": (filled("SELECT 1e", "1", FROM), "beyond the range"),
    "columns": (filled("SELECT 1", ",1", FROM), "at most 1000 columns"),
    "all columns": (filled("SELECT *", ",*", FROM), "at most 1000 columns"),
    "a sum": (filled("SELECT 1", "+1", FROM), "at most 500 operands"),
    "texts in a row": (filled("SELECT 'a'", "||'a'", FROM), "at most 500 operands"),
    "signs": (filled("SELECT ", "- ", f"1{FROM}"), DEEP),
    "NOT": (filled(f"{COUNT} WHERE ", "NOT ", "1=1"), DEEP),
    "choices": (filled("SELECT CASE", " WHEN s_ra>1 THEN 1", f" END{FROM}"), "at most 250 choices"),
    "CASE in CASE": (filled("SELECT ", "CASE WHEN 1=1 THEN ", f"1{FROM}"), DEEP),
    "functions": (filled("SELECT ", "ABS(", f"1{FROM}"), DEEP),
    "arguments": (filled("SELECT COALESCE(1", ",1", f"){FROM}"), "at most 10000 arguments"),
    "a polygon": (filled(f"{COUNT} WHERE 1=CONTAINS(POINT(1,2),POLYGON(1,2,3,4,5,6", ",7,8", "))"),
                  "at most 10000 arguments"),
    "a region": (filled(f"{COUNT} WHERE 1=CONTAINS(POINT(1,2),REGION('Union (", "Circle 1 2 3 ",
                        ")'))"), "2000 vertices"),
    "ORDER BY": (filled(f"SELECT 1{FROM} ORDER BY s_ra", ",s_ra"), "at most 200 terms"),
    "GROUP BY": (filled(f"SELECT 1{FROM} GROUP BY s_ra", ",s_ra"), "at most 200 terms"),
    "tables": (filled("SELECT 1 FROM ivoa.obscore a", ",ivoa.obscore b"), "at most 60 tables"),
    "NATURAL JOIN": (filled(f"SELECT 1{FROM}", " NATURAL JOIN ivoa.obscore"), "at most"),
    "USING": (filled("SELECT 1 FROM ivoa.obscore a JOIN ivoa.obscore b USING (s_ra", ",s_ra", ")"),
              "at most"),
    "WITH": (filled(f"WITH a AS (SELECT 1{FROM})", ", a AS (SELECT 1 FROM a)", " SELECT 1 FROM a"),
             "at most 100 tables"),
    "UNION": (filled(f"SELECT 1{FROM}", f" UNION SELECT 1{FROM}"), "at most 500 queries"),
    "EXISTS": (filled(f"{COUNT} WHERE ", f"EXISTS(SELECT 1{FROM} WHERE ", "1=1"), DEEP),
    "IN a query": (filled(f"{COUNT} WHERE ", f"1 IN (SELECT 1{FROM} WHERE ", "1=1"), DEEP),
    "statements": (filled(COUNT, f";{COUNT}"), 'found ";"'),
    "semicolons": (filled(COUNT, ";"), 'found ";"'),
    "parentheses": ("(" * LONGEST, DEEP),
    "quotes": ("'" * LONGEST, "expected SELECT"),
    "blanks": (" " * LONGEST, "QUERY is missing"),
    "a byte too many": (filled("SELECT '", "x", f"'{FROM}", LONGEST + 1), f"at most {LONGEST} bytes"),
    "two megabytes": (filled("SELECT '", "x", f"'{FROM}", 2 * LONGEST), f"at most {LONGEST} bytes"),
}


def refusal(site, query, words, **more):
    reply = site.ask(query, **more)
    problems = [] if reply.status == 400 and words in reply.said else [
        f"{reply.status} {reply.said[:200] or reply.text[:200]}"]
    if reply.seconds > SECONDS:
        problems.append(f"it took {reply.seconds:.1f} s")
    return problems


def answer(site, query, value):
    """Of the first row's first column."""
    reply = site.ask(query)
    if reply.status != 200:
        return [f"{reply.status} {reply.said[:300]}"]
    problems = [] if reply.rows and reply.rows[0][0] == value else [
        f"{str(reply.rows[:3])[:200]}, not {value[:100]}"]
    if reply.seconds > SECONDS:
        problems.append(f"it took {reply.seconds:.1f} s")
    return problems


def long_cases(site):
    for name, (query, words) in LONG.items():
        yield f"a megabyte of {name}", refusal(site, query, words)
    text = "x" * (LONGEST - 100)
    for name, query, value in (
            ("a text", f"SELECT TOP 1 '{text}' AS a{FROM}", text),
            ("a text that is compared", f"{COUNT} WHERE obs_id = '{text}'", "0"),
            ("a comment", f"{COUNT.replace(FROM, '')} -- {text[:-100]}\n{FROM}", str(site.total)),
            ("comments", filled("SELECT COUNT(*) AS n ", "--\n", FROM), str(site.total)),
            ("blank lines", filled("SELECT COUNT(*) AS n", " \n", FROM), str(site.total)),
            ("digits", filled("SELECT TOP 1 0.", "1", f" AS a{FROM}"), "0.1111111111111111")):
        yield f"a megabyte of {name}", answer(site, query, value)
    name = "n" * (LONGEST - 100)
    for form in ("csv", "votable", "json"):
        reply = site.ask(f'SELECT TOP 1 1 AS "{name}"{FROM}', RESPONSEFORMAT=form)
        yield f"a megabyte of a name, {form}", [] if reply.status == 200 and name in reply.text else [
            f"{reply.status} {reply.text[:200]}"]


def deep_cases(site):
    depth = 10_000
    for name, query in (
            ("a value", "SELECT " + "(" * depth + "1" + ")" * depth + FROM),
            ("a condition", f"{COUNT} WHERE " + "(" * depth + "1=1" + ")" * depth),
            ("a query", "(" * depth + f"SELECT 1{FROM}" + ")" * depth),
            ("a table", "SELECT 1 FROM " + "(" * depth + "ivoa.obscore" + ")" * depth),
            ("queries in FROM", "SELECT 1 FROM " + "(SELECT 1 FROM " * depth + "ivoa.obscore"
             + ") t" * depth),
            ("a list", f"{COUNT} WHERE s_ra IN " + "(" * depth + "1" + ")" * depth),
            ("an argument", "SELECT ABS" + "(" * depth + "1" + ")" * depth + FROM)):
        yield f"10,000 parentheses about {name}", refusal(site, query, DEEP)
    for depth in (50, 90):
        yield f"{depth} parentheses", answer(
            site, "SELECT " + "(" * depth + "7" + ")" * depth + f" AS a{FROM}", "7")
    for word in ("UNION", "UNION ALL", "EXCEPT", "INTERSECT"):
        yield f"1,000 joined by {word}", refusal(site, "SELECT 1" + FROM + (
            f" {word} SELECT 1{FROM}") * 999, "at most 500 queries")
    yield "400 joined by UNION", answer(
        site, "SELECT COUNT(*) AS n FROM (SELECT 0 AS a" + FROM + "".join(
            f" UNION SELECT {n}{FROM}" for n in range(1, 400)) + ") AS t", "400")


def list_cases(site):
    """Lists as long as a query may be are answered as their members are in the rows."""
    members = 100_000
    of_catalogue = site.records
    numbers = ",".join(map(str, range(2, members + 2)))
    texts = ",".join(f"'o{n}'" for n in range(members))
    reals = ",".join(f"{n}.5" for n in range(1, members))
    wanted = {
        "numbers": (f"calib_level IN ({numbers})",
                    f"{site.value(f'{COUNT} WHERE calib_level >= 2')}"),
        "texts": (f"obs_id IN ({texts})", str(len(of_catalogue))),
        "reals": (f"t_exptime IN (60.0,{reals}) AND obs_publisher_did LIKE "
                  "'ivo://test.example/Cat%'",
                  str(sum(row["t_exptime"] == "60.0" for row in of_catalogue))),
        "texts, negated": (f"obs_id NOT IN ({texts})", str(site.total - len(of_catalogue))),
        "numbers, and another": (f"calib_level IN ({numbers}) AND obs_id IN ('o1', 'o2', 'o3')", str(
            sum(row["calib_level"] >= 2 and row["obs_id"] in ("o1", "o2", "o3")
                for row in of_catalogue))),
    }
    for name, (condition, value) in wanted.items():
        yield f"100,000 in a list: {name}", answer(site, f"{COUNT} WHERE {condition}", value)
    yield "100,000 in a list of a join", answer(
        site, "SELECT COUNT(*) AS n FROM ivoa.obscore AS a JOIN ivoa.obscore AS b ON "
        f"a.obs_publisher_did = b.obs_publisher_did WHERE a.calib_level IN ({numbers})",
        wanted["numbers"][1])
    yield "10 lists of 9,000", answer(site, f"{COUNT} WHERE " + " AND ".join(
        ["obs_id IN (" + ",".join(f"'o{n}'" for n in range(9000)) + ")"] * 10), wanted["texts"][1])
    # What is wrong is found wherever it stands.
    yield "the last of a list is of another type", refusal(
        site, f"{COUNT} WHERE obs_id IN ({texts.rpartition(',')[0]},1)", "cannot be compared")
    yield "100,001 in a list", refusal(site, f"{COUNT} WHERE obs_id IN ({texts},'o')",
                                       "at most 100000 values")
    yield "the last of a list is SQL", refusal(
        site, f"{COUNT} WHERE calib_level IN ({numbers.rpartition(',')[0]},(SELECT sql FROM "
        "sqlite_master))", "line 1")


# ---- SQLite's own language

# ADQL 2.1 has functions of these names, too (sections 2.2.3 to 2.2.5, 4.4 to 4.6).
OF_ADQL = set("abs ceiling degrees exp floor log log10 mod pi power radians rand round sqrt truncate "
              "acos asin atan atan2 cos cot sin tan lower upper coalesce count avg max min sum".split())


def names_of(pragma):
    with sqlite3.connect(":memory:") as connection:
        return sorted({row[0] for row in connection.execute(f"SELECT name FROM pragma_{pragma}_list")})


def function_cases(site):
    """Every function that SQLite has and ADQL has not, with up to three arguments and in forms that
    SQLite has for aggregates and windows."""
    functions = [name for name in names_of("function") if name not in OF_ADQL]
    yield "SQLite tells its functions", [] if len(functions) > 80 else [str(functions)]
    wrong = []
    for name in functions:
        calls = [f"{name}({', '.join(arguments)})" for arguments in (
            (), ("obs_id",), ("obs_id", "1"), ("'a'", "'b'", "'c'"))]
        calls += [f"{name}(*)", f"{name}(DISTINCT obs_id)", f"{name}(obs_id) OVER ()",
                  f'"{name}"(1)', f"main.{name}(1)"]
        if not name.isidentifier():
            calls = [f"obs_id {name} 'a'", f"obs_id {name} 1"]  # -> and ->>
        for call in calls:
            reply = site.ask(f"SELECT {call} AS a{FROM}")
            if reply.status != 400 or "line 1, column" not in reply.said:
                wrong.append(f"{call}: {reply.status} {reply.text[:100]}")
    yield f"{len(functions)} functions of SQLite", wrong
    words = [f"{word}: {problem}" for word in ("current_date", "current_time", "current_timestamp")
             for problem in refusal(site, f"SELECT {word} AS a{FROM}", "line 1")]
    yield "functions without parentheses", words


def pragma_cases(site):
    wrong = []
    pragmas, modules = names_of("pragma"), names_of("module")
    for name in pragmas:
        for query in (f"PRAGMA {name}", f"PRAGMA main.{name} = 1", f"PRAGMA {name}(1)",
                      f"SELECT * FROM pragma_{name}", f"SELECT * FROM pragma_{name}('dataset')",
                      f'SELECT * FROM "pragma_{name}"', f"SELECT * FROM main.pragma_{name}",
                      f"{COUNT}; PRAGMA {name} = 1"):
            wrong += [f"{query}: {problem}" for problem in refusal(site, query, "line 1, column")]
    yield f"{len(pragmas)} pragmas", wrong if len(pragmas) > 30 else [str(pragmas)]
    wrong = []
    for name in [*modules, "generate_series", "bytecode", "tables_used", "sqlite_dbpage", "csv",
                 "dataset", "sky3", "sky5", "own1"]:
        for query in (f"SELECT * FROM {name}", f"SELECT * FROM {name}('[1]')",
                      f"SELECT * FROM ivoa.obscore AS o, {name}(o.obs_id) AS j",
                      f"SELECT 1 FROM ivoa.obscore WHERE obs_id IN {name}",
                      f"CREATE VIRTUAL TABLE temp.t USING {name}(a, b, c)"):
            wrong += [f"{query}: {problem}" for problem in refusal(site, query, "line 1, column")]
    yield f"{len(modules)} modules and tables", wrong if modules else ["none"]


STATEMENTS = (
    "ATTACH DATABASE ':memory:' AS other", "DETACH main", "VACUUM", "VACUUM INTO '/tmp/stolen'",
    "ANALYZE", "REINDEX", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT a", "RELEASE a", "EXPLAIN SELECT 1",
    "EXPLAIN QUERY PLAN SELECT 1", "CREATE TABLE t (x)", "CREATE TEMP VIEW v AS SELECT 1",
    "DROP TABLE dataset", "DROP TABLE ivoa.obscore", "ALTER TABLE dataset ADD COLUMN x",
    "DELETE FROM ivoa.obscore", "UPDATE ivoa.obscore SET s_ra = 0",
    "INSERT INTO ivoa.obscore (obs_id) VALUES ('x')", "REPLACE INTO dataset VALUES (1)", "VALUES (1)",
    "SELECT 1", "TABLE ivoa.obscore", "WITH a AS (SELECT 1 FROM ivoa.obscore) DELETE FROM dataset",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
    "WITH n AS (SELECT 1 AS i FROM ivoa.obscore UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
    f"SELECT 1 AS a INTO t{FROM}", f"SELECT load_extension('/tmp/x'){FROM}",
    f"{COUNT}; DROP TABLE dataset", f"{COUNT};;", f"{COUNT}\n;\n{COUNT}",
    f"{COUNT} /* DROP */", f"{COUNT} # DROP", f"{COUNT} */", "-- nothing", "/* */ SELECT 1", ";", "\\")

# After `FROM ivoa.obscore`.
CLAUSES = (
    "LIMIT 1", "LIMIT 1 OFFSET 1", "WHERE obs_id GLOB 'o*'", "WHERE obs_id MATCH 'o'",
    "WHERE obs_id REGEXP 'o'", "WHERE obs_id LIKE 'o!%' ESCAPE '!'", "WHERE obs_id == 'o1'",
    "WHERE obs_id ISNULL", "WHERE obs_id NOTNULL", "WHERE obs_id IS 'o1'", "WHERE s_ra IS TRUE",
    "WHERE TRUE", "WHERE 1", "WHERE s_ra", "WHERE NOT s_ra", "WHERE obs_id IS NOT DISTINCT FROM 'o1'",
    "WHERE (s_ra, s_dec) = (1, 2)", "WHERE (s_ra, s_dec) IN (SELECT 1, 2 FROM ivoa.obscore)",
    "WHERE rowid = 1", "WHERE _rowid_ = 1", "WHERE oid = 1", "WHERE id = 1", "WHERE shape IS NULL",
    "WHERE file IS NULL", "WHERE hdu = 1", "WHERE x0 > 1", "WHERE obs_id = \"o1\"",
    "WHERE obs_id = [o1]", "WHERE obs_id = `o1`", "WHERE obs_id = X'6f31'", "WHERE obs_id = x'6f31'",
    "WHERE s_ra = 0x10", "WHERE s_ra = 1_000", "WHERE obs_id = ?", "WHERE obs_id = ?1",
    "WHERE obs_id = :a", "WHERE obs_id = @a", "WHERE obs_id = $a", "WHERE s_ra << 1 = 2",
    "WHERE s_ra >> 1 = 2", "WHERE obs_id -> 'a' = 'b'", "WHERE obs_id ->> 'a' = 'b'",
    "WHERE obs_id COLLATE NOCASE = 'O1'", "INDEXED BY dataset_obs_id", "NOT INDEXED",
    "WHERE obs_id IN sqlite_master", "WHERE obs_id IN ()", "WHERE RAISE(IGNORE) = 1",
    "ORDER BY obs_id COLLATE NOCASE", "ORDER BY obs_id NULLS FIRST", "ORDER BY RANDOM()",
    "WINDOW w AS (PARTITION BY obs_id)", "GROUP BY obs_id WITHOUT ROWID", "RETURNING *",
    "UNION SELECT sql FROM sqlite_master", "UNION SELECT name FROM sqlite_schema",
    "UNION SELECT name FROM main.sqlite_master", "UNION SELECT path FROM main.file",
    "UNION SELECT obs_id FROM main.dataset", "UNION SELECT obs_id FROM dataset",
    "UNION SELECT obs_id FROM temp.sqlite_temp_master", "UNION VALUES (1)",
    "CROSS JOIN LATERAL (SELECT 1)", "NATURAL JOIN sqlite_master", "JOIN dataset ON 1 = 1")


def statement_cases(site):
    yield "statements", [f"{text[:60]}: {problem}" for text in STATEMENTS
                         for problem in refusal(site, text, "line ")]
    yield "clauses", [f"{clause}: {problem}" for clause in CLAUSES
                      for problem in refusal(site, f"SELECT obs_id{FROM} {clause}", "line 1, column")]
    both = [f"{text!r}: {problem}" for text in (f"{COUNT};", f"{COUNT} ; -- end", f"{COUNT} --",
                                               f"--; DROP TABLE dataset\n{COUNT}",
                                               f"{COUNT} WHERE obs_id <> '; DROP TABLE dataset; --'",
                                               f"{COUNT} WHERE obs_id <> '/*'")
            for problem in answer(site, text, str(site.total))]
    yield "what looks like two statements and is one", both


# ---- characters

LOOKALIKES = {
    "\uff33ELECT 1 AS a FROM ivoa.obscore": "U+FF33",  # full width
    "\u017fELECT 1 AS a FROM ivoa.obscore": "U+017F",  # long s, an S in upper case
    "SELECT 1 AS a FROM ivoa.obscore WHERE obs_id LI\u212aE 'o'": "U+212A",  # the Kelvin sign
    "SELECT s_r\u0430 FROM ivoa.obscore": "U+0430",  # Cyrillic
    "SELECT 1 AS a FROM ivoa.obsc\u043ere": "U+043E",
    "SELECT 1 AS a FROM ivoa\u2024obscore": "U+2024",  # one dot leader
    "SELECT 1 AS a FROM ivoa.obscore WHERE obs_id = \u2018o1\u2019": "was ' meant",
    "SELECT 1 AS a FROM ivoa.obscore WHERE obs_id = \uff07o1\uff07": "U+FF07",
    "SELECT 1 AS a FROM ivoa.obscore WHERE s_ra = \u0661": "U+0661",  # an Arabic digit
    "SELECT 1 AS a FROM ivoa.obscore WHERE s_ra \u2265 1": "was >= meant",
    "SELECT 1 AS a FROM ivoa.obscore\u037e DROP TABLE dataset": "was ; meant",
    "SELECT\u00a01 AS a FROM ivoa.obscore": "was a blank meant",
    "SELECT\u20281 AS a FROM ivoa.obscore": "U+2028",
    "SELECT 1 AS a FROM ivoa.obscore \u202e--": "U+202E",  # from right to left
    "\ufeffSELECT 1 AS a FROM ivoa.obscore": "U+FEFF",
    "SELECT 1 AS a FROM ivoa.obscore WHERE obs_id = 'o1\u2019 OR 1=1 --": "has no end",
    "SELECT \"s_r\u0430\" FROM ivoa.obscore": "there is no column",
    "SELECT \"s_ra\u0301\" FROM ivoa.obscore": "there is no column",
    "SELECT \"s_ra\u200b\" FROM ivoa.obscore": "there is no column",
    "SELECT 1 AS a FROM \"ivoa\".\"obscore\u200b\"": "there is no table",
}
NUL = ("SELECT \"s_ra\0\" FROM ivoa.obscore", "SELECT \"s_ra\0x\" FROM ivoa.obscore",
       "SELECT 1 AS \"a\0\" FROM ivoa.obscore", "SELECT s_ra\0 FROM ivoa.obscore",
       "SELECT 1 AS a FROM ivoa.obscore WHERE obs_id = 'o1\0'", "\0SELECT 1 AS a FROM ivoa.obscore",
       "SELECT 1 AS a FROM ivoa.obscore\0; DROP TABLE dataset",
       "SELECT 1 AS a FROM ivoa.obscore -- \0")


def character_cases(site):
    for text, words in LOOKALIKES.items():
        yield f"{ascii(text)[:70]}", refusal(site, text, words)
    yield "NUL", [f"{text!r}: {problem}" for text in NUL
                  for problem in refusal(site, text, "control characters")]
    for body in (b"%ff", b"%c3%28", b"%ed%a0%80", b"%f4%90%80%80", b"%c0%af", b"%e2%82"):
        reply = site.request("POST", "/tap/sync", b"LANG=ADQL&QUERY=SELECT+1+AS+%22" + body
                             + b"%22+FROM+ivoa.obscore",
                             [("Content-Type", "application/x-www-form-urlencoded")])
        yield f"{body.decode()} is not UTF-8", [] if reply.status == 400 and "UTF-8" in reply.said \
            else [f"{reply.status} {reply.text[:200]}"]
    odd = "\u03b1 \u4e2d\u6587 \U0001f52d \u202e\u0301"
    reply = site.ask(f"SELECT TOP 1 '{odd}' AS \"{odd}\"{FROM}")
    yield "such characters in texts and names", [] if reply.status == 200 and \
        reply.rows == [[odd]] and odd in reply.text.splitlines()[0] else [reply.text[:200]]


def schema_of(site):
    """What a statement that was run would have changed."""
    path = f"{site.folder}/archive.sqlite"
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        return [connection.execute(sql).fetchall() for sql in (
            "SELECT name, sql FROM sqlite_schema ORDER BY name", "PRAGMA user_version",
            "PRAGMA application_id", "SELECT COUNT(*), TOTAL(s_ra) FROM dataset")]


def cases(site):
    before = schema_of(site)
    responders = set(site.responders())
    for part in (long_cases, deep_cases, list_cases, function_cases, pragma_cases, statement_cases,
                 character_cases):
        yield from part(site)
    yield "the data base is as it was", [] if schema_of(site) == before else ["it has changed"]
    yield "no responder has died", [] if set(site.responders()) == responders else [
        f"{sorted(responders)}, now {sorted(site.responders())}"]
    yield "memory is bounded", [] if site.largest() < MOST_MEMORY else [f"{site.largest():.0f} MiB"]
    yield "the service goes on", answer(site, COUNT, str(site.total))
