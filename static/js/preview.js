// Plays the current clips in their order against the song, without composing. The song is the clock; without one,
// the computer's. Two video elements take turns: one plays while the other is made ready.

export class Preview {
  constructor(root, { scenes, total, moved }) {
    this.scenes = scenes;
    this.total = total;
    this.moved = moved;
    this.time = 0;
    this.playing = false;
    this.decks = [...root.querySelectorAll("[data-deck]")];
    this.sound = root.querySelector("[data-song-sound]");
    this.note = root.querySelector("[data-stage-note]");
    this.button = root.querySelector("[data-play]");
    this.from = Number(root.dataset.songStart);
    const [count, per = 1] = root.dataset.fps.split("/").map(Number);
    this.fps = count / per;
    this.button.onclick = () => this.toggle();
    this.sound?.addEventListener("ended", () => this.stop());
  }

  toggle() {
    if (this.playing) this.stop();
    else this.play();
  }

  async play() {
    if (this.time >= this.total() - 0.05) this.seek(0);
    this.playing = true;
    this.button.textContent = "Pause";
    this.began = performance.now() - this.time * 1000;
    if (this.sound) {
      this.sound.currentTime = this.from + this.time;
      try {
        await this.sound.play();
      } catch {
        return this.stop();
      }
    }
    this.tick();
  }

  stop() {
    this.playing = false;
    this.button.textContent = "Play from here";
    this.sound?.pause();
    for (const deck of this.decks) deck.pause();
  }

  seek(seconds) {
    this.time = Math.min(Math.max(0, seconds), this.total());
    this.began = performance.now() - this.time * 1000;
    if (this.sound) this.sound.currentTime = this.from + this.time;
    this.show(true);
    this.moved(this.time);
  }

  tick() {
    if (!this.playing) return;
    this.time = this.sound ? Math.max(0, this.sound.currentTime - this.from) : (performance.now() - this.began) / 1000;
    if (this.time >= this.total()) {
      this.time = this.total();
      this.stop();
    }
    this.show(false);
    this.moved(this.time);
    requestAnimationFrame(() => this.tick());
  }

  show(jumped) {
    const scenes = this.scenes();
    const index = scenes.findIndex((scene) => this.time < scene.end);
    const scene = scenes[index];
    const deck = scene?.video_url && this.deckOf(scene);
    this.note.hidden = Boolean(deck);
    for (const other of this.decks) {
      other.classList.toggle("on", other === deck);
      if (other !== deck && !other.paused) other.pause();
    }
    if (deck) {
      const at = Math.min(this.time - scene.start, Math.max(0, (deck.duration || Infinity) - 0.02));
      // A clip that drifts by more than two frames is put right; less would stutter.
      if (jumped || Math.abs(deck.currentTime - at) > 2 / this.fps) deck.currentTime = at;
      if (this.playing && deck.paused && !deck.ended) deck.play().catch(() => {});
    }
    const next = scenes[index + 1];
    if (next?.video_url && this.decks[0].dataset.scene !== key(next) && this.decks[1].dataset.scene !== key(next)) {
      this.load(
        this.decks.find((other) => other !== deck),
        next,
      );
    }
  }

  deckOf(scene) {
    const ready = this.decks.find((deck) => deck.dataset.scene === key(scene));
    return ready ?? this.load(this.decks.find((deck) => !deck.classList.contains("on")) ?? this.decks[0], scene);
  }

  load(deck, scene) {
    deck.dataset.scene = key(scene);
    deck.preload = "auto";
    deck.src = scene.video_url;
    return deck;
  }
}

const key = (scene) => `${scene.id}:${scene.video_url}`;
