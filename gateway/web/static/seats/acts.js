// Orders and what becomes of them. An order is sent, and then the live stream is watched until it shows what was ordered: only
// then is it said to be done. What the gateway refuses is said in its own words; what is accepted and does not
// happen is said as well.

import { del, post } from '../api.js';
import { named, words } from '../i18n.js';
import { toast, wordsOf } from '../lead/dialog.js';
import { signal } from '../vendor/preact.js';

/** An order that is not seen to be carried out after so long has to be looked at by a person; one that rings a telephone
 * waits for the person who answers it. */
const SEEN_WITHIN_S = 10;
const ANSWERED_WITHIN_S = 40;

const LEADS = new Set(['supervisor', 'admin']);
const ON_LINE = new Set(['talking', 'held', 'outbound', 'consulting', 'three_way', 'monitored']);

const path = (kind, id, act = '') => `/api/v1/${kind}/${encodeURIComponent(id)}${act && `/${act}`}`;

export const inCall = (seat) => ON_LINE.has(seat.activity);

export class Acts {
  constructor(hall, me) {
    Object.assign(this, { hall, me });
    /** The keys of the orders that are under way: 'A001.listen'. */
    this.pending = signal(new Set());
  }

  get leads() {
    return LEADS.has(this.me.role);
  }

  mySeat() {
    return this.hall.seatOf(this.me.agent);
  }

  /** How the asker supervises a seat now: 'listen', 'whisper', 'barge', or ''. */
  modeAt(seat) {
    return (seat.monitored_by ?? []).find((one) => one.agent === (this.me.agent ?? ''))?.mode ?? '';
  }

  /** Whether the telephone at a seat still rings: who has ordered to listen has not answered it yet. (While a lead listens the own
   * seat is "reserved": it gets no calls.) */
  rings(seat) {
    return this.hall.seats.get(seat)?.activity === 'ringing';
  }

  mark(key, on) {
    const keys = new Set(this.pending.value);
    if (on) keys.add(key);
    else keys.delete(key);
    this.pending.value = keys;
  }

  /**
   * Give an order and see it through: `request` sends it, `seen` looks at the hall for its effect, `done` is the pair of words to
   * say then. Throws what the gateway answers; with `quiet` it is shown instead.
   */
  async order(key, request, seen, done, { quiet = true, within = SEEN_WITHIN_S } = {}) {
    this.mark(key, true);
    try {
      const answer = await request();
      const said = typeof done === 'function' ? done(answer) : done;
      if (await this.until(seen, within)) toast(said);
      else toast(words('act.slow', { s: within }), 'bad');
      return true;
    } catch (failure) {
      if (!quiet) throw failure;
      toast(wordsOf(failure), 'bad');
      return false;
    } finally {
      this.mark(key, false);
    }
  }

