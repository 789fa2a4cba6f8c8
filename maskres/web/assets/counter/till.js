// A till without network: what it tells of a code by today's list, or by the signature where it has no list.
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { digestOf, findHandOver, now } from "./acts.js";
import { bytesOf } from "./bytes.js";
import { readScan } from "./scan.js";
import { get, listActs } from "./vault.js";

const IV_BYTES = 12;

const dayOf = (moment, zone) => new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" }).format(moment);
const isToday = (round, moment) => round.day === dayOf(moment, round.zone);

async function openIdentity(list, code, entry) {
  const sealed = bytesOf(entry.identity);
  const secret = hmac(sha256, bytesOf(list.key), utf8ToBytes(`identity/${code}`));
  const key = await crypto.subtle.importKey("raw", secret, "AES-GCM", false, ["decrypt"]);
  const how = { name: "AES-GCM", iv: sealed.slice(0, IV_BYTES), additionalData: bytesOf(entry.digest) };
  const clear = await crypto.subtle.decrypt(how, key, sealed.slice(IV_BYTES));
  return JSON.parse(new TextDecoder().decode(clear));
}

// What the cashier is told: the word of the answer, and all that goes with it. Null for what cannot be a code.
// `page`: the till, its store and the rounds' public keys as the shell holds them, for a device that has no list.
export async function lookUp(text, page) {
  const kept = await get("list");
  // Revoked, it has no list either, and says of nothing that it may be handed out.
  const list = kept ?? ((await get("revoked")) ? { rounds: [] } : page);
  const keys = Object.fromEntries(list.rounds.map((round) => [round.round, round.public_key]));
  const scan = readScan(text, keys);
  if (!scan) return null;
  const [told, moment] = [{ scan }, await now()];
  if (scan.signed?.isKnown && !scan.signed.isGenuine) return { ...told, answer: "not-genuine" };
  const digest = kept && digestOf(kept, scan.code);
  const mine = findHandOver(await listActs(), scan.code, digest && bytesToHex(digest));
  if (mine) return { ...told, answer: "already-handed-out", handed_out_at: mine.claimed_at, till: list.till };
  const written = digest && btoa(String.fromCharCode(...digest));
  for (const round of list.rounds.filter((each) => isToday(each, moment))) {
    const entry = round.expected.find((each) => each.digest === written);
    if (!entry) continue;
    const identity = entry.answer === "valid" ? await openIdentity(list, scan.code, entry) : null;
    return { ...told, ...entry, identity, round, slot: round.slots[entry.slot] };
  }
  return { ...told, ...bySignature(list, scan, moment) };
}

// Not on a list of today: what is signed says itself where and when it is to be collected.
function bySignature(list, scan, moment) {
  if (!scan.signed?.isGenuine) return { answer: "not-listed" };
  const round = list.rounds.find((each) => each.round === scan.signed.round);
  if (scan.signed.store !== list.store) return { answer: "other-store", store: scan.signed.store };
  const startsAt = new Date(scan.signed.startsAt);
  if (dayOf(startsAt, round.zone) !== dayOf(moment, round.zone)) return { answer: "other-day", startsAt, round };
  // With a list of today, a code of today that is not on it was replaced by another.
  return isToday(round, moment) ? { answer: "not-listed" } : { answer: "signed", startsAt, round };
}
