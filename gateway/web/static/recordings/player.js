// The player below the list: waveform, marks, speed, keyboard. Sound is asked for when somebody wants to hear it and not
// before, because each listening is in the audit log.

import { get } from '../api.js';
import { say, words } from '../i18n.js';
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from '../vendor/preact.js';
import { length, moment } from './format.js';
import { Holding } from './hold.js';
import { Icon, W } from './search.js';
import { draw } from './wave.js';

const SPEEDS = [1, 1.25, 1.5, 1.75, 2];
const JUMP_S = 5;
const SHOWN = ['hold', 'transfer', 'three_way'];
/** A mark that begins so shortly before the place of playing is this one, not the one before. */
const HERE_S = 1.5;

/** Loudness and marks of what is chosen; an answer that was overtaken is dropped. */
function useShape(one) {
  const [shape, setShape] = useState({ seconds: 0, peaks: [], marks: [], exact: true, failed: '' });
  useEffect(() => {
    let wanted = true;
    setShape({ seconds: 0, peaks: [], marks: [], exact: true, failed: '' });
    if (one.state !== 'there') return undefined;
    const at = `/api/v1/recordings/${encodeURIComponent(one.call_id)}`;
    Promise.all([get(`${at}/peaks`), get(`${at}/marks`)])
      .then(([peaks, marks]) => wanted && setShape({ ...peaks, marks: marks.marks, exact: marks.exact, failed: '' }))
      .catch((failure) => wanted && setShape({ seconds: 0, peaks: [], marks: [], exact: true, failed: failure.message }));
    return () => (wanted = false);
  }, [one.call_id, one.state]);
  return shape;
}

/** The element that plays; its place and whether it runs, as state. */
function useSound(call_id) {
  const audio = useMemo(() => Object.assign(new Audio(), { preload: 'none' }), []);
  const [state, setState] = useState({ at: 0, playing: false, failed: false });
  // with the drawing: what is played at once is heard of
  useLayoutEffect(() => {
    const told = () => setState((was) => ({ ...was, at: audio.currentTime, playing: !audio.paused && !audio.ended }));
    const failed = () => audio.getAttribute('src') && setState((was) => ({ ...was, playing: false, failed: true }));
    const names = ['play', 'pause', 'ended', 'seeked', 'timeupdate'];
    for (const name of names) audio.addEventListener(name, told);
    audio.addEventListener('error', failed);
    return () => {
      audio.pause();
      audio.removeAttribute('src');
      for (const name of names) audio.removeEventListener(name, told);
    };
  }, []);
  // with the drawing: a place that was chosen meanwhile would be lost to the new source
  useLayoutEffect(() => {
    audio.pause();
    audio.src = `/api/v1/calls/${encodeURIComponent(call_id)}/recording`;
    setState({ at: 0, playing: false, failed: false });
  }, [call_id]);
  return { audio, ...state, setState };
}

/** The place of playing sixty times a second while it moves. */
function useFrames(sound, paint) {
  useEffect(() => {
    if (!sound.playing) return undefined;
    let frame = 0;
    const go = () => {
      paint(sound.audio.currentTime);
      frame = requestAnimationFrame(go);
    };
    frame = requestAnimationFrame(go);
    return () => cancelAnimationFrame(frame);
  });
}

function Wave({ shape, sound, seek }) {
  const canvas = useRef(null);
  const paint = (at) => canvas.current && draw(canvas.current, { ...shape, at, format: length });
  useFrames(sound, paint);
  useEffect(() => paint(sound.at));
  useEffect(() => {
    const watch = new ResizeObserver(() => paint(sound.audio.currentTime));
    watch.observe(canvas.current);
    return () => watch.disconnect();
  }, [shape]);
  const to = (event) => {
    const box = canvas.current.getBoundingClientRect();
    seek(((event.clientX - box.left) / box.width) * shape.seconds);
  };
  const drag = (event) => event.buttons === 1 && to(event);
  return html`<canvas class="wave" ref=${canvas} role="slider" tabindex="0" aria-label=${words('play.at').join(' ')} aria-valuemin="0"
    aria-valuemax=${Math.round(shape.seconds)} aria-valuenow=${Math.round(sound.at)} aria-valuetext=${length(sound.at)}
    onPointerDown=${(event) => { event.target.setPointerCapture(event.pointerId); to(event); }} onPointerMove=${drag}></canvas>`;
}

