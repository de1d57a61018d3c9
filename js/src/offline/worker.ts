/**
 * Service worker of a bundle: keeps all files of the site, so that it works without a network after the first visit.
 *
 * Files are kept by what is in them: what a new release of the site has at another address is not fetched again, and two
 * releases that are in use at the same time do not disturb each other. A new one takes over when all of its files are
 * here and no page of the old one is open.
 *
 * What never changes is answered from what is kept; pages are asked for first, because they may have changed.
 */

import type { Bundle } from "./model.js";

/** What is used of the global scope of a service worker, which the types of a page do not have. */
interface Scope {
  readonly BUNDLE: Bundle;
  readonly registration: { readonly scope: string };
  addEventListener(type: "install" | "activate", listener: (event: Extendable) => void): void;
  addEventListener(type: "fetch", listener: (event: Fetching) => void): void;
}

interface Extendable {
  waitUntil(work: Promise<unknown>): void;
}

interface Fetching extends Extendable {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

const scope = globalThis as unknown as Scope;
const { fixed, pages } = scope.BUNDLE;
const base = scope.registration.scope;
const cacheName = `wasminstall-bundle ${base}`;

/** So many files are fetched at once. */
const TOGETHER = 6;
/** A server that does not answer for so long, in milliseconds, is no better than none. */
const PATIENCE = 4000;

scope.addEventListener("install", (event) => event.waitUntil(keepAll()));
scope.addEventListener("activate", (event) => event.waitUntil(forgetOthers()));
scope.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(base)) return;
  const address = new URL(request.url).href.slice(base.length).replace(/[?#].*/s, "");
  if (fixed[address] !== undefined) event.respondWith(keptFirst(request, fixed[address]));
  else {
    const page = pageAt(address);
    if (page !== undefined) event.respondWith(networkFirst(request, page));
  }
});

/** The integrity of the page that a static server answers this address with. */
function pageAt(address: string): string | undefined {
  const decoded = decodeURIComponent(address);
  const folder = decoded.replace(/(^|\/)index\.html$/, "$1");
  return [folder, decoded, `${decoded}.html`, `${decoded}/`].map((name) => pages[name]).find(Boolean);
}

/** Fetch what is not here; fails as a whole, and is tried again at the next visit. */
async function keepAll(): Promise<void> {
  const cache = await caches.open(cacheName);
  const there = new Set((await cache.keys()).map(({ url }) => url));
  const wanted = new Map<string, () => Promise<Response>>();
  for (const [address, integrity] of Object.entries(fixed)) {
    wanted.set(place(integrity), () => fetch(base + address, { integrity }));
  }
  // A host may have changed a page on the way: its integrity is only its name.
  for (const [address, integrity] of Object.entries(pages)) {
    wanted.set(place(integrity), () => fetch(base + encodeURI(address), { cache: "no-cache" }));
  }
  const missing = [...wanted].filter(([url]) => !there.has(url));
  const next = async (): Promise<void> => {
    for (let one = missing.shift(); one; one = missing.shift()) {
      const [url, get] = one;
      await cache.put(url, plain(await get()));
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, next));
}

/** The answer without the address it came from, and only if it is one: modules would take that address for theirs. */
function plain({ ok, status, url, headers, body }: Response): Response {
  if (!ok) throw new Error(`the server answered ${status} for ${url}`);
  return new Response(body, { headers: { "content-type": headers.get("content-type") ?? "application/octet-stream" } });
}

/** Remove what this release of the site does not have. */
async function forgetOthers(): Promise<void> {
  const cache = await caches.open(cacheName);
  const own = new Set([...Object.values(fixed), ...Object.values(pages)].map(place));
  await Promise.all((await cache.keys()).map((request) => !own.has(request.url) && cache.delete(request)));
}

async function keptFirst(request: Request, integrity: string): Promise<Response> {
  return (await kept(integrity)) ?? fetch(request);
}

async function networkFirst(request: Request, integrity: string): Promise<Response> {
  const answer = fetch(request);
  const late = new Promise<undefined>((done) => setTimeout(done, PATIENCE));
  const first = await Promise.race([answer, late]).catch(() => undefined);
  return first ?? (await kept(integrity)) ?? answer;
}

async function kept(integrity: string): Promise<Response | undefined> {
  const cache = await caches.open(cacheName);
  return cache.match(place(integrity));
}

/** The address under which this content is kept. */
function place(integrity: string): string {
  return `${base}?content=${encodeURIComponent(integrity)}`;
}
