// The counter's shell without network: the field, the answer, comparing, handing over, taking back, and what is kept.
// Every word, shape and colour comes from the page; here it is only put together.
import { setUpCamera } from "./camera.js";
import { listUnseen, markSeen, showNews } from "./news.js";
import { sound } from "./sound.js";
import { lastToken, setUpWorker, sync } from "./sync.js";
import { lookUp } from "./till.js";
import { catchTyping } from "./typing.js";
import { keepHandOver, keepUndo, makeNonce, mayUndo, now } from "./acts.js";
import { forget, get, listActs, NotKept } from "./vault.js";

const SYNC_MILLISECONDS = 20_000;
// A network that has just come back often refuses the first that is asked of it.
const AGAIN_MILLISECONDS = 4_000;
const part = (id) => document.getElementById(id);
const words = JSON.parse(part("words").textContent);
const answer = part("answer");
const begin = [...answer.childNodes];
const field = part("code");
const copy = (id) => part(id).content.cloneNode(true);
const fill = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "");

let zone = words.zone;
let shown = null; // the nonce of the kept act whose answer stands on the page
// Days are said in English as the service's own pages say them: "28 November".
const locale = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
const say = (moment, options) =>
  new Intl.DateTimeFormat(locale, { timeZone: zone, ...options }).format(new Date(moment));
const sayTime = (moment) => say(moment, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const sayDay = (moment) => say(moment, { month: "long", day: "numeric", weekday: "long" });

function showLook(name, lines, nonce = null) {
  shown = nonce;
  const panel = copy(`look-${name}`);
  const place = panel.querySelector("[data-lines]");
  for (const [text, isBig] of lines.filter(([each]) => each)) {
    const line = document.createElement("p");
    line.className = `mr-answer__line${isBig ? " mr-answer__line--big" : ""}`;
    line.textContent = text;
    place.before(line);
  }
  sound(panel.querySelector("[data-answer]").dataset.colour);
  answer.replaceChildren(panel);
  answer.scrollIntoView({ block: "nearest" });
}

function complain(text, tune = "stop") {
  part("trouble").textContent = text;
  sound(tune);
  part("trouble").scrollIntoView({ block: "nearest" });
}

// A device that keeps nothing says so, whatever it was asked.
async function orComplain(doing) {
  try {
    await doing;
  } catch (error) {
    if (!(error instanceof NotKept)) throw error;
    if (part("trouble").textContent !== words.lost) complain(words.notKept);
  }
}

const isComparing = () => Boolean(answer.querySelector("[data-no]"));
const tellNews = async () => showNews(await listActs(), isComparing());

function linesOf(told) {
  const at = told.handed_out_at && `${sayDay(told.handed_out_at)} ${sayTime(told.handed_out_at)}`;
  const ownTime = told.startsAt && `${sayDay(told.startsAt)} ${sayTime(told.startsAt)}`;
  return [
    [told.round && ["valid", "signed"].includes(told.answer) ? told.round.hands_out : "", true],
    [at ?? "", true],
    [told.till ? fill(words.till, told) : ""],
    [told.answer === "other-store" ? fill(words.store, told) : ""],
    [told.slot || ownTime ? fill(words.time, { slot: told.slot ?? ownTime }) : ""],
  ];
}

async function look(text) {
  if (!text.trim()) return;
  const told = await lookUp(text, words.page);
  if (told) part("trouble").textContent = "";
  else complain(words.badCode, "plain");
  field.value = told ? "" : text;
  field.select();
  if (!told) {
    answer.replaceChildren(...begin); // else the answer to the code before would seem to be this one's
    return tellNews();
  }
  zone = told.round?.zone ?? zone;
  showLook(told.answer, linesOf(told));
  if (told.answer === "valid" || told.answer === "signed") compare(told);
  await tellNews();
}

// The nonce is made with the look, so that pressing twice is one act.
function compare(told) {
  const form = copy("compare").firstElementChild;
  const nonce = makeNonce();
  const put = (name, text) => {
    form.querySelector(`[data-${name}]`).textContent = text ?? "";
    form.querySelector(`[data-${name}]`).parentElement.hidden = !text;
  };
  const proxy = told.identity?.proxy;
  put("name", told.identity?.name);
  put("last-four", told.identity?.last_four);
  put("proxy-name", proxy?.name);
  put("proxy-last-four", proxy?.last_four);
  put("proxy-word", proxy?.word);
  form.querySelector("[data-identity]").hidden = !told.identity;
  // One question of the two is asked: whether the named person has come, or else anybody.
  form.querySelector(proxy ? "[data-other]" : "[data-proxy]").remove();
  // Where nobody is known there is nothing to be the same as.
  if (!told.identity) for (const button of form.querySelectorAll("[data-unseen]")) button.textContent = button.dataset.unseen;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const is_proxy = form.querySelector(proxy ? "[name=is_named]" : "[name=is_proxy]").checked;
    orComplain(handOver({ nonce, code: told.scan.code, round: told.round.round, is_proxy }, told.round.hands_out));
  });
  form.querySelector("[data-no]").addEventListener("click", () => {
    answer.replaceChildren(...begin);
    field.focus();
    tellNews();
  });
  answer.append(form);
}

// Done is what is kept, and nothing else: before that nothing says so.
async function handOver(act, handsOut) {
  showHandedOut(await keepHandOver(act), handsOut);
  await showKept();
}

function showHandedOut(kept, handsOut) {
  part("trouble").textContent = "";
  showLook("handed-out", [[handsOut ?? "", true], [words.keptHere]], kept.nonce);
  const form = copy("undo").firstElementChild;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    orComplain(undo(kept.nonce));
  });
  answer.append(form);
  field.focus();
}

