// One file on its way to the server, by tus: it goes on where the server says that it stands.

import { debts, find, forget, held, keep } from "./upload-store.js";

const SMALLEST = 1 << 18, LARGEST = 1 << 23, WHOLE = 1 << 25;
const STALL = 15e3, ANSWER = 6e4, BEST = 4e3;
// Of what begins with 4, only these pass by themselves.
const PASSING = [408, 423, 425, 429, 460], RACES = ["offset_mismatch", "overtaken", "stale_version"];
const PROBLEMS = { 400: "reload", 401: "signed_out", 403: "not_allowed", 404: "not_allowed", 409: "closed", 410: "gone", 413: "too_big" };
const SAID = /_first|emergency|erased/;

// Trying again is of no use.
export class Refused extends Error {
  constructor(problem, status) {
    super(problem);
    Object.assign(this, { problem, status });
  }
}

// Trying again is right, after so many seconds where the server says it; `why` is what the person is told meanwhile.
export class Again extends Error {
  constructor(why = "", seconds = 0) {
    super(why);
    Object.assign(this, { why, seconds });
  }
}

// Tries once to send all of `file`, telling `say(share)` and, when bytes arrived, `moved()`.
export async function send(transfer) {
  const { file } = transfer;
  try {
    await attempt({ ...transfer, chunk: SMALLEST });
  } catch (error) {
    if (!file.url || ![404, 410].includes(error.status)) throw error;
    // It expired or was ended: the file is still here, so it begins anew, but not for ever.
    file.dead = [...(file.dead ?? []), file.url];
    file.url = "";
    file.stood = 0;
    await keep(file);
    throw file.dead.length > 3 ? new Refused("gone") : new Again();
  }
  if (!transfer.signal.aborted) await forget(file, "sent");
}

async function attempt(transfer) {
  const { file, say } = transfer;
  let offset = file.url || (await begin(transfer)) ? await stand(transfer) : 0;
  // Also what an answer that was lost did not tell: a line that breaks often brings something each time.
  if (offset > (file.stood ?? 0)) transfer.moved();
  file.stood = offset;
  say(offset / file.size);
  while (offset < file.size) {
    const started = Date.now();
    const sent = await patch(transfer, offset);
    if (!(sent > offset && sent <= file.size)) throw new Again("unreached");
    file.stood = offset = sent;
    transfer.moved();
    const pace = BEST / (Date.now() - started);
    transfer.chunk = Math.min(Math.max(transfer.chunk * Math.min(Math.max(pace, 0.5), 2), SMALLEST), LARGEST);
  }
}

// Whether it goes on with an upload that was begun before: this phone lost its memory, or the answer was lost.
async function begin(transfer) {
  const { file } = transfer;
  const told = { consult_id: file.consult, kind: file.kind, filename: file.name, filetype: file.blob.type };
  if (file.detail) told[file.kind === "lab_document" ? "document_type" : "view"] = file.detail;
  file.sum ??= await digest(file);
  if (file.sum) told[file.size > WHOLE ? "fingerprint" : "sha256"] = file.sum;
  const asked = Object.entries(told).map(([key, value]) => `${key} ${base64(value)}`).join();
  const isThis = (one) => one.metadata === asked && one.length === file.size && !file.dead?.includes(one.url);
  const begun = file.sum && (await lost(transfer)).find(isThis);
  // Another phone is at it now, and of two that take it from each other neither gets on; unless it is what this one
  // asked for, and the answer was lost.
  if (begun?.idle < 20 && (begun.offset || !file.asked)) throw new Again("", 9);
  file.asked = asked;
  // The answer may be lost, and the file removed before anybody knows the address.
  await keep(file);
  const headers = { "Upload-Length": file.size, "Upload-Metadata": asked };
  file.url = begun?.url ?? (await ask(transfer, "POST", "/uploads", headers)).headers.get("Location");
  // What stands in between, such as the sign-in page of a hotel, answers too.
  if (!file.url) throw new Again("unreached");
  if (transfer.signal.aborted) await end(file, transfer.token);
  await keep(file);
  return begun;
}

// Uploads that were begun and that no file in this browser belongs to.
async function lost(transfer) {
  const before = await held();
  const { items } = await ask(transfer, "GET", "/uploads?state=incomplete");
  const known = [...before, ...(await held())];
  return items.filter(({ url }) => !known.includes(url));
}

const all = (token) => lost({ token, signal: new AbortController().signal }).catch(() => null);

// Those of one consult, for the page; nothing where the server cannot be asked now.
export async function unfinished(consult, token) {
  return (await all(token))?.filter((one) => one.consult_id === consult);
}

