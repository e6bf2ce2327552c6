// Plays the current clips in their order against the song, without composing. The song is the clock; without one, or
// backwards, the computer's. Two video elements take turns: one plays while the other waits at its first picture.

const FASTEST = 8;
// Further off a clip is put right at once; below, it plays a little faster or slower.
const SEEK_FROM_SECONDS = 0.15;
const STEADY_SECONDS = 0.008;
const NUDGE = 4; // per second off
const MOST_NUDGE = 0.4;
// A picture is the page's about one refresh before it is the screen's: in between, both are as near to the song.
const AHEAD_SECONDS = 0.008;
// A paused video needs about this long for its next picture.
const START_SECONDS = 0.03;

export class Preview {
  constructor(root, { scenes, total, moved, stopped }) {
    this.scenes = scenes;
    this.total = total;
    this.moved = moved;
    this.stopped = stopped;
    this.time = 0;
    this.rate = 0;
    this.range = {};
    this.decks = [...root.querySelectorAll("[data-deck]")].map((video) => new Deck(video));
    this.sound = root.querySelector("[data-song-sound]");
    this.still = root.querySelector("[data-still]");
    this.note = root.querySelector("[data-stage-note]");
    this.button = root.querySelector("[data-play]");
    this.from = Number(root.dataset.songStart);
    const [count, per = 1] = root.dataset.fps.split("/").map(Number);
    this.fps = count / per;
    this.button.onclick = () => this.toggle();
    this.sound?.addEventListener("ended", () => this.stop());
  }

  get playing() {
    return this.rate !== 0;
  }

  toggle() {
    if (this.playing) this.stop();
    else this.play();
  }

  // J and L: the other way, and faster each time.
  shuttle(way) {
    const same = Math.sign(this.rate) === way;
    this.play(same ? Math.sign(way) * Math.min(FASTEST, 2 * Math.abs(this.rate)) : way);
  }

  async play(rate = 1) {
    const { start = 0, end = this.total() } = this.loop();
    const outside = rate > 0 ? this.time >= end - 0.05 : this.time <= start;
    if (outside) this.seek(rate > 0 ? start : end);
    const turning = !this.playing;
    this.rate = rate;
    this.button.textContent = Math.abs(rate) === 1 && rate > 0 ? "Pause" : `Pause · ${rate}×`;
    this.began = { clock: performance.now(), time: this.time };
    if (this.sound && rate > 0) {
      this.sound.currentTime = this.from + this.time;
      this.sound.playbackRate = rate;
      try {
        await this.sound.play();
      } catch {
        return this.stop();
      }
    } else this.sound?.pause();
    if (turning) this.tick();
  }

  stop() {
    const was = this.playing;
    this.rate = 0;
    this.button.textContent = "Play from here";
    this.sound?.pause();
    for (const deck of this.decks) deck.pause();
    if (!was) return;
    this.show(true);
    this.moved(this.time);
    this.stopped();
  }

  seek(seconds) {
    this.time = Math.min(Math.max(0, seconds), this.total());
    this.began = { clock: performance.now(), time: this.time };
    if (this.sound) this.sound.currentTime = this.from + this.time;
    this.show(true);
    this.moved(this.time);
  }

  // The marked range, once it is one.
  loop() {
    const { start, end, on } = this.range;
    return on && end > start ? { start, end } : {};
  }

  tick() {
    if (!this.playing) return;
    const { start = 0, end = this.total() } = this.loop();
    this.time = this.now();
    const over = this.rate > 0 ? this.time >= end : this.time <= start;
    if (over && this.loop().end) this.seek(this.rate > 0 ? start : end);
    else if (over) {
      this.time = this.rate > 0 ? end : start;
      this.stop();
      return;
    }
    this.show(false);
    this.moved(this.time);
    requestAnimationFrame(() => this.tick());
  }

  now() {
    if (this.sound && this.rate > 0) return Math.max(0, this.sound.currentTime - this.from);
    return this.began.time + (this.rate * (performance.now() - this.began.clock)) / 1000;
  }

  show(jumped) {
    const scenes = this.scenes();
    const index = scenes.findIndex((scene) => this.time < scene.end);
    const scene = scenes[index];
    const deck = scene?.video_url && this.deckOf(scene);
    this.picture(deck ? "" : (scene?.poster_url ?? ""), scenes[index + 1]);
    this.note.hidden = Boolean(deck) || !this.still.hidden;
    for (const other of this.decks) other.on(other === deck);
    if (deck) deck.follow(this.placeIn(scene), { jumped, rate: this.rate });
    this.prepare(scenes[index + 1], deck, scene);
  }

