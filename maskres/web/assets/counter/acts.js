// What a till does without network, kept on the device under its nonce until the service has answered it.
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { bytesOf } from "./bytes.js";
import { get, listActs, putAct } from "./vault.js";

const UNDO_MILLISECONDS = 10 * 60 * 1000;

// The device's clock, put right by what the service said last; also where the list has gone since.
export const now = async () => new Date(Date.now() + ((await get("offset")) ?? 0));
export const digestOf = (list, code) => hmac(sha256, bytesOf(list.key), utf8ToBytes(code)).slice(0, 16);
export const makeNonce = () => bytesToHex(crypto.getRandomValues(new Uint8Array(16)));

export const isUndone = (act, acts) =>
  acts.some((each) => each.undoes === act.nonce && each.answer?.answer !== "undo-too-late");

// What this device handed out and did not take back. By its code while that is kept, for lists have each their own key.
export const findHandOver = (acts, code, digest) =>
  acts.find((act) => !act.undoes && (act.code === code || (digest && act.digest === digest)) && !isUndone(act, acts));

async function keep(act) {
  const acts = await listActs();
  const known = acts.find((each) => each.nonce === act.nonce);
  if (known) return known;
  const seq = 1 + Math.max(0, ...acts.map((each) => each.seq));
  const claimed_at = `${(await now()).toISOString().slice(0, 19)}Z`;
  const made = { seq, claimed_at, is_proxy: false, answer: null, ...act };
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

export function mayUndo(act, acts, moment) {
  const age = moment - Date.parse(act.claimed_at);
  return !act.undoes && !isUndone(act, acts) && age < UNDO_MILLISECONDS && act.answer?.answer !== "conflict";
}
