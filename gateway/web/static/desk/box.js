// What the desk knows of written tickets, and the acts on them: the list, the conversation that is open, and what was
// typed into each. A reply that is not sent stays in this browser until it is; nothing typed is lost by closing.

import { Problem } from '../api.js';
import { newKey } from './transfers.js';
import { effect, signal } from '../vendor/preact.js';

const PATH = '/api/v1/desk/inbox';
const EVERY_MS = 30000;
const FOLLOW_MS = 4000;
const MOVING = new Set(['waiting', 'sent']);
const FOLLOW_FOR_S = 120;

const boxes = new WeakMap();

/** The one box of a store. */
export function boxOf(store) {
  if (!boxes.has(store)) boxes.set(store, new Box(store));
  return boxes.get(store);
}

export class Box {
  constructor(store) {
    this.store = store;
    /** The answer of GET /api/v1/desk/inbox; null before, or where it is not in use (`off`). */
    this.view = signal(null);
    this.off = signal(false);
    /** The ticket whose conversation is open, and its answer. */
    this.open = signal(null);
    this.thread = signal(null);
    this.sending = signal('');
    /** Texts that were typed and not sent, by ticket. */
    this.texts = new Map();
    /** The reply that was last tried and not yet taken, by ticket. */
    this.attempts = new Map();
    /** Acts under way, by ticket: a second click is no second act. */
    this.acting = new Set();
    this.asked = 0;
    this.listed = 0;
    this.shown = 0;
    this.drawn = signal(0);
    effect(() => this.follow());
    effect(() => this.makeWay());
    setInterval(() => this.load(), EVERY_MS);
    setInterval(() => this.followSent(), FOLLOW_MS);
  }

  /** Fetch again at each hint of the stream, at signing in and out, and when a lost link is back. */
  follow() {
    const { n } = this.store.inbox.value;
    const seat = this.store.seat.value?.id ?? '';
    const link = this.store.link.value;
    const now = `${n} ${seat} ${link}`;
    if (now === this.heard || link === 'wait' || link === 'lost') return;
    this.heard = now;
    queueMicrotask(() => this.again());
  }

  /** A call needs the form that a conversation stands on; what was typed stays. */
  makeWay() {
    const ringing = this.store.call.value?.state === 'ringing';
    if (ringing && !this.rang) queueMicrotask(() => this.close());
    this.rang = ringing;
  }

  /** The open conversation first: having read it changes what the list says. */
  async again() {
    const no = this.open.peek();
    if (no) await this.read(no);
    await this.load();
  }

  async load() {
    if (this.store.link.peek() === 'lost') return;
    this.listed += 1;
    const turn = this.listed;
    try {
      const view = await this.store.get(PATH);
      if (turn !== this.listed) return; // a later question is under way: its answer is the newer one
      this.view.value = view;
      this.off.value = false;
    } catch (failure) {
      if (failure instanceof Problem && failure.status === 404) this.off.value = true;
      else if (failure instanceof Problem) this.store.fail(failure); // the link says when nobody answers
    }
  }

  items() {
    return this.view.value?.mine ?? [];
  }

  /** Offers first, they run out; then who waits for an answer, the soonest due first; then the rest. */
  ordered() {
    const rank = (one) => (one.state === 'offered' ? 0 : one.due_at !== null ? 1 : 2);
    return [...this.items()].sort((a, b) => rank(a) - rank(b) || (a.due_at ?? a.last_at) - (b.due_at ?? b.last_at));
  }

  // The conversation ---------------------------------------------------------------------------------------------------

  /** Open one; what is offered is taken by that. */
  async show(no) {
    this.shown += 1;
    const turn = this.shown;
    const item = this.items().find((one) => one.ticket_no === no);
    if (item?.state === 'offered' && !(await this.take(no))) return;
    await this.bring(no);
    if (turn !== this.shown) return; // another was asked for meanwhile, or a call needs the place
    if (this.open.value !== no) this.thread.value = null;
    this.open.value = no;
    await this.read(no);
    this.load();
  }

