/**
 * Script of every page of a bundle: once Python has started, the service worker fetches the rest, so that the site works
 * without a network from then on. The page's own start comes first, and what it fetched the browser need not fetch again.
 */

interface Started {
  readonly ready: Promise<unknown>;
}

// Read while the script runs: afterwards `currentScript` is null.
const address: string | undefined = (document.currentScript as HTMLScriptElement | null)?.dataset.worker;

async function register(worker: string): Promise<void> {
  const { wasminstall } = globalThis as { wasminstall?: Started };
  await wasminstall?.ready.catch(() => undefined); // a page whose Python failed is a page all the same
  await navigator.serviceWorker.register(worker);
}

// There is none over plain HTTP, and in some private windows.
if (address && "serviceWorker" in navigator) {
  addEventListener("load", () => {
    register(address).catch((error) => console.warn("wasminstall: this page will not work offline:", error));
  });
}
