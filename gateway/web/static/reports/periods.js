// Periods in the hall's zone: a screen elsewhere, or one set wrongly, asks for the hall's days. Days are 'YYYY-MM-DD'; moments are
// seconds since the epoch.

const DAY_S = 86400;
const HOUR_S = 3600;
const QUARTER_S = 900;
export const LONGEST_DAYS = 366;

const parts = (at, zone) =>
  Object.fromEntries(
    new Intl.DateTimeFormat('en-CA', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' })
      .formatToParts(new Date(at * 1000))
      .map(({ type, value }) => [type, value]),
  );

/** The zone's day of a moment. */
export function dayOf(at, zone) {
  const { year, month, day } = parts(at, zone);
  return `${year}-${month}-${day}`;
}

const utc = (day) => Date.parse(`${day}T00:00:00Z`) / 1000;

/** A day so many days on. */
export const plus = (day, days) => new Date((utc(day) + days * DAY_S) * 1000).toISOString().slice(0, 10);

/** The weekday of a day, Monday 0. */
export const weekday = (day) => (new Date(utc(day) * 1000).getUTCDay() + 6) % 7;

/** What the zone's clock shows at a moment, as if it were UTC. */
function shownAs(at, zone) {
  const { year, month, day, hour, minute, second } = parts(at, zone);
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) / 1000;
}

/** The first moment of a zone's day; where the clock jumps over midnight, the moment of the jump. */
export function startOf(day, zone) {
  const wanted = utc(day);
  let at = wanted - (shownAs(wanted, zone) - wanted);
  at = wanted - (shownAs(at, zone) - at);
  while (dayOf(at, zone) < day) at += QUARTER_S;
  while (dayOf(at - QUARTER_S, zone) === day) at -= QUARTER_S;
  return at;
}

const firstOf = (day) => `${day.slice(0, 7)}-01`;
const lastMonth = (day) => firstOf(plus(firstOf(day), -1));

/**
 * What a choice means now: {first, last, since, until, days, running, before, fair}. A period that still runs is compared by its
 * full hours (`fair`: until when) with as many of the one before (`before`: {since, until}); null while the first hour runs.
 */
export function spanOf(choice, now, zone) {
  const today = dayOf(now, zone);
  const first = { today, yesterday: plus(today, -1), week: plus(today, -weekday(today)), month: firstOf(today), own: choice.from }[choice.kind];
  const last = { today, yesterday: plus(today, -1), week: today, month: today, own: choice.to }[choice.kind];
  const [since, end] = [startOf(first, zone), startOf(plus(last, 1), zone)];
  const running = end > now;
  const fair = running ? since + Math.floor((now - since) / HOUR_S) * HOUR_S : end;
  const days = Math.round((utc(last) - utc(first)) / DAY_S) + 1;
  const back = { today: plus(today, -1), yesterday: plus(today, -2), week: plus(first, -7), month: lastMonth(first), own: plus(first, -days) }[choice.kind];
  const from = startOf(back, zone);
  const before = fair > since ? { since: from, until: Math.min(since, from + (fair - since)) } : null;
  return { first, last, since, until: running ? Math.min(end, fair + HOUR_S) : end, days, running, before, fair };
}

/** Why a choice of one's own cannot be asked for; null when it can. */
export function wrong({ kind, from, to }, now, zone) {
  if (kind !== 'own') return null;
  const form = /^\d{4}-\d{2}-\d{2}$/;
  if (!form.test(from) || !form.test(to) || from > to || to > dayOf(now, zone)) return 'r.bad_range';
  return (utc(to) - utc(from)) / DAY_S >= LONGEST_DAYS ? 'r.bad_range' : null;
}

/** The hour of a moment in the zone. */
export const hourOf = (at, zone) => Number(parts(at, zone).hour);

/** A moment as 2026-11-21 09:05, or 09:05:30 alone. */
export function clock(at, zone, { seconds = false, date = true } = {}) {
  const { year, month, day, hour, minute, second } = parts(at, zone);
  return `${date ? `${year}-${month}-${day} ` : ''}${hour}:${minute}${seconds ? `:${second}` : ''}`;
}

/** ISO week of a day, as 2026-W47. */
export function isoWeek(day) {
  const thursday = plus(day, 3 - weekday(day));
  const year = thursday.slice(0, 4);
  const first = plus(`${year}-01-04`, -weekday(`${year}-01-04`));
  return `${year}-W${String(Math.floor((utc(thursday) - utc(first)) / (7 * DAY_S)) + 1).padStart(2, '0')}`;
}
