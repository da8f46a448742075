// What the agent is working on: the drafts, the call that each belongs to, its pop, and what has just been filed. It
// follows the seat's call as the store tells it; the form and the pop only show what lies here.

import { computed, effect, signal, untracked } from '../vendor/preact.js';
import { Drafts, oneOfUs } from './drafts.js';
import { whenText } from './finding.js';

const MOST_FILED = 4;
const POP_AGAIN_MS = [300, 1000, 3000];
const RECENT = 8;
const SILENT = new Set(['idle', 'reserved', 'ringing']);

/** Who called, as far as it may be shown. */
const callerOf = (draft) => draft.pop.value?.caller || draft.seen?.caller || draft.callId;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export class Work {
  constructor(store) {
    this.store = store;
    const login = store.me.value.login;
    this.drafts = new Drafts({ api: store, login, vault: store.vault, now: () => store.clock() });
    this.login = login;
    this.filed = signal([]);
    this.side = signal(null); // the ticket that is looked at beside the form: { no, view, fault }
    this.partner = signal(''); // whom to send to, for the active form
    this.second = signal(false); // another page of this account is at work
    this.callId = null;
    this.active = computed(() => this.drafts.list.value.find((one) => one.key === this.drafts.active.value) ?? null);
  }

  start() {
    this.turn = oneOfUs(this.login, (first) => this.takeTurn(first));
    effect(() => this.follow(this.store.call.value));
    effect(() => this.lookElsewhere(this.store.seats.value, this.drafts.list.value));
    effect(() => {
      this.store.drafts.value = this.drafts.list.value;
    });
    effect(() => {
      // the link is back: what lies on this machine only goes at once
      if (this.store.link.value === 'up' || this.store.link.value === 'down') untracked(() => this.drafts.flush());
    });
    const leave = () => document.visibilityState === 'hidden' && this.drafts.flush({ keepalive: true });
    document.addEventListener('visibilitychange', leave);
    window.addEventListener('online', () => this.drafts.flush());
  }

  async takeTurn(first) {
    if (!first) await this.drafts.flush();
    const again = first && this.second.value;
    this.second.value = !first;
    this.drafts.passive.value = !first;
    if (!first) return;
    if (again) {
      this.drafts.forget();
      this.callId = null;
      this.follow(this.store.call.value);
    }
    try {
      await this.drafts.load();
      for (const draft of this.drafts.list.value) this.dress(draft);
    } catch (failure) {
      this.store.fail(failure);
    }
    await this.drafts.flush();
    if (!this.active.value) this.blank();
  }

  /** Go on in this page, whatever the other one does. */
  takeOver() {
    this.turn.take();
  }

  // -- calls
  follow(call) {
    const id = call?.id ?? null;
    untracked(() => {
      if (this.callId && this.callId !== id) this.ended(this.callId);
      this.callId = id;
      if (id) this.ring(id, call);
    });
  }

  ring(id, call) {
    if (this.filed.value.some((one) => one.key === id)) return;
    const phase = call.state === 'ringing' ? 'ringing' : 'up';
    const draft = this.drafts.open(id);
    this.clearBlank();
    draft.seen = call;
    const before = draft.phase.value;
    draft.phase.value = phase;
    draft.wentTo.value = '';
    draft.sure.value = false;
    if (!draft.asked) this.loadPop(draft);
    const idle = !this.active.value || (!this.active.value.touched && !this.active.value.callId);
    if (idle || (phase === 'up' && before !== 'up')) this.show(draft.key);
  }

  ended(id) {
    const draft = this.drafts.find(id);
    const answered = draft?.phase.value === 'up';
    const at = this.store.now.value;
    this.filed.value = this.filed.value.map((one) => (one.key === id && !one.endedAt ? { ...one, endedAt: at } : one));
    if (!draft) return;
    if (!answered && !draft.touched) {
      this.drafts.drop(draft); // it rang, and went elsewhere
      if (!this.active.value) this.blank();
      return;
    }
    draft.phase.value = 'ended';
    draft.endedAt.value = at;
    if (answered) this.askWhere(draft);
  }

  /** A call that another seat speaks on while ours does not has gone there: no clock of ours runs for it. */
  lookElsewhere(seats, drafts) {
    const at = new Map();
    for (const seat of seats.values()) if (seat.call_id && !SILENT.has(seat.activity)) at.set(seat.call_id, seat.id);
    untracked(() => {
      const own = this.store.seat.value;
      for (const draft of drafts) {
        const seat = draft.callId === own?.call_id ? '' : at.get(draft.callId);
        if (seat && seat !== own?.id) draft.wentTo.value = seat;
      }
    });
  }

  /** A laptop that slept has not seen where its call went; the call's record tells. */
  async askWhere(draft) {
    try {
      this.recordSays(draft, await this.store.get(`/api/v1/calls/${encodeURIComponent(draft.callId)}`));
    } catch (failure) {
      if (failure.status === 401) this.store.fail(failure); // else our clock runs, and the gateway knows whose it is
    }
  }

  /** We had the call, and then somebody else took it from the queue. */
  recordSays(draft, call) {
    const me = this.store.me.value.agent;
    const had = call.stretches?.some((one) => one.agent === me);
    if (had && call.agent && call.agent !== me && draft.callId !== this.callId) draft.wentTo.value = call.seat ?? call.agent;
  }

  /** The pop of a call, with the draft that the ledger has of it. Asked for again when it fails: the call goes on. */
  async loadPop(draft) {
    draft.asked = true;
    for (const wait of POP_AGAIN_MS) {
      try {
        const pop = await this.store.get(`/api/v1/desk/pop/${encodeURIComponent(draft.callId)}`);
        draft.pop.value = pop;
        await this.drafts.adopt(draft, pop.draft);
        if (pop.ticket_no) this.tie(draft.callId, pop.ticket_no);
        return;
      } catch (failure) {
        if (failure.status === 401) return this.store.fail(failure);
        draft.pop.value = { failed: true, again: false, tickets: [], calls: [] }; // at once: "fetching" is no answer
        await pause(wait);
      }
    }
    draft.asked = false;
    draft.pop.value = { ...draft.pop.value, again: true };
  }

  tie(callId, ticketNo) {
    if (callId === this.callId) this.store.ticket.value = { call_id: callId, ticket_no: ticketNo };
  }

  /** A draft that came from the ledger: when its call ended, and what its pop says. */
  async dress(draft) {
    if (!draft.callId || draft.callId === this.callId) return;
    if (!draft.asked) this.loadPop(draft);
    try {
      const call = await this.store.get(`/api/v1/calls/${encodeURIComponent(draft.callId)}`);
      draft.seen ??= { caller: call.caller_number, entry: call.entry_number, rangAt: call.started_at };
      if (draft.callId === this.callId) return;
      this.recordSays(draft, call);
      draft.endedAt.value ??= call.ended_at;
      draft.phase.value = call.ended_at ? 'ended' : draft.phase.value;
    } catch (failure) {
      if (failure.status !== 404) draft.why.value = failure.message;
    }
  }

  // -- forms
  show(key) {
    this.drafts.active.value = key;
    this.partner.value = '';
  }

  /** The form without a call: an agent has one, for a visitor, a letter, a call that is noted afterwards. */
  blank() {
    this.show(this.drafts.open('new').key);
  }

  /** An empty form that nobody typed into gives way to a call. */
  clearBlank() {
    const blank = this.drafts.find('new');
    if (blank && !blank.touched && !blank.revision) this.drafts.drop(blank);
  }

  step(by) {
    const list = this.drafts.list.value;
    const place = list.findIndex((one) => one.key === this.drafts.active.value);
    if (list.length) this.show(list[(place + by + list.length) % list.length].key);
  }

  async file(draft, fields, sendTo) {
    const filed = await this.drafts.file(draft, fields, sendTo);
    this.tie(draft.callId, filed.ticket_no);
    const endedAt = draft.wentTo.value ? null : draft.endedAt.value;
    const of = { key: draft.key, endedAt, sentTo: sendTo, label: this.labelOf(draft), title: fields.title };
    const others = this.filed.value.filter((one) => one.ticket_no !== filed.ticket_no);
    this.filed.value = [{ ticket_no: filed.ticket_no, ...of }, ...others].slice(0, MOST_FILED);
    this.partner.value = '';
    if (!this.active.value) this.blank();
    return filed;
  }

  /** Push a ticket that was filed before. */
  async sendOn(one, partner) {
    await this.store.post(`/api/v1/tickets/${encodeURIComponent(one.ticket_no)}/push`, { partner });
    this.filed.value = this.filed.value.map((other) => (other === one ? { ...one, sentTo: partner } : other));
  }

  labelOf(draft) {
    if (draft.ticketNo) return draft.ticketNo;
    if (!draft.callId) return '';
    const name = callerOf(draft);
    const twice = this.drafts.list.value.some((one) => one !== draft && one.callId && callerOf(one) === name);
    return twice ? `${name} ${whenText(draft.seen?.rangAt, this.store.now.peek())}` : name;
  }

  async look(no) {
    this.side.value = { no, view: null, fault: '' };
    try {
      const view = await this.store.get(`/api/v1/tickets/${encodeURIComponent(no)}`);
      if (this.side.value?.no === no) this.side.value = { no, view, fault: '' };
    } catch (failure) {
      if (this.side.value?.no === no) this.side.value = { no, view: null, fault: failure.message };
    }
  }

  // -- categories used lately by this agent on this machine
  recent() {
    try {
      const kept = JSON.parse(localStorage.getItem(`desk.recent.${this.login}`) ?? '[]');
      return Array.isArray(kept) ? kept : [];
    } catch {
      return []; // not ours
    }
  }

  used(code) {
    const list = [code, ...this.recent().filter((one) => one !== code)].slice(0, RECENT);
    localStorage.setItem(`desk.recent.${this.login}`, JSON.stringify(list));
  }
}

/** The one work of a store; made and started when it is first asked for, once the agent is known. */
export function workOf(store) {
  if (!store.me.value) return null;
  if (!store.work) {
    store.work = new Work(store);
    queueMicrotask(() => store.work.start()); // not within the drawing that asks first
  }
  return store.work;
}
