// The one store of the desk: what is known as signals, fed by the live stream, and every act that the desk asks of the
// gateway. Components read signals and call acts; nothing else on the desk's frame talks to the API. What a reload must
// not lose comes back from the gateway (seat, transfers, desk) or from this tab (when the call was answered).

import { del, get, post, Problem, put, toLogin } from '../api.js';
import { Live } from '../live.js';
import { batch, computed, signal } from '../vendor/preact.js';
import { callOf, Calls } from './calls.js';
import { Handset } from './handset.js';
import { pairOf, say } from './words.js';

const BANNER_AFTER_MS = 1500;
const OUTCOME_S = 10;
const KEPT_S = 120;
const FOLLOW_MS = 5000;
const ASKING_MS = 8000;
const TRIES = 3;
const AGAIN_MS = 400;
const MOST_TOASTS = 5;
/** Kinds of targets as a press names them. */
const KINDS = { partner: 'partner', queue: 'queue', flow: 'flow', seat: 'to_seat' };
const REST_NOT_CHOSEN = new Set(['sign_in', 'system']);

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** A key for one press: the same for all tries of it. (crypto.randomUUID is not there on plain http.) */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** True when nobody knows whether the gateway got the request: it may be asked again under the same key. */
const unanswered = (failure) => !(failure instanceof Problem) || failure.status === 502 || failure.status === 504;

/** True while the call can take no other transfer. A released one is citizen and target alone: the agent is free. */
export const runs = (transfer) => transfer.phase !== 'released' && transfer.phase !== 'ended';

/** Whether the end of a transfer is news for the agent: a hand-over is told once, not again when those two hang up. */
function isNews(transfer, now) {
  const told = transfer.outcome === 'completed' || transfer.phase === 'released' ? transfer.released_at : null;
  return now - (told ?? transfer.ended_at ?? transfer.started_at) < OUTCOME_S;
}

export class Store {
  constructor() {
    this.me = signal(null);
    this.plan = signal({ halls: [], entries: {} });
    /** The answer of GET /api/v1/desk, null while (or where) there is none. */
    this.desk = signal(null);
    this.seats = signal(new Map());
    this.queues = signal(new Map());
    this.transfers = signal(new Map());
    this.partners = signal([]);
    /** wait: not connected yet; up; down: the gateway has lost Asterisk; lost: we have lost the gateway. */
    this.link = signal('wait');
    /** Epoch seconds by the gateway's clock, once a second; it stands still while the link is lost. */
    this.now = signal(Date.now() / 1000);
    /** Rises when the stream hints that this agent's inbox has moved; `count` is how many lie in it. */
    this.inbox = signal({ n: 0, count: 0 });
    this.drafts = signal([]);
    this.toasts = signal([]);
    /** What is being asked of the gateway and not yet seen on the stream: '' or the name of an act. */
    this.asking = signal('');
    /** The partner key under the finger: {kind, to, mode, id}, until the stream shows the transfer. */
    this.pressed = signal(null);
    /** The act on a transfer under the finger: {id, act, version}. */
    this.acting = signal(null);
    /** A number to be read out to the citizen: a PartnerView, or null. */
    this.readout = signal(null);
    /** {call_id, ticket_no} of the ticket that belongs to the call; the form says it. */
    this.ticket = signal(null);
    this.calls = new Calls(sessionStorage);
    this.handset = new Handset(this);
    this.offset = 0;
    this.opened = false;
    this.derive();
  }

  derive() {
    this.seat = computed(() => {
      const agent = this.me.value?.agent;
      if (!agent) return null;
      for (const seat of this.seats.value.values()) {
        if (seat.agent === agent && seat.presence !== 'signed_out') return seat;
      }
      return null;
    });
    this.call = computed(() => callOf(this.seat.value, this.calls, this.handset.state.value, this.plan.value));
    /** The transfer of this seat that runs, or the one that is just over for this agent: its outcome is shown a while. */
    this.running = computed(() => {
      const own = [...this.transfers.value.values()].filter((one) => one.seat === this.seat.value?.id);
      return own.find(runs) ?? own.findLast((one) => isNews(one, this.now.value)) ?? null;
    });
    this.hall = computed(() => {
      const { halls } = this.plan.value;
      return halls.find((hall) => hall.id === this.seat.value?.hall) ?? halls[0] ?? null;
    });
    this.reasons = computed(() => (this.hall.value?.rest_reasons ?? []).filter((one) => !REST_NOT_CHOSEN.has(one.id)));
    this.stale = computed(() => this.link.value === 'lost' || this.link.value === 'down');
  }

  // Beginning ---------------------------------------------------------------------------------------------------------

  /** Load what does not come by the stream, then open it. Throws Problem 401 when nobody is logged in. */
  async start() {
    const [me, plan] = await Promise.all([get('/api/v1/me'), get('/api/v1/plan')]);
    batch(() => {
      this.me.value = me;
      this.plan.value = plan;
    });
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    this.live = new Live(`${scheme}://${location.host}/api/v1/live`, {
      snapshot: (message) => this.take(message, true),
      diff: (message) => this.take(message, false),
      open: (open) => this.socket(open),
      refused: () => this.stillIn(),
    });
    this.live.start();
    setInterval(() => this.tick(), 1000);
    await Promise.all([this.loadDesk(), this.loadPartners()]);
  }

