"""Alibaba Cloud's SMS (阿里云短信服务): SmsUp and SmsReport by HTTP, SendSms."""