  // A scene without a clip shows its still; the next one's is loaded before its time.
  picture(url, next) {
    this.still.hidden = !url;
    if (url && this.still.getAttribute("src") !== url) this.still.src = url;
    const coming = !next?.video_url && next?.poster_url;
    if (!coming || this.coming?.getAttribute("src") === coming) return;
    this.coming = Object.assign(new Image(), { src: coming });
  }

  // The next clip waits at its first picture, and starts just before its time.
  prepare(next, deck, scene) {
    if (!next?.video_url) return;
    const other = this.decks.find((one) => one.holds(next)) ?? this.decks.find((one) => one !== deck);
    if (!other || other === deck) return;
    if (!other.holds(next)) other.load(next);
    if (this.rate === 1 && scene.end - this.time <= START_SECONDS) other.start();
    else other.wait(next.clip_in ?? 0);
  }

  // Where in its clip a scene is; past the part that it may show, the last picture of it.
  placeIn(scene) {
    const starts = scene.clip_in ?? 0;
    const ends = Math.max(starts, (scene.clip_out ?? Infinity) - 1 / this.fps);
    return Math.min(starts + Math.max(0, this.time - scene.start), ends);
  }

  deckOf(scene) {
    const ready = this.decks.find((deck) => deck.holds(scene));
    if (ready) return ready;
    const free = this.decks.find((deck) => !deck.video.classList.contains("on")) ?? this.decks[0];
    return free.load(scene);
  }
}

// One of the two video elements.
class Deck {
  constructor(video) {
    this.video = video;
    this.frame = null;
    this.watch();
  }

  // When the browser last put a picture on the screen, and which.
  watch() {
    if (!this.video.requestVideoFrameCallback) return;
    this.video.requestVideoFrameCallback((_, { mediaTime, expectedDisplayTime }) => {
      this.frame = { time: mediaTime, at: expectedDisplayTime };
      this.watch();
    });
  }

  holds = (scene) => this.video.dataset.scene === key(scene);

  load(scene) {
    this.video.dataset.scene = key(scene);
    this.video.preload = "auto";
    this.video.src = scene.video_url;
    this.frame = null;
    return this;
  }

  on(shown) {
    this.video.classList.toggle("on", shown);
    if (!shown && !this.early) this.pause();
  }

  pause() {
    this.early = false;
    if (!this.video.paused) this.video.pause();
  }

  start() {
    this.early = true;
    if (this.video.paused) this.video.play().catch(() => {});
  }

  // At rest on a picture, which is decoded by then.
  wait(at) {
    if (this.video.readyState < 1 || this.video.seeking || !this.video.paused) return;
    if (Math.abs(this.video.currentTime - at) > STEADY_SECONDS) this.video.currentTime = at;
  }

  follow(at, { jumped, rate }) {
    const { video } = this;
    this.early = false;
    const place = Math.min(at, Math.max(0, (video.duration || Infinity) - 0.02));
    if (rate <= 0 || jumped) {
      if (rate <= 0) this.pause();
      if ((jumped || !video.seeking) && Math.abs(video.currentTime - place) > STEADY_SECONDS) video.currentTime = place;
    } else {
      const drift = this.place(rate) + AHEAD_SECONDS - place;
      if (Math.abs(drift) > SEEK_FROM_SECONDS * rate) {
        if (!video.seeking) video.currentTime = place;
      } else {
        const nudge =
          Math.abs(drift) > STEADY_SECONDS ? Math.min(Math.max(-NUDGE * drift, -MOST_NUDGE), MOST_NUDGE) : 0;
        video.playbackRate = rate * (1 + nudge);
      }
    }
    const held = place < at || video.ended;
    if (rate > 0 && video.paused && !held) video.play().catch(() => {});
  }

  // What is on the screen now, by the last picture that was put there.
  place(rate) {
    const { video, frame } = this;
    const age = frame ? (performance.now() - frame.at) / 1000 : Infinity;
    if (video.paused || video.seeking || age > 0.25) return video.currentTime;
    return frame.time + age * (video.playbackRate || rate);
  }
}

const key = (scene) => `${scene.id}:${scene.video_url}`;