  async loadDesk() {
    this.desk.value = await this.quietly(get('/api/v1/desk'));
  }

  async loadPartners() {
    const found = await this.quietly(get('/api/v1/partners'));
    if (found) this.partners.value = found.items;
  }

  /** The answer, or null where the gateway does not offer it; what is wrong otherwise is told. */
  async quietly(request) {
    try {
      return await request;
    } catch (failure) {
      if (!(failure instanceof Problem && failure.status === 404)) this.fail(failure);
      return null;
    }
  }

  /** A refused socket may mean that the log-in is over; the status of a refused socket is hidden from us. */
  async stillIn() {
    try {
      await get('/api/v1/me');
    } catch (failure) {
      if (failure instanceof Problem && failure.status === 401) this.fail(failure);
    }
  }

  // The stream --------------------------------------------------------------------------------------------------------

  take(message, whole) {
    batch(() => {
      this.offset = message.at - Date.now() / 1000;
      this.up = message.link;
      const seats = new Map(whole ? [] : this.seats.value);
      const queues = new Map(whole ? [] : this.queues.value);
      for (const queue of message.queues) queues.set(queue.id, queue);
      for (const seat of message.seats) seats.set(seat.id, seat);
      this.queues.value = queues;
      this.calls.wait(message.queues);
      this.seats.value = seats;
      this.calls.see(this.seat.value, message.at);
      if (whole || message.transfers?.length) this.moved(message.transfers ?? [], whole);
      if (message.partners?.length) this.partners.value = message.partners;
      for (const hint of message.desk ?? []) this.hint(hint);
      this.drawLink();
      this.settle();
    });
    if (whole) this.loadPartners();
  }

  moved(views, whole) {
    const recent = (one) => one.phase === 'ended' && this.now.value - (one.ended_at ?? one.started_at) < KEPT_S;
    const kept = [...this.transfers.value.values()].filter((one) => recent(one) || (!whole && one.phase !== 'ended'));
    const transfers = new Map(kept.map((one) => [one.id, one]));
    for (const view of views) {
      if ((transfers.get(view.id)?.version ?? -1) > view.version) continue;
      transfers.delete(view.id); // the newest stands last
      transfers.set(view.id, view);
    }
    this.transfers.value = transfers;
  }

  /** The agent has read how it ended. */
  forget(id) {
    const transfers = new Map(this.transfers.value);
    transfers.delete(id);
    this.transfers.value = transfers;
  }

  hint(hint) {
    if (hint.agent !== this.me.value?.agent) return;
    this.inbox.value = { n: this.inbox.value.n + 1, count: hint.n };
  }

  /** What was asked for has come to pass: the keys under the finger are free again. */
  settle() {
    const { pressed, acting } = this;
    if (pressed.value?.id && this.transfers.value.has(pressed.value.id)) pressed.value = null;
    const acted = acting.value && this.transfers.value.get(acting.value.id);
    if (acting.value && acted?.version !== acting.value.version) acting.value = null;
    if (this.asking.value && this.met(this.seat.value)) this.asking.value = '';
    this.handset.follow(this.seat.value);
  }

  met(seat) {
    const presence = seat?.presence ?? 'signed_out';
    const wanted = { 'sign-in': presence !== 'signed_out', 'sign-out': presence === 'signed_out' };
    return wanted[this.asking.value] ?? presence === this.asking.value.replace('-', '_');
  }

  socket(open) {
    // a retry that fails is no news either: it must not put the banner off
    if (open === this.opened && this.banner !== undefined) return;
    this.opened = open;
    clearTimeout(this.banner);
    this.banner = setTimeout(() => this.drawLink(), open ? 0 : BANNER_AFTER_MS);
  }

  drawLink() {
    this.link.value = this.opened ? this.up : this.up ? 'lost' : 'wait';
  }

  tick() {
    if (this.link.value !== 'lost') this.now.value = Date.now() / 1000 + this.offset;
  }

  // Words for the agent -----------------------------------------------------------------------------------------------

  /** Shown until it is read. The same words twice are shown once. `offer` is {words, run}: what may be done instead. */
  toast(kind, [zh, en], offer = null) {
    const others = this.toasts.value.filter((one) => one.zh !== zh);
    this.toasts.value = [...others, { id: newKey(), kind, zh, en, offer }].slice(-MOST_TOASTS);
  }

  dismiss(id) {
    this.toasts.value = this.toasts.value.filter((one) => one.id !== id);
  }

  fail(failure) {
    if (failure instanceof Problem && failure.status === 401) {
      // a page that leaves would hang up a softphone's call
      if (!this.call.value) toLogin();
      return this.toast('bad', say('fail.login'));
    }
    if (failure instanceof Problem) return this.toast('bad', pairOf(failure.message));
    if (failure.words) return this.toast('bad', failure.words);
    if (failure.name === 'TypeError' || failure.name === 'TimeoutError') return this.toast('bad', say('fail.net'));
    this.toast('bad', [failure.message || String(failure), '']);
    return undefined;
  }

