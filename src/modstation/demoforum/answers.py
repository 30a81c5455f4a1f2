"""Answers of the demo forum, and its refusals in the words NodeBB uses."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

#: A JSON object on the wire.
Json = dict[str, Any]

_CLASS = {
    200: "ok",
    202: "accepted",
    400: "bad-request",
    401: "not-authorised",
    403: "forbidden",
    404: "not-found",
    500: "internal-server-error",
    503: "service-unavailable",
}

#: What the platform says, by language. Only its class of error is the same in every language (a trap of NodeBB).
_WORDS: dict[str, tuple[str, str]] = {
    "no-login": ("A valid login session was not found. Please log in and try again.", "未登录，请登录后重试。"),
    "no-privileges": ("You do not have enough privileges for this action.", "您没有权限执行此操作。"),
    "no-route": ("Invalid API call", "无效的 API 调用"),
    "no-flag": ("Flag does not exist", "举报不存在"),
    "no-post": ("Post does not exist", "帖子不存在"),
    "no-topic": ("Topic does not exist", "主题不存在"),
    "no-user": ("User does not exist", "用户不存在"),
    "no-section": ("Category does not exist", "版块不存在"),
    "invalid-data": ("Invalid Data", "无效数据"),
    "missing": ("Required parameters were missing from this API call: {0}", "此 API 调用缺少必需参数：{0}"),
    "already-flagged-post": ("You have already flagged this post", "您已经举报过此帖"),
    "already-flagged-user": ("You have already flagged this user", "您已经举报过此用户"),
    "flag-self": ("[[error:cant-flag-self]]", "[[error:cant-flag-self]]"),
    "flag-privileged": (
        "You are not allowed to flag the profiles or content of privileged users (moderators/global moderators/admins)",
        "您不能举报特权用户（版主、全局版主、管理员）的资料或内容",
    ),
    "flag-limit": ("You can only flag {0} post(s) per day", "您每天只能举报 {0} 个帖子"),
    "post-deleted": ("Post deleted", "帖子已删除"),
    "post-already-deleted": ("This post has already been deleted", "此帖已被删除"),
    "post-already-restored": ("This post has already been restored", "此帖已经恢复"),
    "main-post": (
        "You can't purge the main post, please delete the topic instead",
        "您不能清除主帖，请直接删除主题",
    ),
    "same-topic": ("Can't move post to same topic!", "无法将帖子移动到相同的主题！"),
    "topic-already-deleted": ("This topic has already been deleted", "此主题已被删除"),
    "topic-already-restored": ("This topic has already been restored", "此主题已被恢复"),
    "topic-deleted": ("[[error:topic-deleted]]", "[[error:topic-deleted]]"),
    "topic-locked": ("Topic locked", "主题已锁定"),
    "same-section": ("Can't move topic to the same category!", "无法将主题移动到相同的版块！"),
    "ban-expiry": ("Please provide an end date for this ban", "请提供此封禁的结束日期"),
    "ban-admin": ("You can't ban other admins!", "您不能封禁其他管理员！"),
    "mute-admin": ("You can't mute other admins!", "您不能禁言其他管理员！"),
    "muted-hours": (
        "You have been muted, you will be able to post in {0} hour(s)",
        "您已被禁言，{0} 小时后可以发帖",
    ),
    "muted-ever": ("You have been muted indefinitely", "您已被永久禁言"),
    "too-fast": (
        "You can only post once every {0} second(s) - please wait before posting again",
        "您只能每隔 {0} 秒发一次帖，请稍后再发",
    ),
    "content-too-short": (
        "Please enter a longer post. Posts should contain at least {0} character(s).",
        "请输入更长的内容。帖子至少要有 {0} 个字符。",
    ),
    "chat-too-long": (
        "Chat messages can not be longer than {0} characters.",
        "聊天消息不能超过 {0} 个字符。",
    ),
    "chat-empty": ("Invalid chat message", "无效的聊天消息"),
    "chat-self": ("You can't chat with yourself!", "您不能和自己聊天！"),
    "no-reason-body": ("Cannot read properties of undefined (reading '{0}')",) * 2,
    "master-token": (
        "A master token was received without a corresponding `_uid` in the request body",
        "收到主令牌，但请求中没有对应的 `_uid`",
    ),
    "maintenance": (
        "The route you are trying to call is not currently available due to a server configuration",
        "由于服务器配置，您调用的接口目前不可用",
    ),
    "verbatim": ("{0}", "{0}"),
}


def words(key: str, lang: str, *values: object) -> str:
    """The sentence for a refusal in the asked language; English for any language but Chinese."""
    english, chinese = _WORDS[key]
    return (chinese if lang.startswith("zh") else english).format(*values)


class Refusal(Exception):
    """The forum says no. `key` names the sentence, `values` fill it; `response` is what the envelope carries."""

    def __init__(self, status: int, key: str, *values: object, response: Json | None = None) -> None:
        self.status = status
        self.key = key
        self.values = values
        self.response = response or {}
        super().__init__(key)

    def envelope(self, lang: str) -> Json:
        """The refusal as the write API words it."""
        return envelope(self.status, words(self.key, lang, *self.values), self.response)


def envelope(status: int, message: str, response: Any) -> Json:
    """The frame around every answer of /api/v3."""
    return {"status": {"code": _CLASS[status], "message": message}, "response": response}


@dataclass(slots=True)
class Answer:
    """What goes on the wire: a status, a JSON value or raw bytes, and headers beyond the usual ones."""

    status: int = 200
    body: Any = None
    raw: bytes | None = None
    content_type: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """The bytes of the body. Lone surrogates leave as JSON escapes, exactly as JavaScript writes them."""
        if self.raw is not None:
            return self.raw
        text = json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "backslashreplace")


def ok(response: Any = None, status: int = 200) -> Answer:
    """A success of the write API."""
    message = "Accepted" if status == 202 else "OK"
    return Answer(status, envelope(status, message, {} if response is None else response))


def etag(body: bytes) -> str:
    """The weak tag Express makes: length in hexadecimal and 27 characters of a SHA-1 of the body."""
    digest = base64.b64encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode("ascii")[:27]
    return f'W/"{len(body):x}-{digest}"'
