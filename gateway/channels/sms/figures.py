"""What the SMS accounts' figures mean; ``gateway.channels.figures`` sums them for /metrics.

An account's own numbers are in the log, by its name. Here one asks whether citizens are answered in time, whether all
connections to carriers are up, and whether something grows that should not.
"""

from __future__ import annotations

from collections.abc import Mapping

MEANINGS: Mapping[str, str] = {
    "sms_answer_seconds": "Seconds from the arrival of an SMS until the carrier took its answer, in all",
    "sms_answers_in_time": "SMS answered within three minutes (GB/T 33358)",
    "sms_answers_late": "SMS answered later than that",
    "sms_reports_unmatched": "Status reports that belong to no delivery of ours",
    "sms_unread": "SMS that only a mistake of ours kept from being read",
    "sms_link_sessions": "Logins at carriers that succeeded",
    "sms_link_refusals": "Logins that carriers refused",
    "sms_link_messages": "SMS and parts that carriers delivered and we kept",
    "sms_link_reports": "Status reports that carriers delivered and we kept",
    "sms_link_unreadable": "Delivered SMS that nobody can read, kept as they are",
    "sms_link_deferred": "Tries to keep what a carrier delivered that the ledger did not keep",
    "sms_link_unfit": "Delivered SMS on which the gateway itself failed",
    "sms_link_submitted": "SMS parts given to carriers",
    "sms_link_taken": "SMS parts that carriers have taken",
    "sms_link_resent": "SMS parts given again because no answer came",
    "sms_link_strange": "Frames with no place in the carrier's protocol",
    "sms_link_up": "Connections to carriers that are logged in now",
    "sms_link_waiting": "SMS parts that wait for a place in a carrier's window",
    "sms_callbacks_refused": "Callbacks without the secret or from elsewhere",
    "sms_callbacks_unanswered": "Vendors' callbacks left to be repeated",
    "sms_callbacks_unread": "Pieces of callbacks that nobody can read, kept as they are",
}
"""Every name that a channel or a link may tell."""

GAUGES = frozenset({"sms_link_up", "sms_link_waiting"})
"""Those that also fall; all others only rise."""
