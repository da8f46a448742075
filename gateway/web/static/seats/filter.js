// Which seats are looked at: by state, queue, room, and by what is typed: an agent's name (also its pinyin initials) or number,
// a seat, an extension, or the end of the caller's number as far as it is shown. Plain functions of a seat and the filter.

import { initialsOf } from '../desk/initials.js';
import { groupOf, stateOf } from '../states.js';

export class Filter {
  /** `members`: Map queue id -> Set of the seats that serve it, from the plan. */
  constructor(members) {
    Object.assign(this, { members, states: new Set(), queue: '', room: '', text: '' });
    this.initials = new Map();
  }

  get on() {
    return this.states.size > 0 || Boolean(this.queue || this.room || this.text);
  }

  clear() {
    this.states.clear();
    Object.assign(this, { queue: '', room: '', text: '' });
  }

  /** Look only at this state, or at it beside others; again takes it out. */
  toggle(state) {
    if (!this.states.delete(state)) this.states.add(state);
  }

  fits(seat) {
    if (this.states.size && !this.states.has(groupOf(stateOf(seat)))) return false;
    if (this.room && seat.room !== this.room) return false;
    if (this.queue && seat.queue !== this.queue && !this.members.get(this.queue)?.has(seat.id)) return false;
    return !this.text || this.found(seat, this.text.trim().toLowerCase());
  }

  found(seat, wanted) {
    if (!wanted) return true;
    const texts = [seat.id.toLowerCase(), seat.extension, seat.agent ?? '', (seat.agent_name ?? '').toLowerCase()];
    return texts.some((text) => text.includes(wanted)) || this.initialsFit(seat.agent_name, wanted) || callerFits(seat.caller, wanted);
  }

  initialsFit(name, wanted) {
    if (!name || !/^[a-z]+$/.test(wanted)) return false;
    if (!this.initials.has(name)) this.initials.set(name, initialsOf(name));
    return this.initials.get(name).includes(wanted);
  }
}

/** Whether typed digits fit a masked number: its shown end, or the whole number with any digit for each star. */
export function callerFits(masked, typed) {
  if (!masked || !/^\d{2,}$/.test(typed)) return false;
  if (masked.endsWith(typed)) return true;
  return typed.length === masked.length && [...masked].every((one, n) => one === '*' || one === typed[n]);
}
