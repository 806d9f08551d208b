"""What curl gets: methods, forms, byte ranges, conditions, errors."""

import pathlib
import re
import subprocess
import tempfile
from dataclasses import dataclass

import harness


@dataclass
class Got:
    status: int
    headers: dict
    body: bytes

    def text(self):
        return self.body.decode("utf-8", "replace")


def curl(url, *options):
    """Runs curl; a transfer that curl calls broken raises."""
    with tempfile.TemporaryDirectory(prefix="soda-test-") as folder:
        head, body = pathlib.Path(folder, "head"), pathlib.Path(folder, "body")
        done = subprocess.run(["curl", "--silent", "--show-error", "--max-time", "60",
                               "--dump-header", str(head), "--output", str(body), *options, url],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"curl ended with {done.returncode}: {done.stderr.strip()}")
        blocks = head.read_text("latin-1").replace("\r", "").strip().split("\n\n")
        lines = blocks[-1].split("\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in
                   (line.partition(":") for line in lines[1:])}
        content = body.read_bytes() if body.exists() else b""
        return Got(int(lines[0].split()[1]), headers, content)


def expect(got, status, **headers):
    """Sentences about a status or headers (underscores for hyphens) that are not as expected; a
    header's value is a regular expression."""
    problems = []
    if got.status != status:
        problems.append(f"status {got.status}, expected {status}: {got.text()[:150]}")
    for name, pattern in headers.items():
        value = got.headers.get(name.replace("_", "-"))
        if value is None or not re.search(pattern, value):
            problems.append(f"{name.replace('_', '-')} is {value!r}, expected {pattern}")
    return problems


