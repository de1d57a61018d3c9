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
  status.set("loading", "Loading Python");
  const [kernel, config] = await Promise.all([Kernel.start(BASE), loadConfig()]);
  if (!indexChoice.dataset["chosen"]) indexChoice.value = config.proxy ? "proxy" : "direct";
  const useChoice = () => kernel.setIndex(indexChoice.value === "proxy" ? new URL("index/simple/", BASE).href : undefined);
  useChoice();
  indexChoice.addEventListener("change", useChoice);
  runAll.disabled = false;
  status.set("ready", `${kernel.version} is ready`);
  if (new URLSearchParams(location.search).has("autorun")) notebook.runAll();
  notebook.ready(kernel);
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
    indexChoice.dataset["chosen"] = "yes";
  });
}
