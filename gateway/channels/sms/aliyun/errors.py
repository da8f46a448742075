"""What Aliyun's error codes mean for a delivery: whether to try again and when, in words fit for agents.

Source: help.aliyun.com, 短信服务 API错误码 (document 101346). What the account's owner can mend (money, rights,
templates under review) waits an hour at a time; an unknown code is tried again, as codes are added every year.
"""

from __future__ import annotations

import structlog

from gateway.channels.port import Permanent, Retryable

_log = structlog.get_logger(__name__)

_MEND_S = 3600.0

_NEVER = {
    "isv.MOBILE_NUMBER_ILLEGAL": "手机号码不正确 / the number is not valid",
    "isv.MOBILE_COUNT_OVER_LIMIT": "手机号码过多 / too many numbers",
    "isv.BLACK_KEY_CONTROL_LIMIT": "内容含有被管控的词 / the text holds a controlled word",
    "isv.SMS_CONTENT_ILLEGAL": "内容含有禁止发送的内容 / the text holds forbidden content",
    "isv.SMS_CONTENT_MISMATCH_TEMPLATE_TYPE": "内容与模板类型不符 / the text does not suit the template's type",
    "isv.PARAM_LENGTH_LIMIT": "模板变量超过长度限制 / a template variable is too long: lower param_chars",
    "isv.PARAM_NOT_SUPPORT_URL": "模板变量不支持网址 / the template's variables take no address",
    "isv.TEMPLATE_PARAMS_ILLEGAL": "模板变量含有不允许的字符 / a template variable holds what is not allowed",
    "isv.TEMPLATE_MISSING_PARAMETERS": "模板变量缺失 / a template variable is missing: compare params",
    "isv.INVALID_PARAMETERS": "参数不正确 / a parameter is wrong",
    "isv.INVALID_JSON_PARAM": "模板变量格式不正确 / the variables are malformed",
    "isv.DOMESTIC_NUMBER_NOT_SUPPORTED": "国际模板不支持境内号码 / the template is for numbers abroad",
    "isv.CUSTOMER_REFUSED": "用户已退订 / the person has opted out",
    "isv.PHONENUMBER_BLACKLIST": "号码在黑名单中 / the number is on a blacklist",
    "isv.BLACK_PHONE_NUMBER_LIMIT": "号码在黑名单中 / the number is on a blacklist",
    "isv.GROUP_NUMBER_LIMIT": "号码不可达 / the number cannot be reached",
}
_MEND = {
    "isv.AMOUNT_NOT_ENOUGH": "账户余额不足 / the account has no money left",
    "isv.OUT_OF_SERVICE": "业务停机 / the account is suspended",
    "isv.PRODUCT_UN_SUBSCRIPT": "未开通短信服务 / the service is not subscribed",
    "isv.PRODUCT_UNSUBSCRIBE": "未开通短信服务 / the service is not subscribed",
    "isv.ACCOUNT_NOT_EXISTS": "账户不存在 / there is no such account",
    "isv.ACCOUNT_ABNORMAL": "账户异常 / the account is in trouble",
    "isv.SMS_TEMPLATE_ILLEGAL": "短信模板不可用 / the template is not approved",
    "isv.SMS_SIGNATURE_ILLEGAL": "短信签名不可用 / the signature is not approved",
    "isv.SMS_SIGN_ILLEGAL": "签名禁止使用 / the signature is forbidden",
    "isv.SIGN_STATE_ILLEGAL": "签名状态不可用 / the signature is not in use",
    "isv.SMS_SIGNATURE_SCENE_ILLEGAL": "签名与模板类型不一致 / signature and template are of different types",
    "isv.EXTEND_CODE_ERROR": "扩展码不可用 / the extension code is in use elsewhere",
    "isv.DENY_IP_RANGE": "本机地址所在地区被禁用 / our address is refused",
    "isv.MONTH_LIMIT_CONTROL": "达到月发送限额 / the month's limit is reached",
    "isp.RAM_PERMISSION_DENY": "访问密钥权限不足 / the access key lacks the right",
    "SignatureDoesNotMatch": "访问密钥不正确 / the access key's secret is wrong",
    "InvalidAccessKeyId.NotFound": "访问密钥不存在 / there is no such access key",
    "InvalidAccessKeyId.Inactive": "访问密钥已停用 / the access key is switched off",
    "Forbidden.RAM": "访问密钥权限不足 / the access key lacks the right",
}
_LATER_S = {
    "isv.DAY_LIMIT_CONTROL": 3600.0,
    "InvalidTimeStamp.Expired": 60.0,
    "isp.SYSTEM_ERROR": 30.0,
    "isp.GATEWAY_ERROR": 30.0,
    "ServiceUnavailable": 30.0,
    "Throttling": 5.0,
}
_FLOW = (("分钟", 60.0), ("小时", 3600.0), ("天级", 6 * 3600.0), ("天", 6 * 3600.0))
"""Aliyun's flow control of one number, by its message: 触发分钟级流控Permits:1, 触发小时级流控Permits:5,
触发天级流控Permits:10. A day's permits come back at midnight, so a try every six hours is enough."""


def judged(code: str, message: str, account: str) -> Retryable | Permanent:
    """The error of a send."""
    if code in _NEVER:
        return Permanent(f"阿里云短信：{_NEVER[code]} ({code})")
    if code in _MEND:
        _log.error("sms_account_refused", account=account, code=code)
        return Retryable(f"阿里云短信：{_MEND[code]} ({code})", _MEND_S)
    if code == "isv.BUSINESS_LIMIT_CONTROL":
        after = next((after for word, after in _FLOW if word in message), 600.0)
        return Retryable(f"阿里云短信：该号码发送过于频繁 / too many messages to this number ({code})", after)
    known = next((after for begin, after in _LATER_S.items() if code.startswith(begin)), None)
    return Retryable(f"阿里云短信：发送未成功 / not sent ({code})", known)
