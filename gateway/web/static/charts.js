// The charts of reports and wall: line, bars, stacked bars, heat map (hour by weekday) and sparkline, as SVG of our own. Each says what
// it shows in words, has its unit at every value, and is read with the mouse or with Tab and the arrow keys; Enter or a click picks.
//
//   const chart = line(place, data)      place: an element with a height of its own; page loads charts.css
//   chart.update(data); chart.stop();
//
// data = { title: [zh, en], labels: ['08:00', ...], unit: 'count' | 'share' | 's' | 'score',
//          series: [{ name: [zh, en], values: [number | null, ...], hue: 1..8 | 'good' | 'bad' | 'warn' | 'before', dash: bool, unit }],
//          target: { value, name: [zh, en] }, most, floor (ends of the axis), long: ['2026-11-21 08:00', ...] (labels of the tip),
//          mark: index that is now, pick: (column, row) => ..., quiet: no focus and no tip (a wall) }
// heat: { title, unit, rows: [label], columns: [label], values: [[number | null]], least, most, pick, quiet }
// spark: { title, values, unit, floor, most, hue }
// `shown(value, unit)` is how a number is written everywhere.

import { axes, Chart, e, ems, hue, none, pair, s, scale, shown, targetLine } from './charts/base.js';
import { COLON, COMMA, english, inOrder, STOP } from './i18n.js';

export { shown };

const known = (values) => values.filter((value) => value !== null && value !== undefined);

function axisOf(chart, sums = null) {
  const { series, unit = 'count', target, most, floor } = chart.data;
  const highest = Math.max(0, ...(sums ?? known(series.flatMap((one) => one.values))), target?.value ?? 0);
  return scale(most ?? highest, { unit, floor: floor ?? 0, about: Math.max(2, Math.round(chart.height / (chart.em * 4.2))) });
}

/** Tip and spoken words of a column: its label, then every series with its value. */
function readings(chart) {
  const { labels, long, series, unit } = chart.data;
  const rows = (i) => series.map((one, n) => [one, n, shown(one.values[i], one.unit ?? unit)]);
  const name = (i) => (long ?? labels)[i];
  chart.size = [labels.length, 1];
  chart.tip = (i) => [
    e('b', {}, name(i)),
    ...rows(i).map(([one, n, text]) => e('span', { class: `key ${hue(one, n)}` }, e('i'), pair([inOrder(one.name)[0]]), e('output', {}, text))),
  ];
  chart.words = (i) => `${name(i)}${COLON}${rows(i).map(([one, , text]) => `${inOrder(one.name)[0]} ${text}`).join(COMMA)}`;
}

/** The column under the mouse, and a band that shows which one is meant. */
function pointing(chart, frame, count, slots) {
  const start = slots ? frame.left : frame.left - frame.wide / 2;
  const band = s('rect', { class: 'here', y: frame.top, height: frame.bottom - frame.top, width: slots ? frame.wide : 1, hidden: '' });
  chart.svg.prepend(band);
  chart.at = (x, y) => {
    const i = Math.floor((x - start) / frame.wide);
    return y < frame.top - chart.em || i < 0 || i >= count ? null : [i, 0];
  };
  chart.mark = (i) => {
    band.removeAttribute('hidden');
    band.setAttribute('x', slots ? frame.x(i) - frame.wide / 2 : frame.x(i) - 0.5);
    return [frame.x(i), (frame.top + frame.bottom) / 2];
  };
  chart.unmark = () => band.setAttribute('hidden', '');
}

/** Stretches of known values, so that a gap in what is known is a gap in the line. */
function stretches(values) {
  const found = [];
  let open = null;
  values.forEach((value, i) => {
    if (value === null || value === undefined) open = null;
    else if (open) open.push([i, value]);
    else found.push((open = [[i, value]]));
  });
  return found;
}

function drawLine(chart) {
  const { labels, series, target, unit, mark } = chart.data;
  if (!labels.length) return;
  const frame = axes(chart, axisOf(chart), labels, { slots: false });
  const bounded = (value) => Math.min(frame.bottom, Math.max(frame.top, frame.y(value)));
  if (mark !== undefined && mark !== null) chart.svg.append(s('line', { x1: frame.x(mark), x2: frame.x(mark), y1: frame.top, y2: frame.bottom, class: 'now' }));
  series.forEach((one, n) => {
    const line = s('g', { class: `series ${hue(one, n)}`, 'data-dash': one.dash ? '' : null });
    for (const points of stretches(one.values)) {
      const path = points.map(([i, value]) => `${frame.x(i).toFixed(1)},${bounded(value).toFixed(1)}`);
      if (n === 0 && series.length === 1 && points.length > 1)
        line.append(s('path', { class: 'area', d: `M${frame.x(points[0][0])},${frame.bottom}L${path.join('L')}L${frame.x(points.at(-1)[0])},${frame.bottom}Z` }));
      if (points.length > 1) line.append(s('path', { class: 'stroke', d: `M${path.join('L')}` }));
      if (labels.length <= 48 || points.length === 1)
        line.append(...points.map(([i, value]) => s('circle', { class: 'dot', cx: frame.x(i), cy: bounded(value), r: labels.length > 31 ? 2 : 2.8 })));
    }
    chart.svg.append(line);
  });
  if (target) targetLine(chart, frame, target, unit);
  pointing(chart, frame, labels.length, false);
  readings(chart);
}

