"""Asterisk's own house: directories, modules, log, tones, media, music, and the files that it only wants to exist.

Modules are listed one by one (autoload=no): a start takes about a second, the log stays quiet, and nothing listens that
the hotline does not use.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from gateway.asterisk.config import AsteriskConfig
from gateway.asterisk.templates.text import begin


class Directories(Protocol):
    """Where Asterisk's parts lie; ``gateway.asterisk.render.AsteriskPaths`` is one."""

    @property
    def etc(self) -> Path: ...
    @property
    def modules(self) -> Path: ...
    @property
    def var_lib(self) -> Path: ...
    @property
    def data(self) -> Path: ...
    @property
    def db(self) -> Path: ...
    @property
    def spool(self) -> Path: ...
    @property
    def run(self) -> Path: ...
    @property
    def log(self) -> Path: ...
    @property
    def sbin(self) -> Path: ...


MODULES: Mapping[str, str] = MappingProxyType(
    {
        "storage, timing, crypto": "res_sorcery_config res_sorcery_memory res_sorcery_astdb res_timing_timerfd",
        "SIP": (
            "res_pjproject res_pjsip res_pjsip_session res_pjsip_sdp_rtp res_pjsip_caller_id res_pjsip_nat "
            "res_pjsip_acl res_pjsip_registrar res_pjsip_authenticator_digest "
            "res_pjsip_outbound_authenticator_digest res_pjsip_endpoint_identifier_user "
            "res_pjsip_endpoint_identifier_ip res_pjsip_pubsub res_pjsip_refer res_pjsip_rfc3326 "
            "res_pjsip_header_funcs res_pjsip_diversion res_pjsip_dlg_options res_pjsip_dtmf_info "
            "res_pjsip_empty_info res_pjsip_notify res_pjsip_logger func_pjsip_endpoint func_pjsip_contact "
            "func_pjsip_aor chan_pjsip"
        ),
        "crypto and browser telephones": "res_crypto res_http_websocket res_pjsip_transport_websocket res_srtp",
        "media": (
            "res_rtp_asterisk codec_alaw codec_ulaw codec_a_mu codec_g722 codec_resample "
            "res_format_attr_opus codec_opus_open_source format_wav format_sln format_pcm res_musiconhold"
        ),
        "bridges": (
            "bridge_simple bridge_native_rtp bridge_softmix bridge_holding bridge_builtin_features "
            "bridge_builtin_interval_features chan_bridge_media"
        ),
        "the dialplan": (
            "pbx_config app_dial app_playback app_playtones app_userevent app_stack app_exec app_verbose "
            "app_read app_record app_senddtmf app_softhangup app_transfer app_channelredirect app_originate "
            "app_echo app_blind_transfer app_attended_transfer app_bridgewait res_clioriginate"
        ),
        "functions": (
            "func_callerid func_channel func_cut func_db func_devstate func_dialplan func_env func_global "
            "func_groupcount func_hangupcause func_jitterbuffer func_logic func_math func_periodic_hook "
            "func_rand func_strings func_talkdetect func_timeout func_uri func_volume"
        ),
        "queues, supervision, the gateway": (
            "app_queue app_mixmonitor app_chanspy app_confbridge res_manager_devicestate res_mutestream "
            "res_speech res_agi"
        ),
    }
)
"""Every module that is loaded, grouped by what it is for. codec_opus_open_source is Debian's; others may lack it."""


def asterisk_conf(paths: Directories) -> str:
    conf = begin("asterisk.conf: where everything lies")
    # [directories] must not be a template: Asterisk would read -C's file and ignore it.
    conf.section("directories").set(
        astetcdir=paths.etc,
        astmoddir=paths.modules,
        astvarlibdir=paths.var_lib,
        astdbdir=paths.db,
        astkeydir=paths.var_lib,
        astdatadir=paths.data,
        astagidir=paths.var_lib / "agi-bin",
        astspooldir=paths.spool,
        astrundir=paths.run,
        astlogdir=paths.log,
        astsbindir=paths.sbin,
    )
    conf.section("options").set(
        verbose=1,
        debug=0,
        nocolor=True,
        hideconnect=True,
        defaultlanguage="zh",
        languageprefix=True,
        transmit_silence=True,
        live_dangerously=False,
        sendfullybooted=True,
    )
    return conf.text()