  /** Await a request; its failure becomes a toast. True when it went well. */
  async ask(request) {
    try {
      await request;
      return true;
    } catch (failure) {
      this.fail(failure);
      return false;
    }
  }

  get(path, more) {
    return get(path, more);
  }

  post(path, body, more) {
    return post(path, body, more);
  }

  put(path, body, more) {
    return put(path, body, more);
  }

  del(path, more) {
    return del(path, more);
  }

  // The seat ----------------------------------------------------------------------------------------------------------

  /** Ask for a change of the seat; the keys wait until the stream shows it, or until it is clear that it will not. */
  async seatAct(act, body, id = this.seat.value?.id) {
    if (this.asking.value || !id) return false;
    this.asking.value = act;
    const done = await this.ask(post(`/api/v1/seats/${encodeURIComponent(id)}/${act}`, body));
    if (!done) this.asking.value = '';
    if (!done || this.met(this.seat.value)) this.asking.value = '';
    else setTimeout(() => this.overdue(act), ASKING_MS);
    return done;
  }

  overdue(act) {
    if (this.asking.value !== act) return;
    this.asking.value = '';
    this.toast('warn', say('fail.slow'));
  }

  async signIn(id, device) {
    localStorage.setItem('desk.seat', id);
    localStorage.setItem('desk.device', device);
    return this.seatAct('sign-in', { device }, id);
  }

  ready() {
    if (this.handset.isSoft && !this.handset.state.value.registered) this.toast('warn', say('phone.bad'));
    return this.seatAct('ready', {});
  }

  notReady(reason) {
    return this.seatAct('not-ready', { reason });
  }

  signOut() {
    return this.seatAct('sign-out', {});
  }

  async leave() {
    if (this.seat.value && !(await this.signOut())) return;
    if (await this.ask(post('/api/v1/logout', {}))) location.assign('/login?next=/desk');
  }

  // Transfers ---------------------------------------------------------------------------------------------------------

  /** True when a key of the panel does something now. */
  canPress() {
    const state = this.call.value?.state;
    const speaking = ['talking', 'held', 'outbound'].includes(state);
    const free = !this.pressed.value && !(this.running.value && runs(this.running.value));
    return speaking && free && this.link.value === 'up';
  }

  /** One press, one transfer: `target` is {kind: 'partner'|'queue'|'flow'|'to_seat', to, mode?}. */
  async press(target) {
    if (!this.canPress()) return;
    const call = this.call.value;
    const body = { [target.kind]: target.to };
    if (target.mode) body.mode = target.mode;
    if (this.ticket.value?.call_id === call.id && this.ticket.value.ticket_no) body.ticket_no = this.ticket.value.ticket_no;
    const pressed = { ...target, id: null };
    this.pressed.value = pressed;
    const key = newKey();
    try {
      const { transfer_id: id } = await this.insist(() => post('/api/v1/transfers', body, { key }));
      this.pressed.value = { ...pressed, id };
      this.settle();
      setTimeout(() => this.follow(id), FOLLOW_MS);
    } catch (failure) {
      this.pressed.value = null;
      this.refused(failure);
    }
  }

  /** A press was refused: say why, and offer who may be asked in place of the target, where the gateway names one. */
  refused(failure) {
    const { kind, value } = failure.more?.instead ?? {};
    if (!KINDS[kind]) return this.fail(failure);
    const partner = this.partners.value.find((one) => kind === 'partner' && one.number === value);
    const name = partner?.name ?? this.queues.value.get(value)?.name ?? value;
    const run = () => this.press({ kind: KINDS[kind], to: value, name });
    return this.toast('bad', pairOf(failure.message), { words: say('part.instead', { name }), run });
  }

  /** A request that may have got lost is made again under the same key: it still is one press. */
  async insist(request) {
    for (let tries = 1; ; tries += 1) {
      try {
        return await request();
      } catch (failure) {
        if (!unanswered(failure) || tries === TRIES) throw failure;
        await pause(AGAIN_MS * tries);
      }
    }
  }

  /** The stream has not told of a press: ask how it stands. */
  async follow(id) {
    if (this.pressed.value?.id !== id) return;
    const view = await this.quietly(get(`/api/v1/transfers/${encodeURIComponent(id)}`));
    if (this.pressed.value?.id !== id) return;
    if (view) this.moved([view], false);
    this.pressed.value = null;
  }

  async act(transfer, act) {
    if (this.acting.value || !transfer.acts.includes(act)) return;
    const acting = { id: transfer.id, act, version: transfer.version };
    this.acting.value = acting;
    const done = await this.ask(post(`/api/v1/transfers/${encodeURIComponent(transfer.id)}/${act}`, {}));
    setTimeout(() => {
      if (this.acting.value === acting) this.acting.value = null;
    }, done ? FOLLOW_MS : 0);
  }

  /** Ring the agent's telephone, then the citizen: {number} or {call_id} or {ticket_no}, under a number of ours. */
  dial(whom, from) {
    return this.ask(post('/api/v1/desk/dial', { ...whom, from_number: from }, { key: newKey() }));
  }
}
