// The counter's pages: a field that is always ready, the camera beside it, and a sound for each kind of answer.
import { setUpCamera } from "./camera.js";
import { CHANGED, isConflict, showNews } from "./news.js";
import { sound } from "./sound.js";
import { isReady, setUpWorker, sync } from "./sync.js";
import { catchTyping } from "./typing.js";
import { listActs } from "./vault.js";

const SYNC_MILLISECONDS = 60_000;
const field = document.getElementById("code");
const answer = document.querySelector("[data-answer]")?.dataset;
// What stands in the field gives way to what is scanned or typed next.
field?.select();
catchTyping(field);
// A code that cannot be one is heard too.
sound(answer?.colour ?? (document.getElementById("code-error") ? "plain" : undefined));
setUpCamera(document.querySelector("[data-camera]"), (text) => {
  field.value = text;
  field.form.requestSubmit();
  return false;
});

// An enrolled till takes today's list along, and hands in what it did without network.
const kept = document.querySelector("[data-kept]");
const ready = document.querySelector("[data-ready]");
async function sayReady() {
  if (await isReady()) ready.dataset.ready = "yes";
}
// Where it could not be installed for want of a network, it is tried again.
async function prepare() {
  await setUpWorker();
  await sayReady();
}
async function keepUp(isForced) {
  if ((await sync({ isForced })) === "unkept") {
    kept.parentElement.querySelector("[data-unkept]").hidden = false;
    return;
  }
  if (ready.dataset.ready !== "yes") prepare().catch(() => undefined);
  const acts = await listActs();
  const count = (test) => acts.filter(test).length;
  const waiting = count((act) => !act.answer);
  const conflicts = count(isConflict);
  kept.hidden = !waiting && !conflicts;
  kept.querySelector("[data-waiting]").hidden = !waiting;
  kept.querySelector("[data-conflicts]").hidden = !conflicts;
  for (const part of kept.querySelectorAll("[data-count]")) {
    part.textContent = part.dataset.count === "waiting" ? waiting : conflicts;
  }
  showNews(acts, Boolean(document.querySelector("form[action$='/hand-over']")));
}
if (kept) {
  keepUp(CHANGED.includes(answer?.answer));
  window.addEventListener("online", () => keepUp(true));
  setInterval(() => keepUp(false), SYNC_MILLISECONDS);
  navigator.serviceWorker?.addEventListener("controllerchange", () => sayReady().catch(() => undefined));
  prepare().catch(() => undefined);
}
