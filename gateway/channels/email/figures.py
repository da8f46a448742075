"""What the mail accounts' figures mean; ``gateway.channels.figures`` sums them for /metrics. All only rise.

What the mailroom counts, which receives for all accounts, is told by ``mailroom.room``.
"""

from __future__ import annotations

from collections.abc import Mapping

MEANINGS: Mapping[str, str] = {
    "email_sent": "Mails that the account's server has taken from us",
    "email_put_off_by_pace": "Mails put off because a domain has had its share of the minute",
    "email_smtp_connections": "Connections opened to the accounts' servers",
    "email_smtp_failures": "Connections to the accounts' servers that failed or broke",
    "email_answers": "Automatic answers written (receipts, look-ups, help)",
    "email_answers_withheld": "Automatic answers withheld: the address has had its number of the day",
    "email_bounces": "Returned mails and reports that told of a delivery of ours",
    "email_bounces_unmatched": "Returned mails that belong to no delivery of ours",
}
"""Every name that an ``EmailChannel`` tells."""
