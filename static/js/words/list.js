// The list of lines under the song: the server's forms, which also work without scripts, kept as the lanes have them.
import { clock, secondsOf } from "../clock.js";
import { toast } from "../toasts.js";
import { isSure, isTimed } from "./lines.js";

const STATES = { sure: "Sure", check: "Check", none: "No time" };
const TONES = { sure: "badge-done", check: "badge-warn", none: "badge-plain" };
const stateOf = (line) => (isTimed(line) ? (isSure(line) ? "sure" : "check") : "none");

export class LineList {
  constructor(store, words) {
    this.store = store;
    this.words = words;
    this.box = null;
    this.asking = 0;
    this.listening = false;
    this.rows = [];
    // What the tools do, too, goes the same way; the rest is the server's: times by alignment, other words.
    document.addEventListener("submit", (event) => this.submitted(event), { capture: true });
    document.addEventListener("focusin", ({ target }) => {
      const row = target.closest?.("[data-line]");
      if (row) words.choose(Number(row.dataset.line));
    });
    words.marked = (index) => this.mark(index);
    document.addEventListener("htmx:afterSwap", ({ target }) => {
      if (target.id === "lyrics" || document.getElementById("lyrics")?.contains(target)) this.swapped();
    });
  }

  static known() {
    return Boolean(document.querySelector("#lyrics [data-line]"));
  }

  async swapped() {
    this.rows = [];
    await this.store.load(LineList.known());
    this.follow();
  }

  follow() {
    this.rows = [...document.querySelectorAll("#lyrics [data-line]")];
    this.box = document.querySelector("#lyrics .line-list");
    if (!this.listening) this.store.listen((indexes) => this.show(indexes));
    this.listening = true;
    this.mark(this.words.current);
  }

  show(indexes) {
    // Lines came or went: only the server can write the list.
    if (this.rows.length !== this.store.lines.length) return this.rows.length ? this.again() : null;
    for (const index of indexes ?? this.rows.keys()) this.fill(this.rows[index], this.store.lines[index]);
  }

  again() {
    clearTimeout(this.asking);
    this.asking = setTimeout(() => htmx.ajax("GET", this.url, { target: "#lyrics", swap: "outerHTML" }), 50);
  }

  get url() {
    return document.getElementById("lyrics").dataset.url;
  }

  fill(row, line) {
    const { text, start, end, pinned } = row.querySelector("form").elements;
    const set = (input, value) => {
      // What a person types stays until it is saved.
      if (document.activeElement === input && input.value !== input.defaultValue) return;
      input.value = input.defaultValue = value;
    };
    set(text, line.text);
    set(start, isTimed(line) ? clock(line.start) : "");
    set(end, isTimed(line) ? clock(line.end) : "");
    pinned.checked = pinned.defaultChecked = line.pinned;
    const state = stateOf(line);
    const badge = row.querySelector(".badge");
    if (badge.textContent === STATES[state]) return;
    badge.textContent = STATES[state];
    badge.className = `badge ${TONES[state]}`;
  }

  mark(index) {
    this.box?.querySelector("[aria-current]")?.removeAttribute("aria-current");
    const row = this.rows[index];
    if (!row) return;
    row.setAttribute("aria-current", "true");
    if (row.contains(document.activeElement)) return;
    const { box } = this;
    const top = row.offsetTop - box.offsetTop;
    if (top < box.scrollTop || top + row.offsetHeight > box.scrollTop + box.clientHeight)
      box.scrollTop = top - box.clientHeight / 3;
  }

  submitted(event) {
    const form = event.target;
    if (!form.closest("#lyrics")) return;
    const [asked, value] = (event.submitter?.value ?? "").split(":");
    const own = { undo: () => this.store.step(true), line: () => this.save(form, Number(value)) };
    if (!own[asked]) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    own[asked]();
  }

  save(form, index) {
    const { text, start, end, pinned } = form.elements;
    const body = {};
    if (text.value.trim() !== text.defaultValue) body.text = text.value;
    for (const [name, input] of Object.entries({ start, end })) {
      if (!input.value.trim() || input.value === input.defaultValue) continue;
      body[name] = secondsOf(input.value);
      if (Number.isNaN(body[name])) return toast(`“${input.value}” isn't a time. Type it as 1:23.5, or in seconds.`);
    }
    if (pinned.checked !== pinned.defaultChecked) body.pinned = pinned.checked;
    if (!Object.keys(body).length) return null;
    form.contains(document.activeElement) && document.activeElement.blur();
    for (const input of [text, start, end]) input.defaultValue = input.value;
    return this.store.line(index, body);
  }
}
