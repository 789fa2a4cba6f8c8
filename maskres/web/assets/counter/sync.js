// Handing in what was done without network, and taking today's list along.
import { dropAct, forget, get, listActs, NotKept, put, putAct } from "./vault.js";

const BETWEEN_MILLISECONDS = 60_000;
const PATIENCE_MILLISECONDS = 15_000;
const AT_ONCE = 100;
const KEPT_MILLISECONDS = 3 * 24 * 3600 * 1000;
const LIST = "/counter/offline/list";
const ACTS = "/counter/offline/acts";

let token = null;
// What proves that a form is this page's own: the one in the page itself may be days old.
export const lastToken = () => token;

class Refused extends Error {}

async function ask(address, options = {}) {
  const answer = await fetch(address, { ...options, redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MILLISECONDS) });
  if (answer.status === 403 || answer.type === "opaqueredirect") throw new Refused(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

async function takeList() {
  const list = await ask(LIST);
  list.fetched_at = Date.now();
  const offset = Date.parse(list.made_at) - Date.now();
  const { csrf } = list;
  delete list.csrf;
  // A device that is full goes on with the list it had; what it did is handed in all the same.
  await put("list", list).catch(() => undefined);
  await put("offset", offset).catch(() => undefined);
  await forget("revoked");
  token = csrf;
  return { offset, csrf };
}

const shapeOf = ({ nonce, round, code, undoes, claimed_at, is_proxy }) => ({
  nonce, round, code, undoes, claimed_at, is_proxy,
});

async function handIn(acts, { offset, csrf }, isComplete) {
  const body = {
    acts: acts.map(shapeOf),
    is_complete: isComplete,
    clock_off_seconds: Math.round(-offset / 1000),
  };
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrf };
  const { answers } = await ask(ACTS, { method: "POST", headers, body: JSON.stringify(body) });
  for (const [at, act] of acts.entries()) {
    // An answer for which there is no room is asked for again: the same nonce has the same answer.
    await putAct({ ...act, code: null, answer: answers[at] }).catch(() => undefined);
  }
}

async function clean(offset) {
  const before = Date.now() + offset - KEPT_MILLISECONDS;
  for (const act of await listActs()) {
    if (act.answer && Date.parse(act.claimed_at) < before) await dropAct(act.nonce);
  }
}

// Gives "done", "fresh" where there was nothing to do, "offline", "unkept" where the device keeps nothing, or "refused"
// where this is a till no longer.
export async function sync({ isForced = false } = {}) {
  const run = async () => {
    const kept = await get("list");
    let waiting = (await listActs()).filter((act) => !act.answer);
    const age = Date.now() - (kept?.fetched_at ?? 0);
    // Of the future is a list whose device has had its clock put back since: nobody knows how old it is.
    const isFresh = age >= 0 && age < BETWEEN_MILLISECONDS;
    if (!isForced && !waiting.length && isFresh) return "fresh";
    const told = await takeList();
    const hadAny = waiting.length > 0;
    do {
      const now = waiting.splice(0, AT_ONCE);
      await handIn(now, told, !waiting.length);
    } while (waiting.length);
    if (hadAny) await takeList();
    await clean(told.offset);
    return "done";
  };
  try {
    return await navigator.locks.request("maskres-sync", run);
  } catch (error) {
    if (error instanceof NotKept) return "unkept";
    if (!(error instanceof Refused)) return "offline";
    // Acts stay: whatever is to become of them, people must be able to read them.
    await forget("list");
    await put("revoked", true);
    return "refused";
  }
}

const settled = (worker) =>
  new Promise((done) => {
    const look = () => ["activated", "redundant"].includes(worker.state) && done();
    worker.addEventListener("statechange", look);
    look();
  });

// The worker keeps the shell; it and what it shows are fetched anew with each list.
export async function setUpWorker() {
  if (!navigator.serviceWorker) return;
  const registration = await navigator.serviceWorker.register("/counter/sw.js", { scope: "/counter/" });
  if (registration.active) registration.active.postMessage("refresh");
  else await settled(registration.installing ?? registration.waiting);
  navigator.storage?.persist?.();
}

// Whether the network may go: the worker answers for this page, and has the shell and today's list.
export async function isReady() {
  if (!navigator.serviceWorker?.controller || !(await caches.match("/counter/offline"))) return false;
  return Boolean(await get("list"));
}
