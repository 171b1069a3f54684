"""Answering a list as a file: CSV or XLSX, as the caller chose.

    class MatterTable(http.TableQuery, MatterFilter): ...

    @get("/cases/export", roles=…, query=MatterTable, media_type=http.TABLES, errors=(tables.TooManyRows,))
    def export(self, tx, request):
        return http.table(request, name="事项", columns=COLUMNS, rows=store.exported(tx, …))

`rows` is best a generator over `db.streamed`, so that no more than a few hundred are in memory at a time.
"""

import tempfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import BinaryIO, cast

from shared import clock, tables
from shared.http.endpoint import Download, Request

TABLES = tuple(media_type.partition(";")[0] for media_type in tables.MEDIA_TYPES.values())


def table(
    request: Request,
    *,
    name: str,
    columns: Sequence[tables.Column],
    rows: Iterable[tables.Row],
    most: int = tables.MOST_ROWS,
    at: datetime | None = None,
) -> Download:
    """A list as the file its `format` asks for; routes with a TableQuery only. Raises TooManyRows.

    Args:
        name: what the sheet and, with the moment `at` (default: now) in Beijing, the file are called.
    """
    form: tables.Format = request.query["format"]
    # Not in memory: it is closed, and with that gone, when it is sent.
    file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115
    try:
        tables.write(file, form, columns, rows, sheet=name, most=most)
    except BaseException:
        file.close()
        raise
    moment = f"{(at or clock.now()).astimezone(clock.BEIJING):%Y%m%d-%H%M%S}"
    return Download(file=file, content_type=tables.MEDIA_TYPES[form], name=f"{name}-{moment}.{form}")