class Session:
    def __init__(self, url, identifier, circle, miss):
        self.sync = f"{url}/sync"
        self.params = [("ID", identifier), ("CIRCLE", circle)]
        self.identifier, self.miss = identifier, miss
        self.whole = self.get(self.params)

    def get(self, params, *options):
        query = harness.query_string(params)
        return curl(self.sync + (f"?{query}" if query else ""), *options)

    def post(self, params, flag, *options):
        fields = [part for name, value in params for part in (flag, f"{name}={value}")]
        return curl(self.sync, *fields, *options)

    def cases(self):
        """Pairs (name, problems)."""
        for method in sorted(name for name in dir(self) if name.startswith("case_")):
            name = method[len("case_"):].replace("_", "-")
            try:
                yield f"curl {name}", getattr(self, method)()
            except Exception as error:
                yield f"curl {name}", [f"{type(error).__name__}: {error}"]

    def same(self, got):
        """The same file as the plain GET gave."""
        different = [] if got.body == self.whole.body else ["the body differs from GET's"]
        return expect(got, 200) + different

    def case_get(self):
        name = r'attachment; filename="[\x21-\x7e]{1,120}\.fits"'
        return expect(self.whole, 200, content_type="^application/fits$", etag='^(W/)?"[^"]+"$',
                      content_length=f"^{len(self.whole.body)}$", content_disposition=name,
                      accept_ranges="bytes")

    def case_get_again(self):
        again = self.get(self.params)
        same = again.headers.get("etag") == self.whole.headers.get("etag")
        return self.same(again) + ([] if same else ["the ETag of the same request changed"])

    def case_head(self):
        got = self.get(self.params, "--head")
        problems = expect(got, 200)
        for name in ("content-type", "content-length", "etag", "content-disposition"):
            if got.headers.get(name) != self.whole.headers.get(name):
                problems.append(f"{name} is {got.headers.get(name)!r}, GET says "
                                f"{self.whole.headers.get(name)!r}")
        return problems

    def case_post_urlencoded(self):
        return self.same(self.post(self.params, "--data-urlencode"))

    def case_post_multipart(self):
        return self.same(self.post(self.params, "--form-string"))

    def case_post_with_query(self):
        query = harness.query_string(self.params[:1])
        name, value = self.params[1]
        return self.same(curl(f"{self.sync}?{query}", "--data-urlencode", f"{name}={value}"))

    def case_names_in_any_case(self):
        return self.same(self.get([(name.lower(), value) for name, value in self.params]))

    def part(self, spelling, first, last):
        got = self.get(self.params, "--range", spelling)
        total = len(self.whole.body)
        problems = expect(got, 206, content_range=f"^bytes {first}-{last}/{total}$",
                          content_length=f"^{last - first + 1}$")
        if got.body != self.whole.body[first:last + 1]:
            problems.append("the bytes are not those of the range")
        return problems

    def case_range_first(self):
        return self.part("0-2879", 0, 2879)

    def case_range_middle(self):
        total = len(self.whole.body)
        return self.part(f"{total // 2 - 7}-{total // 2 + 9}", total // 2 - 7, total // 2 + 9)

    def case_range_open(self):
        total = len(self.whole.body)
        return self.part(f"{total - 3000}-", total - 3000, total - 1)

    def case_range_last(self):
        total = len(self.whole.body)
        return self.part("-100", total - 100, total - 1)

    def case_range_beyond(self):
        got = self.get(self.params, "--range", f"{len(self.whole.body)}-")
        return expect(got, 416, content_range=rf"^bytes \*/{len(self.whole.body)}$")

    def case_if_range(self):
        tag = self.whole.headers["etag"]
        good = self.get(self.params, "--range", "0-9", "--header", f"If-Range: {tag}")
        stale = self.get(self.params, "--range", "0-9", "--header", 'If-Range: "stale"')
        return expect(good, 206) + self.same(stale)

    def case_if_none_match(self):
        tag = self.whole.headers["etag"]
        got = self.get(self.params, "--header", f"If-None-Match: {tag}")
        problems = expect(got, 304, etag=f"^{re.escape(tag)}$")
        problems += ["304 with a body"] if got.body else []
        other = self.get(self.params, "--header", 'If-None-Match: "stale"')
        return problems + self.same(other)

    def case_compressed(self):
        return self.same(self.get(self.params, "--compressed"))

    def case_kept_connection(self):
        url = f"{self.sync}?{harness.query_string(self.params)}"
        got = curl(url, url, "--output", "/dev/null")
        return expect(got, 200)

    def case_no_overlap(self):
        got = self.get([("ID", self.identifier), ("CIRCLE", self.miss)])
        problems = expect(got, 204, x_soda_nocontent=r"^\w+: .+")
        return problems + (["204 with a body"] if got.body else [])

    def case_without_parameters(self):
        return expect(self.get([]), 200, content_type="xml")

    def case_format_asked(self):
        return expect(self.get(self.params + [("RESPONSEFORMAT", "image/fits")]), 200,
                      content_type="^image/fits")

    def case_format_accepted(self):
        return expect(self.get(self.params, "--header", "Accept: image/fits"), 200,
                      content_type="^image/fits")

    def refused(self, params, status, code, *says, options=()):
        got = self.get(params, *options)
        problems = expect(got, status, content_type="^text/plain")
        if not got.text().startswith(code + ":"):
            problems.append(f"the text does not start with {code}: {got.text()[:80]!r}")
        return problems + [f"the text does not name {word}: {got.text()[:150]!r}"
                           for word in says if word not in got.text()]

    def case_format_unknown(self):
        got = self.get(self.params + [("RESPONSEFORMAT", "image/x-none")])
        return [] if got.status in (400, 415) else [f"status {got.status}, expected 400 or 415"]

    def case_unknown_id(self):
        return self.refused([("ID", "ivo://test.example/none?nothing")], 404, "UsageError")

    def case_missing_id(self):
        return self.refused(self.params[1:], 400, "UsageError", "ID")

    def case_malformed_circle(self):
        return self.refused(self.params[:1] + [("CIRCLE", "1 2")], 400, "UsageError", "CIRCLE")

    def case_nan(self):
        return self.refused(self.params[:1] + [("CIRCLE", "1 2 NaN")], 400, "UsageError", "CIRCLE")

    def case_negative_radius(self):
        return self.refused(self.params[:1] + [("CIRCLE", "1 2 -1")], 400, "UsageError", "CIRCLE")

    def case_two_circles(self):
        return self.refused(self.params + self.params[1:], 400, "MultiValuedParamNotSupported",
                            "CIRCLE")

    def case_near_miss_of_a_name(self):
        return self.refused(self.params[:1] + [("CIRCLES", "1 2 3")], 400, "UsageError", "CIRCLES",
                            "CIRCLE")

    def case_unknown_parameter(self):
        got = self.get(self.params + [("X-OTHER", "1"), ("RUNID", "job 7")])
        return self.same(got) + expect(got, 200, x_ignored_params="(?i)x-other")

    def case_method_not_allowed(self):
        got = self.get(self.params, "--request", "DELETE")
        return expect(got, 405, allow="GET.*HEAD.*POST|POST")
