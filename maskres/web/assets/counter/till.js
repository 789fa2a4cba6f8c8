// A till without network: what it tells of a code by today's list, or by the signature where it has no list.
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { bytesOf, readScan } from "./scan.js";
import { get, listActs, putAct } from "./vault.js";

const IV_BYTES = 12;
const UNDO_MILLISECONDS = 10 * 60 * 1000;

// The device's clock, put right by what the service said last.
export const nowOf = (list) => new Date(Date.now() + (list?.offset ?? 0));
const timeOf = (list) => `${nowOf(list).toISOString().slice(0, 19)}Z`;
const dayOf = (moment, zone) => new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" }).format(moment);
const digestOf = (list, code) => hmac(sha256, bytesOf(list.key), utf8ToBytes(code)).slice(0, 16);
const isToday = (list, round) => round.day === dayOf(nowOf(list), round.zone);

async function openIdentity(list, code, entry) {
  const sealed = bytesOf(entry.identity);
  const secret = hmac(sha256, bytesOf(list.key), utf8ToBytes(`identity/${code}`));
  const key = await crypto.subtle.importKey("raw", secret, "AES-GCM", false, ["decrypt"]);
  const how = { name: "AES-GCM", iv: sealed.slice(0, IV_BYTES), additionalData: bytesOf(entry.digest) };
  const clear = await crypto.subtle.decrypt(how, key, sealed.slice(IV_BYTES));
  return JSON.parse(new TextDecoder().decode(clear));
}

const isUndone = (act, acts) => acts.some((each) => each.undoes === act.nonce && each.answer?.answer !== "undo-too-late");

// What the cashier is told: the word of the answer, and all that goes with it. Null for what cannot be a code.
export async function lookUp(text) {
  const list = await get("list");
  const keys = Object.fromEntries((list?.rounds ?? []).map((round) => [round.round, round.public_key]));
  const scan = readScan(text, keys);
  if (!scan) return null;
  if (!list) return { answer: "not-listed", scan };
  const told = { scan, madeAt: list.made_at };
  if (scan.signed?.isKnown && !scan.signed.isGenuine) return { ...told, answer: "not-genuine" };
  const digest = digestOf(list, scan.code);
  const acts = await listActs();
  const mine = acts.find((act) => act.digest === bytesToHex(digest) && !act.undoes && !isUndone(act, acts));
  if (mine) return { ...told, answer: "already-handed-out", handed_out_at: mine.claimed_at, till: list.till };
  const written = btoa(String.fromCharCode(...digest));
  for (const round of list.rounds.filter((each) => isToday(list, each))) {
    const entry = round.expected.find((each) => each.digest === written);
    if (!entry) continue;
    const identity = entry.answer === "valid" ? await openIdentity(list, scan.code, entry) : null;
    return { ...told, ...entry, identity, round, slot: round.slots[entry.slot] };
  }
  return { ...told, ...bySignature(list, scan) };
}

// Not on a list of today: what is signed says itself where and when it is to be collected.
function bySignature(list, scan) {
  if (!scan.signed?.isGenuine) return { answer: "not-listed" };
  const round = list.rounds.find((each) => each.round === scan.signed.round);
  if (scan.signed.store !== list.store) return { answer: "other-store", store: scan.signed.store };
  const startsAt = new Date(scan.signed.startsAt);
  if (dayOf(startsAt, round.zone) !== dayOf(nowOf(list), round.zone)) return { answer: "other-day", startsAt, round };
  // With a list of today, a code of today that is not on it was replaced by another.
  return isToday(list, round) ? { answer: "not-listed" } : { answer: "signed", startsAt, round };
}

export const makeNonce = () => bytesToHex(crypto.getRandomValues(new Uint8Array(16)));

async function keep(act) {
  const [list, acts] = [await get("list"), await listActs()];
  const known = acts.find((each) => each.nonce === act.nonce);
  if (known) return known;
  const seq = 1 + Math.max(0, ...acts.map((each) => each.seq));
  const made = { seq, claimed_at: timeOf(list), is_proxy: false, answer: null, ...act };
  await putAct(made);
  return made;
}

export async function keepHandOver({ nonce, code, round, is_proxy }) {
  const list = await get("list");
  const digest = list ? bytesToHex(digestOf(list, code)) : null;
  return keep({ nonce, code, round, is_proxy, digest, ends: code.slice(-4), undoes: null });
}

export async function keepUndo(nonce) {
  const undone = (await listActs()).find((each) => each.nonce === nonce);
  const made = { nonce: `undo-${nonce}`, undoes: nonce, code: null, round: undone?.round ?? null };
  return keep({ ...made, ends: undone?.ends ?? "" });
}

export function mayUndo(act, acts, list) {
  const age = nowOf(list) - Date.parse(act.claimed_at);
  return !act.undoes && !isUndone(act, acts) && age < UNDO_MILLISECONDS && act.answer?.answer !== "conflict";
}
