// What all charts share: numbers with their unit, a scale with round steps, SVG elements, and the frame of one chart: it draws
// itself anew when its place changes size, and says the value under the mouse or under the arrow keys, in words.
//
// A chart is given data and never fetches any. Colours are classes of charts.css (dark, and light for print), never attributes, so
// that the content security policy and the theme both hold.

import { english, inOrder, STOP } from '../i18n.js';

const SVG = 'http://www.w3.org/2000/svg';

/** An SVG element; attributes that are null are left out, children that are text become text. */
export function s(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null && value !== undefined) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** An HTML element. */
export function e(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null && value !== undefined) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const trim = (text) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);

function seconds(value) {
  const whole = Math.round(value);
  if (Math.abs(value) < 60) return `${Math.abs(value) < 10 && value !== whole ? value.toFixed(1) : whole} ${english ? 's' : '秒'}`;
  if (whole < 3600) return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
  return `${Math.floor(whole / 3600)}:${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`;
}

/**
 * A value with its unit as it stands on a page: `count` 1,234; `share` (0 to 1) 97.3 %; `s` 8.4 秒, 3:05, 1:02:05; `score` 4.62.
 * What nobody could compute is a dash, never a zero.
 */
export function shown(value, unit = 'count') {
  if (value === null || value === undefined || Number.isNaN(value)) return '—';
  if (unit === 'share') return `${trim((value * 100).toFixed(Math.abs(value) >= 0.9995 ? 0 : 1))} %`;
  if (unit === 's') return seconds(value);
  if (unit === 'score') return value.toFixed(2);
  return Number.isInteger(value) ? value.toLocaleString('en-US') : trim(value.toFixed(1));
}

/** A tick's text: as short as the axis allows. */
function tickText(value, unit, step) {
  if (unit === 'share') return `${trim((value * 100).toFixed(Math.abs(step * 100 - Math.round(step * 100)) > 1e-6 ? 1 : 0))}%`;
  if (unit === 's' && value < 60) return trim(value.toFixed(step < 1 ? 1 : 0));
  if (unit === 's') return seconds(value);
  if (english && value >= 10000) return `${trim((value / 1000).toFixed(step < 100 ? 1 : 0))}k`;
  if (value >= 10000) return `${trim((value / 10000).toFixed(step < 1000 ? 2 : 1))}万`;
  return trim(value.toFixed(step < 1 ? 1 : 0));
}

const ROUND = [1, 2, 2.5, 5, 10];
const ROUND_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400, 172800, 604800];

function stepFor(span, about, unit) {
  const raw = span / Math.max(1, about);
  if (unit === 's' && raw > 1) return ROUND_S.find((one) => one >= raw) ?? 604800 * Math.ceil(raw / 604800);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ROUND.find((one) => one * power >= raw - 1e-12) * power;
  return unit === 'count' || unit === 's' ? Math.max(step, step < 1 ? 1 : step) : step;
}

/** The axis from 0 (or `floor`) to a round number over `most`: {low, high, ticks: [[value, text]]}. A share ends at 100 %. */
export function scale(most, { unit = 'count', about = 4, floor = 0 } = {}) {
  const top = unit === 'share' ? Math.min(1, Math.max(most, floor + 0.01)) : Math.max(most, floor + (unit === 'count' ? 4 : 1));
  const step = stepFor(top - floor, about, unit);
  const high = unit === 'share' ? Math.min(1, Math.ceil(top / step - 1e-9) * step) : floor + Math.ceil((top - floor) / step - 1e-9) * step;
  const ticks = [];
  for (let value = floor; value <= high + step * 1e-6; value += step) ticks.push([value, tickText(value, unit, step)]);
  return { low: floor, high, ticks };
}

/** Every how many labels one is shown, so that they do not touch; `wide` is the room of one in pixels. */
export const every = (count, width, wide) => Math.max(1, Math.ceil((count * wide) / Math.max(1, width)));

/** About how many ems a text takes: full for CJK, a little over half for others. */
export const ems = (text) => [...String(text)].reduce((sum, letter) => sum + (letter > '⺀' ? 1 : 0.58), 0);

