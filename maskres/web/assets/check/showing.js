// What the pages that check on the holder's device share: their words, and showing what was found.
export const part = (id) => document.getElementById(id);
export const data = (id) => (part(id) ? JSON.parse(part(id).textContent) : null);
export const words = data("words");

export const fill = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "");

// A moment in seconds, in the page's language and the zone named, else the device's own; said as the service's own
// pages say it: "28 November 2026, 09:00".
export const when = (seconds, zone) => {
  const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
  const say = (options) => new Date(seconds * 1000).toLocaleString(language, { timeZone: zone, ...options });
  const [day, time] = [say({ dateStyle: "long" }), say({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" })];
  return language === "en-GB" ? `${day}, ${time}` : `${day} ${time}`;
};

// Findings in order, each with its tag; `spoken` turns facts into what people read. Gives the state of them all.
export function showFindings(findings, spoken) {
  part("findings").replaceChildren(
    ...findings.map(({ code, isRight, facts }) => {
      const item = document.createElement("li");
      const tag = document.createElement("strong");
      const [state, colour] = isRight === null ? ["open", "grey"] : isRight ? ["right", "green"] : ["wrong", "red"];
      tag.className = `govuk-tag govuk-tag--${colour}`;
      tag.textContent = words.states[state];
      item.dataset.code = code;
      item.dataset.state = state;
      item.append(tag, " ", fill(words.findings[code], spoken(facts)));
      return item;
    }),
  );
  const states = findings.map((each) => each.isRight);
  return states.includes(false) ? "wrong" : states.includes(null) ? "open" : "right";
}

export function showAnswer() {
  part("answer").hidden = false;
  part("answer").focus();
}
