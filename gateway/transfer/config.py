"""The partner registry (联动单位) as configured in config/partners.toml: whom calls and tickets are handed to.

One table a partner. What is law is marked: the State Council Office's 2022 No. 12 asks that 110 is reached by one-key
transfer or three-way call and that tickets go both ways; 2020 No. 53 names the three tracks of merging.
"""

from __future__ import annotations

from hashlib import algorithms_available
from typing import Annotated, Literal

from pydantic import Field, IPvAnyNetwork, model_validator

from gateway.model.messages import Crs
from gateway.schema import Dialable, Key, Label, SecretRef, Strict

Mode = Literal["blind", "attended", "consult", "three_way", "queue", "readout"]
"""blind 释放转, attended 成功转, consult 通话转, three_way 三方通话, queue 转专席, readout 报号."""

DataWay = Literal["both_ways", "one_way", "copy", "none"]
PartnerTrack = Literal["none", "merged", "dual", "branch"]
FieldName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,59}$", description="letters, digits, _ . and -")]

NEVER_BLIND = frozenset({"110"})

Signature = Literal["hmac-sha256", "hmac-sm3"]
"""What a push is signed with; SM3 (GB/T 32905) is what some government platforms must use."""

Reported = Literal["acknowledged", "progress", "result", "returned"]
"""What a partner reports back on a ticket: 签收, 办理进展, 办结结果, 退回."""


EXCHANGED = (
    "ticket_no", "external_no", "state", "title", "content", "kind", "category", "urgency", "channel", "entry_number",
    "language", "occurred_at", "received_at", "deadline_at", "name", "sex", "calling_number", "contact_number", "email",
    "is_secret", "is_anonymous", "need_callback", "against", "against_number", "address", "longitude", "latitude",
    "crs", "area_code", "asset_id", "agent_id", "recording_id", "instruction", "attachments", "department", "result",
    "call_ref",
)  # fmt: skip
"""Our names of what a ticket or feedback exchanged with a partner may hold; ``external_no`` is the partner's number,
``call_ref`` what the SIP call that belongs to it carries in its header."""


PushUrl = Annotated[
    str, Field(pattern=r"^(https?://[!-~]+)?$", max_length=500, description="http(s)://..., or empty for none")
]


class PushConfig(Strict):
    """[partner.push]: tickets exchanged with the partner's platform over HTTP, signed on both ways.

    ``url`` is where we post tickets (empty: none go out), ``feedback_url`` where we post the answers to tickets that
    came from the partner (empty: ``url``); ``secret`` signs what we send, ``in_secret`` what they send (empty: nothing
    is taken). ``window_s`` bounds the age of a signature. ``acknowledge_s``: a push that is not
    acknowledged within so many seconds is flagged as overdue (2022 No. 12 asks "at once" of 110; the default is the
    10 min within which tickets are sent on, practice). ``crs`` is the reference system of the partner's coordinates:
    ours are converted to it, theirs are taken as it when they do not say. ``required`` are our names of what a ticket
    from them must have; ``states`` maps their words of feedback to ours. ``secret_persons``: the person of a ticket
    whose caller asked for secrecy is told all the same (emergencies must find them).
    """

    url: PushUrl = ""
    feedback_url: PushUrl = ""
    secret: SecretRef | Literal[""] = ""
    in_secret: SecretRef | Literal[""] = ""
    algorithm: Signature = "hmac-sha256"
    window_s: int = Field(default=300, ge=30, le=3600)
    acknowledge_s: int = Field(default=600, ge=5, le=604_800)
    crs: Crs = ""
    required: tuple[FieldName, ...] = ("content",)
    states: dict[str, Reported] = Field(default_factory=dict)
    secret_persons: bool = False

    @model_validator(mode="after")
    def _signed(self) -> PushConfig:
        if (self.url or self.feedback_url) and not self.secret:
            raise ValueError('pushes are signed: url needs secret, as "made:name" or "env:NAME"')
        if self.algorithm.removeprefix("hmac-") not in algorithms_available:
            raise ValueError(f"{self.algorithm} is not available: this machine's OpenSSL has no SM3")
        return self


LONGEST_RING_S = 270
"""All numbers of a partner together ring no longer: the dialplan's music for a citizen who waits ends at 300 s."""


class PartnerNumber(Strict):
    """[[partner.numbers]]: a further number, tried when the one before is busy, not answered or out of reach."""

    number: Dialable
    trunk: Key = "trunk"


HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,59}$", description="the name of a SIP header")]


class CallsInConfig(Strict):
    """[partner.calls_in]: calls that the partner hands to us, and how they are told from other calls.

    A header is believed only on a call from one of ``addresses`` (IPv4 or IPv6 networks that the partner's own SIP
    switch sends from): anybody can write a header. ``numbers`` are calling numbers of the partner's lines; they join
    a call to what was pushed only by time. ``headers`` hold the partner's reference, the first that is there counts.
    A push and its call belong together when they are at most ``window_s`` seconds apart.
    """

    addresses: tuple[Annotated[IPvAnyNetwork, Field(description="a network as 10.1.0.0/16")], ...] = ()
    numbers: tuple[Dialable, ...] = ()
    headers: tuple[HeaderName, ...] = ("X-Ticket-No", "X-Case-No", "User-to-User")
    window_s: int = Field(default=300, ge=10, le=3600)


