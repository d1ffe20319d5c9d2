// tus-js-client as its documentation shows it: node stock.mjs ENDPOINT FILE CHUNK METADATA AUTHORIZATION [URL TO GO ON WITH]
// Says on stderr that it tries again, and prints {"url", "retries"} at the end. Retries often and at once, for a line that is cut all the time.
import fs from "node:fs";
import * as tus from "tus-js-client";

const [endpoint, path, chunk, metadata, authorization, uploadUrl] = process.argv.slice(2);
let retries = 0;
const upload = new tus.Upload(fs.createReadStream(path), {
  endpoint,
  uploadUrl,
  uploadSize: fs.statSync(path).size,
  chunkSize: Number(chunk) || Infinity,
  retryDelays: Array(40).fill(20),
  metadata: JSON.parse(metadata),
  headers: authorization ? { Authorization: authorization } : {},
  onShouldRetry: (error, attempt, options) => (retries++, console.error("again"), tus.defaultOptions.onShouldRetry?.(error, attempt, options) ?? true),
  onError: (error) => (console.error(String(error)), process.exit(1)),
  onSuccess: () => console.log(JSON.stringify({ url: upload.url, retries })),
});
upload.start();