  /** Resolves to true when the hall shows it, false when it has not for long. */
  until(seen, within) {
    if (seen === null || seen()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const end = (found) => {
        clearTimeout(timer);
        stop();
        resolve(found);
      };
      const timer = setTimeout(() => end(false), within * 1000);
      const stop = this.hall.watch(() => seen() && end(true));
    });
  }

  seat(id, act, request, seen, extra = {}, options = {}) {
    const now = () => this.hall.seats.get(id) ?? {};
    return this.order(`${id}.${act}`, request, () => seen(now()), words(`done.${act}`, { seat: id, ...extra }), options);
  }

  monitor(id, mode, by) {
    const heard = (seat) => (seat.monitored_by ?? []).some((one) => one.mode === mode && one.agent === (this.me.agent ?? '') && !this.rings(one.seat));
    return this.seat(id, mode, () => post(path('seats', id, 'monitor'), { mode, by }), heard, {}, { within: ANSWERED_WITHIN_S });
  }

  stop(id) {
    const alone = (seat) => !this.modeAt(seat);
    return this.seat(id, 'stop', () => del(path('seats', id, 'monitor')), alone);
  }

  takeOver(id) {
    const call = this.hall.seats.get(id)?.call_id;
    return this.seat(id, 'take', () => post(path('seats', id, 'take-over'), {}), (seat) => seat.call_id !== call, {}, { quiet: false });
  }

  hangUp(id) {
    const call = this.hall.seats.get(id)?.call_id;
    const over = (seat) => !inCall(seat) || seat.call_id !== call;
    return this.seat(id, 'hangup', () => post(path('seats', id, 'hang-up'), {}), over, {}, { quiet: false });
  }

  ready(id) {
    return this.seat(id, 'ready', () => post(path('seats', id, 'ready'), {}), (seat) => seat.presence === 'ready');
  }

  notReady(id, reason) {
    const resting = (seat) => seat.presence === 'not_ready' && seat.reason === reason;
    return this.seat(id, 'not_ready', () => post(path('seats', id, 'not-ready'), { reason }), resting);
  }

  signOut(id) {
    const gone = (seat) => seat.presence === 'signed_out';
    return this.seat(id, 'sign_out', () => post(path('seats', id, 'sign-out'), {}), gone, {}, { quiet: false });
  }

  /** Words for the desks of some seats (null: all that are signed in). The answer's count is what is said. */
  message(seats, text, until, options = {}) {
    const body = { seats, text, ...(until ? { until } : {}) };
    const count = (answer) => words('done.message', { n: answer?.ids?.length ?? seats?.length ?? '' });
    return this.order(`message.${seats ?? 'all'}`, () => post('/api/v1/seats/messages', body), null, count, options);
  }

  waits(call) {
    return [...this.hall.queues.values()].find((queue) => queue.waiting.some((one) => one.call_id === call));
  }

  /** Take a waiting caller to the asker's own telephone. */
  answer(caller) {
    const mine = () => this.mySeat()?.call_id === caller.call_id || !this.waits(caller.call_id);
    const request = () => post(path('calls', caller.call_id, 'pick-up'), { seat: null });
    return this.order(`${caller.call_id}.answer`, request, mine, words('done.answer', { caller: caller.caller }), { within: ANSWERED_WITHIN_S });
  }

  /** Move a waiting caller to the front of a queue, or to another queue's end. */
  move(caller, queue, position) {
    const there = () => {
      const found = this.hall.queues.get(queue)?.waiting ?? [];
      const at = found.findIndex((one) => one.call_id === caller.call_id);
      return (position === 'front' ? at === 0 : at >= 0) || !this.waits(caller.call_id);
    };
    const request = () => post(path('calls', caller.call_id, 'move'), { queue, position });
    return this.order(`${caller.call_id}.move`, request, there, words('done.move', { caller: caller.caller }));
  }

  queue(queue, act, request, seen) {
    const now = () => this.hall.queues.get(queue.id) ?? {};
    return this.order(`${queue.id}.${act}`, request, () => seen(now()), words(`done.${act}`, { queue: named(queue) }), { quiet: act === 'open' });
  }

  close(queue, body) {
    return this.queue(queue, 'close', () => post(path('queues', queue.id, 'close'), body), (now) => now.open === false);
  }

  open(queue) {
    return this.queue(queue, 'open', () => post(path('queues', queue.id, 'open'), {}), (now) => now.open !== false);
  }

  broadcast(body) {
    const among = () => [...this.hall.queues.values()].filter((queue) => !body.queues || body.queues.includes(queue.id));
    const on = () => among().every((queue) => queue.broadcast);
    return this.order('broadcast', () => post('/api/v1/broadcasts', body), on, words('done.broadcast'), { quiet: false });
  }

  stopBroadcast(id) {
    return this.order('broadcast', () => del(path('broadcasts', id)), null, words('done.broadcast_off'));
  }

  standby(queue, call) {
    const said = words('done.standby', { n: call.length });
    return this.order(`${queue}.standby`, () => post(path('queues', queue, 'standby'), { call }), null, said, { quiet: false });
  }

  /** Tell a role of an alarm, by the ways that the configuration knows for it. */
  escalate(alarm, to) {
    return this.order(`${alarm.id}.escalate`, () => post(path('alarms', alarm.id, 'escalate'), { to }), null, words('done.escalate', { to }), { quiet: false });
  }

  /** What is said of an alarm is seen when the stream has it in the new state. */
  async alarm(alarm, act, body = {}) {
    this.mark(`${alarm.id}.${act}`, true);
    try {
      await post(path('alarms', alarm.id, act), body);
    } catch (failure) {
      toast(wordsOf(failure), 'bad');
    } finally {
      this.mark(`${alarm.id}.${act}`, false);
    }
  }
}
