"use strict";
// The listener's side of a blind test. What is behind a letter is not in this page; answers are lines of JSON for the one who asked.

const test = JSON.parse(document.getElementById("test").textContent);
const LETTERS = test.letters;
const STORE = "producertwin.listening." + test.id;
const element = (id) => document.getElementById(id);

let state = remembered() || { listener: "", answers: [] };
let players = {};
let heard = {};
let chosen = null;
let asked = 0;

function remembered() {
  try {
    const found = JSON.parse(localStorage.getItem(STORE));
    const sound = found && typeof found.listener === "string" && Array.isArray(found.answers);
    return sound && found.answers.length <= test.trials.length ? found : null;
  } catch {
    return null;
  }
}

function remember() {
  try {
    localStorage.setItem(STORE, JSON.stringify(state));
    return true;
  } catch {
    element("memory").hidden = false;
    return false;
  }
}

function named(text) {
  const clean = text.normalize("NFC").replace(/[^\p{L}\p{N}_ .@+-]/gu, "").replace(/^[^\p{L}\p{N}_]+/u, "").slice(0, 40).trim();
  const draw = crypto.getRandomValues(new Uint8Array(3));
  return (clean || "listener") + "-" + Array.from(draw, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function show(name) {
  for (const part of ["start", "trial", "end"]) element(part).hidden = part !== name;
}

// --- sounds

function address(name) {
  const block = document.getElementById("sound-" + name);
  if (!block) return "sounds/" + name;
  const bytes = Uint8Array.from(atob(block.textContent.trim()), (sign) => sign.charCodeAt(0));
  return URL.createObjectURL(new Blob([bytes], { type: test.type }));
}

function player(letter, name) {
  const sound = new Audio(address(name));
  let last = 0;
  sound.preload = "auto";
  sound.addEventListener("timeupdate", () => {
    const step = sound.currentTime - last;
    last = sound.currentTime;
    if (step > 0 && step < 1) heard[letter] += step;
    marked();
  });
  sound.addEventListener("error", () => { element("trouble").hidden = false; });
  for (const change of ["play", "pause", "ended"]) sound.addEventListener(change, marked);
  return sound;
}

function play(letter) {
  const wanted = players[letter];
  const going = !wanted.paused && !wanted.ended;
  hush();
  if (going) return;
  wanted.currentTime = 0;
  wanted.play().catch(() => { element("trouble").hidden = false; });
}

function hush() {
  for (const sound of Object.values(players)) sound.pause();
}

function forget() {
  hush();
  for (const sound of Object.values(players)) if (sound.src.startsWith("blob:")) URL.revokeObjectURL(sound.src);
  players = {};
}

// --- trials

function next() {
  forget();
  const place = state.answers.length;
  if (place >= test.trials.length) return finished();
  const trial = test.trials[place];
  heard = {};
  chosen = null;
  asked = Date.now();
  for (const letter of LETTERS) {
    heard[letter] = 0;
    players[letter] = player(letter, trial.sounds[letter]);
  }
  element("trouble").hidden = true;
  element("place").textContent = (place + 1) + " of " + test.trials.length;
  element("bar").max = test.trials.length;
  element("bar").value = place;
  show("trial");
  marked();
  element("play-a").focus();
}

function ready() {
  return LETTERS.every((letter) => heard[letter] >= test.heard);
}

function marked() {
  for (const letter of LETTERS) {
    const sound = players[letter];
    const going = Boolean(sound) && !sound.paused && !sound.ended;
    element("play-" + letter).setAttribute("aria-pressed", String(going));
    element("play-" + letter).classList.toggle("heard", heard[letter] >= test.heard);
  }
  for (const letter of ["a", "b"]) {
    element("answer-" + letter).disabled = !ready();
    element("answer-" + letter).setAttribute("aria-pressed", String(chosen === letter));
  }
  element("confirm").disabled = chosen === null;
  element("hint").textContent = ready() ? "" : "Listen to each sound for " + test.heard + " seconds first.";
}

function choose(letter) {
  if (!ready()) return;
  chosen = letter;
  marked();
  element("confirm").focus();
}

function confirmed() {
  if (chosen === null) return;
  const now = new Date();
  state.answers.push({
    test: test.id,
    listener: state.listener,
    trial: test.trials[state.answers.length].id,
    answer: chosen,
    seconds: Math.round((now.getTime() - asked) / 100) / 10,
    at: now.toISOString(),
  });
  remember();
  next();
}

// --- the end

function lines() {
  return state.answers.map((answer) => JSON.stringify(answer) + "\n").join("");
}

function finished() {
  forget();
  show("end");
  element("lines").value = lines();
  element("back").hidden = state.answers.length >= test.trials.length;
  element("download").focus();
}

function download() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([lines()], { type: "application/jsonl" }));
  link.download = "answers-" + test.id + "-" + state.listener.replace(/[^\w-]/g, "_") + ".jsonl";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

function begin() {
  if (!state.listener) state.listener = named(element("name").value);
  remember();
  next();
}

function pressed(event) {
  if (element("trial").hidden || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const key = event.key.toLowerCase();
  if (LETTERS.includes(key)) play(key);
  else if (key === "1") choose("a");
  else if (key === "2") choose("b");
  else if (key === " " && event.target.tagName !== "BUTTON") hush();
  else if (key === "enter" && event.target.tagName !== "BUTTON") confirmed();
  else return;
  event.preventDefault();
}

element("begin").addEventListener("click", begin);
element("confirm").addEventListener("click", confirmed);
element("download").addEventListener("click", download);
element("early").addEventListener("click", finished);
element("back").addEventListener("click", next);
for (const letter of LETTERS) element("play-" + letter).addEventListener("click", () => play(letter));
for (const letter of ["a", "b"]) element("answer-" + letter).addEventListener("click", () => choose(letter));
document.addEventListener("keydown", pressed);

element("name-row").hidden = Boolean(state.listener);
if (state.answers.length) element("begin").textContent = "Go on at " + (state.answers.length + 1);
if (state.answers.length >= test.trials.length) finished();
else show("start");
