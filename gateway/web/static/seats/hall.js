// The hall as the live stream tells it: seats, queues, alarms, the link, and how old all of it is. One object that the map,
// the list, the side and the panels read; they are told what moved, and ask for the rest.

import { named } from '../i18n.js';
import { stateOf } from '../states.js';

export class HallState {
  constructor() {
    Object.assign(this, { seats: new Map(), queues: new Map(), alarms: new Map(), hasAlarms: false });
    Object.assign(this, { link: 'up', open: false, offset: 0, heard: null, heardHere: 0, drift: null, drifted: 0 });
    this.watchers = new Set();
  }

  /** Seconds since the epoch by the gateway's clock. */
  now() {
    return Date.now() / 1000 + this.offset;
  }

  /** Now, or the moment at which the picture stands still because nobody knows what happened since. */
  shownNow() {
    return this.lost ? this.heard : this.now();
  }

  /** The connection is gone, and there is an old picture. */
  get lost() {
    return !this.open && this.heard !== null;
  }

  /** Whether orders can be given: connected, and Asterisk is there. */
  get live() {
    return this.open && this.link === 'up';
  }

  /** Seconds since the last word from the gateway. */
  age() {
    return this.heard === null ? 0 : Math.max(0, (performance.now() - this.heardHere) / 1000);
  }

  snapshot(message) {
    this.seats = new Map(message.seats.map((seat) => [seat.id, seat]));
    this.queues = new Map(message.queues.map((queue) => [queue.id, queue]));
    this.alarms = new Map((message.alarms ?? []).map((alarm) => [alarm.id, alarm]));
    this.hasAlarms = message.alarms !== undefined;
    this.hear(message);
    this.tell();
  }

  /** Take a diff; true when a seat is in it that was not there before. */
  diff(message) {
    let fresh = false;
    for (const queue of message.queues) this.queues.set(queue.id, queue);
    for (const seat of message.seats) {
      fresh ||= !this.seats.has(seat.id);
      this.seats.set(seat.id, seat);
    }
    for (const alarm of message.alarms ?? []) this.alarms.set(alarm.id, alarm);
    this.hasAlarms ||= message.alarms !== undefined;
    this.hear(message);
    this.tell();
    return fresh;
  }

  hear(message) {
    this.offset = message.at - Date.now() / 1000;
    this.heard = message.at;
    this.heardHere = performance.now();
    this.link = message.link;
    const drift = message.drift ?? 0;
    if (this.drift !== null && drift > this.drift) this.drifted = drift - this.drift;
    this.drift = drift;
  }

  /** Call `look` after every change until the returned function is called. */
  watch(look) {
    this.watchers.add(look);
    return () => this.watchers.delete(look);
  }

  tell() {
    for (const look of [...this.watchers]) look();
  }

  /** The seats of one hall, or of all. */
  in(hall) {
    return [...this.seats.values()].filter((seat) => hall === null || seat.hall === hall);
  }

  /** The seat where an agent is signed in, or undefined. */
  seatOf(agent) {
    return agent ? [...this.seats.values()].find((seat) => seat.agent === agent && seat.presence !== 'signed_out') : undefined;
  }

  queueName(id) {
    const queue = this.queues.get(id);
    return queue ? named(queue) : (id ?? '');
  }

  /** Callers who wait, longest first: [{queue, caller}]. */
  waiting() {
    const all = [...this.queues.values()].flatMap((queue) => queue.waiting.map((caller) => ({ queue, caller })));
    return all.sort((a, b) => a.caller.since - b.caller.since);
  }
}

/** How many seats of these are in each group of states, by `group`. */
export function countBy(seats, group) {
  const found = {};
  for (const seat of seats) {
    const name = group(stateOf(seat));
    found[name] = (found[name] ?? 0) + 1;
  }
  return found;
}
