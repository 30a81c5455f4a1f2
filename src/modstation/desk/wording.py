"""Sentences the desk says about items and rows, in English and Simplified Chinese."""

from __future__ import annotations

from modstation.models.ids import ItemKey
from modstation.models.measures import Measure, OutboxState
from modstation.models.time import from_ms

_MEASURES: dict[Measure, tuple[str, str]] = {
    Measure.NONE: ("no measure", "不处置"),
    Measure.HIDE: ("hide", "隐藏"),
    Measure.REMOVE: ("remove", "删除"),
    Measure.RESTORE: ("restore", "恢复"),
    Measure.PURGE: ("purge", "彻底清除"),
    Measure.LOCK: ("lock the topic", "锁定主题"),
    Measure.UNLOCK: ("unlock the topic", "解锁主题"),
    Measure.DEMOTE: ("demote", "降权"),
    Measure.WARN: ("warn", "警告"),
    Measure.MUTE: ("mute", "禁言"),
    Measure.UNMUTE: ("unmute", "解除禁言"),
    Measure.BAN: ("ban", "封号"),
    Measure.UNBAN: ("unban", "解除封号"),
    Measure.RENAME: ("rename", "改名"),
    Measure.CLOSE_SECTION: ("close the section", "关闭版块"),
    Measure.LIMIT_MANAGER: ("limit the section manager", "限制版主权限"),
    Measure.REVOKE_MANAGER: ("revoke the section manager", "撤销版主"),
}

_WHY: dict[str, tuple[str, str]] = {
    "approval": ("Waits for a second person.", "等待第二人审批。"),
    "image_public": ("Hidden, but its image is still public.", "已隐藏，但图片仍可公开访问。"),
    "still_public": ("The forum said yes, but the public can still read it.", "论坛已答复，但公众仍可看到。"),
    "did_nothing": ("The forum answered yes and did nothing.", "论坛答复成功，但没有执行。"),
    "asked_to_wait": ("The forum asked us to wait.", "论坛要求稍后再试。"),
    "unreachable": ("The forum cannot be reached.", "无法连接论坛。"),
    "token": ("The forum no longer takes our token.", "论坛不再接受访问令牌。"),
    "checking": ("No answer came; looking whether it arrived.", "没有收到答复，正在核对是否已执行。"),
    "changed": ("The item has changed since it was judged.", "内容在裁定之后发生了变化。"),
    "gone": ("The item is gone at the forum; the cause is not known.", "论坛上已找不到该内容，原因不明。"),
    "old": ("The decision is older than the set age; please confirm it.", "决定时间已久，请再次确认。"),
    "before_failed": ("Not sent, because the measure before it did not take effect.", "前一项措施未生效，因此未发送。"),
    "undone": ("Withdrawn by the person who decided.", "由决定人撤回。"),
    "bad_answer": ("The forum's answer could not be used.", "论坛的答复无法识别。"),
    "absent": ("Looked again: it had not arrived. It will be sent again.", "已核对：尚未执行，将重新发送。"),
    "by-hand:send": ("Sent after a person looked at the change.", "人工核对变化后发送。"),
    "by-hand:drop": ("Dropped by a person after a conflict.", "冲突后由人工放弃。"),
    "by-hand:accept": ("Taken as done by a person after a conflict.", "冲突后由人工确认为已完成。"),
}


def measure_words(measure: Measure, days: int | None, language: str) -> str:
    """A measure with its days, as lists name it."""
    en, zh = _MEASURES[measure]
    if language.startswith("zh"):
        return f"{zh}{days}天" if days else zh
    return f"{en} for {days} days" if days else en


def what_words(kind: str, measure: Measure, flag_state: str, days: int | None, language: str) -> str:
    """What an outbox row asks of the forum."""
    chinese = language.startswith("zh")
    if kind == "close_flag":
        if flag_state == "open":
            return "重新打开举报" if chinese else "open the flags again"
        if flag_state == "rejected":
            return "关闭举报：不成立" if chinese else "close the flags: no violation"
        return "关闭举报：已处理" if chinese else "close the flags: dealt with"
    if kind == "notice":
        return "通知当事人" if chinese else "notice"
    return measure_words(measure, days, language)


def why_words(code: str, language: str = "en") -> str:
    """Our own words for why a row stands where it stands; "" for no reason."""
    if code not in _WHY:
        return code
    return _WHY[code][1 if language.startswith("zh") else 0]


def gone_title(key: ItemKey, since_ms: int) -> str:
    """What stands in a list for an item whose text was never seen or is gone."""
    if since_ms:
        return f"{key.type} {key.target} (gone at the forum since {from_ms(since_ms):%Y-%m-%d})"
    return f"{key.type} {key.target} (no text was ever received)"


def greyed_words(code: str) -> str:
    """Who acted at the forum before us, from the fold's code; "" where nobody did."""
    if not code:
        return ""
    what, state, who, _ = code.split(":", 3)
    by = f" by account {who}" if who else ""
    if what == "flag":
        return f"{'dismissed' if state == 'rejected' else 'resolved'} at the forum{by}"
    return f"{'hidden' if state == 'hidden' else 'gone'} at the forum{by or ', cause unknown'}"


def state_words(state: OutboxState, language: str) -> str:
    """An outbox state as a person reads it."""
    zh = {
        OutboxState.HELD: "保留（可撤销）",
        OutboxState.WAITING: "等待发送",
        OutboxState.SENDING: "正在发送",
        OutboxState.UNKNOWN: "结果未知",
        OutboxState.ACKNOWLEDGED: "已确认",
        OutboxState.REFUSED: "被拒绝",
        OutboxState.CONFLICT: "有冲突",
        OutboxState.WITHDRAWN: "已撤回",
    }
    return zh[state] if language.startswith("zh") else str(state)
