// What a seat's view does not say of its call: how long the citizen waited, when the agent answered, and which call was
// the last. Seen once on the stream and kept in this tab, so that a reload goes on with the same clocks.

import { say } from './words.js';

const KEPT = 'desk.calls';
const MOST = 40;
const SPEAKING = new Set(['talking', 'held', 'consulting', 'three_way', 'outbound', 'monitored']);

export class Calls {
  /** `storage` is a Storage, or null: then a reload forgets. */
  constructor(storage) {
    this.storage = storage;
    this.last = null;
    this.waiting = new Map();
    this.known = new Map();
    this.login = '';
  }

  /** Whose calls these are: what another agent left in this tab is forgotten. */
  own(login) {
    this.login = login;
    try {
      const kept = JSON.parse(this.storage?.getItem(KEPT) ?? '{}');
      if (kept.login !== login) return this.forget();
      this.known = new Map(kept.known);
      this.last = kept.last;
    } catch {
      this.forget(); // written by another version of this page
    }
    return undefined;
  }

  forget() {
    this.known = new Map();
    this.last = null;
    this.storage?.removeItem(KEPT);
  }

  /** Who waits in the queues: since when, by call. */
  wait(queues) {
    for (const queue of queues) for (const one of queue.waiting) this.waiting.set(one.call_id, one.since);
    while (this.waiting.size > 500) this.waiting.delete(this.waiting.keys().next().value);
  }

  /** Look at the own seat as it is at a time (epoch seconds). */
  see(seat, at) {
    const id = seat?.call_id;
    if (!id || seat.activity === 'idle') return;
    const known = this.known.get(id) ?? { rang: seat.since ?? at, waited: this.waiting.get(id) ?? null, answered: null };
    if (known.answered === null && SPEAKING.has(seat.activity)) known.answered = seat.since ?? at;
    known.waited ??= this.waiting.get(id) ?? null;
    this.known.delete(id);
    this.known.set(id, known);
    this.last = { id, caller: seat.caller, entry: seat.entry_number };
    while (this.known.size > MOST) this.known.delete(this.known.keys().next().value);
    this.storage?.setItem(KEPT, JSON.stringify({ login: this.login, known: [...this.known].slice(-5), last: this.last }));
  }

  of(id) {
    return this.known.get(id) ?? { rang: null, waited: null, answered: null };
  }
}

/** The call at the seat as the desk shows it, or null. What happens on the line counts; the softphone adds what only it
 * knows: mute, and a call that the gateway does not tell of (yet). Times are epoch seconds. */
export function callOf(seat, calls, phone, plan) {
  const busy = seat && seat.activity && seat.activity !== 'idle';
  if (!busy) return phone.call ? ownCall(phone.call) : null;
  if (seat.monitoring && !seat.call_id) return monitored(seat, phone);
  const known = calls.of(seat.call_id);
  const state = seat.activity === 'reserved' ? 'ringing' : seat.activity;
  return {
    id: seat.call_id,
    state,
    caller: seat.caller ?? '',
    entry: seat.entry_number ?? '',
    entryName: plan.entries[seat.entry_number] ?? null,
    queue: seat.queue,
    since: seat.since,
    waitingSince: known.waited,
    rangAt: known.rang ?? seat.since,
    answeredAt: state === 'ringing' ? null : (known.answered ?? seat.since),
    muted: phone.muted,
    held: state === 'held' || phone.call?.state === 'held',
  };
}

/** A shift lead's own line while it is in somebody's conversation: no call of theirs, but one to hang up. */
function monitored({ monitoring, since }, phone) {
  const caller = say(`monitor.${monitoring.mode}`, { seat: monitoring.seat })[0];
  const head = { id: null, state: 'talking', caller, entry: '', entryName: null, queue: null };
  return { ...head, since, waitingSince: null, rangAt: since, answeredAt: since, muted: phone.muted, held: false };
}

const STATES = { ringing: 'ringing', up: 'talking', held: 'held' };

function ownCall(call) {
  const state = STATES[call.state] ?? 'talking';
  const since = call.since ?? null;
  return {
    id: null, state, caller: call.from ?? '', entry: '', entryName: null, queue: null, since, waitingSince: null,
    rangAt: since, answeredAt: state === 'ringing' ? null : since, muted: call.muted ?? false, held: state === 'held',
  };
}
