"""docs/api.md says what the code does: its tables are the code's, its examples are of the forms they claim."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec
import pytest

from node.api import errors, forms, forms_intents, forms_stream
from node.api.errors import ApiError
from node.api.openapi import document
from node.api.operations import OPERATIONS
from node.api.settings import MAX_PAGE, Limits
from node.api.stream import Close

TEXT = (Path(__file__).resolve().parents[4] / "docs" / "api.md").read_text()
EXAMPLES = re.findall(r"<!-- (\w+) -->\n```json\n(.*?)```", TEXT, re.DOTALL)


def rows(heading: str) -> list[list[str]]:
    """Cells of the table that begins with this heading line."""
    lines = TEXT[TEXT.index(heading) :].splitlines()[2:]
    table = lines[: next(i for i, line in enumerate([*lines, ""]) if not line.startswith("|"))]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def paths() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(document())["paths"]
    return found


def test_the_table_of_operations_is_the_document() -> None:
    """Method, path, summary and token, row by row."""
    described = [
        [method.upper(), f"`{path}`", about["summary"], "yes" if about.get("security") else ""]
        for path, methods in paths().items()
        for method, about in methods.items()
    ]
    assert sorted(rows("| method | path |")) == sorted(described)
    assert [row[:2] for row in rows("| method | path |")] == [[one.method, f"`{one.path}`"] for one in OPERATIONS]


def test_limits_errors_and_close_codes_are_the_codes_own() -> None:
    """With their numbers."""
    limits = {row[0].split("`")[1]: row[1].replace(",", "") for row in rows("| limit | default |")}
    assert limits == {one.name: str(getattr(Limits(), one.name)) for one in fields(Limits)}
    kinds = {f"`{kind.code}`": str(kind.status) for kind in ApiError.__subclasses__()}
    assert {row[0]: row[1] for row in rows("| code | status | when |")} == kinds
    closes = {row[0]: row[1] for row in rows("| close code | name | why |")}
    assert closes.pop("1009") == ""
    assert closes == {str(code.value): code.name.lower() for code in Close}
    assert f"`limit` is 1 to {MAX_PAGE}," in TEXT


def test_topics_are_those_that_can_be_asked_for() -> None:
    """And no others."""
    for name, _ in rows("| topic | one event is |"):
        topic = name.strip("`").replace("…", "ab")
        msgspec.convert({"type": "subscribe", "topics": [topic]}, forms_stream.Subscribe)


@pytest.mark.parametrize(("name", "text"), EXAMPLES)
def test_examples_are_of_their_forms(name: str, text: str) -> None:
    """Complete, and with no field that the form does not have."""
    form = next(getattr(one, name) for one in (errors, forms, forms_intents, forms_stream) if hasattr(one, name))
    example = json.loads(text)
    assert msgspec.to_builtins(msgspec.convert(example, form)).items() >= example.items()


def test_there_are_examples() -> None:
    """Of what users meet first."""
    assert {name for name, _ in EXAMPLES} >= {
        "SubmittedForm",
        "IntentForm",
        "Problem",
        "Subscribe",
        "Event",
        "Reset",
    }


def test_the_document_is_whole() -> None:
    """References lead somewhere; operations say what they answer, and writes that they need the token."""
    whole = json.loads(document())
    references = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(whole)))
    assert references <= set(whole["components"]["schemas"])
    names = [about["operationId"] for methods in whole["paths"].values() for about in methods.values()]
    assert len(names) == len(set(names)) == len(OPERATIONS)
    for methods in whole["paths"].values():
        for method, about in methods.items():
            statuses = set(about["responses"])
            assert any(status.startswith("2") for status in statuses)
            assert {"400", "403", "414", "429", "500"} <= statuses
            assert ("401" in statuses) is ("security" in about)
            assert ("requestBody" in about) is (method == "post")