class PartnerConfig(Strict):
    """One partner. ``mode`` is what the button does; ``modes`` what an agent may choose instead.

    ``hours`` names a calendar ("" is day and night), ``queue`` the queue of mode queue, ``fields`` maps our field names
    to the partner's (a dot goes into an inner object), ``answer_s`` is how long each number of the partner may ring in
    seconds before the next is tried or the caller is brought back. ``push`` is how tickets are exchanged.

    ``numbers`` are tried in their sequence when ``number`` is busy, not answered or out of reach. ``lines`` is how many
    calls the partner takes at once; 0: not known. ``closed_to`` is where callers go outside the hours or when all lines
    are taken: the number of another partner or the id of a queue, offered to the agent and never chosen for them.
    ``readout`` and ``readout_en`` are what the agent reads out where only the number is told; "" makes the usual words.
    """

    number: Dialable
    name: Label
    name_en: str = ""
    mode: Mode
    modes: tuple[Mode, ...] = ()
    track: PartnerTrack = "none"
    data: DataWay = "none"
    hours: Key | Literal[""] = ""
    queue: Key | None = None
    trunk: Key = "trunk"
    area_code: Annotated[str, Field(pattern=r"^[0-9]{6}$")] | None = None
    answer_s: int = Field(default=30, ge=5, le=180)
    numbers: tuple[PartnerNumber, ...] = Field(default=(), max_length=8)
    lines: int = Field(default=0, ge=0, le=10_000)
    closed_to: Dialable | Key | Literal[""] = ""
    readout: str = Field(default="", max_length=200)
    readout_en: str = Field(default="", max_length=200)
    fields: dict[FieldName, FieldName] = Field(default_factory=dict)
    push: PushConfig = PushConfig()
    calls_in: CallsInConfig | None = None

    @property
    def takes(self) -> bool:
        """True when tickets and feedback from the partner are taken."""
        return self.data == "both_ways" and bool(self.push.in_secret)

    @property
    def allowed_modes(self) -> tuple[Mode, ...]:
        """The button's mode first, then the others, each once."""
        return tuple(dict.fromkeys((self.mode, *self.modes)))

    @property
    def is_dialled(self) -> bool:
        """True when the partner is reached over a trunk, not in a queue of ours and not only read out."""
        return any(mode not in ("queue", "readout") for mode in self.allowed_modes)

    @property
    def dialled(self) -> tuple[PartnerNumber, ...]:
        """The numbers of the partner in the sequence in which they are tried."""
        return (PartnerNumber(number=self.number, trunk=self.trunk), *self.numbers)

    @property
    def rings_s(self) -> int:
        """How long all its numbers may ring together, in seconds."""
        return self.answer_s * (1 + len(self.numbers))

    @property
    def words(self) -> tuple[str, str]:
        """What an agent reads out to a citizen who must dial the number themselves: Chinese, English."""
        return (
            self.readout or f"您反映的事项由{self.name}受理，请您拨打 {self.number}。",
            self.readout_en or f"This is handled by {self.name_en or self.name}: please dial {self.number}.",
        )

    @model_validator(mode="after")
    def _numbers_fit(self) -> PartnerConfig:
        if self.rings_s > LONGEST_RING_S:
            raise ValueError(
                f"answer_s = {self.answer_s} for {1 + len(self.numbers)} numbers is {self.rings_s} s; "
                f"all together may ring {LONGEST_RING_S} s"
            )
        if self.closed_to == self.number:
            raise ValueError("closed_to is the partner itself")
        return self

    @model_validator(mode="after")
    def _modes_fit(self) -> PartnerConfig:
        if "queue" in self.allowed_modes and self.queue is None:
            raise ValueError('mode "queue" needs the key queue, the id of a queue in queues.toml')
        never = next((one.number for one in self.dialled if one.number in NEVER_BLIND), None)
        if never is not None and "blind" in self.allowed_modes:
            raise ValueError(f'{never} is never released blind (2022 No. 12): use "three_way" or "attended"')
        if "readout" in self.allowed_modes and self.data != "none":
            raise ValueError('a partner whose number is only read out takes no data: set data = "none"')
        return self

    @model_validator(mode="after")
    def _push_fits(self) -> PartnerConfig:
        strange = sorted({*self.fields, *self.push.required} - set(EXCHANGED))
        if strange:
            raise ValueError(f'"{strange[0]}" is not exchanged; our names are {", ".join(EXCHANGED)}')
        if (self.push.url or self.push.feedback_url) and self.data == "none":
            raise ValueError('push.url is set, but data = "none": nothing may be sent to this partner')
        if self.push.in_secret and self.data != "both_ways":
            raise ValueError(f'push.in_secret is set, but data = "{self.data}": only "both_ways" takes tickets')
        theirs = list(self.fields.values())
        if twice := sorted({name for name in theirs if theirs.count(name) > 1}):
            raise ValueError(f'two of our fields are called "{twice[0]}" by the partner')
        return self


class PartnersFile(Strict):
    """config/partners.toml."""

    partner: tuple[PartnerConfig, ...] = ()
