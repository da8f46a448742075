"""What the desk takes from the configuration: entries, areas, reasons of rest, phrases, rules of likeness, times.

Made once a load of the configuration by whoever composes the gateway, so that a request looks up and computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gateway.ivr.config import Flow
from gateway.seats.config import EntryNumberConfig, HallConfig, QueueConfig, RestReasonConfig
from gateway.tickets.config import AreaConfig, IntakeConfig, LikenessConfig, PhraseConfig
from gateway.tickets.likeness import Likeness
from gateway.tickets.pop import Places

_PROMISE_S = 15
"""GB/T 33358: a call is answered within 15 s."""


@dataclass(frozen=True, slots=True)
class DeskMeans:
    """``area_code`` (GB/T 2260) is what a new ticket is numbered under where its entry number names none; ``wait_s``
    the strictest promise of a queue, in seconds; ``flows`` the names of the voice flows by id."""

    area_code: str = "000000"
    entries: Mapping[str, EntryNumberConfig] = field(default_factory=dict)
    reasons: tuple[RestReasonConfig, ...] = ()
    areas: tuple[AreaConfig, ...] = ()
    phrases: tuple[PhraseConfig, ...] = ()
    likeness: LikenessConfig = field(default_factory=LikenessConfig)
    judge: Likeness = field(default_factory=lambda: Likeness(LikenessConfig()))
    places: Places = field(default_factory=lambda: Places({}, {}, {}))
    wait_s: int = _PROMISE_S
    flows: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        halls: Iterable[HallConfig],
        queues: Iterable[QueueConfig],
        entries: Iterable[EntryNumberConfig],
        intake: IntakeConfig,
        area_code: str,
        flows: Iterable[Flow] = (),
    ) -> DeskMeans:
        """From the parts of a checked configuration."""
        by_number = {entry.number: entry for entry in entries}
        return cls(
            area_code=area_code,
            entries=by_number,
            reasons=tuple({reason.id: reason for hall in halls for reason in hall.rest_reasons}.values()),
            areas=intake.area,
            phrases=intake.phrase,
            likeness=intake.likeness,
            judge=Likeness(intake.likeness),
            places=Places(
                names={area.code: area.name for area in intake.area},
                dialling={code: area.code for area in reversed(intake.area) for code in area.dialling},
                entries={number: entry.area_code for number, entry in by_number.items() if entry.area_code},
            ),
            wait_s=min((queue.answer_within_s for queue in queues), default=_PROMISE_S),
            flows={flow.id: flow.name for flow in flows},
        )

    def area_of(self, entry_number: str) -> str:
        """The area code that a ticket of an entry number is numbered under."""
        entry = self.entries.get(entry_number)
        return (entry.area_code if entry else None) or self.area_code