const whom = (mark) => mark.name || mark.by;

function Marks({ marks, at, seek }) {
  const shown = marks.filter((one) => SHOWN.includes(one.kind));
  if (!shown.length) return null;
  return html`<ol class="marks">${shown.map((one, n) => html`<li key=${n}><button type="button" data-kind=${one.kind} aria-current=${at >= one.start_s && at < one.end_s ? 'true' : null} onClick=${() => seek(one.start_s)}>
    <i></i><b>${length(one.start_s)}</b> ${say(`mark.${one.kind}`)} ${one.kind !== 'hold' && whom(one)}
    <span class="dim">${length(one.end_s - one.start_s)}</span></button></li>`)}</ol>`;
}

/** The keys of what is drawn: bound with the drawing and not after it, because what is seen can be pressed. */
function useKeys(act) {
  const latest = useRef(act);
  latest.current = act;
  useLayoutEffect(() => {
    const press = (event) => {
      if (event.target.closest('input, select, textarea, dialog') || event.altKey || event.ctrlKey || event.metaKey) return;
      if ((event.key === ' ' || event.key === 'Enter') && event.target.closest('button, a')) return;
      const name = `${event.shiftKey && event.key.startsWith('Arrow') ? 'Shift+' : ''}${event.key}`;
      if (!latest.current[name]) return;
      event.preventDefault();
      latest.current[name]();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
}

function Facts({ one, store }) {
  return html`<div class="facts"><b>${moment(one.started_at, store.time.zone)}</b>
    <span>${one.caller} ${one.caller_name}</span><span>${one.agent_name} <span class="dim">${one.agent ?? ''}</span></span>
    <span>${store.queueName(one.queue)}</span>${one.ticket_no && html`<span class="no">${one.ticket_no}</span>`}
    ${one.held && html`<span class="chip" data-level="3">${say('flag.held')}</span>`}
    ${one.is_secret && html`<span class="chip" data-level="1">${say('flag.secret')}</span>`}</div>`;
}

function Speeds({ speed, set }) {
  return html`<div class="segments" role="group" aria-label=${words('play.speed').join(' ')}>${SPEEDS.map(
    (one) => html`<button type="button" key=${one} aria-pressed=${one === speed} onClick=${() => set(one)}>${one}×</button>`,
  )}</div>`;
}

const SHAPES = { play: 'M7 4v16l13-8z', pause: 'M6 4h4v16H6zM14 4h4v16h-4z', back: 'M11 6v12l-8-6zM20 6v12l-8-6z', on: 'M4 6v12l8-6zM13 6v12l8-6z', before: 'M6 5h2v14H6zM20 5v14l-10-7z', next: 'M16 5h2v14h-2zM4 5v14l10-7z' };
const Shape = ({ name }) => html`<svg class="solid" viewBox="0 0 24 24" aria-hidden="true"><path d=${SHAPES[name]} /></svg>`;

function Keys({ k, act, off = false, main = false }) {
  return html`<button type="button" class=${main ? 'main round' : 'round'} disabled=${off} title=${words(`play.${k}`).join(' / ')} aria-label=${words(`play.${k}`).join(' ')} onClick=${act}><${Shape} name=${k} /></button>`;
}

function useActs(store, shape, sound, off) {
  const { audio } = sound;
  const [speed, setSpeed] = useState(1);
  const seek = (to) => {
    if (off) return;
    audio.currentTime = Math.min(Math.max(0, to), Math.max(0, shape.seconds - 0.05));
    sound.setState((was) => ({ ...was, at: audio.currentTime }));
  };
  const play = async () => {
    if (off) return;
    audio.playbackRate = speed;
    await audio.play().catch((failure) => failure.name !== 'AbortError' && sound.setState((was) => ({ ...was, failed: true })));
  };
  const places = [...new Set(shape.marks.filter((one) => SHOWN.includes(one.kind)).map((one) => one.start_s))];
  const quicken = (to) => {
    audio.playbackRate = to;
    setSpeed(to);
  };
  const faster = (by) => quicken(SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, SPEEDS.indexOf(speed) + by))]);
  return {
    speed, quicken, seek, play,
    toggle: () => (audio.paused ? play() : audio.pause()),
    back: () => seek(audio.currentTime - JUMP_S),
    on: () => seek(audio.currentTime + JUMP_S),
    before: () => seek(places.findLast((one) => one < audio.currentTime - HERE_S) ?? 0),
    next: () => seek(places.find((one) => one > audio.currentTime + 0.05) ?? audio.currentTime),
    slower: () => faster(-1),
    faster: () => faster(1),
    choose: (by) => store.step(by),
  }; // prettier-ignore
}

