// One file on its way to the server, by tus: it goes on where the server says that it stands, for hours if it must.

import { forget, held, keep } from "./upload-store.js";

const SMALLEST = 256 * 1024, LARGEST = 8 * 1024 * 1024, LONGEST_HASHED = 32 * 1024 * 1024;
const STALL = 15000, ANSWER = 60000, BEST = 4000;
const PROBLEMS = { 401: "signed_out", 403: "not_allowed", 404: "not_allowed", 413: "too_big" };

class Refused extends Error {
  constructor(problem) {
    super(problem);
    this.problem = problem;
  }
}

class Again extends Error {
  constructor(seconds = 0) {
    super("again");
    this.seconds = seconds;
  }
}

// Sends all of `file`, telling `say(state, share)`; throws an error with `problem` where trying again is of no use.
export async function send(file, token, say, signal) {
  let failures = 0;
  const transfer = { file, token, chunk: SMALLEST, say, signal, moved: () => (failures = 0) };
  for (;;) {
    try {
      return await attempt(transfer);
    } catch (error) {
      if (error instanceof Refused || signal.aborted) throw error;
      transfer.chunk = SMALLEST;
      say(navigator.onLine ? "waiting" : "offline");
      const patience = error.seconds ? error.seconds * 1000 : Math.min(1000 * 2 ** failures++, 60000);
      await awake(patience * (0.5 + Math.random()), signal);
    }
  }
}

async function attempt(transfer) {
  const { file, say } = transfer;
  let offset = file.url ? await stand(transfer) : await begin(transfer);
  say("sending", offset / file.size);
  while (offset < file.size) {
    const started = performance.now();
    const sent = await patch(transfer, offset);
    if (sent <= offset) throw new Again();
    offset = sent;
    transfer.moved();
    const pace = BEST / Math.max(performance.now() - started, 1);
    transfer.chunk = Math.round(Math.min(Math.max(transfer.chunk * Math.min(Math.max(pace, 0.5), 2), SMALLEST), LARGEST));
  }
  await forget(file);
}

async function begin(transfer) {
  const { file } = transfer;
  const told = { consult_id: file.consult, kind: file.kind, filename: file.name, filetype: file.blob.type };
  if (file.detail) told[file.kind === "lab_document" ? "document_type" : "view"] = file.detail;
  const sum = await digest(file.blob);
  if (sum) told[file.blob.size > LONGEST_HASHED ? "fingerprint" : "sha256"] = sum;
  const metadata = Object.entries(told).map(([key, value]) => `${key} ${base64(value)}`).join();
  // The very same file, begun before this phone lost its memory, goes on. Once only: its bytes may be gone.
  const begun = sum && !file.sought && (await lost(transfer)).find((one) => one.metadata === metadata && one.length === file.size);
  file.sought = true;
  if (begun) {
    file.url = begun.url;
    await keep(file);
    return stand(transfer);
  }
  const headers = { "Upload-Length": file.size, "Upload-Metadata": metadata };
  const answer = await ask(transfer, "POST", "/uploads", headers);
  file.url = answer.headers.get("Location");
  await keep(file);
  return 0;
}

// Uploads that were begun and that no file in this browser belongs to.
async function lost(transfer) {
  const before = await held();
  const { items } = await ask(transfer, "GET", "/uploads?state=incomplete");
  const known = [...before, ...(await held())];
  return items.filter(({ url }) => !known.includes(url));
}

// Those of one consult, for the page; none where the server cannot be asked now.
export async function unfinished(consult, token) {
  const transfer = { token, signal: new AbortController().signal };
  return (await lost(transfer).catch(() => [])).filter((one) => one.consult_id === consult);
}

async function stand(transfer) {
  try {
    return Number((await ask(transfer, "HEAD", transfer.file.url)).headers.get("Upload-Offset"));
  } catch (error) {
    if (error.status !== 404 && error.status !== 410) throw error;
    // It expired or was ended: the file is still here, so it begins anew.
    transfer.file.url = "";
    return begin(transfer);
  }
}

export async function end(file, token) {
  if (file.url) await fetch(file.url, { method: "DELETE", headers: plain(token) }).catch(() => {});
  await forget(file);
}

// Not AbortSignal.timeout, which phones that get no new system any more lack.
async function ask({ token, signal }, method, url, headers = {}) {
  const limit = new AbortController();
  const stop = () => limit.abort();
  const timer = setTimeout(stop, ANSWER);
  signal.addEventListener("abort", stop, { signal: limit.signal });
  try {
    const answer = await fetch(url, { method, headers: { ...plain(token), ...headers }, signal: limit.signal });
    if (!answer.ok) throw await refusal(answer.status, (name) => answer.headers.get(name), () => answer.text());
    return method === "GET" ? await answer.json() : answer;
  } finally {
    clearTimeout(timer);
    stop();
  }
}

// XMLHttpRequest, because fetch does not tell how much of a body has left.
function patch({ file, token, chunk, say, signal }, offset) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    let watchdog;
    const feed = (patience) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => request.abort(), patience);
    };
    const stop = () => request.abort();
    request.open("PATCH", file.url);
    const headers = { ...plain(token), "Content-Type": "application/offset+octet-stream", "Upload-Offset": offset };
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => {
      feed(STALL);
      say("sending", (offset + event.loaded) / file.size);
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
    request.send(file.blob.slice(offset, offset + chunk));
  });
}

async function refusal(status, header, text) {
  const code = await Promise.resolve(text()).then((body) => JSON.parse(body).code).catch(() => "");
  let error = new Again(Number(header("Retry-After")) || 0);
  if (code === "impossible_verb") error = new Refused("closed");
  else if (code === "invalid" || [400, 412, 415].includes(status)) error = new Refused("unknown");
  else if (status in PROBLEMS) error = new Refused(PROBLEMS[status]);
  error.status = status;
  return error;
}

// Waits, but not longer than until the internet or the person comes back.
function awake(patience, signal) {
  return new Promise((done) => {
    const stop = new AbortController();
    const go = () => {
      clearTimeout(timer);
      stop.abort();
      done();
    };
    const timer = setTimeout(go, patience);
    addEventListener("online", go, { signal: stop.signal });
    signal.addEventListener("abort", go, { signal: stop.signal });
    document.addEventListener("visibilitychange", () => document.hidden || go(), { signal: stop.signal });
  });
}

async function digest(blob) {
  if (!globalThis.crypto?.subtle) return "";
  // Of a long film the beginning and the end, which tell it from any other.
  const part = blob.size > LONGEST_HASHED ? new Blob([blob.slice(0, SMALLEST), blob.slice(-SMALLEST)]) : blob;
  const sum = await crypto.subtle.digest("SHA-256", await part.arrayBuffer());
  return Array.from(new Uint8Array(sum), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const plain = (token) => ({ "Tus-Resumable": "1.0.0", "X-CSRF-Token": token });
const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
