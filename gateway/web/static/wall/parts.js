// Small parts that the wall's pages are made of: words, a huge figure, the bar towards a promise, a chart of charts.js.

import { words } from '../i18n.js';
import { html, useLayoutEffect, useRef } from '../vendor/preact.js';

/** Chinese, then small English. */
export function T({ k, pair, values = null }) {
  const [zh, en] = pair ?? words(k, values);
  return html`${zh}${en ? html` <small lang="en">${en}</small>` : null}`;
}

/** A figure with its name beneath; `level` is good, near, over or none. */
export function Figure({ value, unit = '', k, pair, values, level = 'none', size = 'big', children }) {
  return html`<div class="figure" data-level=${level} data-size=${size}>
    <output>${value}${unit ? html`<i>${unit}</i>` : null}</output>
    <p><${T} k=${k} pair=${pair} values=${values} /></p>${children}
  </div>`;
}

/** How far a wait has come towards the promise. */
export function Bar({ seconds, promise }) {
  const fill = useRef(null);
  useLayoutEffect(() => {
    fill.current.style.transform = `scaleX(${seconds === null ? 0 : Math.min(1, seconds / promise)})`;
  });
  return html`<div class="meter"><i ref=${fill} /></div>`;
}

/** none, some, near (from 60 % of the promise on) or over. */
export function levelOf(seconds, promise) {
  if (seconds === null) return 'none';
  if (seconds >= promise) return 'over';
  return seconds >= promise * 0.6 ? 'near' : 'some';
}

/** One chart; `draw` is line or bars of charts.js. */
export function Plot({ draw, data }) {
  const place = useRef(null);
  const chart = useRef(null);
  useLayoutEffect(() => {
    if (chart.current) chart.current.update(data);
    else chart.current = draw(place.current, data);
  });
  useLayoutEffect(() => () => chart.current?.stop(), []);
  return html`<div class="plotted" ref=${place} />`;
}

/** 0.97345 -> ['97.3', '%']; what nobody could compute is a dash. */
export function share(value) {
  if (value === null || value === undefined) return ['—', ''];
  return [value >= 0.9995 ? '100' : (Math.floor(value * 1000) / 10).toFixed(1), '%'];
}

/** 12012 -> 12,012. */
export const many = (value) => (value === null || value === undefined ? '—' : value.toLocaleString('en-US'));

const PEOPLES = '黎|苗|回|壮|藏|彝|侗|满|瑶|傣|畲|羌|白|土|怒|佤|京|水|土家|布依|蒙古|朝鲜|哈尼|拉祜|傈僳|纳西|景颇|仡佬|仫佬|毛南|撒拉|裕固|锡伯|哈萨克|维吾尔|柯尔克孜|达斡尔|塔吉克';
const AUTONOMOUS = new RegExp(`(?<=.{2})(?:(?:${PEOPLES})族?)+(?:各族)?自治[县州旗区]$`);

/** 琼中黎族苗族自治县 -> 琼中, as people call it: a tile has room for five characters. */
export const shortArea = (name) => name.replace(AUTONOMOUS, '');

export const clockOf = (seconds, zone, more = {}) =>
  new Date(seconds * 1000).toLocaleTimeString('zh-CN', { hour12: false, timeZone: zone, ...more });