function Shown({ one, store }) {
  const shape = useShape(one);
  const sound = useSound(one.call_id);
  const off = one.state !== 'there';
  const act = useActs(store, shape, sound, off);
  const wish = store.wish.value;
  const done = useRef(store.played ?? 0);
  useEffect(() => {
    if (wish > done.current) act.play();
    done.current = store.played = wish;
  }, [wish, one.call_id]);
  useKeys({ ' ': act.toggle, Enter: act.play, ArrowLeft: act.back, ArrowRight: act.on, 'Shift+ArrowLeft': act.before, 'Shift+ArrowRight': act.next,
    ArrowUp: () => act.choose(-1), ArrowDown: () => act.choose(1), '[': act.slower, ']': act.faster }); // prettier-ignore
  const wrong = shape.failed || (sound.failed ? words('play.failed').join(' ') : '');
  return html`<section class="player panel" data-playing=${sound.playing} data-call=${one.call_id}>
    <${Facts} one=${one} store=${store} />
    ${off ? html`<p class="none big"><${W} k=${`flag.${one.state}`} />${one.deleted_at && html` <span class="dim">${moment(one.deleted_at, store.time.zone)}</span>`}</p>` : html`<${Wave} shape=${shape} sound=${sound} seek=${act.seek} />`}
    ${wrong && html`<p class="wrong" role="alert">${wrong}</p>`}
    <div class="controls">
      <${Keys} k="before" act=${act.before} off=${off} /><${Keys} k="back" act=${act.back} off=${off} />
      <${Keys} k=${sound.playing ? 'pause' : 'play'} act=${act.toggle} off=${off} main />
      <${Keys} k="on" act=${act.on} off=${off} /><${Keys} k="next" act=${act.next} off=${off} />
      <output class="time" aria-live="off"><b>${length(sound.at)}</b> / ${length(shape.seconds)}</output>
      <${Speeds} speed=${act.speed} set=${act.quicken} />
      <${Marks} marks=${shape.marks} at=${sound.at} seek=${act.seek} />
      ${!shape.exact && html`<span class="dim">${words('play.inexact')[0]}</span>`}
      <span class="space"></span>
      ${store.leads && html`<${Holding} one=${one} store=${store} /><a class="button" data-off=${off} href=${off ? null : `/api/v1/calls/${encodeURIComponent(one.call_id)}/recording?download=true`} download title=${words('play.downloading').join(' / ')}><${Icon} name="down" /><${W} k="play.download" /></a>`}
    </div>
    <p class="keys">${say('play.keys')}</p>
  </section>`;
}

export function Player({ store }) {
  const one = store.chosen.value;
  useKeys(one ? {} : { ArrowDown: () => store.step(1), ArrowUp: () => store.step(1) });
  return one ? html`<${Shown} one=${one} store=${store} />` : html`<section class="player panel empty"><p class="none"><${W} k="play.choose" /></p></section>`;
}
