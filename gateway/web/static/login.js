// The log-in page: asks once, shows the gateway's own words when it refuses, and returns to where the browser came from,
// else to where this role works: agents at the desk, shift leads at the seat map.

import { Problem, post } from './api.js';
import { fill, words } from './i18n.js';

/** Only a path of our own: what follows `next=` is written by whoever made the link. */
function target(role) {
  const own = role === 'agent' ? '/desk' : '/seats';
  const next = new URLSearchParams(location.search).get('next') ?? own;
  const url = new URL(next, location.origin);
  return url.origin === location.origin && next.startsWith('/') ? url.pathname + url.search : own;
}

const form = document.getElementById('login');
const error = document.getElementById('error');
const button = form.querySelector('button');

async function enter(event) {
  event.preventDefault();
  button.disabled = true;
  error.hidden = true;
  try {
    const { role } = await post('/api/v1/login', { login: form.login.value.trim(), password: form.password.value });
    location.assign(target(role));
  } catch (failure) {
    error.textContent = failure instanceof Problem ? failure.message : words('login.failed').join(' / ');
    error.hidden = false;
    form.password.select();
  } finally {
    button.disabled = false;
  }
}

fill();
form.addEventListener('submit', enter);
button.disabled = false; // until now Enter would have sent the form itself, to nobody