function drawBars(chart) {
  const { labels, series, target, unit, mark } = chart.data;
  if (!labels.length) return;
  const frame = axes(chart, axisOf(chart), labels);
  const gap = Math.min(frame.wide * 0.28, 14);
  const one = (frame.wide - gap) / series.length;
  const wide = Math.min(one, 46);
  series.forEach((line, n) => {
    const group = s('g', { class: `series ${hue(line, n)}`, 'data-dash': line.dash ? '' : null });
    line.values.forEach((value, i) => {
      if (value === null || value === undefined) return;
      const top = Math.max(frame.top, frame.y(value));
      const x = frame.x(i) + (n - series.length / 2) * wide;
      group.append(s('rect', { class: 'bar', x: x + 0.5, y: top, width: Math.max(1, wide - 1), height: Math.max(value > 0 ? 1 : 0, frame.bottom - top), rx: Math.min(3, wide / 4), 'data-now': i === mark ? '' : null }));
    });
    chart.svg.append(group);
  });
  if (target) targetLine(chart, frame, target, unit);
  pointing(chart, frame, labels.length, true);
  readings(chart);
}

function drawStacked(chart) {
  const { labels, series, target, unit, mark } = chart.data;
  if (!labels.length) return;
  const sums = labels.map((_, i) => known(series.map((one) => one.values[i])).reduce((sum, value) => sum + value, 0));
  const frame = axes(chart, axisOf(chart, sums), labels);
  const wide = Math.min(46, frame.wide - Math.min(frame.wide * 0.28, 14));
  const reached = labels.map(() => 0);
  series.forEach((one, n) => {
    const group = s('g', { class: `series ${hue(one, n)}` });
    one.values.forEach((value, i) => {
      if (!value) return;
      const [from, to] = [frame.y(reached[i]), frame.y((reached[i] += value))];
      group.append(s('rect', { class: 'bar', x: frame.x(i) - wide / 2, y: to, width: Math.max(1, wide), height: Math.max(0.5, from - to - (from - to > 3 ? 1 : 0)), 'data-now': i === mark ? '' : null }));
    });
    chart.svg.append(group);
  });
  if (target) targetLine(chart, frame, target, unit);
  pointing(chart, frame, labels.length, true);
  readings(chart);
}

