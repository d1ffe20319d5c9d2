// What the end-to-end specification of tus-js-client tries against a server, and the options that its users choose.
// node stock_story.mjs ENDPOINT METADATA AUTHORIZATION; exit 0 when everything held.
import assert from "node:assert";
import { Readable } from "node:stream";
import * as tus from "tus-js-client";

const [endpoint, told, authorization] = process.argv.slice(2);
const headers = { Authorization: authorization };
const metadata = { ...JSON.parse(told), nonlatin: "słońce", number: "100", filename: "hello.txt", filetype: "text/plain" };

function send(data, options = {}) {
  return new Promise((done, failed) => {
    const upload = new tus.Upload(data, { endpoint, metadata, headers, onError: failed, onSuccess: () => done(upload), ...options });
    upload.start();
  });
}

async function head(upload) {
  const answer = await fetch(upload.url, { method: "HEAD", headers: { ...headers, "Tus-Resumable": "1.0.0" } });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("tus-resumable"), "1.0.0");
  return answer.headers;
}

for (const uploadDataDuringCreation of [false, true]) {
  const upload = await send(Buffer.from("hello world"), { uploadDataDuringCreation });
  assert.ok(upload.url.startsWith(endpoint));
  const found = await head(upload);
  assert.deepEqual([found.get("upload-offset"), found.get("upload-length")], ["11", "11"]);
  const pairs = found.get("upload-metadata").split(",");
  for (const pair of ["filename aGVsbG8udHh0", "filetype dGV4dC9wbGFpbg==", "nonlatin c8WCb8WEY2U=", "number MTAw"]) {
    assert.ok(pairs.includes(pair), pair);
  }
  assert.equal(pairs.length, Object.keys(metadata).length);
  assert.equal((await fetch(upload.url, { headers })).status, 200);
  await upload.abort(true);
  assert.equal((await fetch(upload.url, { headers })).status, 404);
}

const overridden = await send(Buffer.alloc(100_000, "x"), { overridePatchMethod: true, chunkSize: 40_000 });
assert.equal((await head(overridden)).get("upload-offset"), "100000");

const later = await send(Readable.from([Buffer.alloc(70_000), Buffer.alloc(5)]), { uploadLengthDeferred: true, chunkSize: 50_000 });
assert.equal((await head(later)).get("upload-length"), "70005");

const resumed = await send(Buffer.from("hello again"), { uploadUrl: (await begun("hello again")).url, chunkSize: 4 });
assert.equal((await head(resumed)).get("upload-offset"), "11");

await assert.rejects(send(Buffer.alloc(100_000), { parallelUploads: 2 }), /400/);
await assert.rejects(send(Buffer.from("x"), { headers: {} }), /401/);

// An upload that is given up after its first chunk.
function begun(text) {
  return new Promise((done, failed) => {
    const upload = new tus.Upload(Buffer.from(text), {
      endpoint, metadata, headers, chunkSize: 4, onError: failed, onChunkComplete: () => upload.abort().then(() => done(upload)),
    });
    upload.start();
  });
}
