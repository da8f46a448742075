// The one store of the desk: what is known as signals, fed by the live stream, and the acts that the desk asks of the
// gateway (those on transfers in transfers.js). Components read signals and call acts. What a reload must not lose comes
// back from the gateway (seat, transfers, desk) or from this tab (when the call was answered). All times are the gateway's:
// a computer whose clock is wrong, or is set right during a call, moves no clock of the desk.

import { del, get, post, Problem, put, toLogin } from '../api.js';
import { Live } from '../live.js';
import { batch, computed, signal } from '../vendor/preact.js';
import { callOf, Calls } from './calls.js';
import { Handset } from './handset.js';
import { newKey, Transfers } from './transfers.js';
import { Vault } from './vault.js';
import { pairOf, say } from './words.js';

const BANNER_AFTER_MS = 1500;
const ASKING_MS = 8000;
const MOST_TOASTS = 5;
const REST_NOT_CHOSEN = new Set(['sign_in', 'system']);
const AGAIN_MS = 2000;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));


export class Store {
  constructor() {
    this.me = signal(null);
    this.plan = signal({ halls: [], entries: {} });
    /** The answer of GET /api/v1/desk, null while (or where) there is none. */
    this.desk = signal(null);
    this.seats = signal(new Map());
    this.queues = signal(new Map());
    this.partners = signal([]);
    /** wait: not connected yet; up; down: the gateway has lost Asterisk; lost: we have lost the gateway. */
    this.link = signal('wait');
    /** Epoch seconds by the gateway's clock, once a second; it stands still while the link is lost. */
    this.now = signal(Date.now() / 1000);
    /** Rises when the stream hints that this agent's inbox has moved; `count` is how many lie in it. */
    this.inbox = signal({ n: 0, count: 0 });
    /** Rises when the stream hints that the shift lead has said something to this agent. */
    this.messages = signal(0);
    this.drafts = signal([]);
    this.toasts = signal([]);
    /** What is being asked of the gateway and not yet seen on the stream: '' or the name of an act. */
    this.asking = signal('');
    /** A number to be read out to the citizen: a PartnerView, or null. */
    this.readout = signal(null);
    /** {call_id, ticket_no} of the ticket that belongs to the call; the form says it. */
    this.ticket = signal(null);
    this.calls = new Calls(sessionStorage);
    /** What is typed and not sent yet, on this machine: there once the agent is known. */
    this.vault = null;
    /** A call out is being asked for. */
    this.dialling = signal(false);
    this.handset = new Handset(this);
    /** How far the gateway's clock is ahead of this page's own, which no change of the computer's time moves. */
    this.offset = Date.now() / 1000 - performance.now() / 1000;
    this.opened = false;
    /** How often the stream has told of the partners. */
    this.told = 0;
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
    this.hall = computed(() => {
      const { halls } = this.plan.value;
      return halls.find((hall) => hall.id === this.seat.value?.hall) ?? halls[0] ?? null;
    });
    this.reasons = computed(() => (this.hall.value?.rest_reasons ?? []).filter((one) => !REST_NOT_CHOSEN.has(one.id)));
    this.transfers = new Transfers(this);
    this.stale = computed(() => this.link.value === 'lost' || this.link.value === 'down');
  }

  // Beginning ---------------------------------------------------------------------------------------------------------

  /** Load what does not come by the stream, then open it. Throws Problem 401 when nobody is logged in. */
  async start() {
    const desk = this.loadDesk(); // asked for beside who we are, not after it
    const [me, plan] = await this.insist(() => Promise.all([get('/api/v1/me'), get('/api/v1/plan')]));
    this.calls.own(me.login);
    this.vault = new Vault(me.local_key);
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
    await desk; // the partners are asked for at the first snapshot
  }

  /** The page came, so the gateway is there: what fails all the same is asked for again until it comes. */
  async insist(request) {
    for (;;) {
      try {
        return await request();
      } catch (failure) {
        if (failure instanceof Problem && failure.status === 401) throw failure;
        this.fail(failure);
        await pause(AGAIN_MS);
      }
    }
  }

  async loadDesk() {
    this.desk.value = await this.quietly(get('/api/v1/desk'));
  }

  async loadPartners() {
    const told = this.told;
    const found = await this.quietly(get('/api/v1/partners'));
    if (found && told === this.told) this.partners.value = found.items; // else the stream has told newer ones
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
      this.offset = message.at - performance.now() / 1000;
      this.up = message.link;
      const seats = new Map(whole ? [] : this.seats.value);
      const queues = new Map(whole ? [] : this.queues.value);
      for (const queue of message.queues) queues.set(queue.id, queue);
      for (const seat of message.seats) seats.set(seat.id, seat);
      this.queues.value = queues;
      this.calls.wait(message.queues);
      this.seats.value = seats;
      this.calls.see(this.seat.value, message.at);
      if (whole || message.transfers?.length) this.transfers.take(message.transfers ?? [], whole);
      if (message.partners?.length) {
        this.partners.value = message.partners;
        this.told += 1;
      }
      for (const hint of message.desk ?? []) this.hint(hint);
      if (whole) this.opened = true; // told of just after: nothing may be drawn as lost between the two
      this.drawLink();
      this.tick(); // what came has begun now: a countdown must not show a second more than it has
      this.settle();
    });
    if (!whole) return;
    this.loadPartners();
    if (!this.desk.value && this.seen) this.loadDesk(); // it failed before: without it the form has no categories
    this.seen = true;
  }

  hint(hint) {
    if (hint.agent !== this.me.value?.agent) return;
    if (hint.kind === 'notice') this.messages.value += 1;
    else this.inbox.value = { n: this.inbox.value.n + 1, count: hint.n };
  }

  /** What was asked for has come to pass: the keys under the finger are free again. */
  settle() {
    this.transfers.settle();
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

  /** Epoch seconds by the gateway's clock, also while the link is lost. */
  clock() {
    return performance.now() / 1000 + this.offset;
  }

  tick() {
    if (this.link.value !== 'lost') this.now.value = this.clock();
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
    clearTimeout(this.slow); // of the act before, which was met
    this.asking.value = act;
    this.turn = (this.turn ?? 0) + 1;
    const { turn } = this;
    const done = await this.ask(post(`/api/v1/seats/${encodeURIComponent(id)}/${act}`, body));
    if (turn !== this.turn) return done; // met by the stream before its answer came, and another is under way
    if (!done || this.met(this.seat.value)) this.asking.value = '';
    else this.slow = setTimeout(() => this.overdue(), ASKING_MS);
    return done;
  }

  overdue() {
    if (!this.asking.value) return;
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
    await this.work?.drafts.flush();
    if (this.seat.value && !(await this.signOut())) return;
    if (!(await this.ask(post('/api/v1/logout', {})))) return;
    this.calls.forget(); // the next agent in this tab is somebody else
    location.assign('/login?next=/desk');
  }

  /** Ring the agent's telephone, then the citizen: {number} or {call_id} or {ticket_no}, under a number of ours. */
  async dial(whom, from) {
    if (this.dialling.value) return false; // a second click is no second call
    this.dialling.value = true;
    const done = await this.ask(post('/api/v1/desk/dial', { ...whom, from_number: from }, { key: newKey() }));
    this.dialling.value = false;
    return done;
  }
}