async function undo(nonce) {
  showUndone(await keepUndo(nonce));
  await showKept();
}

function showUndone(kept) {
  part("trouble").textContent = "";
  showLook("undone", [[words.keptHere]], kept.nonce);
  field.focus();
}

function stateOf(act) {
  const told = act.answer?.answer;
  if (!told) return ["waiting", words.states.waiting];
  if (told === "handed-out" || told === "undone") return ["accepted", words.states.accepted];
  const why = words.looks[act.answer.reason ?? told] ?? "";
  const at = act.answer.handed_out_at;
  const elsewhere = at ? fill(words.elsewhere, { time: sayTime(at), till: act.answer.till }) : "";
  return ["conflict", words.states.conflict, `${why} ${elsewhere}`.trim()];
}

// Once it is handed in, the answer on the page says what became of it: nobody goes on with "handed out" after a conflict.
async function settleShown(acts) {
  const act = acts.find((each) => each.nonce === shown);
  if (!act?.answer) return;
  if (stateOf(act)[0] === "conflict") return showConflict(act);
  shown = null;
  for (const line of answer.querySelectorAll(".mr-answer__line")) if (line.textContent === words.keptHere) line.textContent = words.handedIn;
}

// Looked at by now: in the list it stays.
async function showConflict(act) {
  const what = `${sayTime(act.claimed_at)} · ${fill(act.undoes ? words.undid : words.did, act)}`;
  showLook("conflict", [[stateOf(act)[2], true], [what]]);
  await markSeen(act);
}

async function showKept() {
  await settleShown(await listActs());
  const [acts, list, isRevoked] = [await listActs(), await get("list"), await get("revoked")];
  const moment = await now();
  showNews(acts, isComparing());
  const items = acts.toReversed().map((act) => {
    const item = copy("kept-item").firstElementChild;
    const [state, text, why] = stateOf(act);
    item.dataset.state = state;
    item.querySelector("[data-when]").textContent = sayTime(act.claimed_at);
    item.querySelector("[data-what]").textContent = fill(act.undoes ? words.undid : words.did, act);
    const tag = item.querySelector("[data-tag]");
    tag.textContent = text;
    tag.className = `govuk-tag govuk-tag--${{ waiting: "yellow", accepted: "green", conflict: "red" }[state]}`;
    item.querySelector("[data-why]").textContent = why ?? "";
    const button = item.querySelector("button");
    button.hidden = !mayUndo(act, acts, moment);
    button.addEventListener("click", () => orComplain(undo(act.nonce)));
    return item;
  });
  part("kept").replaceChildren(...items);
  part("kept-part").hidden = !items.length;
  part("revoked").hidden = !isRevoked;
  part("list-state").textContent = !list
    ? words.noList
    : list.rounds.length
      ? fill(words.hasList, { time: `${sayDay(list.made_at)} ${sayTime(list.made_at)}` })
      : words.nothing;
  const isOld = list && list.rounds.every((each) => each.day !== new Intl.DateTimeFormat("sv-SE", { timeZone: each.zone }).format(moment));
  part("list-old").hidden = !(isOld && list.rounds.length);
}

// What was being sent when the network went.
async function goOn() {
  const pending = await get("pending");
  if (!pending) return;
  await forget("pending");
  const act = (await listActs()).find((each) => each.nonce === pending.kept);
  if (act) (act.undoes ? showUndone : showHandedOut)(act);
  else if (pending.isCard) complain(words.lostCard);
  else if (pending.text) await look(pending.text);
  else if (pending.isUnsent) complain(words.unsent);
}

async function keepUp(isForced) {
  const state = await sync({ isForced });
  part("network").dataset.state = state;
  part("network-gone").hidden = state !== "offline";
  part("network-back").hidden = state !== "done" && state !== "fresh";
  await showKept();
}

// One after another: where the network is slow they would pile up.
async function goOnKeepingUp(isForced) {
  await orComplain(keepUp(isForced));
  // "Fresh" is a list, and not the network.
  const isGone = part("network").dataset.state === "offline";
  setTimeout(() => goOnKeepingUp(isGone), isGone ? AGAIN_MILLISECONDS : SYNC_MILLISECONDS);
}

// While the network is there the service is asked, which knows of the other tills; if it has gone again, the worker leads
// back here with what was scanned.
function isOnLine() {
  if (part("network-back").hidden || !lastToken()) return false;
  field.form.elements.csrf_token.value = lastToken();
  return true;
}

field.form.addEventListener("submit", (event) => {
  if (isOnLine()) return;
  event.preventDefault();
  delete event.target.dataset.sent;
  orComplain(look(field.value));
});
catchTyping(field);
setUpCamera(document.querySelector("[data-camera]"), (text) => {
  field.value = text;
  field.form.requestSubmit();
  return part("network-back").hidden;
});
document.querySelector("[data-show]").addEventListener("click", async () => {
  const [first] = listUnseen(await listActs());
  if (first) await showConflict(first);
  field.focus();
  await tellNews();
});
for (const change of ["online", "offline"]) window.addEventListener(change, () => orComplain(keepUp(true)));
await orComplain(goOn());
// Said by the worker of what was being sent: it could not be kept.
if (location.hash === "#not-kept") {
  history.replaceState(null, "", location.pathname);
  complain(words.lost);
}
await orComplain(showKept());
await goOnKeepingUp(true);
setUpWorker().catch(() => undefined);
