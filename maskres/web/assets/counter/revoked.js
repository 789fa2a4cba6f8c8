// A till that is revoked: what it did without network is still on it, and is shown by the page that the worker keeps.
import { listActs } from "./vault.js";

const part = document.querySelector("[data-kept]");
const waiting = (await listActs()).filter((act) => !act.answer);
if (waiting.length && navigator.serviceWorker?.controller && (await caches.match("/counter/offline"))) {
  part.querySelector("[data-count]").textContent = waiting.length;
  part.hidden = false;
}
