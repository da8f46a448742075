"""Passwords of softphones, kept in Asterisk's own database while an agent is signed in with one.

PJSIP finds the auth object of ``8001w`` in AstDB (sorcery.conf), so a password comes and goes by one AMI action each,
with no file and no reload, and outlives a restart of the gateway and of Asterisk alike. What lies there is the digest,
not the password. ``expires_at`` in it is ours: Asterisk leaves out fields that it does not know (seen on 22.10).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import structlog

from gateway.asterisk.ami import actions
from gateway.asterisk.ami.actions import Action
from gateway.asterisk.ami.errors import AmiError
from gateway.asterisk.ami.link import Link
from gateway.asterisk.templates.sip import SECRETS
from gateway.model.orders import DropSecret, OrderRefused, PutSecret

_log = structlog.get_logger(__name__)

FAMILY = f"{SECRETS}/auth"
"""Where res_sorcery_astdb looks: the prefix given in sorcery.conf, then the type of the object."""


def put_secret(order: PutSecret) -> Action:
    """The auth object, as PJSIP reads it. Raises ValueError for an endpoint that does not fit."""
    auth = {"auth_type": "md5", "username": order.endpoint, "realm": order.realm, "md5_cred": order.digest}
    return actions.db_put(FAMILY, order.endpoint, json.dumps(auth | {"expires_at": f"{order.expires_at:.0f}"}))


def drop_secret(order: DropSecret) -> Action:
    return actions.db_del(FAMILY, order.endpoint)


class PhoneSecrets:
    """Implements ``gateway.seats.ports.Secrets`` over a Link of the role orders."""

    def __init__(self, link: Callable[[], Link], limit_s: float = 5.0) -> None:
        self._link = link
        self._limit_s = limit_s

    async def issued(self) -> Mapping[str, float]:
        """Every softphone that may register, with the epoch second until which. Raises OrderRefused."""
        try:
            rows = await self._link().send_list(actions.db_tree(FAMILY), timeout=self._limit_s)
        except AmiError as error:
            raise OrderRefused("issued", str(error)) from None
        return {row.get("Key", "").rpartition("/")[2]: _expiry(row.get("Val", "")) for row in rows if row.get("Key")}


def _expiry(text: str) -> float:
    """0, so that it is swept away, for what we did not write."""
    try:
        return float(json.loads(text)["expires_at"])
    except (ValueError, KeyError, TypeError):
        _log.warning("phones.unknown_secret")
        return 0.0
