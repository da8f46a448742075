// Signing in: a free seat (the last one is offered), the telephone to use, and with a softphone a look whether the
// microphone hears anything, before the first citizen finds out that it does not.

import { html, useEffect, useSignal } from '../vendor/preact.js';
import { finder } from './initials.js';
import { Icon } from './parts.js';
import { say, T } from './words.js';

const HEARD = 0.06;

/** Seats that nobody sits at, with those beside the remembered one kept in the hall's order. */
const freeSeats = (store) => [...store.seats.value.values()].filter((one) => one.presence === 'signed_out' && !one.agent);

function Seats({ store, chosen }) {
  const typed = useSignal('');
  const free = freeSeats(store);
  const found = free.filter((one) => finder(one.id, '', one.extension)(typed.value.toUpperCase()) || finder(one.id, '', one.extension)(typed.value));
  useEffect(() => {
    if (free.some((one) => one.id === chosen.value)) return;
    const last = localStorage.getItem('desk.seat');
    chosen.value = (free.find((one) => one.id === last) ?? free[0])?.id ?? '';
  });
  return html`<fieldset><legend><${T} k="in.seat" /></legend>
    <input type="search" class="find" value=${typed.value} placeholder=${say('in.find')[0]} aria-label=${say('in.find').join(' / ')}
      onInput=${(event) => (typed.value = event.target.value)} />
    <div class="seatlist" role="radiogroup" aria-label=${say('in.seat').join(' ')}>
      ${found.map(
        (one) => html`<label key=${one.id} data-on=${chosen.value === one.id}><input type="radio" name="seat" value=${one.id} checked=${chosen.value === one.id}
          onChange=${() => (chosen.value = one.id)} /><b>${one.id}</b><small>${one.extension}</small></label>`,
      )}
      ${found.length ? null : html`<p class="nothing"><${T} k="in.none" /></p>`}
    </div></fieldset>`;
}

/** Its own part and not made anew with each drawing of the two: it would lose the focus, and a click that began on it. */
function One({ device, value, icon }) {
  return html`<label data-on=${device.value === value}><input type="radio" name="device" value=${value} checked=${device.value === value}
      onChange=${() => (device.value = value)} /><${Icon} name=${icon} /><span><b>${say(`in.${value}`)[0]}</b><small>${say(`in.${value}_sub`)[0]}</small></span></label>`;
}

function Device({ device }) {
  return html`<fieldset><legend><${T} k="in.device" /></legend>
    <div class="devices" role="radiogroup" aria-label=${say('in.device').join(' ')}><${One} device=${device} value="softphone" icon="headset" /><${One} device=${device} value="phone" icon="desk_phone" /></div></fieldset>`;
}

/** Listen through the chosen microphone. `heard`: '' | 'ok' | 'fail'. */
function Microphone({ store, heard }) {
  const level = useSignal(0);
  const devices = useSignal(null);
  useEffect(() => {
    let stop = null;
    let gone = false;
    const listen = async () => {
      const phone = await store.handset.soft();
      const end = await phone.micLevel((now) => {
        level.value = Math.min(1, now);
        if (now > HEARD) heard.value = 'ok';
      });
      if (gone) end?.();
      else stop = end;
      devices.value = await phone.devices();
    };
    listen().catch(() => (heard.value = 'fail'));
    return () => {
      gone = true;
      stop?.();
    };
  }, []);
  return html`<fieldset class="mic" data-heard=${heard.value}><legend><${T} k="in.mic" /></legend>
    <div class="level"><${Icon} name=${heard.value === 'fail' ? 'mute' : 'mic'} /><meter min="0" max="1" value=${level.value} aria-hidden="true"></meter>
      <${T} k=${heard.value === 'ok' ? 'in.mic_ok' : heard.value === 'fail' ? 'in.mic_fail' : 'in.mic_say'} /></div>
    ${devices.value ? html`<${Devices} store=${store} devices=${devices.value} />` : null}</fieldset>`;
}

const KINDS = { input: 'inputs', output: 'outputs', ringer: 'outputs' };

function Devices({ store, devices }) {
  return html`<div class="devicelist">
    ${Object.entries(KINDS).map(([use, list]) => {
      const found = devices[list] ?? [];
      if (found.length < 2) return null;
      return html`<label key=${use}><${T} k=${`in.${use}`} /><select onChange=${(event) => store.handset.phone.use({ [use]: event.target.value })}>
        ${found.map((one) => html`<option key=${one.deviceId} value=${one.deviceId}>${one.label}</option>`)}</select></label>`;
    })}
  </div>`;
}

export function SignIn({ store, later }) {
  const chosen = useSignal('');
  const device = useSignal(localStorage.getItem('desk.device') ?? 'softphone');
  const heard = useSignal('');
  const soft = device.value === 'softphone';
  const going = store.asking.value === 'sign-in';
  const off = going || !chosen.value || store.link.value !== 'up';
  const go = (event) => {
    event.preventDefault();
    if (!off) store.signIn(chosen.value, device.value);
  };
  return html`<div class="shade signin"><form class="card" role="dialog" aria-labelledby="signin-title" onSubmit=${go}>
    <header><h1 id="signin-title"><${T} k="in.title" /></h1><p>${say('in.hello', { name: store.me.value?.name ?? '' })[0]}</p></header>
    <${Seats} store=${store} chosen=${chosen} />
    <${Device} device=${device} />
    ${soft ? html`<${Microphone} store=${store} heard=${heard} />` : null}
    <button class="main" disabled=${off}>${going ? html`<${T} k="in.going" />` : html`<${T} k="in.go" seat=${chosen.value} />`}
      ${soft && heard.value !== 'ok' ? html`<span class="skip">${say('in.mic_skip')[0]}</span>` : null}</button>
    <button type="button" class="plain" onClick=${later}><${T} k="in.later" /></button>
  </form></div>`;
}
