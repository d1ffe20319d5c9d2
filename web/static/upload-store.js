// Picked files, copied into the browser's own database, so that a page that was closed can go on without asking again.
// Where there is no such database, or it is full or does not answer, files live as long as the page: `copied` tells.

const memory = new Map(), over = new Set();
const LIMIT = 4e3, REST = 3e4, DAY = 864e5;
let opening;

const within = (promise, patience) => Promise.race([promise, new Promise((_, failed) => setTimeout(failed, patience))]);
const lose = () => (opening = undefined);

function database() {
  if (!opening) {
    const tried = new Promise((done, failed) => {
      const request = indexedDB.open("econsult-uploads", 1);
      request.onupgradeneeded = () => request.result.createObjectStore("files", { keyPath: "id" });
      request.onsuccess = () => {
        request.result.onclose = lose;
        done(request.result);
      };
      request.onerror = failed;
    });
    opening = within(tried, LIMIT);
    // Not asked again for each step: every answer that does not come would cost its whole time.
    opening.catch(() => setTimeout(lose, REST));
  }
  return opening;
}

// A phone that was in the background loses the connection; a new one is made then.
async function begin(mode) {
  const known = await database();
  try {
    return known.transaction("files", mode);
  } catch {
    lose();
    return (await database()).transaction("files", mode);
  }
}

async function run(mode, action, patience = LIMIT) {
  const transaction = await begin(mode);
  const request = action(transaction.objectStore("files"));
  const ended = new Promise((done, failed) => {
    transaction.oncomplete = () => done(request?.result);
    // An error of a request ends in this, too.
    transaction.onabort = failed;
  });
  return within(ended, patience);
}

// Of each file there are two rows: the file as it was picked, which is written once, and what became of it.
const fate = (id) => `${id}/`;
const told = ({ id, owner, url, asked }) => ({ id: fate(id), of: id, owner, url, asked });

function join(rows) {
  const files = {};
  for (const row of rows) {
    const id = row.of ?? row.id;
    files[id] = { ...files[id], ...row, id };
  }
  return Object.values(files);
}

const all = () => run("readonly", (store) => store.getAll()).then(join).catch(() => []);

// Says in `file.copied` whether the copy is there, so that the page may be closed. A copy is never made twice: what was
// picked may be unreadable by now, and a film takes its time and its room. What was sent or removed never comes back.
export async function keep(file) {
  const { id, dead, sum } = file;
  if (over.has(id)) return;
  memory.set(id, file);
  const put = (store) => {
    const known = store.get(fate(id)), copy = store.getKey(id);
    copy.onsuccess = () => {
      if (known.result?.over) return;
      store.put({ ...told(file), dead, sum });
      if (copy.result === undefined) store.put({ ...file, copied: true });
    };
    return copy;
  };
  file.copied = await run("readwrite", put, LIMIT + file.size / 5000).then(() => true, () => false);
}

// How the file is kept now: nothing is known where this says nothing, and `over` says that it was sent or removed.
export const find = (id) => run("readonly", (store) => store.getAll(IDBKeyRange.bound(id, fate(id)))).then((rows) => join(rows)[0]).catch(() => {});

// What stays tells another window with the same file how it ended.
export async function forget(file, how) {
  const { id } = file, at = file.over ? file.at : Date.now();
  memory.delete(id);
  over.add(id);
  // Committed here, since a page that goes away in this moment would take all of it back.
  await run("readwrite", (store) => {
    store.delete(id);
    store.put({ ...told(file), over: how, at });
    store.transaction.commit?.();
  }).catch(() => {});
}

// Those whose removal the server has not heard of. After some minutes nothing comes of a creation any more.
const isOwed = (file) => file.over === "removed" && (file.url || (file.asked && file.at > Date.now() - 6e5)) && file.owner;
export const debts = async (owner) => (await all()).filter((file) => isOwed(file) && file.owner === owner);

export async function kept(owner, consult) {
  const files = await all();
  const old = files.filter((file) => !(file.url && isOwed(file)) && file.at < Date.now() - (file.over ? 1 : 30) * DAY);
  for (const { id } of old) run("readwrite", (store) => store.delete(IDBKeyRange.bound(id, fate(id)))).catch(() => {});
  return files.filter((file) => !file.over && file.owner === owner && file.consult === consult).sort((a, b) => a.at - b.at);
}

// The addresses of all uploads that a file here belongs to, whosever it is.
export const held = async () => [...(await all()), ...memory.values()].map((file) => file.url);