/** Both languages as nodes: Chinese, then small English. */
export function pair(both = ['', '']) {
  const [zh, en] = inOrder(both);
  const made = document.createDocumentFragment();
  made.append(zh);
  if (en) made.append(' ', e('small', { lang: 'en' }, en));
  return made;
}

/** What is said where there is nothing to show. */
export const none = () => (english ? 'no data' : '无数据 no data');

const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], Home: [-Infinity, 0], End: [Infinity, 0] };

/**
 * The frame of a chart in `place`, an element that has a size. A kind of chart gives `draw(chart)`, which fills `chart.svg` and sets
 * `chart.size` = [columns, rows] of what can be pointed at, `chart.at(x, y)` -> [column, row] | null, `chart.mark(column, row)` (show
 * where) -> [x, y] for the tip, `chart.tip(column, row)` -> nodes, and `chart.words(column, row)` -> the same as one text.
 *
 * `chart.update(data)` draws other data, `chart.stop()` lets go of everything.
 */
export class Chart {
  constructor(place, data, draw) {
    Object.assign(this, { place, data, draw, here: null, size: [0, 0] });
    this.svg = s('svg', { class: 'plot', role: 'img', tabindex: data.quiet ? null : '0' });
    this.tipBox = e('div', { class: 'tip', hidden: '', 'aria-hidden': 'true' });
    this.said = e('p', { class: 'said', role: 'status', 'aria-live': 'polite' });
    this.legend = e('ul', { class: 'keys' });
    this.box = e('div', { class: 'plotbox' }, this.svg, this.tipBox);
    place.classList.add('chart');
    place.replaceChildren(this.legend, this.box, this.said);
    if (!data.quiet) this.listen();
    this.watch = new ResizeObserver(() => this.redraw());
    this.watch.observe(this.box);
    this.redraw();
  }

  listen() {
    this.svg.addEventListener('pointermove', (event) => this.point(event));
    this.svg.addEventListener('pointerleave', () => this.leave());
    this.svg.addEventListener('blur', () => this.leave());
    this.svg.addEventListener('focus', () => this.svg.matches(':focus-visible') && !this.here && this.go(0, 0));
    this.svg.addEventListener('keydown', (event) => this.key(event));
    this.svg.addEventListener('click', (event) => {
      this.point(event);
      if (this.here) this.data.pick?.(...this.here);
    });
  }

  update(data) {
    this.data = { ...data, quiet: this.data.quiet };
    this.redraw();
  }

  stop() {
    this.watch.disconnect();
    this.place.replaceChildren();
  }

  redraw() {
    const { clientWidth: width, clientHeight: height } = this.box;
    if (!width || !height) return;
    this.em = parseFloat(getComputedStyle(this.box).fontSize) || 12;
    Object.assign(this, { width, height });
    this.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.svg.toggleAttribute('data-picks', Boolean(this.data.pick));
    this.svg.replaceChildren();
    this.tipBox.hidden = true;
    this.drawLegend();
    this.draw(this);
    this.svg.setAttribute('aria-label', this.summary());
    if (this.here) this.go(...this.here, false);
  }

  drawLegend() {
    const series = this.data.series ?? [];
    const keys = series.length > 1 || this.data.target ? series : [];
    this.legend.hidden = this.data.quiet || !keys.length;
    this.legend.replaceChildren(
      ...keys.map((one, i) => e('li', { class: `key ${hue(one, i)}`, 'data-dash': one.dash ? '' : null }, e('i'), pair(one.name))),
      ...(this.data.target ? [e('li', { class: 'key target' }, e('i'), pair(this.data.target.name))] : []),
    );
  }

  /** What a screen reader says of the whole: title, each series with its least, most and last value. */
  summary() {
    const { title = ['', ''], series = [], unit } = this.data;
    const parts = series.map((one) => {
      const known = one.values.filter((value) => value !== null && value !== undefined);
      const name = inOrder(one.name)[0];
      if (!known.length) return `${name} ${none()}`;
      const u = one.unit ?? unit;
      const [least, most, last] = english ? ['lowest', 'highest', 'last'] : ['最低', '最高', '最近'];
      return `${name} ${least} ${shown(Math.min(...known), u)} ${most} ${shown(Math.max(...known), u)} ${last} ${shown(known.at(-1), u)}`;
    });
    return [inOrder(title).join(' ').trim(), ...parts].filter(Boolean).join(STOP);
  }