  async read(no) {
    this.asked += 1;
    const turn = this.asked;
    try {
      const thread = await this.store.get(`${PATH}/${no}`);
      if (this.open.value === no && turn === this.asked) this.thread.value = thread;
    } catch (failure) {
      if (failure instanceof Problem) this.gone(no, failure);
    }
  }

  gone(no, failure) {
    this.store.fail(failure);
    if (this.open.value === no && [403, 404].includes(failure.status)) this.close();
  }

  close() {
    this.shown += 1;
    this.open.value = null;
    this.thread.value = null;
  }

  /** The next one that wants something of the agent; from an open one, the one after it. */
  async next(step = 1) {
    if (!this.items().length) await this.load();
    const list = this.ordered();
    if (!list.length) return;
    const at = list.findIndex((one) => one.ticket_no === this.open.value);
    this.show(list[at < 0 ? 0 : (at + step + list.length) % list.length].ticket_no);
  }

  // Acts ---------------------------------------------------------------------------------------------------------------

  take(no) {
    return this.act(no, 'take');
  }

  async release(no) {
    if ((await this.act(no, 'release')) && this.open.value === no) this.close();
  }

  async done(no) {
    if (!(await this.act(no, 'done'))) return;
    this.type(no, '');
    if (this.open.value === no) this.close();
  }

  async act(no, act) {
    if (this.acting.has(no)) return false;
    this.acting.add(no);
    const done = await this.store.ask(this.store.post(`${PATH}/${no}/${act}`, {}));
    this.acting.delete(no);
    await this.load();
    return done;
  }

  async retry(id) {
    await this.store.ask(this.store.post(`/api/v1/deliveries/${id}/retry`, {}));
    if (this.open.value) await this.read(this.open.value);
  }

  /** Deliveries move by themselves for a while after a reply: ask how they stand. */
  followSent() {
    const said = this.thread.value?.messages ?? [];
    const since = this.store.now.peek() - FOLLOW_FOR_S;
    if (said.some((one) => one.sent && MOVING.has(one.sent.state) && one.at > since)) this.read(this.open.value);
  }

  // Writing ------------------------------------------------------------------------------------------------------------

  /** The name that the text of a ticket is kept under on this machine. */
  name(no) {
    return `desk.reply.${this.store.me.value.login}.${no}`;
  }

  /** Bring back what this machine kept of a text, before its conversation is shown. */
  async bring(no) {
    if (this.texts.has(no)) return;
    const kept = await this.store.vault.take(this.name(no));
    if (!this.texts.has(no)) this.texts.set(no, kept ?? '');
  }

  text(no) {
    return this.texts.get(no) ?? '';
  }

  type(no, text) {
    this.texts.set(no, text);
    if (text) this.store.ask(this.store.vault.put(this.name(no), text));
    else this.store.vault.remove(this.name(no));
    this.drawn.value++;
  }

  async send(no, template = '') {
    const text = this.text(no).trim();
    if (!text || this.sending.value) return false;
    this.sending.value = no;
    const body = template ? { text, template } : { text };
    try {
      await this.say(no, body);
    } catch (failure) {
      this.store.fail(failure);
      return false;
    } finally {
      this.sending.value = '';
    }
    this.attempts.delete(no);
    if (this.text(no).trim() === text) this.type(no, '');
    await this.read(no);
    this.load();
    return true;
  }

  /** Nobody knows whether a request without an answer was heard: under the same key it may be sent again, now and by
      the agent's next press, and is said once. */
  async say(no, body) {
    const same = JSON.stringify(body);
    if (this.attempts.get(no)?.same !== same) this.attempts.set(no, { same, key: newKey() });
    const sent = () => this.store.post(`/api/v1/tickets/${no}/replies`, body, { key: this.attempts.get(no).key });
    try {
      await sent();
    } catch (failure) {
      if (failure instanceof Problem) throw failure;
      await sent();
    }
  }
}
