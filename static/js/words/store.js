// A song's lines as the page has them: shown at once, saved one change after the other, and as the server has them again
// where it refuses. `shown(indexes)` is told which lines changed; null means any of them.
import { asJson } from "../csrf.js";
import { toast, UNREACHABLE } from "../toasts.js";
import { qualityOf } from "./lines.js";

// Browsers send no more than 64 kB once a page goes.
const MOST_KEPT = 10_000;

export class WordsStore {
  constructor(audio) {
    this.url = `/api/audio/${audio}/lyrics`;
    this.lines = [];
    this.version = 0;
    this.undo = null; // what it would take back
    this.redo = null;
    this.listeners = [];
    this.waiting = 0;
    this.behind = false; // the page shows what the server may not have
    addEventListener("online", () => this.behind && this.load());
    this.saving = Promise.resolve();
  }

  get quality() {
    return qualityOf(this.lines);
  }

  listen(shown) {
    this.listeners.push(shown);
  }

  tell(indexes) {
    for (const shown of this.listeners) shown(indexes);
  }

  // `known`: whether the song has lines at all.
  async load(known = true) {
    const response = known ? await fetch(this.url) : null;
    if (response && !response.ok && response.status !== 404) throw new Error(UNREACHABLE);
    const found = response?.ok ? await response.json() : { lines: [], undo: null, redo: null };
    this.behind = false;
    this.lines = found.lines;
    Object.assign(this, { version: found.version, undo: found.undo, redo: found.redo });
    this.tell(null);
  }

  // On the page only, as while a hand moves something.
  show(lines) {
    const changed = lines.filter((line, index) => line !== this.lines[index]).map((line) => line.index);
    this.lines = lines;
    this.tell(changed);
  }

  line(index, body) {
    return this.save("PATCH", `${this.url}/lines/${index}`, body);
  }

  several(body) {
    return this.save("PATCH", this.url, body);
  }

  step(back) {
    return this.save("POST", `${this.url}/${back ? "undo" : "redo"}`);
  }

  save(method, url, body) {
    this.waiting += 1;
    this.saving = this.saving.then(() => this.saved(method, url, body)).catch((error) => this.refused(error));
    return this.saving;
  }

  async saved(method, url, body) {
    const how = asJson(method, body && { ...body, version: this.version });
    // A short change is still sent when the page goes.
    const keepalive = String(how.body).length < MOST_KEPT;
    const response = await fetch(`${url}?changed=true`, { ...how, keepalive }).catch(() => null);
    const found = await response?.json().catch(() => null);
    this.waiting -= 1;
    if (!response?.ok) throw new Error(found?.detail ?? UNREACHABLE);
    Object.assign(this, { version: found.version, undo: found.undo, redo: found.redo });
    // While more changes wait, the page is ahead of the answer.
    if (this.behind) await this.load();
    else if (!this.waiting) this.take(found);
    return found;
  }

  take({ lines, quality }) {
    if (lines.length === quality.lines) this.lines = lines;
    else {
      const fresh = new Map(lines.map((line) => [line.index, line]));
      this.lines = this.lines.map((line) => fresh.get(line.index) ?? line);
    }
    this.tell(lines.length === quality.lines ? null : lines.map((line) => line.index));
  }

  async refused(error) {
    toast(error.message);
    await this.load().catch(() => {
      this.behind = true;
    });
    return null;
  }
}