  point(event) {
    const box = this.svg.getBoundingClientRect();
    const found = this.at?.(((event.clientX - box.left) * this.width) / box.width, ((event.clientY - box.top) * this.height) / box.height);
    if (found) this.go(...found, false);
    else this.leave();
  }

  key(event) {
    const move = KEYS[event.key];
    if (event.key === 'Escape') this.leave();
    else if ((event.key === 'Enter' || event.key === ' ') && this.here) this.data.pick?.(...this.here);
    else if (!move || !this.size[0]) return;
    else this.go((this.here?.[0] ?? 0) + move[0], (this.here?.[1] ?? 0) + move[1]);
    event.preventDefault();
  }

  /** Point at a place and say what is there; `aloud` for the keyboard's users. */
  go(column, row, aloud = true) {
    const [columns, rows] = this.size;
    if (!columns || !this.mark) return;
    const at = [Math.min(columns - 1, Math.max(0, column)), Math.min(Math.max(0, rows - 1), Math.max(0, row))];
    const [x, y] = this.mark(...at);
    this.here = at;
    this.tipBox.replaceChildren(...this.tip(...at));
    this.tipBox.hidden = false;
    const { offsetWidth: wide, offsetHeight: high } = this.tipBox;
    const left = x + this.em + wide > this.width ? x - wide - this.em : x + this.em;
    this.tipBox.style.left = `${Math.max(0, left)}px`;
    this.tipBox.style.top = `${Math.max(-high / 2, Math.min(this.height - high, y - high / 2))}px`;
    if (aloud) this.said.textContent = this.words(...at);
  }

  leave() {
    this.here = null;
    this.tipBox.hidden = true;
    this.unmark?.();
  }
}

/** The class of a series' colour: its own `hue` (good, bad, warn, before, 1 to 8) or the next one. */
export const hue = (series, i) => `hue-${series.hue ?? (i % 8) + 1}`;

/** The plot's rectangle and its value axis, drawn; `across` is how many labels stand below. */
export function axes(chart, axis, labels, { slots = true } = {}) {
  const { em, width, height, svg } = chart;
  const widest = Math.max(...axis.ticks.map(([, text]) => ems(text)));
  const left = Math.ceil((widest + 0.9) * em);
  const frame = { left, top: Math.ceil(0.8 * em), right: width - Math.ceil(0.7 * em), bottom: height - Math.ceil(1.9 * em) };
  const y = (value) => frame.bottom - ((value - axis.low) / (axis.high - axis.low || 1)) * (frame.bottom - frame.top);
  const wide = (frame.right - frame.left) / Math.max(1, slots ? labels.length : labels.length - 1);
  const x = (i) => frame.left + (slots ? (i + 0.5) * wide : labels.length > 1 ? i * wide : (frame.right - frame.left) / 2);
  const grid = axis.ticks.map(([value]) => s('line', { x1: frame.left, x2: frame.right, y1: y(value), y2: y(value), class: value === axis.low ? 'base' : 'grid' }));
  const values = axis.ticks.map(([value, text]) => s('text', { x: left - 0.6 * em, y: y(value) + 0.35 * em, class: 'tick end' }, text));
  const room = Math.max(...labels.map(ems), 1) * em + 0.8 * em;
  const step = every(labels.length, frame.right - frame.left, room);
  const below = labels.flatMap((text, i) => (i % step ? [] : [s('text', { x: x(i), y: height - 0.55 * em, class: 'tick middle' }, text)]));
  svg.append(...grid, ...values, ...below);
  return { ...frame, x, y, wide };
}

/** The law's line or another goal across the plot, with its words above it at the right. */
export function targetLine(chart, frame, target, unit) {
  const y = frame.y(target.value);
  if (y < frame.top - 1 || y > frame.bottom) return;
  const above = y - 0.4 * chart.em > frame.top + 0.6 * chart.em;
  chart.svg.append(
    s('line', { x1: frame.left, x2: frame.right, y1: y, y2: y, class: 'target' }),
    s('text', { x: frame.right, y: above ? y - 0.4 * chart.em : y + 1.1 * chart.em, class: 'tick end target' }, shown(target.value, unit)),
  );
}
