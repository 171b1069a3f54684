"""HTTP: a use case is declared once, and from that come validation, authority, metrics and OpenAPI.

    class Api:
        name = "cases"

        @post("/cases/<uuid:case_id>/resolve", body=Resolve, answers=CaseView, roles=HANDLERS)
        def resolve(self, tx, request, case_id):
            ...

The decorator owns the transaction (see `endpoint.py` for the order of things). A handler returns what the
`answers` schema dumps; a `version` in it becomes the ETag.
"""

from shared.http.endpoint import Download, NotYours, Page, Raw, Request, page
from shared.http.forms import File, Sent
from shared.http.routes import Refusals, Route, delete, get, patch, post, put, routes_of
from shared.http.schemas import (
    AreaCode,
    Flag,
    PageQuery,
    Place,
    Schema,
    TableQuery,
    decode_cursor,
    encode_cursor,
    page_of,
    whole_number,
)
from shared.http.tables import TABLES, table

__all__ = [
    "TABLES",
    "AreaCode",
    "Download",
    "File",
    "Flag",
    "NotYours",
    "Page",
    "PageQuery",
    "Place",
    "Raw",
    "Refusals",
    "Request",
    "Route",
    "Schema",
    "Sent",
    "TableQuery",
    "decode_cursor",
    "delete",
    "encode_cursor",
    "get",
    "page",
    "page_of",
    "patch",
    "post",
    "put",
    "routes_of",
    "table",
    "whole_number",
]
