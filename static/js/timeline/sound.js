// How loud the song plays here. It stays so for this browser's other films.
import { find } from "./state.js";

const KEPT = "volume";
const sound = find("song-sound");
const [slider, mute] = [find("volume"), find("mute")];

function apply() {
  sound.volume = slider.value / 100;
  mute.setAttribute("aria-pressed", sound.muted);
  mute.textContent = sound.muted ? "Muted" : "Mute";
}

if (sound) {
  slider.value = localStorage.getItem(KEPT) ?? 100;
  slider.oninput = () => {
    sound.muted = slider.value === "0";
    localStorage.setItem(KEPT, slider.value);
    apply();
  };
  mute.onclick = () => {
    sound.muted = !sound.muted;
    if (!sound.muted && slider.value === "0") slider.value = 100;
    apply();
  };
  apply();
}
