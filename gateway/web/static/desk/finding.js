// Finding a category (or a place, or a template) by what comes to mind: its code, a word of its name, its pinyin or the
// initials of that. Plain functions, so the page answers each key without asking the gateway.

import { inZone } from './times.js';

const plain = (text) => (text ?? '').toLowerCase().replace(/[\s'’·.-]/g, '');

const joined = (value) => (Array.isArray(value) ? value.join('') : (value ?? ''));

/** How well one entry fits, smaller is better; null when it does not. */
function rank(one, wanted) {
  const [code, name, path] = [plain(one.code), plain(one.name), plain(joined(one.path))];
  const [pinyin, initials, english] = [plain(joined(one.pinyin)), plain(joined(one.initials)), plain(one.name_en)];
  if (code === wanted || name === wanted || initials === wanted) return 0;
  if (code.startsWith(wanted)) return 1;
  if (name.startsWith(wanted)) return 2;
  if (initials.startsWith(wanted)) return 3;
  if (pinyin.startsWith(wanted)) return 4;
  if (name.includes(wanted)) return 5;
  if (initials.includes(wanted)) return 6;
  if (pinyin.includes(wanted) || english.includes(wanted)) return 7;
  return path.includes(wanted) ? 8 : null;
}

/** The entries that fit `text`, best first; without a text the recent ones first, then all in their order. */
export function find(entries, text, recent = [], most = 40) {
  const wanted = plain(text);
  const used = new Map(recent.map((code, place) => [code, place]));
  if (!wanted) {
    const known = entries.filter((one) => used.has(one.code)).sort((a, b) => used.get(a.code) - used.get(b.code));
    return [...known, ...entries.filter((one) => !used.has(one.code))].slice(0, most);
  }
  return entries
    .map((one, place) => ({ one, place, fit: rank(one, wanted) }))
    .filter(({ fit }) => fit !== null)
    // of equally fitting ones the one used lately comes first
    .sort((a, b) => a.fit - b.fit || (used.get(a.one.code) ?? 99) - (used.get(b.one.code) ?? 99) || a.place - b.place)
    .slice(0, most)
    .map(({ one }) => one);
}

/** The way to an entry in words: "城市管理 / 市政设施". */
export const wayTo = (one) => (Array.isArray(one.path) ? one.path.join(' / ') : (one.path ?? one.name));

/** A title out of a text: its first sentence, at most `most` characters. */
export function titleOf(content, most = 40) {
  const first = (content ?? '').trim().split(/[。！？!?；;\n]/, 1)[0].trim();
  const letters = [...first];
  return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : first;
}

/** Seconds as the desk's clocks show them: 9:05, or -1:30 when past. */
export function shortClock(seconds) {
  const whole = Math.floor(Math.abs(seconds));
  return `${seconds < 0 ? '-' : ''}${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

const DATE = { year: 'numeric', month: 'numeric', day: 'numeric' };
const TIME = { hour: '2-digit', minute: '2-digit', hour12: false };

/** 08-12 14:03, in the hall's zone; today only the time. */
export function whenText(at, now = Date.now() / 1000, timeZone = 'Asia/Shanghai') {
  if (!at) return '';
  const day = (time) => inZone(time, timeZone, DATE);
  return inZone(at, timeZone, day(at) === day(now) ? TIME : { month: '2-digit', day: '2-digit', ...TIME });
}
