"""SMGP's status codes in words for agents, and whether a second try makes sense (SMGP 3.0, table of Status)."""

from __future__ import annotations

from gateway.channels.port import Permanent, Retryable

STATUS = {
    1: "系统忙",
    2: "超过最大连接数",
    10: "消息结构错",
    11: "命令字错",
    12: "序列号重复",
    20: "IP地址错",
    21: "认证错",
    22: "版本太高",
    30: "非法消息类型（MsgType）",
    31: "非法优先级（Priority）",
    32: "非法资费类型（FeeType）",
    33: "非法资费代码（FeeCode）",
    34: "非法短消息格式（MsgFormat）",
    35: "非法时间格式",
    36: "非法短消息长度（MsgLength）",
    37: "有效期已过",
    39: "路由错误",
    40: "非法包月费/封顶费（FixedFee）",
    43: "非法业务代码（ServiceID）",
    44: "非法有效期（ValidTime）",
    45: "非法定时发送时间（AtTime）",
    46: "非法发送号码（SrcTermID）",
    47: "非法接收号码（DestTermID）",
    48: "非法计费号码（ChargeTermID）",
    49: "非法SP服务代码（SPCode）",
    58: "没有匹配路由",
    69: "非法企业代码（SPID）",
    73: "非法业务代码（MServiceID）",
    74: "禁止下发时段",
    75: "超过日流量",
    76: "帐号过有效期",
}

_AFTER_S = {1: 5.0, 74: 1800.0, 75: 3600.0}
"""What passes: the system is busy, a time of day without sending, today's share is used up."""

_REPEATED = 12


def login_words(status: int) -> str:
    """Why a login was refused."""
    return f"login refused, status {status}: {STATUS.get(status, '其他错误 / another error')}"


def submit_error(status: int, sends: int) -> Retryable | Permanent | None:
    """What a status means. A repeat that the carrier knows already (12) has been taken the first time."""
    if status == 0 or (status == _REPEATED and sends > 1):
        return None
    words = f"运营商短信网关拒收，状态码 {status}：{STATUS.get(status, '其他错误')}"
    return Retryable(words, _AFTER_S[status]) if status in _AFTER_S else Permanent(words)
