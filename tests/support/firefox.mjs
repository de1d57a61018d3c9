/**
 * One Firefox for `support.engines`: commands come as lines of JSON on stdin, each is answered by one on stdout.
 * There is no geckodriver to be had everywhere; Firefox itself speaks WebDriver BiDi, and puppeteer-core speaks it too.
 */

import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const NOWHERE = "127.0.0.1";
const DISCARD_PORT = 9;
/** Only this machine can be reached: everything else goes to a proxy that does not exist. */
const PREFERENCES = {
  "network.proxy.type": 1,
  "network.proxy.http": NOWHERE,
  "network.proxy.http_port": DISCARD_PORT,
  "network.proxy.ssl": NOWHERE,
  "network.proxy.ssl_port": DISCARD_PORT,
  "network.proxy.allow_hijacking_localhost": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
};

const [executablePath, width, height] = process.argv.slice(2);
const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath,
  headless: true,
  protocolTimeout: 300_000,
  extraPrefsFirefox: PREFERENCES,
});
const page = await browser.newPage();
await page.setViewport({ width: Number(width), height: Number(height) });

const COMMANDS = {
  /** @param {{ url: string }} command */
  open: async ({ url }) => {
    await page.goto(url);
    return {};
  },
  /** The script is the body of an async function; what it returns or throws is text. @param {{ script: string }} command */
  run: async ({ script }) => {
    const ended = "(value) => ({ value: JSON.stringify(value ?? null) }), (error) => ({ error: String(error) })";
    return await page.evaluate(`(async () => { ${script}\n })().then(${ended})`);
  },
  /** @param {{ path: string }} command */
  screenshot: async ({ path }) => {
    await page.screenshot({ path });
    return {};
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  let answer;
  try {
    answer = await COMMANDS[command.do](command);
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
