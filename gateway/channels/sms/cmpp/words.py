"""CMPP's result codes in words for agents, and whether a second try makes sense.

Codes 0 to 13 are the standard's (V3.0.0, CMPP_CONNECT_RESP, CMPP_SUBMIT_RESP; 2.0 ends at 8). Those above are what the
carrier's gateways add; the numbers are in their published tables, which SPs are given with the contract.
"""

from __future__ import annotations

from gateway.channels.port import Permanent, Retryable

LOGIN = {
    1: "消息结构错 / malformed",
    2: "非法源地址 / unknown company code or address",
    3: "认证错 / wrong secret",
    4: "版本太高 / version too high",
    5: "其他错误 / another error",
}

SUBMIT = {
    1: "消息结构错",
    2: "命令字错",
    3: "消息序号重复",
    4: "消息长度错",
    5: "资费代码错",
    6: "超过最大信息长",
    7: "业务代码错",
    8: "流量控制错",
    9: "本网关不负责服务此计费号码",
    10: "接入号（Src_Id）错",
    11: "企业代码（Msg_src）错",
    12: "计费号码错",
    13: "接收号码错",
    51: "尚未建立连接",
    52: "尚未成功登录",
    53: "发送消息失败",
    54: "超时未接收到响应消息",
    61: "有效时间已过期",
    63: "不能识别的资费类别",
    64: "源地址鉴权失败",
    65: "目的地址鉴权失败",
    69: "接收号码在黑名单中",
    70: "网络断连或目的设备关闭接口",
    71: "超过最大节点数",
    72: "找不到路由",
    73: "等待应答超时",
    76: "信息安全鉴权失败",
    77: "超过最大提交数",
    85: "系统忙",
    86: "系统忙，且缓存满",
    87: "流量控制",
    88: "等待应答超时",
}

FLOW, REPEATED = 8, 3
FLOW_AFTER_S = 5.0
_PASSING = frozenset({51, 52, 53, 54, 70, 73, 77, 85, 86, 87, 88})


def login_words(status: int) -> str:
    """Why a login was refused."""
    return f"login refused, status {status}: {LOGIN.get(status, '其他错误 / another error')}"


def submit_error(result: int, sends: int) -> Retryable | Permanent | None:
    """What a result means. A repeat that the carrier knows already (3) has been taken the first time."""
    if result == 0 or (result == REPEATED and sends > 1):
        return None
    words = f"运营商短信网关拒收，结果码 {result}：{SUBMIT.get(result, '其他错误')}"
    if result == FLOW:
        return Retryable(words, FLOW_AFTER_S)
    return Retryable(words, 60.0) if result in _PASSING else Permanent(words)
