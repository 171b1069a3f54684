"""The cases API: one class, put together from the use cases of each concept."""

from services.cases.api.appointments import AppointmentsApi
from services.cases.api.attachments import AttachmentsApi
from services.cases.api.callers import CallersApi
from services.cases.api.catalogue import CatalogueApi
from services.cases.api.disputes import DisputesApi
from services.cases.api.documents import DocumentsApi
from services.cases.api.duplicates import DuplicatesApi
from services.cases.api.hearing import HearingApi
from services.cases.api.holding import HoldingApi
from services.cases.api.lists import ListsApi
from services.cases.api.matters import MattersApi
from services.cases.api.meetings import MeetingsApi
from services.cases.api.notices import NoticesApi
from services.cases.api.open311 import Open311Api
from services.cases.api.open311_admin import Open311AdminApi
from services.cases.api.owed import OwedApi
from services.cases.api.progress import ProgressApi
from services.cases.api.projects import ProjectsApi
from services.cases.api.rates import RatesApi
from services.cases.api.reporting import ReportingApi
from shared.http.operations import operations


class Api(
    MattersApi,
    AppointmentsApi,
    AttachmentsApi,
    CallersApi,
    CatalogueApi,
    DisputesApi,
    DocumentsApi,
    DuplicatesApi,
    HearingApi,
    HoldingApi,
    ListsApi,
    MeetingsApi,
    ProgressApi,
    NoticesApi,
    Open311Api,
    Open311AdminApi,
    OwedApi,
    ProjectsApi,
    RatesApi,
    ReportingApi,
    operations("cases"),  # type: ignore[misc]
):
    """Matters, their timelines and the catalogue."""

    name = "cases"
