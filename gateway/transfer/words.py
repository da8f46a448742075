"""What the desk is told of a transfer, Chinese first. Keys are stable; the texts are for people."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.model.transfers import Transfer, TransferOutcome

WORDS: Mapping[str, tuple[str, str]] = {
    "calling": ("正在呼叫对方", "calling"),
    "ringing": ("对方振铃", "ringing"),
    "next_number": ("未接通，正在呼叫备用号码", "not reached, calling the next number"),
    "joining": ("对方已接听，正在接通", "answered, joining"),
    "consulting": ("正与对方通话，市民在听音乐", "speaking with the other side, the citizen hears music"),
    "with_caller": ("正与市民通话，对方在等待", "speaking with the citizen, the other side waits"),
    "hold_over": ("市民等候已久，已接回", "the citizen has waited long and is with you again"),
    "three_way": ("三方通话中", "three-way call"),
    "released": ("已转出，座席已释放", "handed over, you are free"),
    "handed": ("正在转出", "handing over"),
    "returning": ("正在接回市民", "taking the citizen back"),
    "caller_gone": ("市民已挂机", "the citizen has hung up"),
    "no_audio": ("对方已接通但没有声音", "answered, but no audio comes"),
    "not_moved": ("未能切换，请再试", "it could not be done, try again"),
}

OUTCOMES: Mapping[TransferOutcome, tuple[str, str]] = {
    "completed": ("转接成功", "completed"),
    "busy": ("对方忙", "busy"),
    "no_answer": ("对方无人接听", "no answer"),
    "refused": ("对方拒接", "refused"),
    "unreachable": ("对方线路不通", "unreachable"),
    "cancelled": ("已取消转接", "cancelled"),
    "caller_left": ("市民已挂机", "the citizen has hung up"),
    "partner_left": ("对方已挂机", "the other side has hung up"),
    "agent_left": ("座席已离开，市民回到队列最前", "the agent is gone, the citizen is at the queue's front"),
    "failed": ("转接未成功", "failed"),
}


SILENT = ("对方无声音", "no audio of the other side")
"""Why a line is to blame though it answered."""

PUSH_WORDS: Mapping[str, tuple[str, str]] = {
    "no_data": ("该单位不交换工单数据", "no ticket data is exchanged with this partner"),
    "no_url": ("该单位未配置推送地址，工单未推送", "this partner has no push address, the ticket was not sent"),
    "no_ticket": ("该通话尚无工单，未推送", "there is no ticket of this call yet, nothing was sent"),
    "no_pushes": ("工单推送未启用", "tickets are not pushed here"),
}
"""Why nothing was pushed at the press."""


def say_push(key: str) -> str:
    zh, en = PUSH_WORDS[key]
    return f"{zh} / {en}"


def say(key: str) -> str:
    zh, en = WORDS[key]
    return f"{zh} / {en}"


def say_standing(transfer: Transfer) -> str:
    """How a transfer stands whose target has answered."""
    if transfer.phase != "consulting":
        return say(transfer.phase)
    if transfer.caller_at == "gone":
        return say("caller_gone")
    return say("consulting" if transfer.with_agent == "target" else "with_caller")


def say_outcome(outcome: TransferOutcome) -> str:
    zh, en = OUTCOMES[outcome]
    return f"{zh} / {en}"


_STATUS: Mapping[str, TransferOutcome] = {
    "busy": "busy", "no_answer": "no_answer", "noanswer": "no_answer", "refused": "refused", "cancel": "cancelled",
    "congestion": "unreachable", "chanunavail": "unreachable", "unreachable": "unreachable", "failed": "unreachable",
}  # fmt: skip

_CAUSES: Mapping[int, TransferOutcome] = {
    17: "busy", 18: "no_answer", 19: "no_answer", 21: "refused",
    1: "unreachable", 2: "unreachable", 3: "unreachable", 20: "unreachable", 22: "unreachable", 27: "unreachable",
    28: "unreachable", 34: "unreachable", 38: "unreachable", 41: "unreachable", 42: "unreachable", 44: "unreachable",
    47: "unreachable", 58: "unreachable", 88: "unreachable", 102: "no_answer", 127: "unreachable",
}  # fmt: skip
"""Q.850 (ITU-T): 17 user busy, 18 and 19 no response or answer, 21 call rejected, 102 timer ran out; the rest that are
listed mean that the network or the address failed."""


def outcome_of(status: str, cause: int | None) -> TransferOutcome:
    """The outcome of a target that did not answer: by the cause when it says something, else by Asterisk's word."""
    return _CAUSES.get(cause or 0) or _STATUS.get(status.lower().replace(" ", "_"), "unreachable")
