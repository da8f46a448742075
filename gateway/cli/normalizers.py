"""How ``gateway normalize`` reads each channel's originals: one table, one entry a channel.

An entry adds the channel's own options and makes a ``Read`` of them: bytes in, ``Message`` out. A signature is checked
when the query that carried it is given; without it the message is flagged ``signature_unchecked``. Its age is never
judged here.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from gateway.channels.wechat.config import WechatConfig
from gateway.channels.wechat.reading import normalise_push as wechat_push
from gateway.channels.wechat_crypto import WireError, read_envelope, signature
from gateway.channels.weibo.config import WeiboConfig
from gateway.channels.weibo.normalise import normalise as weibo_message
from gateway.channels.weibo.reading import normalise_push as weibo_push
from gateway.channels.weibo.wire import read as weibo_read
from gateway.cli.entry import BadInput, Configured, Normalizer, Read, WrongUse, account_named, secret_of
from gateway.cli.normalize_email import EMAIL
from gateway.cli.normalize_pdus import PDUS
from gateway.cli.normalize_sms import SMS
from gateway.model.messages import Message
from gateway.settings import Secrets, Settings

UNCHECKED = "signature_unchecked"


def read_query(text: str) -> dict[str, str]:
    """A query string as given on the command line, with or without its question mark."""
    return dict(parse_qsl(text.removeprefix("?"), keep_blank_values=True))


# -- WeChat ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WechatKeys:
    """What an official account's pushes are proved and opened with."""

    account: str
    token: str = ""
    aes_key: str = ""
    app_id: str = ""

    @classmethod
    def of(cls, config: WechatConfig, settings: Settings, secrets: Secrets) -> WechatKeys:
        """Raises WrongUse when a secret cannot be had."""
        token, aes_key = (secret_of(ref, settings, secrets) if ref else "" for ref in (config.token, config.aes_key))
        return cls(config.account, token, aes_key, config.app_id)


def read_wechat(body: bytes, keys: WechatKeys, query: Mapping[str, str] | None, at: float) -> Message:
    """The message of a push; ``query`` None checks no signature. Raises WireError."""
    token = keys.token or UNCHECKED
    asked = stand_in(body, keys, token) if query is None else query
    return wechat_push(body, asked, token, keys.aes_key, keys.app_id, keys.account, at)


def stand_in(body: bytes, keys: WechatKeys, token: str) -> dict[str, str]:
    """A query that fits, for a push whose own is not at hand: signed here in the platform's place."""
    try:
        envelope, _ = read_envelope(body)
    except WireError:
        envelope = {}  # the wire says what is wrong with it
    query = {"timestamp": "0", "nonce": "", "signature": signature(token, "0", "")}
    if "Encrypt" in envelope and (keys.aes_key or "MsgType" not in envelope):
        query["msg_signature"] = signature(token, "0", "", envelope["Encrypt"])
    return query


def _wechat_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--account", default="", help="the account's name in channels.toml: its keys are used")
    parser.add_argument("--token", default="", help="令牌(Token) of the platform's page: needed to check a signature")
    parser.add_argument("--aes-key", default="", help="EncodingAESKey, 43 characters: needed for encrypted pushes")
    parser.add_argument("--app-id", default="", help="the AppID: needed for encrypted pushes")
    _query_argument(parser)


def _wechat_reader(args: argparse.Namespace, configured: Configured) -> Read:
    given = args.token or args.aes_key or args.app_id
    if args.account and given:
        raise WrongUse("--account brings its own keys: leave out --token, --aes-key and --app-id")
    if args.account:
        settings, secrets = configured()
        keys = WechatKeys.of(account_named(args.account, settings.channels.wechat, "wechat"), settings, secrets)
    else:
        keys = WechatKeys("cli", args.token, args.aes_key, args.app_id)
    if args.query is not None and not keys.token:
        raise WrongUse("--query: checking a signature needs --token or --account")
    if keys.aes_key and not keys.app_id:
        raise WrongUse("--aes-key needs --app-id: an encrypted push names the account that it is for")
    return _reader(args.query, lambda body, query, at: read_wechat(body, keys, query, at))


# -- Weibo -------------------------------------------------------------------------------------------------------------


def _weibo_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--account", default="", help="the account's name in channels.toml: its AppSecret is used")
    parser.add_argument("--app-secret", default="", help="the AppSecret: needed to check a signature")
    _query_argument(parser)


def _weibo_reader(args: argparse.Namespace, configured: Configured) -> Read:
    account, secret = args.account, args.app_secret
    if account and secret:
        raise WrongUse("--account brings its own AppSecret: leave out --app-secret")
    if account:
        settings, secrets = configured()
        config: WeiboConfig = account_named(account, settings.channels.weibo, "weibo")
        secret = secret_of(config.app_secret, settings, secrets) if args.query is not None else ""
    if args.query is not None and not secret:
        raise WrongUse("--query: checking a signature needs --app-secret or --account")

    def read(body: bytes, query: Mapping[str, str] | None, at: float) -> Message:
        if query is not None:
            return weibo_push(body, query, secret, account or "cli", at)
        push = weibo_read(body)
        return weibo_message(push.fields, account or "cli", at, push.flags)

    return _reader(args.query, read)


# -- shared ------------------------------------------------------------------------------------------------------------


def _query_argument(parser: argparse.ArgumentParser) -> None:
    what = "the push's query ('signature=..&timestamp=..&nonce=..'): its signature is checked, its age is not"
    parser.add_argument("--query", type=read_query, default=None, help=what)


def _reader(query: Mapping[str, str] | None, read: Callable[[bytes, Mapping[str, str] | None, float], Message]) -> Read:
    def checked(body: bytes, at: float) -> Message:
        try:
            message = read(body, query, at)
        except WireError as error:
            raise BadInput(error.where, error.why) from None
        return message if query is not None else replace(message, flags=(*message.flags, UNCHECKED))

    return checked


NORMALIZERS: Mapping[str, Normalizer] = {
    "wechat": Normalizer("a push of WeChat, XML plain or encrypted", _wechat_arguments, _wechat_reader),
    "email": EMAIL,
    **SMS,
    **PDUS,
    "weibo": Normalizer("a push of Weibo's fans service, JSON or XML", _weibo_arguments, _weibo_reader),
}
