/** The page: starts Python, connects the buttons. `?autorun=1` runs every cell as soon as it can. */

import "./page.css";
import "./cells.css";
import "./output.css";

import { byId } from "./dom.js";
import { Kernel } from "./kernel.js";
import { Notebook } from "./notebook.js";
import { Status } from "./status.js";

/** What the server says about itself. */
interface Config {
  /** Whether this server's index proxy is the better choice to begin with. */
  readonly proxy: boolean;
}

/** Pyodide can hang without a word, for example when its WebAssembly file does not arrive. */
const PATIENCE = 45_000;
const BASE = new URL(".", document.baseURI);
const status = new Status();
const notebook = new Notebook(byId("cells", HTMLDivElement), status);
const indexChoice = byId("index", HTMLSelectElement);
const runAll = byId("run-all", HTMLButtonElement);

connectButtons();
start().catch((error: unknown) => {
  console.error(error);
  status.set("error", `Python cannot be started: ${error instanceof Error ? error.message : error}`);
});

async function start(): Promise<void> {
  const [kernel] = await Promise.all([startKernel(), suggestIndex()]);
  const useChoice = () =>
    kernel.setIndex(indexChoice.value === "proxy" ? new URL("index/simple/", BASE).href : undefined);
  useChoice();
  indexChoice.addEventListener("change", useChoice);
  runAll.disabled = false;
  status.set("ready", `${kernel.version} is ready`);
  if (new URLSearchParams(location.search).has("autorun")) notebook.runAll();
  notebook.ready(kernel);
}

async function startKernel(): Promise<Kernel> {
  status.set("loading", "Loading Python");
  const stillLoading = () => status.set("loading", "Still loading Python; the browser’s console may say why");
  const slow = setTimeout(stillLoading, PATIENCE);
  try {
    return await Kernel.start(BASE);
  } finally {
    clearTimeout(slow);
  }
}

/** The server's suggestion, unless somebody chose before it came. */
async function suggestIndex(): Promise<void> {
  const { proxy } = await loadConfig();
  if (!indexChoice.dataset.chosen) indexChoice.value = proxy ? "proxy" : "direct";
}

async function loadConfig(): Promise<Config> {
  const answer = await fetch(new URL("config.json", BASE));
  return answer.ok ? ((await answer.json()) as Config) : { proxy: false };
}

function connectButtons(): void {
  runAll.addEventListener("click", () => notebook.runAll());
  byId("add", HTMLButtonElement).addEventListener("click", () => notebook.add());
  byId("restart", HTMLButtonElement).addEventListener("click", () => location.reload());
  byId("reset", HTMLButtonElement).addEventListener("click", () => {
    Notebook.forget();
    location.reload();
  });
  indexChoice.addEventListener("change", () => {
    indexChoice.dataset.chosen = "yes";
  });
}
