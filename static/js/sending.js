// Sends a file in parts and goes on where it stopped (tus 1.0): by itself after a lost line or a restarted server, and
// when the same file is chosen again after a reload of the tab.
import { csrfToken } from "./csrf.js";

const PART_BYTES = 8 * 1024 * 1024;
const WAITS_SECONDS = [1, 2, 4, 8, 15];
// With the waits above about ten minutes; then a person is asked.
const MOST_TRIES = 40;
// A line on which nothing moved for so long is dead.
const STALLED_SECONDS = 45;
// Statuses that may pass if the same request is sent again: busy, elsewhere by now, throttled.
const PASSING = new Set([0, 404, 408, 409, 423, 429]);

// The server's own words for a file that it does not want; sending it again cannot help.
export class Refused extends Error {}

// Posts the form `fields` with the file to `url` and returns the response's JSON. `told({part, state})` is called with the
// progress: `part` up to 1, `state` "sending", "waiting" for the connection, or "looking" at the file. Throws Refused, an
// abort, or the last error.
export function sendFile(file, { url, fields = {}, signal, told }) {
  return insisting(file, { signal, told }, async (upload) => {
    told?.({ part: 1, state: "looking" });
    const response = await ask("POST", url, { body: formOf({ ...fields, file: upload.id }), signal });
    dropParts(upload.id);
    return response.body;
  });
}

/**
 * @typedef {{part: number, state: "sending" | "waiting" | "looking"}} Way
 * @typedef {{signal?: AbortSignal, told?: (way: Way) => void}} Watching
 */

// Sends only the parts: returns the id that a form then sends in the file's place.
// `dropParts` it when the form has been accepted or refused.
/** @type {(file: File, watching?: Watching) => Promise<string>} */
export const sendParts = (file, { signal, told } = {}) => insisting(file, { signal, told }, (upload) => upload.id);

// Else the night takes them.
export const dropParts = (id) => ask("DELETE", `/api/uploads/${id}`).catch(() => {});

async function insisting(file, { signal, told }, finish) {
  const memory = `mvsite-upload:${file.name}:${file.size}:${file.lastModified}`;
  const upload = {
    address: remembered(memory),
    offset: 0,
    get id() {
      return this.address.split("/").pop();
    },
  };
  for (let tries = 0; ; tries += 1) {
    const before = upload.offset;
    try {
      await sendRest(file, upload, memory, signal, told);
      const result = await finish(upload);
      remember(memory, null);
      return result;
    } catch (error) {
      const unwanted = error instanceof Refused;
      if (unwanted && upload.offset === file.size) remember(memory, null);
      if (signal?.aborted || unwanted) throw error;
      if (upload.offset > before) tries = 0;
      if (tries >= MOST_TRIES) throw error;
      told?.({ part: upload.offset / file.size, state: "waiting" });
      await pause(WAITS_SECONDS[Math.min(tries, WAITS_SECONDS.length - 1)], signal);
    }
  }
}

async function sendRest(file, upload, memory, signal, told) {
  if (upload.address) {
    const found = await ask("HEAD", upload.address, { signal, gone: true });
    if (found) upload.offset = Number(found.header("Upload-Offset"));
    else upload.address = null;
  }
  if (!upload.address) {
    const name = btoa(String.fromCharCode(...new TextEncoder().encode(file.name)));
    const begun = await ask("POST", "/api/uploads", {
      headers: { "Upload-Length": file.size, "Upload-Metadata": `filename ${name}` },
      signal,
    });
    upload.address = begun.header("Location");
    upload.offset = 0;
    remember(memory, upload.address);
  }
  while (upload.offset < file.size) {
    const start = upload.offset;
    const response = await ask("PATCH", upload.address, {
      headers: { "Content-Type": "application/offset+octet-stream", "Upload-Offset": start },
      body: file.slice(start, start + PART_BYTES),
      progress: (sent) => told?.({ part: (start + sent) / file.size, state: "sending" }),
      signal,
    });
    upload.offset = Number(response.header("Upload-Offset"));
  }
}

/**
 * One request.
 *
 * @param {string} method
 * @param {string} url
 * @param {object} [how]
 * @param {Record<string, any>} [how.headers]
 * @param {XMLHttpRequestBodyInit | null} [how.body]
 * @param {(sent: number) => void} [how.progress] hears how many bytes went out
 * @param {AbortSignal} [how.signal]
 * @param {boolean} [how.gone] return null for a 404
 */
function ask(method, url, { headers = {}, body = null, progress, signal, gone = false } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let watch = null;
    const stir = () => {
      clearTimeout(watch);
      watch = setTimeout(() => request.abort(), STALLED_SECONDS * 1000);
    };
    const stop = () => request.abort();
    request.open(method, url);
    for (const [name, value] of Object.entries({ "X-CSRFToken": csrfToken(), "Tus-Resumable": "1.0.0", ...headers }))
      request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => {
      stir();
      progress?.(event.loaded);
    };
    request.onloadend = () => {
      clearTimeout(watch);
      signal?.removeEventListener("abort", stop);
      const { status } = request;
      const found = { status, header: (name) => request.getResponseHeader(name), body: parsed(request.responseText) };
      if (status >= 200 && status < 300) resolve(found);
      else if (gone && status === 404) resolve(null);
      else if (status >= 500 || PASSING.has(status))
        reject(new Error(found.body?.detail ?? "The connection was lost."));
      else reject(new Refused(found.body?.detail ?? `The server returned status ${status}.`));
    };
    signal?.addEventListener("abort", stop);
    if (progress) stir();
    request.send(body);
  });
}

/**
 * Ends early when the browser says that the network is back.
 *
 * @param {number} seconds
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
function pause(seconds, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, seconds * 1000 * (0.75 + Math.random() / 2));
    addEventListener("online", done);
    signal?.addEventListener("abort", done);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function formOf(fields) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
}

// A store that is full or forbidden only costs the resumption after a reload.
function remembered(memory) {
  try {
    return localStorage.getItem(memory);
  } catch {
    return null;
  }
}

function remember(memory, address) {
  try {
    if (address) localStorage.setItem(memory, address);
    else localStorage.removeItem(memory);
  } catch {
    /* see above */
  }
}

// How an upload shows in a box with `progress`, `words` and `error` elements.
export const wordsOf = ({ part, state }) =>
  ({
    sending: `Uploading ${Math.floor(100 * part)} %`,
    waiting: `Connection lost at ${Math.floor(100 * part)} %. It will resume automatically.`,
    looking: "Checking the file",
  })[state];
