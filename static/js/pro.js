// The Pro editor: segments are drawn on the track, and every change is checked and priced by the server before anything
// is ordered. The work survives a reload of the tab.
import { csrfToken } from "./csrf.js";
import { showSpeaker } from "./pro-faces.js";
import { chooser, hear, takeAudio, takeVideo } from "./pro-files.js";
import { renderAudios, renderRows } from "./pro-rows.js";
import { editor, find, form, newId, problems, start, state } from "./pro-state.js";
import { renderSuggestions, renderTrack, resizeTrack } from "./pro-track.js";

// The work on a project's video is kept apart from that on others.
const STORE = `mvsite-pro${location.search}`;
const CHECK_AFTER_MILLISECONDS = 350;
const submit = find("submit");
const allSound = form.elements.all_sound;
let order = null; // the key of the order being prepared: a double click is one order
let agreed = false; // to a cost above the project's threshold

editor.render = () => {
  renderTrack();
  renderRows();
};
editor.changed = () => {
  order = newId();
  agreed = false;
  state.segments.sort((one, other) => one.start - other.start);
  Object.assign(state, { settings: chosen(), options: wishes(), allSound: allSound.checked });
  try {
    sessionStorage.setItem(STORE, JSON.stringify(state));
  } catch {
    /* a full store only costs the reload */
  }
  editor.render();
  renderAudios();
  renderSuggestions();
  showDestination();
  checkSoon();
};

// The result returns to its project only while the project's own video is what is worked on.
const returns = () => start.destination && state.video?.id === start.video.id;
function showDestination() {
  const note = document.querySelector("[data-pro-destination]");
  if (note) note.hidden = !returns();
}

// --- checking, pricing, ordering ---
let timer = null;
let asked = 0;
// A click on Generate takes the field before it first, whose change asks for a new price: so the button takes clicks
// meanwhile, and what was wanted is done, or asked, once the price is known.
let pricing = false;
let pressed = false;
let price = null; // in dollars, on the button; null: none yet

// aria-disabled, since a button that is disabled while it is pressed never hears of the click.
const able = (now) => submit.setAttribute("aria-disabled", !now);
const ready = () => submit.getAttribute("aria-disabled") !== "true";
const lacking = () =>
  [
    [!state.video, "a video"],
    [!state.audios.length, "a voice"],
    [!state.segments.length, "a segment"],
  ]
    .filter(([lacks]) => lacks)
    .map(([, name]) => name);

function checkSoon() {
  asked += 1; // a response that is still on its way is about earlier work
  pricing = true;
  pressed = false;
  able(!lacking().length);
  clearTimeout(timer);
  timer = setTimeout(check, CHECK_AFTER_MILLISECONDS);
}

// Not ready to be ordered, for a reason that is told.
function unpriced() {
  pricing = false;
  pressed = false;
  price = null;
  submit.textContent = "Generate";
  able(false);
}

function priced(quote) {
  const [before, wanted] = [price, pressed];
  pricing = false;
  pressed = false;
  price = Number(quote.amount);
  const dollars = `$${price.toFixed(2)}`;
  submit.textContent = `Generate · ${price ? dollars : "free draft"}`;
  able(true);
  if (wanted && (price === 0 || (before !== null && price <= before))) return placeOrder();
  if (wanted)
    return say("", `This costs ${dollars}${before === null ? "" : " now"}. Click Generate to confirm. ${quote.basis}`);
  return say("", price ? quote.basis : "Rendered on this machine for free.");
}

function body() {
  const data = new FormData();
  data.append("video", state.video.id);
  for (const audio of state.audios) data.append(audio.ref, audio.id);
  const segments = state.segments.map((segment) => ({
    startTime: segment.start,
    endTime: segment.end,
    audioInput: { refId: segment.ref, ...(segment.cropped ? { startTime: segment.from, endTime: segment.to } : {}) },
    ...override(segment),
  }));
  data.append("segments", JSON.stringify(segments));
  for (const [name, value] of Object.entries(chosen())) data.append(name, value);
  const options = wishes();
  if (Object.keys(options).length) data.append("options", JSON.stringify(options));
  if (allSound.checked) data.append("all_sound", "true");
  if (agreed) data.append("confirm_cost", "true");
  if (returns()) for (const [name, value] of Object.entries(start.destination)) data.append(name, value);
  return data;
}

function override({ mode, speaker }) {
  const own = { ...(mode ? { sync_mode: mode } : {}), ...(speaker ? { active_speaker_detection: speaker } : {}) };
  return Object.keys(own).length ? { optionsOverride: own } : {};
}

const SETTINGS = ["model", "sync_mode", "provider"];
const chosen = () => Object.fromEntries(SETTINGS.map((name) => [name, form.elements[name].value]));

function choose(settings, options) {
  for (const [name, value] of Object.entries(settings)) {
    const option = [...form.elements[name].options].find((one) => one.value === value);
    // A provider that is gone, or no longer set up, is not chosen again.
    if (option && !(name === "provider" && option.disabled)) option.selected = true;
  }
  showSpeaker(options.active_speaker_detection);
  for (const [name, value] of Object.entries(options)) {
    const field = form.querySelector(`[data-pro-option="${name}"]`);
    if (field) field.value = JSON.stringify(value);
  }
  fitOptions();
}

// Options that the chosen model knows and a person set; the others are left to the service.
function wishes() {
  const options = {};
  for (const field of form.querySelectorAll("[data-pro-option]")) {
    if (field.disabled || field.value === "") continue;
    options[field.dataset.proOption] = JSON.parse(field.value);
  }
  return options;
}