def modules_conf() -> str:
    conf = begin("modules.conf: what is loaded, one by one").section("modules").set(autoload=False)
    for purpose, names in MODULES.items():
        conf.note(purpose)
        for name in names.split():
            conf.put("load", f"{name}.so")
    return conf.text()


def logger_conf() -> str:
    conf = begin("logger.conf: what Asterisk writes down; queue_log tells of calls that the gateway did not see")
    conf.section("general").set(dateformat="%F %T.%3q", queue_log=True, queue_log_to_file=True, use_callids=True)
    conf.section("logfiles").put("console", "warning,error").put("messages.log", "notice,warning,error")
    return conf.text()


def rtp_conf(asterisk: AsteriskConfig) -> str:
    conf = begin("rtp.conf: media ports").section("general")
    conf.set(rtpstart=asterisk.rtp_start, rtpend=asterisk.rtp_end, strictrtp=True, icesupport=True)
    return conf.text()


def http_conf(asterisk: AsteriskConfig) -> str:
    conf = begin("http.conf: the websocket of browser telephones; no pages, no AMI over HTTP").section("general")
    conf.set(enabled=True, bindaddr=asterisk.http_bind, bindport=asterisk.http_port)
    conf.set(enable_static=False, enable_status=False, servername="gateway-12345")
    return conf.text()


def musiconhold_conf(paths: Directories) -> str:
    conf = begin("musiconhold.conf: what waiting callers hear, every file in the folder").section("default")
    return conf.set(mode="files", directory=paths.data / "moh", sort="alpha").text()


def features_conf() -> str:
    """No feature keys for the citizen's side; atxferabort is what the AMI action CancelAtxfer presses."""
    conf = begin("features.conf: transfers").section("general")
    conf.set(atxferabort="*1", atxfercomplete="*2", atxferthreeway="*3", atxferswap="*4")
    conf.set(atxferdropcall=False, atxfernoanswertimeout=30, transferdigittimeout=3)
    return conf.section("featuremap").text()


def indications_conf() -> str:
    """China's tones (450 Hz) for ringing, busy and congestion."""
    conf = begin("indications.conf: China's tones").section("general").set(country="cn")
    conf.section("cn").set(
        description="China",
        ringcadence="1000,4000",
        dial="450",
        busy="450/350,0/350",
        ring="450/1000,0/4000",
        congestion="450/700,0/700",
        callwaiting="450/400,0/4000",
        dialrecall="450",
        record="950/400,0/10000",
        info="450/100,0/100,450/100,0/100,450/100,0/100,450/400,0/400",
    )
    return conf.text()


def stasis_conf() -> str:
    """Messages inside Asterisk that nothing here listens to, and that a call makes by the dozen."""
    conf = begin("stasis.conf: messages that are not even made: each variable set, each AGI command's begin and end")
    conf.section("declined_message_types")
    for name in ("ast_channel_varset_type", "agi_exec_start_type", "agi_exec_end_type"):
        conf.put("decline", name)
    return conf.text()


def quiet_files() -> dict[str, str]:
    """Files that Asterisk complains about when they are missing, and two services that stay off."""
    off = {name: begin(f"{name}: off").section("general").set(enable=False).text() for name in ("cdr.conf", "cel.conf")}
    empty = ("acl.conf", "udptl.conf", "dsp.conf", "ccss.conf", "pjproject.conf", "queuerules.conf")
    more = ("pjsip_notify.conf", "extconfig.conf", "codecs.conf", "cli.conf", "cli_permissions.conf", "dnsmgr.conf")
    return off | {name: begin(f"{name}: nothing to set").text() for name in (*empty, *more)}
