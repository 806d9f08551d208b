"""One planted fault (or more) for each rule: a rule that does not see it is no rule."""

import rules

TABLE = {"base": ([], ["fmt/"]), "sky": (["base"], ["s2/"]), "modules": (["dali/responder.h"], [])}
ROW = ("limit", "7", "s", "from 1 to 9", "")
SAMPLE = "#limit = 7\n[data_roots]\n"
MANUAL = ".It Sy limit\ntext\n.br\nDefault: 7, from 1 to 9 s\n"
WORK = "/wor" + "k/x"

# (rule, the fault, the same without it)
FAULTS = [
    (lambda f: rules.includes(f, TABLE), {"libsoda/base/a.h": '#include "sky/region.h"\n'},
     {"libsoda/sky/a.h": '#include "base/text.h"\n#include <s2/s2loop.h>\n#include <vector>\n'}),
    (lambda f: rules.includes(f, TABLE), {"libsoda/base/a.cc": "#include <sqlite3.h>\n"},
     {"libsoda/base/a.cc": "#include <sys/stat.h>\n#include <fmt/format.h>\n"}),
    (lambda f: rules.includes(f, TABLE), {"modules/a.cc": '#include "dali/param.h"\n'},
     {"modules/a.cc": '#include "dali/responder.h"\n'}),
    (lambda f: rules.includes(f, TABLE), {"modules/a.cc": '#include "a.h"\n'},
     {"modules/a.cc": '#include "a.h"\n', "modules/a.h": ""}),
    (lambda f: rules.includes(f, TABLE), {"libsoda/attic/a.h": ""}, {"libsoda/sky/a.h": ""}),
    (rules.forbidden_functions, {"libsoda/a.cc": "int x = std::stoi(text);\n"},
     {"libsoda/a.cc": '// std::stoi( is forbidden\nauto x = "atoi(";\nrow.system(1);\n'}),
    (rules.forbidden_functions, {"libsoda/a.cc": "double x = ::strtod (a, nullptr);\n"},
     {"libsoda/a.cc": "my_strtod(a);\n"}),
    (rules.forbidden_functions, {"libsoda/a.cc": "std::longjmp(a, 1);\n"},
     {"libsoda/image/png.cc": "std::longjmp(a, 1);\n"}),
    (rules.ascii_code, {"libsoda/a.cc": "int größe = 1;\n"},
     {"libsoda/a.cc": "int x = 1'000;  // Größe\nauto y = \"°\";\n"}),
    (rules.namespaces, {"libsoda/sky/a.h": "namespace soda::wcs {\n"},
     {"libsoda/sky/a.h": "namespace soda::sky {\n", "libsoda/base/b.h": "namespace soda {\n"}),
    (rules.header_guards, {"libsoda/sky/a.h": "// What.\n"},
     {"libsoda/sky/a.h": "// What.\n#pragma once\n"}),
    (rules.header_guards, {"libsoda/sky/a.h": "#pragma once\n"},
     {"libsoda/sky/a.h": "// What.\n#pragma once\n"}),
    (rules.length, {"README": "x\n" * 601}, {"README": "x\n" * 600}),
    (rules.text_form, {"README": "x"}, {"README": "x\n"}),
    (rules.text_form, {"README": "x \n"}, {"README": "x\n"}),
    (rules.text_form, {"README": "x\r\n"}, {"README": "x\n"}),
    (rules.text_form, {"libsoda/a.cc": "\tx\n"}, {"libsoda/a.am": "\tx\n"}),
    (rules.machine_paths, {"README": f"see {WORK}\n"}, {"README": "see /usr/share\n"}),
    (rules.registries, {"README": "from deb.deb" + "ian.org\n"}, {"README": "from Debian\n"}),
    (rules.unfinished, {"a.cc": "// TO" + "DO\n"}, {"a.cc": "// to do it\n"}),
    (rules.top_level, {"notes/x": ""}, {"libsoda/x": "", ".gitignore": "", "README": ""}),
    (rules.python_syntax, {"a.py": "def x(:\n"}, {"a.py": "def x():\n    pass\n"}),
    (lambda s: rules.settings_sample([ROW], s), "#limit = 8\n[data_roots]\n", SAMPLE),
    (lambda s: rules.settings_sample([ROW], s), "#other = 1\n" + SAMPLE, SAMPLE),
    (lambda s: rules.settings_manual([ROW], s), MANUAL.replace("9", "8"), MANUAL),
    (lambda s: rules.settings_manual([ROW], s), ".It Sy other\ntext\n" + MANUAL, MANUAL),
    (lambda s: rules.settings_manual([ROW], s), "", MANUAL),
    (lambda s: rules.parameters_manual([("POS", "")], s), "", ".It Sy POS\nshape\n"),
    (lambda s: rules.parameters_manual([("A", "x|y")], s), ".It Sy A\nx\n", ".It Sy A\nx or y\n"),
    (lambda s: rules.parameters_manual([], s), ".It Sy POS\nshape\n", ""),
    (rules.golden_pairs, {"tests/golden/sync/a.request": ""},
     {"tests/golden/sync/a.request": "", "tests/golden/sync/a.expect": ""}),
    (lambda f: rules.golden_parameters([("POS", "")], f), {"a.request": "GET /vo/sync?ID=1\n"},
     {"a.request": "GET /vo/sync\n? pos = x\n"}),
]


def judge(report):
    for number, (rule, fault, sound) in enumerate(FAULTS):
        seen, false_alarm = list(rule(fault)), list(rule(sound))
        problems = [] if seen else [f"the fault {fault!r} is not seen"]
        problems += [f"a false alarm: {each}" for each in false_alarm]
        report.judge(f"rules/planted-fault-{number + 1}", problems)
