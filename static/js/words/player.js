// The song's own player: its sound is the clock.
import { clock } from "../clock.js";

export class SongPlayer {
  constructor(sound, { button, time, moved }) {
    this.sound = sound;
    this.button = button;
    this.shown = time;
    this.moved = moved;
    this.until = null;
    sound.controls = false;
    sound.hidden = true;
    button.onclick = () => this.toggle();
    sound.addEventListener("play", () => this.tick());
    sound.addEventListener("pause", () => this.tell());
    sound.addEventListener("seeked", () => this.tell());
    sound.addEventListener("loadedmetadata", () => this.tell());
  }

  get time() {
    return this.sound.currentTime;
  }

  get playing() {
    return !this.sound.paused;
  }

  toggle() {
    if (this.playing) this.stop();
    else this.play();
  }

  play(until = null) {
    this.until = until;
    return this.sound.play().catch(() => this.tell());
  }

  stop() {
    this.until = null;
    this.sound.pause();
  }

  seek(seconds) {
    this.until = null;
    this.sound.currentTime = Math.max(0, seconds);
    this.tell();
  }

  playSpan(start, end) {
    this.seek(start);
    return this.play(end);
  }

  tick() {
    this.tell();
    if (!this.playing) return;
    if (this.until !== null && this.time >= this.until) this.stop();
    else requestAnimationFrame(() => this.tick());
  }

  tell() {
    this.button.textContent = this.playing ? "Pause" : "Play";
    this.shown.textContent = `${clock(this.time)} / ${clock(this.sound.duration || 0)}`;
    this.moved(this.time);
  }
}
