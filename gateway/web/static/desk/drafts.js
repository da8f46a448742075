// Drafts of tickets: what an agent types is on this machine at once and in the ledger within a second. One draft a call (its
// key is the call id), a ticket (its number) or "new"; each has its own form, so a new call never touches the form of the
// last. The copy on this machine lives only until the gateway has the same text: a shared machine keeps no citizens' data.

import { signal } from '../vendor/preact.js';
import { newKey } from './transfers.js';

/** A change is sent so long after it; with the time of the request this stays under the second that a crash may cost. */
export const SEND_AFTER_MS = 500;
const RETRY_MS = [1000, 2000, 4000, 8000, 15000];
const AGAIN_MS = 250;
const TURN_MS = 120;

const same = (a, b) => JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());

const empty = (value) => value === '' || value === null || value === undefined || value === false;

/** One form. `state`: saved, saving, offline (on this machine only), refused (the gateway does not want it). */
export class Draft {
  constructor(key, { callId = '', ticketNo = '' } = {}) {
    Object.assign(this, { key, callId, ticketNo, revision: 0, ticketRevision: null, at: 0, changes: 0, tries: 0, sending: null });
    this.fields = signal({});
    this.state = signal('saved');
    this.why = signal(''); // the gateway's words, where it refused
    this.faults = signal({}); // by field, [Chinese, English]
    this.pop = signal(null);
    this.endedAt = signal(null); // of its call, epoch seconds: the ten minutes count from here
    this.wentTo = signal(''); // the seat that its call went on to, as after a closed lid: its ticket is that seat's
    this.sure = signal(false); // asked whether to file it all the same
    this.phase = signal(''); // ringing, up, ended: of its call; '' without one
    this.other = signal(null); // the fields of the copy that lost, until the agent has decided
    this.filing = signal('');
    this.attempt = null; // { body, id }: a filing is sent again under the key of its first time
  }

  get touched() {
    return Object.values(this.fields.value).some((value) => !empty(value));
  }
}

export class Drafts {
  /** `api`: get, put, post, del of /static/api.js; `vault` keeps the copies, `login` parts those of people who share a machine. */
  constructor({ api, login, vault, now }) {
    Object.assign(this, { api, login, vault, now });
    this.list = signal([]);
    this.active = signal('');
    this.passive = signal(true); // until it is this page's turn: nothing is typed, nothing is sent
    this.timers = new Map();
  }

  get current() {
    return this.list.value.find((one) => one.key === this.active.value) ?? null;
  }

  find(key) {
    return this.list.value.find((one) => one.key === key) ?? null;
  }

  /** All drafts that the ledger or this machine has; the newer copy of each wins, the other can be had back. */
  async load() {
    const local = this.localKeys();
    let kept = [];
    try {
      kept = (await this.api.get('/api/v1/desk/drafts')).items;
    } catch (failure) {
      if (failure.status === 401) throw failure;
    }
    const keys = new Set([...kept.map((one) => one.key), ...local]);
    await Promise.all([...keys].map((key) => this.adopt(this.open(key), kept.find((one) => one.key === key) ?? null)));
    if (!this.current && this.list.value.length) this.active.value = this.list.value[0].key;
  }

  /** The draft of a key, made when there is none: a call's id, a ticket's number (it has dashes), or 'new'. */
  open(key, of = {}) {
    const known = this.find(key);
    if (known) return known;
    const kind = key === 'new' ? {} : key.includes('-') ? { ticketNo: key } : { callId: key };
    const draft = new Draft(key, { ...kind, ...of });
    this.list.value = [...this.list.value, draft];
    return draft;
  }

  async adopt(draft, kept) {
    const local = await this.readLocal(draft.key);
    // typed into since, even if it has been sent meanwhile: what is on the screen is newer than an answer that took its time
    if (draft.at || !this.find(draft.key)) return;
    draft.revision = kept?.revision ?? 0;
    const newer = local && (!kept || local.revision >= draft.revision || local.at > kept.at);
    const [won, lost] = newer ? [local.fields, kept?.fields] : [kept?.fields ?? {}, local?.fields];
    draft.fields.value = won;
    if (lost && Object.keys(lost).length && !same(won, lost)) draft.other.value = lost;
    if (newer && (!kept || !same(local.fields, kept.fields))) this.dirty(draft);
    else this.forgetLocal(draft.key);
  }

