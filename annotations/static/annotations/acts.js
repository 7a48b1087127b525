// Sends decisions to the API. What is sent carries a key of its own, so that sending it again after a lost answer
// gets the first receipt and no second effect.

export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function keyed(decision) {
  return { ...decision, key: newKey() };
}

// Returns a result a decision: {status, body, error}. Throws where no answer came, or one for the whole request.
export async function send(url, token, decisions) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
    body: JSON.stringify({ decisions }),
  });
  const body = await answer.json().catch(() => null);
  if (!answer.ok || body === null) throw new Error(body?.message ?? `The server answers ${answer.status}.`);
  return body.results;
}

// "12-40, 50-60" as pairs, or null where it is written otherwise.
export function readSegments(written) {
  const parts = written.split(",").map((part) => part.trim()).filter(Boolean);
  const pairs = parts.map((part) => /^(\d{1,9})\s?[-–]\s?(\d{1,9})$/.exec(part));
  return parts.length && pairs.every(Boolean) ? pairs.map((pair) => [Number(pair[1]), Number(pair[2])]) : null;
}

// What the panel's form says, as a decision of the API.
export function panelDecision(form) {
  const fields = new FormData(form);
  const label = fields.get("label");
  const decision = {
    verdict: fields.get("on") ? "correct" : "add",
    version: Number(fields.get("version")),
    label,
    segments: readSegments(fields.get("segments")),
    attributes: {},
    links: {},
    note: fields.get("note"),
  };
  if (fields.get("on")) decision.on = fields.get("on");
  for (const [name, value] of fields) {
    const prefix = `attribute-${label}-`;
    if (name.startsWith(prefix) && value) decision.attributes[name.slice(prefix.length)] = value;
  }
  for (const field of form.querySelectorAll('select[name^="link-"]')) {
    if (field.closest("[data-for]").hidden) continue;
    const relation = field.name.slice("link-".length);
    const fresh = fields.get(`${field.name}-new`).trim();
    if (fresh) decision.links[relation] = [{ segments: readSegments(fresh) }];
    else if (field.value === "none") decision.links[relation] = [];
    else if (field.value !== "leave") decision.links[relation] = [{ annotation: field.value }];
  }
  return decision;
}