/** The cells of a heat map: strength by value, its number in the cell where there is room. */
function drawHeat(chart) {
  const { rows, columns, values, unit = 'count', least = 0, most } = chart.data;
  const { em, width, height, svg } = chart;
  if (!rows.length || !columns.length) return;
  const left = Math.ceil((Math.max(...rows.map(ems)) + 0.8) * em);
  const legend = 1.9 * em;
  const [wide, high] = [(width - left) / columns.length, (height - 1.6 * em - legend) / rows.length];
  const top = 1.6 * em;
  const highest = most ?? Math.max(least, ...known(values.flat()));
  const strength = (value) => (highest > least ? Math.min(1, Math.max(0, (value - least) / (highest - least))) : 0);
  const step = Math.max(1, Math.ceil((Math.max(...columns.map(ems)) * em + 4) / wide));
  const textOf = (value) => (unit === 'share' ? `${Math.round(value * 100)}` : unit === 's' ? `${Math.round(value)}` : shown(value, unit));
  const widest = Math.max(0, ...known(values.flat()).map((value) => ems(textOf(value))));
  const told = widest * em * 0.92 + 4 <= wide && high >= em * 1.3; // in all cells or in none
  columns.forEach((text, i) => i % step === 0 && svg.append(s('text', { x: left + (i + 0.5) * wide, y: 1.05 * em, class: 'tick middle' }, text)));
  rows.forEach((text, row) => {
    svg.append(s('text', { x: left - 0.6 * em, y: top + (row + 0.5) * high + 0.35 * em, class: 'tick end' }, text));
    columns.forEach((_, i) => svg.append(...cell(values[row]?.[i], left + i * wide, top + row * high, wide, high)));
  });
  svg.append(...heatLegend());

  function cell(value, x, y, w, h) {
    const unknown = value === null || value === undefined;
    const drawn = [s('rect', { class: unknown ? 'cell unknown' : `cell step-${Math.round(strength(value) * 8)}`, x: x + 1, y: y + 1, width: Math.max(1, w - 2), height: Math.max(1, h - 2), rx: 3 })];
    if (told && !unknown) drawn.push(s('text', { class: `value step-${Math.round(strength(value) * 8)}`, x: x + w / 2, y: y + h / 2 + 0.33 * em }, textOf(value)));
    return drawn;
  }

  function heatLegend() {
    const [y, size] = [height - 1.1 * em, 1.5 * em];
    const low = shown(least, unit);
    const from = left + (ems(low) + 0.5) * em;
    const boxes = Array.from({ length: 9 }, (_, i) => s('rect', { class: `cell step-${i}`, x: from + i * size, y, width: size - 2, height: 0.9 * em, rx: 2 }));
    return [s('text', { x: left, y: height - 0.3 * em, class: 'tick' }, low), ...boxes, s('text', { x: from + 9 * size + 0.4 * em, y: height - 0.3 * em, class: 'tick' }, shown(highest, unit))];
  }

  const ring = s('rect', { class: 'ring', width: Math.max(1, wide - 1), height: Math.max(1, high - 1), rx: 3, hidden: '' });
  svg.append(ring);
  chart.size = [columns.length, rows.length];
  chart.at = (x, y) => {
    const [i, row] = [Math.floor((x - left) / wide), Math.floor((y - top) / high)];
    return i < 0 || row < 0 || i >= columns.length || row >= rows.length ? null : [i, row];
  };
  chart.mark = (i, row) => {
    ring.removeAttribute('hidden');
    ring.setAttribute('x', left + i * wide + 0.5);
    ring.setAttribute('y', top + row * high + 0.5);
    return [left + (i + 0.5) * wide, top + (row + 0.5) * high];
  };
  chart.unmark = () => ring.setAttribute('hidden', '');
  chart.words = (i, row) => `${rows[row]} ${columns[i]}${COLON}${shown(values[row]?.[i], unit)}`;
  chart.tip = (i, row) => [e('b', {}, `${rows[row]} ${columns[i]}`), e('output', {}, shown(values[row]?.[i], unit))];
  chart.summary = () => {
    const all = values.flatMap((line, row) => line.map((value, i) => [value, row, i])).filter(([value]) => value !== null && value !== undefined);
    const title = inOrder(chart.data.title ?? []).filter(Boolean).join(' ');
    if (!all.length) return `${title}${STOP}${none()}`;
    const peak = all.reduce((best, one) => (one[0] > best[0] ? one : best));
    return `${title}${STOP}${english ? 'highest' : '最高'} ${rows[peak[1]]} ${columns[peak[2]]} ${shown(peak[0], unit)}`;
  };
}

function drawSpark(chart) {
  const { values, floor = 0, most } = chart.data;
  const { width, height, svg } = chart;
  const all = known(values);
  if (!all.length) return;
  const highest = Math.max(most ?? Math.max(...all), floor + 1e-9);
  const x = (i) => 2 + (i / Math.max(1, values.length - 1)) * (width - 6);
  const y = (value) => height - 3 - ((Math.min(highest, Math.max(floor, value)) - floor) / (highest - floor)) * (height - 6);
  const group = s('g', { class: `series ${hue(chart.data, 0)}` });
  for (const points of stretches(values)) {
    const path = points.map(([i, value]) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`);
    group.append(s('path', { class: 'area', d: `M${x(points[0][0])},${height}L${path.join('L')}L${x(points.at(-1)[0])},${height}Z` }), s('path', { class: 'stroke', d: `M${path.join('L')}` }));
  }
  const last = values.findLastIndex((value) => value !== null && value !== undefined);
  group.append(s('circle', { class: 'dot', cx: x(last), cy: y(values[last]), r: 2.5 }));
  svg.append(group);
}

/** A line a series over the labels; where nothing is known the line has a gap. */
export const line = (place, data) => new Chart(place, data, drawLine);

/** Bars beside each other, one a series and label. */
export const bars = (place, data) => new Chart(place, data, drawBars);

/** Bars on top of each other: series are parts of a whole. */
export const stacked = (place, data) => new Chart(place, data, drawStacked);

/** Hour by weekday, or any two: strength of colour by value. */
export const heat = (place, data) => new Chart(place, data, drawHeat);

/** A line without axes, as high as a word; always quiet. */
export function spark(place, data) {
  const made = { ...data, quiet: true, series: [{ name: data.title ?? ['', ''], values: data.values }] };
  place.classList.add('spark');
  const chart = new Chart(place, made, drawSpark);
  const update = chart.update.bind(chart);
  chart.update = (next) => update({ ...next, series: [{ name: next.title ?? ['', ''], values: next.values }] });
  return chart;
}
