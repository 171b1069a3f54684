"""What people read for the codes of matters: titles of tables and tabs."""

STATES = {
    "received": "已受理",
    "triaged": "已分级",
    "handling": "办理中",
    "resolved": "已办理",
    "checked": "已核查",
    "called_back": "已回访",
    "closed": "已办结",
    "declined": "不予受理",
    "merged": "合并办理",
    "withdrawn": "已撤回",
}
HOLDS = {"deferred": "缓办", "listed": "挂账"}
CHANNELS = {
    "resident": "居民上报",
    "wechat_group": "微信群",
    "patrol": "巡查",
    "visit": "走访",
    "department_round": "部门巡查",
    "direct_line": "双报到直通车",
    "hotline_12345": "12345 热线",
    "hotline_12319": "12319 热线",
    "community_desk": "民情热线",
    "suggestion_box": "意见箱",
    "residents_meeting": "居民问需会",
    "sensor": "视频或传感器",
    "open311": "Open311",
    "other_system": "其他系统",
}
URGENCIES = {"ordinary": "一般", "urgent": "紧急", "emergency": "突发"}
LEVELS = {"grid": "网格", "community": "社区", "subdistrict": "街道", "district": "区县"}
SATISFACTIONS = {
    "very_satisfied": "非常满意",
    "satisfied": "满意",
    "neutral": "一般",
    "unhappy": "不满意",
    "very_unhappy": "非常不满意",
}
STALLED = {
    "no_progress": "超时无进展",
    "order_not_opened": "派单未开立",
    "task_not_answered": "部门未签收",
    "nobody_assigned": "网格无人负责",
}
TABS = {
    "new": "待受理",
    "handling": "办理中",
    "due_soon": "即将超期",
    "overdue": "已超期",
    "to_check": "待核查",
    "to_call_back": "待回访",
    "on_hold": "挂起",
    "stalled": "停滞",
    "closed": "已办结",
}
