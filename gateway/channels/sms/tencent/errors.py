"""What Tencent's error codes mean for a delivery: whether to try again and when, in words fit for agents.

Source: cloud.tencent.com/document/api/382/59177 (短信 API 3.0 发送错误码) and /52075 (公共错误码). Codes have two
levels; a first level stands for all below it. What the account's owner can mend waits an hour at a time;
an unknown code is tried again.
"""

from __future__ import annotations

import structlog

from gateway.channels.port import Permanent, Retryable

_log = structlog.get_logger(__name__)

_MEND_S = 3600.0

_NEVER = {
    "FailedOperation.ContainSensitiveWord": "内容含有敏感词 / the text holds a sensitive word",
    "FailedOperation.PhoneNumberInBlacklist": "号码在免打扰名单中 / the number is on the do-not-disturb list",
    "FailedOperation.PhoneNumberParseFail": "手机号码不正确 / the number is not valid",
    "FailedOperation.FailResolvePacket": "请求不符合接口要求 / the request is malformed",
    "FailedOperation.JsonParseFail": "请求不符合接口要求 / the request is malformed",
    "FailedOperation.TemplateParamSetNotMatchApprovedTemplate": "内容与模板不符 / the text does not suit the template",
    "InvalidParameterValue.IncorrectPhoneNumber": "手机号码不正确 / the number is not valid",
    "InvalidParameterValue.ContentLengthLimit": "短信内容过长 / the text is too long",
    "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter": "模板变量不支持网址 / no address in a variable",
    "InvalidParameterValue.TemplateParameterFormatError": "模板变量格式不正确 / a template variable is malformed",
    "InvalidParameterValue.TemplateParameterLengthLimit": "模板变量过长 / a variable is too long: lower param_chars",
    "LimitExceeded.PhoneNumberCountLimit": "手机号码过多 / too many numbers",
    "UnsupportedOperation": "不支持向该号码发送 / sending to this number is not supported",
}  # fmt: skip
_MEND = {
    "FailedOperation.InsufficientBalanceInSmsPackage": "套餐包余量不足 / the package is used up",
    "FailedOperation.SignatureIncorrectOrUnapproved": "签名未审批 / the signature is not approved",
    "FailedOperation.TemplateIncorrectOrUnapproved": "模板未审批 / the template is not approved",
    "FailedOperation.TemplateUnapprovedOrNotExist": "模板未审批或不存在 / the template is not approved",
    "InvalidParameterValue.SdkAppIdNotExist": "SdkAppId不存在 / there is no such SdkAppId",
    "UnauthorizedOperation": "账号无此权限 / the account lacks the right",
    "AuthFailure": "密钥不正确 / the key is wrong",
    "InternalError.SigVerificationFail": "密钥不正确 / the key is wrong",
    "IpNotInWhitelist": "本机地址不在白名单中 / our address is not on the allow-list",
}
_LATER_S = {
    "LimitExceeded.PhoneNumberThirtySecondLimit": 30.0,
    "LimitExceeded.PhoneNumberOneHourLimit": 3600.0,
    "LimitExceeded.PhoneNumberDailyLimit": 6 * 3600.0,
    "LimitExceeded.PhoneNumberSameContentDailyLimit": 6 * 3600.0,
    "LimitExceeded.AppDailyLimit": 3600.0,
    "LimitExceeded.AppMainlandChinaDailyLimit": 3600.0,
    "LimitExceeded.DailyLimit": 3600.0,
    "LimitExceeded.DeliveryFrequencyLimit": 60.0,
    "FailedOperation.MarketingSendTimeConstraint": 3600.0,
    "AuthFailure.SignatureExpire": 60.0,
    "RequestLimitExceeded": 5.0,
    "InternalError": 30.0,
}


def judged(code: str, account: str) -> Retryable | Permanent:
    """The error of a send."""
    for name in (code, code.partition(".")[0]):
        if name in _NEVER:
            return Permanent(f"腾讯云短信：{_NEVER[name]} ({code})")
        if name in _LATER_S:
            return Retryable(f"腾讯云短信：稍后重发 / to be sent later ({code})", _LATER_S[name])
        if name in _MEND:
            _log.error("sms_account_refused", account=account, code=code)
            return Retryable(f"腾讯云短信：{_MEND[name]} ({code})", _MEND_S)
    return Retryable(f"腾讯云短信：发送未成功 / not sent ({code})")
