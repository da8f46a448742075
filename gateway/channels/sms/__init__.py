"""SMS: one channel (``SmsChannel``), several links to carriers: vendors' HTTP interfaces and the carriers' protocols.

carrier -> link (aliyun, tencent, http, smpp, cmpp, smgp) -> Arrived -> parts joined by bytes -> Message -> ticket
delivery -> text split and coded -> link -> carrier -> Told (status report) -> delivery
"""
