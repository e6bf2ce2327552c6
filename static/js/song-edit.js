// Corrects what the analysis heard: tempo and beats, and the song's sections, which are moved on the timeline itself.
import { clock } from "./clock.js";
import { asJson } from "./csrf.js";
import { makeButton } from "./elements.js";
import { styled } from "./styles.js";
import { nextBeat } from "./timeline/scale.js";
import { toast, UNREACHABLE } from "./toasts.js";

const SHORTEST_SECONDS = 1;
const PAUSE_MILLISECONDS = 2500; // after it the taps are over
const DIGITS = 1; // of a section's times

export class SongEditor {
  constructor(root, timeline) {
    this.timeline = timeline;
    this.root = root;
    this.chosen = 0;
    this.taps = [];
    this.saving = Promise.resolve();
    this.find = (name) => root.querySelector(`[data-${name}]`);
    this.track = this.find("parts");
    for (const button of root.querySelectorAll("[data-grid]"))
      button.onclick = () => this.grid({ operation: button.dataset.grid });
    for (const button of root.querySelectorAll("[data-nudge]"))
      button.onclick = () => this.grid({ operation: "nudge", seconds: Number(button.dataset.nudge) });
    this.find("tap").onclick = () => this.tap();
    this.find("part-name").onchange = (event) => {
      if (event.target.value.trim())
        this.save(
          this.parts.map((part, index) =>
            index === this.chosen ? { ...part, label: event.target.value.trim() } : part,
          ),
        );
    };
    this.find("part-remove").onclick = () => this.remove();
    this.find("part-add").onclick = () => this.add();
    this.find("parts-reset").onclick = () => this.save([]);
    document.addEventListener("keydown", (event) => {
      if (
        event.key.toLowerCase() === "t" &&
        this.open &&
        !event.repeat &&
        !event.ctrlKey &&
        !event.metaKey &&
        !event.target.closest("input:not([type=range]), textarea, select, dialog")
      )
        this.tap();
    });
  }

  get open() {
    return !this.find("song-panel").hidden;
  }

  async toggle() {
    await styled(this.find("song-panel"));
    const open = !this.open;
    this.find("song-panel").hidden = this.track.hidden = !open;
    this.find("song-open").setAttribute("aria-expanded", open);
    if (open) this.show();
  }

  // What the server has: parts in seconds of the used song, as the timeline counts.
  show() {
    const song = this.timeline.song();
    if (!song) return;
    this.parts = song.sections.map(({ label, start, end }) => ({ label, start, end }));
    this.chosen = Math.min(this.chosen, this.parts.length - 1);
    this.find("tempo").textContent = song.facts.tempo_bpm ? `${song.facts.tempo_bpm.toFixed(2)} BPM` : "No beat";
    this.tempos(song.facts);
    this.find("parts-reset").disabled = !song.facts.analysis.found_sections;
    this.find("part-add").disabled = !this.parts.length;
    this.render();
  }

  // "Tempo could be 87 or 174 BPM", each a button; taking one keeps the other, so that it can be taken back.
  tempos({ tempo_bpm: used, tempo_alternatives: others = [] }) {
    const group = this.find("tempos");
    group.hidden = !others.length;
    if (!others.length) return group.replaceChildren();
    const choices = [used, ...others.map(({ bpm }) => bpm)].sort((one, other) => one - other);
    const buttons = choices.map((bpm) => {
      const button = makeButton({
        className: "button button-small",
        textContent: String(Number(bpm.toFixed(1))),
      });
      button.setAttribute("aria-pressed", String(bpm === used));
      button.onclick = () => bpm !== used && this.grid({ operation: "choose", bpm });
      return button;
    });
    const words = buttons.flatMap((button, index) => {
      const last = index === buttons.length - 1;
      return index ? [last ? " or " : ", ", button] : [button];
    });
    return group.replaceChildren("Tempo could be ", ...words, " BPM");
  }

  render() {
    const parts = this.parts.map((part, index) => {
      const button = makeButton({
        className: "part",
        textContent: part.label,
      });
      button.setAttribute("aria-pressed", String(index === this.chosen));
      button.setAttribute(
        "aria-label",
        `Section ${index + 1}, ${part.label}, ${clock(Math.max(0, part.start), DIGITS)} to ${clock(part.end, DIGITS)}`,
      );
      button.onclick = () => {
        this.chosen = index;
        this.render();
        this.track.children[index].focus();
      };
      button.ondblclick = () => this.find("part-name").select();
      return button;
    });
    const cuts = this.parts.slice(1).map((part, index) => this.cut(index + 1, part));
    this.track.replaceChildren(...parts, ...cuts);
    const name = this.find("part-name");
    name.disabled = this.chosen < 0;
    this.find("part-remove").disabled = this.parts.length < 2;
    if (document.activeElement !== name) name.value = this.parts[this.chosen]?.label ?? "";
    this.place();
  }

