// The counter's service worker: pages come from the network; where there is none, the shell kept on the device answers.
import { keepHandOver, keepUndo } from "./acts.js";
import { put } from "./vault.js";

const CACHE = "maskres-counter-1";
const SHELL = "/counter/offline";
const PATIENCE_MILLISECONDS = 10_000;
const SCAN = /^\/counter\/$/;
const HAND_OVER = /^\/counter\/scans\/([a-z0-9]+)\/hand-over$/;
const UNDO = /^\/counter\/scans\/([a-z0-9]+)\/undo$/;

async function refresh() {
  const shell = await fetch(SHELL, { redirect: "manual" });
  // A worker without a shell would answer with nothing: it is not installed, and the next page tries again.
  if (!shell.ok) throw new Error("no shell");
  const cache = await caches.open(CACHE);
  const text = await shell.clone().text();
  const parts = [...text.matchAll(/(?:href|src)="(\/static\/[^"]+)"/g)].map((found) => found[1].replaceAll("&amp;", "&"));
  // main.js asks for this one by its bare name.
  const needed = new Set([...parts, "/static/govuk-frontend.min.js"]);
  for (const address of needed) if (!(await cache.match(address))) await cache.add(address);
  // Put in the place of the one before, which is never missing: the network may go at any moment.
  await cache.put(SHELL, shell);
  for (const kept of await cache.keys()) {
    const { pathname, search } = new URL(kept.url);
    if (pathname !== SHELL && !needed.has(pathname + search)) await cache.delete(kept);
  }
}

// What was being sent when the network went is kept before the shell is there: whatever becomes of the page, an act stays
// one. The shell goes on by what stands in "pending".
async function keepSent(path, text) {
  const sent = new URLSearchParams(text);
  const [handOver, undo] = [HAND_OVER.exec(path), UNDO.exec(path)];
  if (SCAN.test(path)) await put("pending", { text: sent.get("code") ?? "" });
  if (undo) await put("pending", { kept: (await keepUndo(undo[1])).nonce });
  // Figures, a card, how the store stands: nothing that a device could keep in the service's place.
  if (!SCAN.test(path) && !undo && !handOver) await put("pending", { isUnsent: true });
  if (handOver) {
    const [nonce, code, is_proxy] = [handOver[1], sent.get("code"), sent.get("is_proxy") === "yes"];
    const act = code && (await keepHandOver({ nonce, code, round: null, is_proxy }));
    await put("pending", act ? { kept: act.nonce } : { isCard: true });
  }
}

async function navigate(request) {
  const path = new URL(request.url).pathname;
  // Read before it is sent: what could not be sent can perhaps not be read any more either.
  const text = request.method === "POST" ? await request.clone().text() : null;
  const late = new Promise((_, fail) => setTimeout(() => fail(new Error("late")), PATIENCE_MILLISECONDS));
  try {
    const answer = await Promise.race([fetch(request), late]);
    // Of a till that was revoked the shell shows what is still kept.
    if (answer.status === 403 && path === SHELL) return (await caches.match(SHELL)) ?? answer;
    if (answer.status < 502 || answer.status > 504) return answer;
  } catch {
    // Without network: below.
  }
  try {
    if (text !== null) await keepSent(path, text);
  } catch {
    // What was only looked up is scanned again.
    if (!SCAN.test(path)) return Response.redirect(`${SHELL}#not-kept`, 303);
  }
  return (await caches.match(SHELL)) ?? Response.error();
}

async function give(request) {
  return (await caches.match(request)) ?? fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(refresh().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => {
  if (event.data === "refresh") event.waitUntil(refresh().catch(() => undefined));
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(navigate(request));
  else if (request.method === "GET" && pathname.startsWith("/static/")) event.respondWith(give(request));
});