// Models, and what can be done where lengths differ, are those of the chosen provider; options those of the model.
function fitOptions() {
  for (const field of [form.elements.model, form.elements.sync_mode]) fitField(field);
  const known = form.elements.model.selectedOptions[0].dataset.options.split(" ");
  // A face that was chosen is sent to any model, so that one that can't be told says so before it is paid.
  for (const field of form.querySelectorAll("[data-pro-option]"))
    field.disabled = !known.includes(field.dataset.proOption) && !field.value.startsWith("{");
}

function fitField(field) {
  const { rules } = form.elements.provider.selectedOptions[0].dataset;
  const [wanted, chosen] = [field.value, field.selectedOptions[0]];
  for (const option of field.options) {
    option.hidden = !option.dataset.rules.split(" ").includes(rules);
    option.disabled = option.hidden || "gone" in option.dataset;
  }
  const fitting = [...field.options].filter((option) => !option.disabled);
  const next = fitting.find((option) => option.value === wanted) ?? fitting[0];
  if (next && !fitting.includes(chosen)) next.selected = true;
}

const post = (query, headers = {}) =>
  fetch(`/api/v1/sync/pro-sync-process${query}`, {
    method: "POST",
    body: body(),
    headers: { "X-CSRFToken": csrfToken(), ...headers },
  });
const unanswered = "The studio isn't responding. Your work is kept in this tab.";
const signedOut = "Your session has ended. Sign in in another tab, then continue here: nothing is lost.";

async function check() {
  asked += 1;
  const mine = asked;
  if (lacking().length) {
    mark([]);
    unpriced();
    return say("", missing());
  }
  pricing = true;
  const response = await post("?dry_run=1").catch(() => null);
  const found = await response?.json().catch(() => null);
  if (mine !== asked) return null; // the work has changed since
  if (found) mark(found.errors?.segments ?? []);
  if (found && response.ok) {
    tellSilence(found.silences);
    return priced(found.quote);
  }
  unpriced();
  return found ? refused(response, found) : again(unanswered);
}

// Of a song, the band is not sent where surely nobody sings.
function tellSilence(parts) {
  const seconds = parts.reduce((sum, { startTime, endTime }) => sum + endTime - startTime, 0);
  allSound.closest("label").hidden = !seconds && !allSound.checked;
  if (seconds)
    find("silent").textContent =
      `Otherwise, silence is sent for the ${seconds.toFixed(1)} s where nobody sings, so that the mouth stays shut`;
}

function missing() {
  const names = lacking();
  const told = names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)} are` : `${names[0]} is`;
  return `${told} still missing.`.replace(/^a/, "A");
}

// What passes by itself is asked once more when the person comes back to this tab.
function again(words) {
  addEventListener("focus", check, { once: true });
  return say(words, "");
}

// What belongs to a segment is told there, the rest here.
function refused(response, found) {
  if (response.status === 401) return again(signedOut);
  const rows = found.errors?.segments;
  const whole = rows
    ?.filter((one) => one.segment === null)
    .map((one) => one.message)
    .join(" ");
  return say(rows ? whole : found.detail, rows?.some((one) => one.segment) ? "Correct the marked segments." : "");
}

function mark(found) {
  problems.clear();
  for (const one of found) {
    const segment = one.segment && state.segments[one.segment - 1];
    if (segment) problems.set(segment.id, [...(problems.get(segment.id) ?? []), one.message]);
  }
  editor.render();
}

function say(problem, quote) {
  find("problem").hidden = !problem;
  find("problem").querySelector("p").textContent = problem;
  find("quote").textContent = quote;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!ready()) return;
  if (!pricing) {
    placeOrder();
    return;
  }
  pressed = true;
  say("", "Checking the price before it starts.");
});
// Enter takes what was typed into a field; an order is a click.
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("input")) return;
  event.preventDefault();
  event.target.blur();
});

async function placeOrder() {
  able(false);
  const response = await post("?", { "Idempotency-Key": order }).catch(() => null);
  if (response?.status === 202) {
    sessionStorage.removeItem(STORE);
    const { id } = await response.json();
    history.replaceState(null, "", `/pro?job=${id}`); // the way back leads to this order
    location.assign(`/pro/${id}`);
    return;
  }
  const found = await response?.json().catch(() => null);
  mark(found?.errors?.segments ?? []);
  if (found) refused(response, found);
  else say(`${unanswered} Send it again.`, "");
  if (found?.code === "confirmation_required") {
    agreed = true;
    submit.textContent = submit.textContent.replace("Generate", "Yes, generate");
  }
  able(true);
}
for (const name of ["model", "provider"]) form.elements[name].addEventListener("change", fitOptions);
for (const name of SETTINGS) form.elements[name].addEventListener("change", editor.changed);
for (const field of [allSound, ...form.querySelectorAll("[data-pro-option]")])
  field.addEventListener("change", editor.changed);

// --- start ---
chooser("video", takeVideo);
chooser("audio", takeAudio);
fitOptions();

function open() {
  const kept = JSON.parse(sessionStorage.getItem(STORE) ?? "null");
  if (kept?.video) {
    Object.assign(state, kept);
    choose(state.settings, state.options);
    allSound.checked = state.allSound;
    for (const audio of state.audios) hear(audio);
    takeVideo(state.video);
  } else if (start.video) {
    choose(start.settings, start.options);
    allSound.checked = start.all_sound;
    state.segments = start.segments.map((segment) => ({ ...segment, id: newId() }));
    for (const audio of start.audios) takeAudio(audio);
    takeVideo(start.video);
  }
  renderAudios();
  renderRows();
  check();
}
open();
addEventListener("pageshow", (event) => event.persisted && check());
addEventListener("resize", () => {
  resizeTrack();
  renderRows();
});
