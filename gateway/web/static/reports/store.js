// What the page of figures knows and asks: the choice (period, filters, what the table tells by), kept in the address so that it can
// be sent to a colleague, and the figures of it. What was read stays on the page while more is read, or when reading fails; an
// answer that comes after a newer question is dropped.

import { get, Problem, toLogin } from '../api.js';
import { inOrder } from '../i18n.js';
import { computed, signal } from '../vendor/preact.js';
import { dayOf, plus, spanOf, wrong } from './periods.js';

export const KINDS = ['today', 'yesterday', 'week', 'month', 'own'];
export const FILTERS = ['queue', 'entry_number', 'agent'];
export const BYS = ['course', 'queue', 'agent', 'entry_number', 'channel', 'partner', 'area', 'category'];
const REFRESH_MS = 60_000;
const MOST_HOURS_DAYS = 2;
const MOST_DAYS = 100;

const query = (path, asked) =>
  `${path}?${new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== null && value !== undefined && value !== '' && !Number.isNaN(value)))}`;

/** A figure's names and formulas as this page shows them. */
function ours(figure) {
  const [name, name_en] = inOrder([figure.name, figure.name_en]);
  const [formula, formula_en] = inOrder([figure.formula, figure.formula_en]);
  return { ...figure, name, name_en, formula, formula_en };
}

export class Store {
  constructor(me, plan, time) {
    Object.assign(this, { me, plan, time, asked: 0 });
    const given = new URLSearchParams(location.search);
    const today = dayOf(this.now(), time.zone);
    const kind = KINDS.includes(given.get('p')) ? given.get('p') : 'today';
    this.choice = signal({ kind, from: given.get('from') ?? plus(today, -6), to: given.get('to') ?? today });
    this.filters = signal(Object.fromEntries(FILTERS.map((name) => [name, given.get(name) ?? ''])));
    this.by = signal(BYS.includes(given.get('by')) ? given.get('by') : 'course');
    this.figure = signal('connection_rate');
    this.definitions = signal(new Map());
    this.names = signal({ queue: [], entry_number: [], agent: [] });
    this.course = signal(null); // {total, groups, ...} by hour or day of what is on the page
    this.shown = signal(null); // the span that `course` belongs to
    this.before = signal(null);
    this.fair = signal(null);
    this.heat = signal(null);
    this.table = signal(null);
    this.calls = signal(null); // what the drill-down shows
    this.busy = signal(false);
    this.failed = signal(null);
    this.wrong = computed(() => wrong(this.choice.value, this.now(), this.time.zone));
  }

  now() {
    return Date.now() / 1000 + this.time.offset;
  }

  /** By what the course goes: hours of a day or two, else days, else months. */
  unit(span) {
    if (span.days <= MOST_HOURS_DAYS) return 'hour';
    return span.days <= MOST_DAYS ? 'day' : 'week';
  }

  async start() {
    try {
      const { figures } = await get('/api/v1/figures/definitions');
      this.definitions.value = new Map(figures.map((one) => [one.id, ours(one)]));
    } catch (failure) {
      this.fail(failure);
    }
    this.learnNames();
    await this.read();
    setInterval(() => document.visibilityState === 'visible' && this.shown.value?.running && this.read(), REFRESH_MS);
  }

  /** The names to choose from: those that have figures in the last month. One that fails leaves its list empty. */
  learnNames() {
    const until = Math.ceil(this.now() / 3600) * 3600;
    for (const by of FILTERS) {
      get(query('/api/v1/figures', { by, since: until - 31 * 86400, until })).then(
        ({ groups }) => {
          const found = groups.filter((one) => one.group).map(({ group, name }) => ({ group, name: name || group }));
          this.names.value = { ...this.names.value, [by]: found.sort((a, b) => a.group.localeCompare(b.group)) };
        },
        (failure) => failure instanceof Problem || console.error(failure),
      );
    }
  }

  choose(change) {
    this.choice.value = { ...this.choice.value, ...change };
    this.keep();
    if (!this.wrong.value) this.read();
  }

  filter(name, value) {
    this.filters.value = { ...this.filters.value, [name]: value };
    this.keep();
    this.read();
  }

