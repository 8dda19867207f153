"""Reads what Aforo writes as its consumers do, and fails on what they would refuse.

Usage: check.py junit|openmetrics, with a JSON array of {"name": …, "text": …} on standard input. Prints a line a problem.
"""

import json
import re
import shlex
import sys
from pathlib import Path

from lxml import etree
from prometheus_client.openmetrics.parser import text_string_to_metric_families

SCHEMA = Path(__file__).parent.parent / "fixtures" / "schemas" / "jenkins-junit.xsd"


def junit_problems(text):
    """What the schema of Jenkins' xUnit plug-in says, and counts that do not agree with the cases."""
    root = etree.fromstring(text.encode(), etree.XMLParser(huge_tree=True))
    schema = etree.XMLSchema(etree.parse(str(SCHEMA)))
    schema.validate(root)
    problems = [str(error) for error in schema.error_log]
    for suite in root.iter("testsuite", "testsuites"):
        for attribute, element in [("tests", "testcase"), ("failures", "failure"), ("errors", "error")]:
            told, seen = int(suite.get(attribute)), len(list(suite.iter(element)))
            if told != seen:
                problems.append(f"{suite.tag} tells of {told} {attribute}, and there are {seen}")
    return problems


def openmetrics_problems(text):
    """What the official parser says, and lines that GitLab would not take for one name and one number."""
    problems = []
    families = list(text_string_to_metric_families(text))
    samples = sum(len(family.samples) for family in families)
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    if samples != len(lines):
        problems.append(f"{len(lines)} lines became {samples} samples")
    names = set()
    for line in lines:
        # GitLab leaves out what follows a `#`, and splits the rest as a shell does.
        fields = shlex.split(re.sub("#.*$", "", line))
        if len(fields) != 2:
            problems.append(f"GitLab splits {line[:200]!r} into {len(fields)} fields")
            continue
        float(fields[1])
        names.add(fields[0])
    if len(names) != len(lines):
        problems.append(f"GitLab tells {len(names)} names apart, and there are {len(lines)}")
    return problems


def main():
    check = {"junit": junit_problems, "openmetrics": openmetrics_problems}[sys.argv[1]]
    for document in json.load(sys.stdin):
        try:
            problems = check(document["text"])
        except Exception as error:  # a reader that gives up is a problem like any other
            problems = [f"{type(error).__name__}: {error}"]
        for problem in problems:
            print(f"{document['name']}: {problem}")


main()