async function stand(transfer) {
  const { file } = transfer;
  const offset = (await ask(transfer, "HEAD", file.url)).headers.get("Upload-Offset");
  if (offset === null || !(offset <= file.size)) throw new Again("unreached");
  return Number(offset);
}

// Removed here at once, and at the server as soon as it answers; gives its status where it did. Where the answer to its creation
// never came it is found by what was asked, once, unless bytes have come to it.
export async function end(file, token) {
  await forget(file, "removed");
  if (!file.url && !file.asked) return;
  const url = file.url || (await all(token))?.find((one) => one.metadata === file.asked && !one.offset)?.url;
  if (!url) return;
  const { status } = await fetch(url, { method: "DELETE", headers: plain(token) }).catch(() => 0);
  if ([204, 403, 404, 410].includes(status)) await forget({ ...file, url: "", asked: "" }, "removed");
  return status;
}

// What was removed while nobody could tell the server; says whether some of it is still to be told.
export async function pay(owner, token) {
  for (const file of await debts(owner)) await end(file, token);
  return (await debts(owner)).length > 0;
}

// Not AbortSignal.timeout, which phones that get no new system any more lack.
async function ask({ token, signal }, method, url, headers = {}) {
  live(signal);
  const limit = new AbortController();
  const stop = () => limit.abort();
  const timer = setTimeout(stop, ANSWER);
  // The answer to a POST is waited for: it names what has to be ended then.
  if (method !== "POST") signal.addEventListener("abort", stop, { signal: limit.signal });
  try {
    const answer = await fetch(url, { method, headers: { ...plain(token), ...headers }, signal: limit.signal }).catch(() => null);
    if (!answer?.ok) throw await refusal(answer?.status ?? 0, (name) => answer?.headers.get(name), () => answer.text());
    return method === "GET" ? await answer.json().catch(() => Promise.reject(new Again("unreached"))) : answer;
  } finally {
    clearTimeout(timer);
    stop();
  }
}

// XMLHttpRequest, because fetch does not tell how much of a body has left.
async function patch({ file, token, chunk, say, signal }, offset) {
  const bytes = await read(file, offset, offset + chunk);
  live(signal);
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    let watchdog;
    const stop = () => request.abort();
    const feed = (patience) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(stop, patience);
    };
    request.open("PATCH", file.url);
    const headers = { ...plain(token), "Content-Type": "application/offset+octet-stream", "Upload-Offset": offset };
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => {
      feed(STALL);
      say((offset + event.loaded) / file.size);
    };
    request.upload.onload = () => feed(ANSWER);
    request.onloadend = async () => {
      clearTimeout(watchdog);
      signal.removeEventListener("abort", stop);
      if (request.status === 204) return done(Number(request.getResponseHeader("Upload-Offset")));
      failed(await refusal(request.status, (name) => request.getResponseHeader(name), () => request.responseText));
    };
    signal.addEventListener("abort", stop);
    feed(STALL);
    request.send(bytes);
  });
}

async function refusal(status, header, text) {
  const code = await Promise.resolve().then(text).then((body) => JSON.parse(body).code).catch(() => "");
  if (status < 400 || status >= 500 || PASSING.includes(status) || (status === 409 && (!code || RACES.includes(code))))
    return new Again({ 409: "", 423: "", 429: "too_many", 460: "" }[status] ?? "unreached", Number(header("Retry-After")) || 0);
  return new Refused(SAID.test(code) ? code : PROBLEMS[status] ?? "unknown", status);
}

// What was picked may be gone from the phone, or changed; then the copy is read.
async function read(file, start, end) {
  const piece = (blob) => blob.slice(start, end).arrayBuffer();
  try {
    return await piece(file.blob);
  } catch {
    const copy = (await find(file.id))?.blob;
    const bytes = await Promise.resolve(copy).then(piece).catch(() => Promise.reject(new Refused("unreadable")));
    file.blob = copy;
    return bytes;
  }
}

async function digest(file) {
  if (!globalThis.crypto?.subtle) return "";
  // Of a long film the beginning and the end, which tell it from any other.
  const { size } = file;
  const ends = size > WHOLE ? [[0, SMALLEST], [size - SMALLEST, size]] : [[0, size]];
  const parts = await Promise.all(ends.map((each) => read(file, ...each)));
  const sum = await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer());
  return Array.from(new Uint8Array(sum), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// What was removed meanwhile goes no step further.
function live(signal) {
  if (signal.aborted) throw new Again();
}

const plain = (token) => ({ "Tus-Resumable": "1.0.0", "X-CSRF-Token": token });
const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
