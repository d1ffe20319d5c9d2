// Picked files, copied into the browser's own database, so that a page that was closed can go on without asking again.
// Where there is no such database (private windows), files live as long as the page.

const memory = new Map();
let opening;

function database() {
  opening ??= new Promise((done, failed) => {
    const request = indexedDB.open("econsult-uploads", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("files", { keyPath: "id" });
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
  return opening;
}

async function run(mode, action) {
  const store = (await database()).transaction("files", mode).objectStore("files");
  const request = action(store);
  return new Promise((done, failed) => {
    store.transaction.oncomplete = () => done(request.result);
    store.transaction.onabort = store.transaction.onerror = () => failed(store.transaction.error);
  });
}

export async function keep(file) {
  await run("readwrite", (store) => store.put(file)).catch(() => memory.set(file.id, file));
}

// How the file is kept now; nothing when another window has sent it meanwhile.
export async function find(id) {
  return (await run("readonly", (store) => store.get(id)).catch(() => null)) ?? memory.get(id);
}

export async function forget(file) {
  memory.delete(file.id);
  await run("readwrite", (store) => store.delete(file.id)).catch(() => {});
}

export async function kept(owner, consult) {
  const files = await run("readonly", (store) => store.getAll()).catch(() => [...memory.values()]);
  return files.filter((file) => file.owner === owner && file.consult === consult).sort((a, b) => a.at - b.at);
}

// The addresses of all uploads that a file here belongs to, whosever it is.
export async function held() {
  const files = await run("readonly", (store) => store.getAll()).catch(() => []);
  return [...files, ...memory.values()].map((file) => file.url);
}
