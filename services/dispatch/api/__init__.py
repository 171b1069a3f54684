"""The dispatch API: one class, put together from the use cases of each concept."""

from services.dispatch.api.appeals import AppealsApi
from services.dispatch.api.arbitration import ArbitrationApi
from services.dispatch.api.assessments import AssessmentsApi
from services.dispatch.api.clocks import ClocksApi
from services.dispatch.api.duty import DutyApi
from services.dispatch.api.figures import FiguresApi
from services.dispatch.api.joint_supervisions import JointSupervisionsApi
from services.dispatch.api.limits import LimitsApi
from services.dispatch.api.notices import NoticesApi
from services.dispatch.api.orders import OrdersApi
from services.dispatch.api.rankings import RankingsApi
from services.dispatch.api.rating import RatingApi
from services.dispatch.api.reports import ReportsApi
from services.dispatch.api.responsibility import ResponsibilityApi
from shared.http.operations import operations


class Api(
    OrdersApi,
    AppealsApi,
    ArbitrationApi,
    AssessmentsApi,
    ClocksApi,
    DutyApi,
    FiguresApi,
    JointSupervisionsApi,
    LimitsApi,
    NoticesApi,
    RankingsApi,
    RatingApi,
    ReportsApi,
    ResponsibilityApi,
    operations("dispatch"),  # type: ignore[misc]
):
    """Orders, tasks, clocks, ratings, rankings, the responsibility list, duty rosters and notices."""

    name = "dispatch"