  cut(index, part) {
    const cut = makeButton({ className: "part-cut" });
    cut.setAttribute("aria-label", `Start of section ${index + 1}, ${part.label}; arrow keys move it`);
    cut.onpointerdown = (event) => {
      if (event.button) return;
      cut.setPointerCapture(event.pointerId);
      cut.onpointermove = (move) => this.move(index, this.timeline.snapped(this.timeline.secondsAt(move), move.altKey));
      cut.onpointerup = cut.onpointercancel = () => {
        cut.onpointermove = cut.onpointerup = null;
        this.save(this.parts);
      };
    };
    cut.onkeydown = (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const { start } = this.parts[index];
      const beats = event.altKey ? [] : this.timeline.song().beats;
      this.move(index, nextBeat(start, beats, step) ?? start + step * 0.1);
      this.save(this.parts).then(() => this.track.querySelectorAll(".part-cut")[index - 1]?.focus());
    };
    return cut;
  }

  move(index, seconds) {
    const [before, part] = [this.parts[index - 1], this.parts[index]];
    part.start = before.end = Math.min(Math.max(seconds, before.start + SHORTEST_SECONDS), part.end - SHORTEST_SECONDS);
    this.place();
  }

  place() {
    if (!this.open || !this.parts) return;
    const pixels = this.timeline.pixels();
    const from = (seconds) => Math.max(0, seconds) * pixels;
    this.parts.forEach((part, index) => {
      const { style } = this.track.children[index];
      style.left = `${from(part.start)}px`;
      style.width = `${Math.max(0, from(part.end) - from(part.start) - 1)}px`;
      const cut = this.track.children[this.parts.length + index - 1];
      if (index) {
        cut.style.left = `${from(part.start)}px`;
        cut.hidden = part.start <= 0;
      }
    });
  }

  add() {
    const at = this.timeline.snapped(this.timeline.preview.time, false);
    const index = this.parts.findIndex(
      (part) => at >= part.start + SHORTEST_SECONDS && at <= part.end - SHORTEST_SECONDS,
    );
    if (index < 0) return toast("Put the playhead inside a section, at least a second from its ends.");
    const part = this.parts[index];
    const later = { label: part.label === "verse" ? "chorus" : "verse", start: at, end: part.end };
    this.chosen = index + 1;
    return this.save([...this.parts.slice(0, index), { ...part, end: at }, later, ...this.parts.slice(index + 1)]).then(
      () => this.find("part-name").select(),
    );
  }

  remove() {
    const parts = this.parts.filter((_, index) => index !== this.chosen);
    if (!this.chosen) parts[0].start = this.parts[0].start;
    this.chosen = Math.max(0, this.chosen - 1);
    this.save(parts);
  }

  save(parts) {
    const { from } = this.timeline.song();
    const sections = parts.map((part, index) => ({ label: part.label, start_seconds: index ? part.start + from : 0 }));
    return this.patch({ sections });
  }

  grid(grid) {
    return this.patch({ grid }, true);
  }

  patch(body, cuts = false) {
    this.saving = this.saving.then(async () => {
      const { facts } = this.timeline.song();
      const how = asJson("PATCH", { ...body, updated_at: facts.updated_at });
      const response = await fetch(`/api/audio/${facts.id}`, how).catch(() => null);
      if (!response?.ok) toast((await response?.json().catch(() => null))?.detail ?? UNREACHABLE);
      await this.timeline.reload().catch((error) => toast(error.message)); // what failed must not stop the next
      this.show();
      // A worker fits the scenes to other beats; the cards then bring them.
      for (const wait of cuts ? [600, 2000] : [600])
        setTimeout(() => htmx.trigger(document.getElementById("poller"), "wake"), wait);
    });
    return this.saving;
  }

  tap() {
    const { preview } = this.timeline;
    if (!preview.playing) {
      preview.play();
      this.taps = [];
      return this.say("Tap on each beat: the button, or T.");
    }
    this.taps.push(this.timeline.song().from + (preview.sound.currentTime - preview.from));
    this.say(`${this.taps.length} taps`);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const taps = this.taps;
      this.taps = [];
      preview.stop();
      this.say("");
      this.grid({ operation: "tap", taps });
    }, PAUSE_MILLISECONDS);
    return null;
  }

  say(words) {
    this.find("song-words").textContent = words;
  }
}
