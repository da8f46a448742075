"""SMPP's status codes (3.4, 5.1.3) in words for agents, and whether a second try makes sense."""

from __future__ import annotations

from gateway.channels.port import Permanent, Retryable

STATUS = {
    0x01: "消息长度错 / invalid message length",
    0x02: "命令长度错 / invalid command length",
    0x03: "命令字错 / invalid command id",
    0x04: "绑定状态不符 / wrong bind status for the command",
    0x05: "已绑定，旧连接尚未结束 / already bound",
    0x06: "优先级错 / invalid priority",
    0x07: "状态报告标志错 / invalid registered_delivery",
    0x08: "短信中心系统错误 / system error",
    0x0A: "源地址（接入号）错 / invalid source address",
    0x0B: "接收号码错 / invalid destination address",
    0x0C: "消息标识错 / invalid message id",
    0x0D: "绑定失败 / bind failed",
    0x0E: "密码错 / invalid password",
    0x0F: "system_id 错 / invalid system_id",
    0x14: "短信中心队列已满 / message queue full",
    0x15: "业务类型错 / invalid service type",
    0x43: "esm_class 错 / invalid esm_class",
    0x45: "提交失败 / submit failed",
    0x48: "源地址类型错 / invalid source TON",
    0x49: "源地址编号方案错 / invalid source NPI",
    0x50: "目的地址类型错 / invalid destination TON",
    0x51: "目的地址编号方案错 / invalid destination NPI",
    0x53: "system_type 错 / invalid system_type",
    0x58: "超过限速 / throttled",
    0x62: "有效期错 / invalid validity period",
    0x64: "对方暂时故障 / temporary error of the receiver",
    0x65: "对方拒收 / permanent error of the receiver",
    0x66: "对方拒绝 / rejected by the receiver",
    0xC0: "可选参数错 / error in the optional part",
    0xC1: "不允许的可选参数 / optional parameter not allowed",
    0xC2: "参数长度错 / invalid parameter length",
    0xC3: "缺少可选参数 / optional parameter missing",
    0xC4: "可选参数值错 / invalid optional parameter value",
    0xFE: "投递失败 / delivery failure",
    0xFF: "未知错误 / unknown error",
}

_AFTER_S = {0x58: 5.0, 0x14: 30.0, 0x04: 10.0, 0x05: 10.0, 0x0D: 30.0, 0x08: 60.0, 0x45: 60.0, 0x64: 60.0, 0xFF: 60.0}
"""Codes that pass, with the seconds after which a second try makes sense."""

_OWN_AFTER_S = 300.0
_FIRST_OWN, _LAST_OWN = 0x400, 0x4FF


def said(status: int) -> str:
    """A code in words; vendors' own (0x400 to 0x4FF) have none."""
    known = STATUS.get(status)
    if known is None:
        known = "运营商自定义错误 / the carrier's own code" if _is_own(status) else "未定义的错误 / unknown code"
    return f"0x{status:08X} {known}"


def bind_words(status: int) -> str:
    """Why a bind was refused."""
    return f"bind refused (绑定被拒), status {said(status)}"


def submit_error(status: int) -> Retryable | Permanent | None:
    """What a status means for a message of ours. Nobody knows what a vendor's own code means, so it is tried again."""
    if status == 0:
        return None
    words = f"短信中心拒收，状态 {said(status)}"
    if _is_own(status):
        return Retryable(words, _OWN_AFTER_S)
    return Retryable(words, _AFTER_S[status]) if status in _AFTER_S else Permanent(words)


def _is_own(status: int) -> bool:
    return _FIRST_OWN <= status <= _LAST_OWN
