#!/usr/bin/env python3
"""What .ci/chart asks of the chart and no tool answers. Tells what is wrong on standard error and exits 1.

chart.py schema             the options under `config` in values.schema.json, as the README's table has them
chart.py coverage           every value has a comment, and is set in a unit test
chart.py builtin FILE...    the objects of these files but those of CRDs
chart.py checkov < JSON     failed checks of Checkov that nothing below excuses
"""
import json
import pathlib
import re
import sys

import yaml

CHART = pathlib.Path(__file__).resolve().parent.parent / "chart"

# Options that are values elsewhere, or of a command that ends.
NOT_CONFIG = set("port http httpsPort managementPort tlsCertificate tlsKey tlsClientCertificates tlsClientCa message products "
                 "writeTokenFile logLevel logFormat drainDelay drainTimeout drainIdle gracePeriod check timeout ca insecure "
                 "directory days connections rate close duration method path header output allowLost maxP99 faults "
                 "diagnostics".split())

# A pod of `helm test` asks once and ends: nothing could probe it.
EXCUSED = {("CKV_K8S_8", "Pod"), ("CKV_K8S_9", "Pod")}


def rule(values):
    """The schema of what the README says that an option may be."""
    if match := re.search(r"from ([\d.]+) to ([\d.]+)", values):
        low, high = (float(bound) if "." in bound else int(bound) for bound in match.groups())
        return {"type": "integer" if "whole number" in values else "number", "minimum": low, "maximum": high}
    if values == "true or false":
        return {"type": "boolean"}
    if match := re.fullmatch("one of (.+)", values):
        return {"enum": match[1].split(", ")}
    return {"type": "string", "minLength": 1}


def options():
    readme = (CHART.parent / "README.md").read_text()
    table = re.search("<!-- options -->(.*?)<!-- /options -->", readme, re.S)[1]
    found = {}
    for row in re.findall(r"^\| `--.*", table, re.M):
        option, _, values, default, text = [cell.strip() for cell in row.strip("| ").split(" | ")]
        name = re.sub("-(.)", lambda match: match[1].upper(), re.match("`--([a-z0-9-]+)", option)[1])
        found[name] = {"description": f"{text} Default: {default.strip('`')}.", **rule(values)}
    if gone := NOT_CONFIG - set(found):
        sys.exit(f"no longer options: {', '.join(sorted(gone))}")
    return {name: schema for name, schema in found.items() if name not in NOT_CONFIG}


def dump(value, indent=""):
    """JSON with everything on one line that fits there."""
    line = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(line) <= 116 or not isinstance(value, (dict, list)):
        return line
    inner = indent + "  "
    if isinstance(value, dict):
        parts, ends = [f"{json.dumps(key)}: {dump(part, inner)}" for key, part in value.items()], "{}"
    else:
        parts, ends = [dump(part, inner) for part in value], "[]"
    return ends[0] + ",".join(f"\n{inner}{part}" for part in parts) + f"\n{indent}{ends[1]}"


def schema():
    written = json.loads((CHART / "values.schema.json").read_text())
    written["properties"]["config"]["properties"] = options()
    print(dump(written))


def documented():
    """Paths in values.yaml that helm-docs lists: those below a comment that begins with `# --`."""
    path, comment = [], ""
    for line in (CHART / "values.yaml").read_text().splitlines():
        if re.match(r" *# --", line):
            comment = line
        elif match := re.match(r"( *)([A-Za-z]+):", line):
            path[len(match[1]) // 2:] = [match[2]]
            if comment:
                yield ".".join(path)
            comment = ""


def paths(values, prefix=""):
    for key, value in values.items():
        yield prefix + key
        if isinstance(value, dict):
            yield from paths(value, f"{prefix}{key}.")


def within(path, other):
    return path == other or path.startswith(other + ".")


def coverage():
    tested = set()
    for file in sorted(CHART.glob("tests/*_test.yaml")):
        suite = yaml.safe_load(file.read_text())
        for test in [suite, *suite["tests"]]:
            tested.update(paths(test.get("set", {})))
    known = list(documented())
    for path in paths(yaml.safe_load((CHART / "values.yaml").read_text())):
        if not any(within(path, other) or within(other, path) for other in known):
            sys.exit(f"{path}: no comment in values.yaml")
    if missing := [path for path in known if not any(within(other, path) for other in tested)]:
        sys.exit(f"set in no unit test: {', '.join(missing)}")
    print(f"{len(known)} values, each set in a unit test")


def builtin(*files):
    for file in files:
        for found in yaml.safe_load_all(pathlib.Path(file).read_text()):
            group = found["apiVersion"].rpartition("/")[0] if found else None
            if group is not None and ("." not in group or group.endswith(".k8s.io") and "gateway" not in group):
                print("---")
                yaml.safe_dump(found, sys.stdout)


def checkov():
    report = json.load(sys.stdin)
    failed = [check for check in report["results"]["failed_checks"]
              if (check["check_id"], check["resource"].split(".")[0]) not in EXCUSED]
    for check in failed:
        print(f"{check['check_id']} {check['check_name']}: {check['resource']} in {check['file_path']}", file=sys.stderr)
    passed = report["summary"]["passed"]
    print(f"{passed} checks passed, {len(failed)} failed")
    if failed or not passed:
        sys.exit(1)


if __name__ == "__main__":
    {"schema": schema, "coverage": coverage, "builtin": builtin, "checkov": checkov}[sys.argv[1]](*sys.argv[2:])
