"""Tencent Cloud's SMS (腾讯云短信): replies and reports by callback, SendSms."""
