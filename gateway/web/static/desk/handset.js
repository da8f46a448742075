// The telephone in the agent's hand, whichever it is: a softphone in this page or a desk phone that the gateway controls.
// The call's keys speak to this and need not know which. The softphone's code is loaded only where it is used.

import { post } from '../api.js';
import { signal } from '../vendor/preact.js';
import { say } from './words.js';

const QUIET = { registered: false, link: 'off', call: null, muted: false };

/** An error whose words are for the agent. */
export class Said extends Error {
  constructor(words) {
    super(words.join(' / '));
    this.words = words;
  }
}

export class Handset {
  constructor(store) {
    this.store = store;
    this.phone = null;
    /** {registered, link, call, muted} of the softphone; of a desk phone only `muted` is known, and only what we asked for. */
    this.state = signal(QUIET);
  }

  get isSoft() {
    const seat = this.store.seat.value;
    return (seat?.device ?? localStorage.getItem('desk.device') ?? 'phone') === 'softphone';
  }

  /** The softphone, loaded at the first wish for it. Rejects where this page has none. */
  soft() {
    this.loading ??= this.load();
    this.loading.catch(() => {
      this.loading = null; // the next wish tries again
    });
    return this.loading;
  }

  async load() {
    const { Phone } = await import('./phone.js');
    const phone = new Phone({ credentials: () => post('/api/v1/desk/phone', {}) });
    phone.addEventListener('change', () => this.heard(phone.state));
    this.phone = phone;
    return phone;
  }

  /** The softphone tells what it does now; since when is by the gateway's clock, like every other time on the desk. */
  heard(state) {
    const before = this.state.value.call;
    const since = before?.state === state.call?.state ? before?.since : this.store.clock();
    this.state.value = { ...state, call: state.call && { ...state.call, since }, muted: state.call?.muted ?? false };
  }

  /** Have the softphone run exactly while a seat is signed in with it. */
  follow(seat) {
    const wanted = Boolean(seat) && seat.device === 'softphone';
    if (!seat?.call_id && !wanted && this.state.value.muted) this.state.value = QUIET;
    if (wanted === Boolean(this.running)) return;
    this.running = wanted;
    this.store.ask(wanted ? this.begin() : this.end());
  }

  async begin() {
    const phone = await this.soft();
    if (this.running) await phone.start(); // else signed out while it was loading
  }

  /** The agent asks for the telephone that is not there: a softphone registers again, or is taken back from another page. */
  again() {
    if (this.isSoft) this.store.ask(this.begin());
    else this.store.toast('warn', say('phone.gone'));
  }

  async end() {
    await this.phone?.stop();
    this.state.value = QUIET;
  }

  /** answer, hold, resume, mute, unmute, dtmf (with a digit), hangup. Failures become toasts; true when it went well. */
  async act(act, digit) {
    if (this.isSoft) return this.store.ask(this.softly(act, digit));
    const body = act === 'dtmf' ? { digits: digit } : {};
    const done = await this.store.ask(post(`/api/v1/desk/phone/${act}`, body));
    if (done && (act === 'mute' || act === 'unmute')) this.state.value = { ...this.state.value, muted: act === 'mute' };
    return done;
  }

  async softly(act, digit) {
    if (!this.phone) throw new Said(say('phone.none'));
    await this.phone[act](digit);
  }
}
