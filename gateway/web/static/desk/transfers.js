// The transfers of this seat: which of them is shown, the press of a key and the acts on one that runs. What becomes of them
// is told by the live stream; a request only says that it was heard. Components read the signals and call press and act.

import { get, post, Problem } from '../api.js';
import { computed, signal } from '../vendor/preact.js';
import { pairOf, say } from './words.js';

const OUTCOME_S = 10;
const KEPT_S = 120;
const FOLLOW_MS = 5000;
const TRIES = 3;
const AGAIN_MS = 400;
const MOST_READ = 20;
/** So long a press waits for the last words typed to be kept: they go along with the call. */
const TYPED_MS = 100;
/** Kinds of targets as a press names them. */
const KINDS = { partner: 'partner', queue: 'queue', flow: 'flow', seat: 'to_seat' };
const SPEAKING = new Set(['talking', 'held', 'outbound']);

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

export class Transfers {
  constructor(store) {
    this.store = store;
    /** All that the stream has told of, by id, the newest last. */
    this.all = signal(new Map());
    /** The key under the finger: {kind, to, mode, id}, until the stream shows the transfer. */
    this.pressed = signal(null);
    /** The act on a transfer under the finger: {id, act, version}. */
    this.acting = signal(null);
    /** The ended ones that the agent has read: told again when their push moves, they stay away. */
    this.read = new Set();
    /** The transfer of this seat that runs, or the one that is just over for this agent: its outcome is shown a while. */
    this.running = computed(() => {
      const own = [...this.all.value.values()].filter((one) => one.seat === store.seat.value?.id);
      return own.find(runs) ?? own.findLast((one) => isNews(one, store.now.value)) ?? null;
    });
  }

  /** Views of the stream; `whole`: these are all that are open. */
  take(views, whole) {
    const recent = (one) => one.phase === 'ended' && this.store.now.value - (one.ended_at ?? one.started_at) < KEPT_S;
    const kept = [...this.all.value.values()].filter((one) => recent(one) || (!whole && one.phase !== 'ended'));
    const transfers = new Map(kept.map((one) => [one.id, one]));
    for (const view of views) {
      if ((transfers.get(view.id)?.version ?? -1) > view.version || this.read.has(view.id)) continue;
      transfers.delete(view.id); // the newest stands last
      transfers.set(view.id, view);
    }
    this.all.value = transfers;
  }

  /** What was asked for has come to pass: the keys under the finger are free again. */
  settle() {
    const { pressed, acting } = this;
    if (pressed.value?.id && this.all.value.has(pressed.value.id)) pressed.value = null;
    const acted = acting.value && this.all.value.get(acting.value.id);
    if (acting.value && acted?.version !== acting.value.version) acting.value = null;
  }

  /** The agent has read how it ended. */
  forget(id) {
    const transfers = new Map(this.all.value);
    if (transfers.get(id)?.phase === 'ended') this.read = new Set([...this.read, id].slice(-MOST_READ));
    transfers.delete(id);
    this.all.value = transfers;
  }

  /** True when a key of the panel does something now. */
  canPress() {
    const free = !this.pressed.value && !(this.running.value && runs(this.running.value));
    return SPEAKING.has(this.store.call.value?.state) && free && this.store.link.value === 'up';
  }

  /** One press, one transfer: `target` is {kind: 'partner'|'queue'|'flow'|'to_seat', to, mode?}. */
  async press(target) {
    if (!this.canPress()) return;
    const pressed = { ...target, id: null };
    this.pressed.value = pressed;
    const [body, key] = [this.body(target), newKey()];
    try {
      await this.typed(); // the ticket goes with the call, with the last words of it
      const { transfer_id: id } = await this.insist(() => post('/api/v1/transfers', body, { key }));
      this.pressed.value = { ...pressed, id };
      this.settle();
      setTimeout(() => this.follow(id), FOLLOW_MS);
    } catch (failure) {
      this.pressed.value = null;
      this.refused(failure);
    }
  }

  /** What is typed is with the gateway, or it has had its time: the press does not wait for a slow line. */
  typed() {
    const kept = this.store.work?.drafts.flush() ?? Promise.resolve();
    return Promise.race([kept.catch(() => {}), pause(TYPED_MS)]);
  }

  body(target) {
    const body = { [target.kind]: target.to };
    if (target.mode) body.mode = target.mode;
    const ticket = this.store.ticket.value;
    if (ticket?.call_id === this.store.call.value.id && ticket.ticket_no) body.ticket_no = ticket.ticket_no;
    return body;
  }

  /** A press was refused: say why, and offer who may be asked in place of the target, where the gateway names one. */
  refused(failure) {
    const { store } = this;
    const { kind, value } = failure.more?.instead ?? {};
    if (!KINDS[kind]) return store.fail(failure);
    const partner = store.partners.value.find((one) => kind === 'partner' && one.number === value);
    const name = partner?.name ?? store.queues.value.get(value)?.name ?? value;
    const call = store.call.value?.id;
    // an offer is for the call that was refused: read after the next one has come, it does nothing
    const run = () => store.call.value?.id === call && this.press({ kind: KINDS[kind], to: value, name });
    return store.toast('bad', pairOf(failure.message), { words: say('part.instead', { name }), run });
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
    const view = await this.store.quietly(get(`/api/v1/transfers/${encodeURIComponent(id)}`));
    if (this.pressed.value?.id !== id) return;
    if (view) this.take([view], false);
    this.pressed.value = null;
  }

  async act(transfer, act) {
    if (this.acting.value || !transfer.acts.includes(act)) return;
    const acting = { id: transfer.id, act, version: transfer.version };
    this.acting.value = acting;
    const done = await this.store.ask(post(`/api/v1/transfers/${encodeURIComponent(transfer.id)}/${act}`, {}));
    setTimeout(() => {
      if (this.acting.value === acting) this.acting.value = null;
    }, done ? FOLLOW_MS : 0);
  }
}