  clear() {
    this.filters.value = Object.fromEntries(FILTERS.map((name) => [name, '']));
    this.keep();
    this.read();
  }

  tell(by) {
    this.by.value = by;
    this.keep();
    this.table.value = null;
    this.read();
  }

  /** The choice stands in the address. */
  keep() {
    const { kind, from, to } = this.choice.value;
    const kept = { p: kind, ...(kind === 'own' ? { from, to } : {}), by: this.by.value, ...this.filters.value };
    history.replaceState(null, '', query(location.pathname, kept));
  }

  url(by, span, more = {}) {
    return query('/api/v1/figures', { by, since: span.since, until: span.until, ...this.filters.value, ...more });
  }

  /** Read what the choice asks for. */
  async read() {
    if (this.wrong.value) return;
    const turn = ++this.asked;
    const span = spanOf(this.choice.value, this.now(), this.time.zone);
    this.busy.value = true;
    try {
      const found = await this.ask(span);
      if (turn !== this.asked) return;
      Object.assign(this.course, { value: found.course });
      this.shown.value = { ...span, unit: this.unit(span) };
      [this.before.value, this.fair.value, this.heat.value, this.table.value] = [found.before, found.fair, found.heat, found.table];
      this.failed.value = null;
    } catch (failure) {
      if (turn === this.asked) this.fail(failure);
    } finally {
      if (turn === this.asked) this.busy.value = false;
    }
  }

  async ask(span) {
    const unit = this.unit(span);
    const by = this.by.value;
    const [course, before, fair, heat, table] = await Promise.all([
      get(this.url(unit, span)),
      span.before ? get(this.url(unit, span.before)) : null,
      span.running && span.before ? get(this.url('day', { since: span.since, until: span.fair })) : null,
      unit === 'day' ? get(this.url('hour', span)) : null,
      by === 'course' ? null : get(this.url(by, span)),
    ]);
    return { course, before, fair: fair ?? course, heat, table: table ?? course };
  }

  fail(failure) {
    if (failure instanceof Problem && failure.status === 401) return toLogin();
    if (!(failure instanceof Problem)) console.error(failure);
    this.failed.value = failure instanceof Problem ? failure.message : '';
    return undefined;
  }

  /** The calls behind a number: `more` narrows (since, until, queue, agent, entry_number), `outcome` says which. */
  async open(title, outcome, more) {
    const span = this.shown.value;
    const asked = { since: span.since, until: span.until, ...this.filters.value, ...more, outcome, limit: 100 };
    this.calls.value = { title, outcome, asked, rows: [], next: null, busy: true, failed: null };
    await this.moreCalls();
  }

  async moreCalls() {
    const open = this.calls.value;
    this.calls.value = { ...open, busy: true, failed: null };
    try {
      const page = await get(query('/api/v1/figures/calls', { ...open.asked, after: open.next }));
      if (this.calls.value?.asked !== open.asked) return; // closed, or another was opened
      this.calls.value = { ...open, rows: [...open.rows, ...page.items], next: page.next, busy: false, failed: null };
    } catch (failure) {
      if (failure instanceof Problem && failure.status === 401) return void toLogin();
      if (this.calls.value?.asked === open.asked) this.calls.value = { ...open, busy: false, failed: failure instanceof Problem ? failure.message : '' };
    }
  }

  /** Take the table as a file: the same question in another form. */
  async download(ending) {
    const span = this.shown.value ?? spanOf(this.choice.value, this.now(), this.time.zone);
    const by = this.by.value === 'course' ? this.unit(span) : this.by.value;
    const type = { csv: 'text/csv', xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' }[ending];
    const answer = await fetch(this.url(by, span), { headers: { Accept: type }, signal: AbortSignal.timeout(30_000) });
    if (!answer.ok) throw new Problem(answer.status, (await answer.json().catch(() => null))?.detail ?? answer.statusText);
    const link = document.createElement('a');
    link.href = URL.createObjectURL(await answer.blob());
    link.download = `figures-${by}-${span.first}-${span.last}.${ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }
}
