"""A list as a file: whole before it is sent, sent piece by piece, closed afterwards."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder

from shared import http, tables
from shared.http import endpoint

COLUMNS = (tables.Column("编号", "number"),)
TABLE: Any = SimpleNamespace(query={"format": "csv"})


def test_a_file_is_sent_in_pieces_and_closed() -> None:
    file = io.BytesIO(b"x" * 200_000)
    download = http.Download(file=file, content_type="text/plain", name="事项.csv")

    answer = endpoint._sending(download, 200)
    assert answer.is_streamed
    told: list[Any] = []
    pieces: Any = answer(EnvironBuilder().get_environ(), lambda *said: told.extend(said))
    sizes = [len(piece) for piece in pieces]
    pieces.close()

    status, headers = told[0], dict(told[1])
    assert status == "200 OK"
    assert sum(sizes) == 200_000
    assert max(sizes) <= 65_536
    assert headers["Content-Length"] == "200000"
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''%E4%BA%8B%E9%A1%B9.csv"
    assert file.closed


def test_a_table_is_named_after_the_list_and_its_moment() -> None:
    made = http.table(TABLE, name="事项", columns=COLUMNS, rows=[{"number": "1"}])

    made.file.seek(0)
    assert made.file.read().decode("utf-8-sig") == "编号\r\n1\r\n"
    assert made.name.startswith("事项-20")
    assert made.name.endswith(".csv")
    made.file.close()


def test_a_table_that_fails_is_an_error_and_no_file() -> None:
    with pytest.raises(tables.TooManyRows):
        http.table(TABLE, name="事项", columns=COLUMNS, rows=[{"number": "1"}] * 3, most=2)


def test_a_list_may_be_asked_in_both_forms_and_no_other() -> None:
    schema = http.TableQuery()

    assert schema.load({})["format"] == "csv"
    assert schema.load({"format": "xlsx"})["format"] == "xlsx"
    assert schema.validate({"format": "pdf"})
