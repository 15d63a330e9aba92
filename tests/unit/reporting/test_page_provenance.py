"""The page's provenance agrees with the files."""

import re

from tests.support.report_page import names


def table(report, name):
    """Run to key to text of a table, in the order of its rows."""
    rows = {}
    for key, around, text, where in report[0].cells:
        if where == name:
            rows.setdefault(around["data-run"], {})[key] = text
    return rows


def test_settings_are_listed_as_shared_or_by_run(report):
    runs = report[2]
    settings = {run: runs.json(run, "run.json")["settings"] for run in names(report)}
    shared, own = {}, []
    for key in dict.fromkeys(key for run in settings.values() for key in run):
        values = [run.get(key) for run in settings.values()]
        if all(value == values[0] for value in values):
            shared[key.replace("_", " ")] = str(values[0])
        else:
            own.append(key)
    (line,) = (text for key, _, text, _ in report[0].cells if key == "protocol")
    same = re.fullmatch(r"Protocol \w+: (.*?)(?:; by run: (.*))?\.", line)
    assert dict(re.fullmatch(r"(.*) (\S+)", part).groups() for part in same[1].split(", ")) == shared
    assert (same[2].split(", ") if same[2] else []) == [key.replace("_", " ") for key in own]
    assert line in report[1]
    rows = table(report, "settings")
    assert list(rows) == (names(report) if own else [])
    for run, cells in rows.items():
        assert cells == {key.replace("_", " "): str(settings[run].get(key, "–")) for key in own}


def test_machine_versions_commit_and_data_of_each_run(report):
    runs, told, unnamed = report[2], {}, 0
    for cells in table(report, "origins").values():
        members, _, more = cells["members"].partition(" and ")
        told |= dict.fromkeys(members.split(", "), cells)
        unnamed += int(more.removesuffix(" more") or 0)
    assert set(told) <= set(names(report))
    assert len(told) + unnamed == len(names(report))
    for run, cells in told.items():
        place, commit = runs.json(run, "environment.json"), runs.json(run, "environment.json")["git"]["git_commit"]
        hardware = place["hardware"]
        cores = "1 core" if hardware["cores"] == 1 else f"{hardware['cores']} cores"
        assert f"{cells['machine']}, ".startswith(f"{hardware['processor']}, {cores}, ")
        for thing in (*(hardware["bfloat16"] or []), *(gpu["name"] for gpu in hardware["gpus"] or [])):
            assert f", {thing}" in cells["machine"]
        versions = ", ".join(f"{name} {version}" for name, version in place["versions"].items())
        onednn = f", {'with' if place['onednn'] else 'without'} oneDNN" if "onednn" in place else ""
        assert cells["numerics"] == f"precision {place['precision']}, threads {place['threads']}{onednn}; {versions}"
        assert cells["host"] == place["host"]
        assert cells["commit"].split(",")[0] == commit[:12]
        assert (", with uncommitted changes" in cells["commit"]) == (not place["git"]["git_clean"])
        assert cells["data"] == runs.json(run, "run.json")["data_digest"][:12]
        assert cells["numerics"] in report[1]


def test_commit_of_the_report(report):
    (head,) = (text for key, _, text, _ in report[0].cells if key == "head")
    assert head == "none" or re.fullmatch(r"[0-9a-f]{7,40}", head)
