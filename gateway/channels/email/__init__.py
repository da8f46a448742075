"""Email: mail comes in by LMTP/SMTP or IMAP through a process of its own (mailroom), goes out by SMTP.

bytes -> read_mail (mime, headers, charsets, html) -> Mail -> normalise (shown text, threading, verdict) -> Message
mailroom process: receiver, mailboxes, reading, files  ==socket==>  EmailChannel: bounce, loop, ticket, receipt
"""
