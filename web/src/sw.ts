/// <reference lib="webworker" />
// Keeps the site on the device: its shell at once, the model and what else is large once the page has fetched it.

declare const FILES: { version: string; shell: string[]; later: string[] };

const worker = self as unknown as ServiceWorkerGlobalScope & { importScripts(address: string): void };
worker.importScripts("files.js"); // written with the site, so that another model is another version

const NAME = `pocketbert ${worker.registration.scope} `;
const CURRENT = NAME + FILES.version;

/** Files that an older version keeps are fetched anew before it goes, so that its site still works offline. */
async function install(): Promise<void> {
  const kept = await Promise.all(FILES.later.map((address) => caches.match(address)));
  const wanted = [...FILES.shell, ...FILES.later.filter((_, at) => kept[at])];
  const cache = await caches.open(CURRENT);
  await cache.addAll(wanted.map((address) => new Request(address, { cache: "no-cache" })));
}

async function activate(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(NAME) && name !== CURRENT).map((name) => caches.delete(name)));
  await worker.clients.claim();
}

async function answer(event: FetchEvent): Promise<Response> {
  const cache = await caches.open(CURRENT);
  const kept = await cache.match(event.request, { ignoreSearch: true });
  if (kept) return kept;
  const response = await fetch(event.request);
  if (response.status === 200) event.waitUntil(cache.put(event.request, response.clone()).catch(() => {})); // no room
  return response;
}

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));
worker.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "GET" && url.startsWith(worker.registration.scope)) event.respondWith(answer(event));
});