  /** Take the copy that lost, and keep the one that is put aside for it. */
  swap(draft) {
    const other = draft.other.value;
    draft.other.value = draft.fields.value;
    this.change(draft, other, true);
  }

  /** Change fields ({name: value}): on this machine at once, in the ledger within the second. */
  change(draft, changes, whole = false) {
    if (this.passive.value) return;
    draft.fields.value = whole ? { ...changes } : { ...draft.fields.value, ...changes };
    const faults = { ...draft.faults.value };
    for (const name of Object.keys(changes)) delete faults[name];
    draft.faults.value = faults;
    this.dirty(draft);
  }

  dirty(draft) {
    draft.changes++;
    draft.at = this.now();
    this.writeLocal(draft);
    if (draft.state.value !== 'offline') draft.state.value = 'saving';
    this.schedule(draft, SEND_AFTER_MS);
  }

  schedule(draft, wait) {
    if (this.timers.has(draft.key) || draft.sending) return;
    this.timers.set(draft.key, setTimeout(() => this.send(draft), wait));
  }

  /** Send now whatever is unsent: the link is back, or the page closes (`keepalive` lets the request outlive it). */
  flush(more = {}) {
    const now = (one) => (one.sending ? one.sending.then(() => this.send(one, more)) : this.send(one, more));
    return Promise.all(this.list.value.filter((one) => one.changes).map(now));
  }

  /** Send what is unsent; `draft.sending` is the promise of that while it goes on. */
  send(draft, more = {}) {
    clearTimeout(this.timers.get(draft.key));
    this.timers.delete(draft.key);
    const needless = !draft.changes || this.passive.value || !this.find(draft.key) || draft.filing.value === 'filing';
    if (draft.sending || needless) return draft.sending;
    draft.sending = this.sendNow(draft, more);
    return draft.sending;
  }

  async sendNow(draft, more) {
    const sent = draft.changes;
    try {
      const path = `/api/v1/desk/drafts/${encodeURIComponent(draft.key)}`;
      // each try has a number of its own: one whose answer got lost may have been kept all the same
      draft.revision += 1;
      await this.api.put(path, { fields: draft.fields.value, revision: draft.revision }, more);
      this.kept(draft, sent);
    } catch (failure) {
      await this.unsent(draft, failure);
    } finally {
      draft.sending = null;
    }
    if (draft.changes) this.schedule(draft, draft.tries ? RETRY_MS[Math.min(draft.tries, RETRY_MS.length) - 1] : AGAIN_MS);
  }

  kept(draft, sent) {
    draft.tries = 0;
    draft.why.value = '';
    if (draft.changes !== sent) return; // typed on meanwhile: still to be sent
    draft.changes = 0;
    draft.state.value = 'saved';
    this.forgetLocal(draft.key);
  }

  async unsent(draft, failure) {
    if (failure.status === 409) return this.overtaken(draft);
    draft.tries++;
    const refused = failure.status >= 400 && failure.status < 500 && failure.status !== 401 && failure.status !== 429;
    draft.state.value = refused ? 'refused' : 'offline';
    draft.why.value = refused ? failure.message : '';
    return undefined;
  }

  /** Somebody wrote another revision: what is typed here now is the last writing, what stood there can be had back. */
  async overtaken(draft) {
    try {
      const kept = await this.api.get(`/api/v1/desk/drafts/${encodeURIComponent(draft.key)}`);
      draft.revision = kept.revision;
      if (!same(kept.fields, draft.fields.value)) draft.other.value = kept.fields;
    } catch (failure) {
      // 404: it was filed or dropped meanwhile; what is typed now is a new one. Else it is tried again.
      if (failure.status !== 404) draft.tries++;
    }
  }

