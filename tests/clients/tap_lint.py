"""STILTS' taplint: zero errors and failures, and no warnings but those that cannot be helped."""

import re
import subprocess

STAGES = "TMV TME TMS TMC CPV CAP AVV QGE QPO QAS UWS MDQ OBS UPL EXA"
# Behind a gateway of tests there is no Server header of ours; letters of feature ids.
ACCEPTED = {"W-CAP-SVR0", "W-CAP-SVRV", "W-CAP-CULF"}
LINE = re.compile(r"^([EWF])-(\w+)-(\w+)(?:-\d+)? (.*)$")


def cases(url, _site):
    done = subprocess.run(["stilts", "taplint", f"tapurl={url}/tap", f"stages={STAGES}",
                           "report=EWFS", "maxrepeat=5"], capture_output=True, text=True,
                          timeout=1200, check=False)
    text = done.stdout + done.stderr
    yield "ends", [] if "Totals:" in text else [text[-500:]]
    found = {stage: [] for stage in STAGES.split()}
    for line in text.splitlines():
        match = LINE.match(line.strip())
        if match and f"{match[1]}-{match[2]}-{match[3]}" not in ACCEPTED:
            found.setdefault(match[2], []).append(line.strip())
    for stage, problems in found.items():
        yield stage, problems
