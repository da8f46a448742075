// Requests to the gateway: JSON in and out, the CSRF token with every change, problems as errors with their text.

let csrf = '';

/** A gateway that has not answered after so long is as good as away: the page says so instead of waiting for ever. */
const PATIENCE_MS = 15000;

export class Problem extends Error {
  /** `more` is what a problem says beyond its words (RFC 9457's extension members). */
  constructor(status, detail, field, more = {}) {
    super(detail);
    Object.assign(this, { status, field, more });
  }
}

async function call(method, path, body, { key, signal, keepalive } = {}) {
  const headers = { Accept: 'application/json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (method !== 'GET') headers['X-CSRF-Token'] = csrf;
  if (key) headers['Idempotency-Key'] = key;
  const limit = AbortSignal.timeout(PATIENCE_MS);
  const response = await fetch(path, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
    keepalive, // outlives a page that closes
  });
  const data = response.status === 204 ? null : await response.json().catch(() => null);
  if (!response.ok) throw new Problem(response.status, data?.detail ?? response.statusText, data?.field, data ?? {});
  if (data?.csrf) csrf = data.csrf;
  return data;
}

/** `more.signal` stops a request that nobody waits for any more; `more.key` is the Idempotency-Key of a change. */
export const get = (path, more) => call('GET', path, undefined, more);
export const post = (path, body, more) => call('POST', path, body, more);
export const put = (path, body, more) => call('PUT', path, body, more);
export const del = (path, more) => call('DELETE', path, undefined, more);

/** Send the browser to the log-in, and back here after it. */
export function toLogin() {
  location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
}