  /**
   * File the ticket of a draft, and send it on to `sendTo` when that names a partner. Returns {ticket_no, revision}; the
   * draft is then gone here and in the ledger. Throws the gateway's Problem, the draft kept.
   */
  async file(draft, fields, sendTo = '') {
    clearTimeout(this.timers.get(draft.key));
    this.timers.delete(draft.key);
    const whose = draft.ticketNo ? { ticket_no: draft.ticketNo } : draft.callId ? { call_id: draft.callId } : {};
    const body = { ...whose, fields, send_to: sendTo, revision: draft.ticketRevision };
    await draft.sending; // a draft that is still on its way would be kept after the ticket it has become
    const text = JSON.stringify(body);
    // the same request again keeps its key, so that a lost answer does not file twice; a corrected one is another request
    if (draft.attempt?.text !== text) draft.attempt = { text, id: newKey() };
    try {
      const filed = await this.api.post('/api/v1/desk/tickets', body, { key: draft.attempt.id });
      this.drop(draft);
      return filed;
    } catch (failure) {
      if (draft.changes) this.schedule(draft, AGAIN_MS);
      throw failure;
    }
  }

  /** Off the page and off this machine. */
  drop(draft) {
    clearTimeout(this.timers.get(draft.key));
    this.timers.delete(draft.key);
    draft.changes = 0;
    this.forgetLocal(draft.key);
    const place = this.list.value.indexOf(draft);
    this.list.value = this.list.value.filter((one) => one !== draft);
    if (this.active.value === draft.key) this.active.value = (this.list.value[place] ?? this.list.value.at(-1))?.key ?? '';
  }

  /** Start anew from what the ledger and this machine have: another page has gone on with them meanwhile. */
  forget() {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.list.value = [];
    this.active.value = '';
  }

  /** Throw a draft away, also in the ledger, unless the seat that has its call now goes on with it. */
  async discard(draft) {
    draft.filing.value = 'filing'; // what is sent now would be kept after it was thrown away
    try {
      await draft.sending;
      if (draft.revision && !draft.wentTo.value) await this.api.del(`/api/v1/desk/drafts/${encodeURIComponent(draft.key)}`);
      this.drop(draft);
    } catch (failure) {
      if (draft.changes) this.schedule(draft, AGAIN_MS);
      throw failure;
    } finally {
      draft.filing.value = '';
    }
  }

  // -- the copy on this machine
  name(key) {
    return `desk.draft.${this.login}.${key}`;
  }

  localKeys() {
    return this.vault.names(this.name(''));
  }

  async readLocal(key) {
    const kept = await this.vault.take(this.name(key));
    return kept?.fields && typeof kept.fields === 'object' ? kept : null;
  }

  async writeLocal(draft) {
    const kept = { fields: draft.fields.value, revision: draft.revision, at: draft.at };
    try {
      await this.vault.put(this.name(draft.key), kept);
    } catch {
      draft.why.value = '本机存储已满，仅存于网关 / this machine cannot store it, only the gateway does';
    }
  }

  forgetLocal(key) {
    this.vault.remove(this.name(key));
  }
}

/**
 * One page of an account is at work, a second one says so and writes nothing until its agent goes on there. `onTurn(first)`
 * is called when this page's turn comes or goes. A page that has not heard of another within `wait` takes the turn; where
 * the other was only slow to say so, the one that has had the turn for longer keeps it. Returns { take(), close() }.
 */
export function oneOfUs(login, onTurn, wait = TURN_MS) {
  const channel = new BroadcastChannel(`desk.${login}`);
  const me = newKey();
  let first = null; // not known yet
  let since = null; // when the turn came to this page; 0 where its agent asked for it
  const timer = setTimeout(() => turn(true), wait);
  const turn = (mine, at = Date.now()) => {
    clearTimeout(timer);
    if (mine) since = at;
    if (first === mine) return;
    first = mine;
    onTurn(mine);
  };
  const claim = () => channel.postMessage({ taken: me, since: first ? since : null });
  const older = (other) => other.since !== null && (other.since < since || (other.since === since && other.taken < me));
  channel.addEventListener('message', ({ data }) => {
    // of two that open at once the one with the smaller name is first
    if (data.hello && (first || (first === null && me < data.hello))) claim();
    else if (data.take || (data.taken && (first === null || (first && older(data))))) turn(false);
    else if (data.taken && first) claim(); // the other does not know of this page yet
  });
  channel.postMessage({ hello: me });
  return {
    take() {
      channel.postMessage({ take: me });
      turn(true, 0);
    },
    close() {
      clearTimeout(timer);
      channel.close();
    },
  };
}
