// What the roster's page knows: the week that is shown, who is on duty now, the hand-over notes; and how days are changed.

import { get, post, put } from '../api.js';
import { named } from '../i18n.js';
import { computed, signal } from '../vendor/preact.js';

const NOW_EVERY_MS = 30_000;
const DAY_MS = 86_400_000;

export const ROLES = ['lead', 'agent', 'standby', 'leader', 'lawyer'];

export const plus = (day, n) => new Date(Date.parse(`${day}T12:00:00Z`) + n * DAY_MS).toISOString().slice(0, 10);

/** The Monday of a day's week. */
export const monday = (day) => plus(day, -((new Date(`${day}T12:00:00Z`).getUTCDay() + 6) % 7));

/** 1500 -> 01:00 */
export const clock = (minutes) => `${String(Math.floor(minutes / 60) % 24).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

/** A duty in the words of the file, as PUT takes it. */
export const asRow = (duty, person) => ({ date: duty.day, shift: duty.shift, role: duty.role, name: person.name, agent: person.agent, note: duty.note });

export class Store {
  constructor({ me, time }) {
    Object.assign(this, { me, time });
    this.today = new Date().toLocaleDateString('sv-SE', { timeZone: time.zone });
    this.first = signal(monday(this.today));
    this.roster = signal(null);
    this.now = signal(null);
    this.notes = signal(null);
    this.failed = signal('');
    this.find = signal('');
    this.days = computed(() => Array.from({ length: 7 }, (_, n) => plus(this.first.value, n)));
    this.rows = computed(() => this.grouped());
    this.asked = 0;
  }

  async start() {
    setInterval(() => this.readNow().catch(() => {}), NOW_EVERY_MS);
    await Promise.all([this.read(), this.readNow(), this.readNotes()]);
  }

  async read() {
    const n = ++this.asked;
    try {
      const found = await get(`/api/v1/roster?from=${this.first.value}&to=${plus(this.first.value, 6)}`);
      if (n !== this.asked) return;
      this.roster.value = found;
      this.failed.value = '';
    } catch (failure) {
      if (n === this.asked) this.failed.value = failure.message;
    }
  }

  async readNow() {
    this.now.value = await get('/api/v1/roster/now');
  }

  async readNotes() {
    this.notes.value = (await get('/api/v1/handovers?limit=20')).items;
  }

  show(first) {
    this.first.value = first;
    return this.read();
  }

  /** The week's people by their first role, each with the duties of each day. Who has none is last. */
  grouped() {
    const roster = this.roster.value;
    if (!roster) return [];
    const wanted = this.find.value.trim().toLowerCase();
    const duties = new Map();
    for (const duty of roster.duties.filter((one) => one.day >= roster.first)) {
      const own = duties.get(duty.person) ?? duties.set(duty.person, new Map()).get(duty.person);
      own.set(duty.day, [...(own.get(duty.day) ?? []), duty]);
    }
    const fits = (one) => !wanted || one.name.toLowerCase().includes(wanted) || one.agent.toLowerCase().includes(wanted);
    const rows = roster.people.filter(fits).map((person) => {
      const own = duties.get(person.id) ?? new Map();
      const roles = [...own.values()].flat().map((one) => ROLES.indexOf(one.role));
      return { person, own, role: roles.length ? ROLES[Math.min(...roles)] : '' };
    });
    const rank = (row) => (row.role ? ROLES.indexOf(row.role) : ROLES.length);
    return rows.sort((a, b) => rank(a) - rank(b) || a.person.agent.localeCompare(b.person.agent) || a.person.name.localeCompare(b.person.name, 'zh'));
  }

  /** Put what a person does on a day in the place of what it was; everybody else's duties of the day stay. */
  async change(day, person, rows) {
    const roster = this.roster.value;
    const people = new Map(roster.people.map((one) => [one.id, one]));
    const others = roster.duties.filter((one) => one.day === day && one.person !== person.id).map((one) => asRow(one, people.get(one.person)));
    const done = await put('/api/v1/roster', { days: [day], rows: [...others, ...rows] });
    await Promise.all([this.read(), this.readNow()]);
    return done;
  }

  async hand(text) {
    await post('/api/v1/handovers', { text });
    await this.readNotes();
  }

  async take(note) {
    await post(`/api/v1/handovers/${note.id}/acknowledge`, {});
    await this.readNotes();
  }

  shift(id) {
    return this.roster.value?.shifts.find((one) => one.id === id);
  }

  /** A shift as this page calls it; one that nobody knows is its id (hours of their own). */
  called(id) {
    const shift = this.shift(id);
    return shift ? named(shift) : id;
  }
}
