// Tabs that share a connection beside tabs with connections of their own, in Chromium without a window.
//   npm run bench:tabs                                1 and 10 tabs, three rounds
//   npm run bench:tabs -- --messages 20000 --rounds 5
// Each round of each contestant has a browser and a service of its own. The CPU is that of all of the browser's processes
// together (Linux: /proc); the worker's is that of its thread. The memory is the proportional part of what is shared.
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { tsImport } from "tsx/esm/api";
import { numbers, readOptions } from "../scripts/arguments.mjs";
import { startEmulator } from "web-pubsub-emulator";

const values = readOptions({
  rounds: { type: "string", default: "3" },
  messages: { type: "string", default: "5000" },
});
const { rounds, messages } = numbers(values, "rounds", "messages");
const { findChromium } = await tsImport("../test/browser/chromium.ts", import.meta.url);

const WORKER = `
  import { CoreClient } from "web-pubsub-client/core";
  import { serveTabs } from "web-pubsub-client/tabs";
  serveTabs(() => new CoreClient({ getClientAccessUrl: async () => (await fetch("/negotiate")).text() }));`;
const PAGE = `
  import { CoreClient } from "web-pubsub-client/core";
  import { throughWorker } from "web-pubsub-client/tabs";
  const credential = { getClientAccessUrl: async () => (await fetch("/negotiate")).text() };
  const shared = throughWorker(() => new SharedWorker("/worker.js"));
  const client = new CoreClient(...(location.search === "?shared" ? shared : [credential]));
  window.got = 0;
  client.on("group-message", () => window.got++);
  await client.start();
  await client.joinGroup("room");
  window.ready = true;`;

async function bundle(contents) {
  const resolveDir = fileURLToPath(new URL("..", import.meta.url));
  const stdin = { contents, resolveDir };
  const options = { bundle: true, minify: true, write: false, format: "esm", tsconfigRaw: {} };
  return (await build({ stdin, platform: "browser", ...options })).outputFiles[0].text;
}
const scripts = { "/worker.js": await bundle(`${WORKER}`), "/page.js": await bundle(PAGE) };

/** A process and its descendants. */
function family(pid) {
  const parents = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((id) => {
      try {
        return [[Number(id), Number(readFileSync(`/proc/${id}/stat`, "utf8").split(") ")[1].split(" ")[1])]];
      } catch {
        return [];
      }
    });
  const found = [pid];
  for (const each of found) found.push(...parents.filter(([, parent]) => parent === each).map(([id]) => id));
  return found;
}

/** CPU time in µs of the threads whose names contain a word. */
function cpu(pids, word = "") {
  let sum = 0;
  for (const pid of pids) {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const of = (file) => readFileSync(`/proc/${pid}/task/${thread}/${file}`, "utf8");
      try {
        if (of("comm").includes(word)) sum += Number(of("schedstat").split(" ")[0]) / 1_000;
      } catch {
        // It has ended meanwhile.
      }
    }
  }
  return sum;
}

/** Memory in MiB. */
function memory(pids) {
  const kilobytes = pids.map((pid) =>
    Number(/^Pss: +(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))[1]),
  );
  return kilobytes.reduce((sum, each) => sum + each, 0) / 1_024;
}

async function until(isTrue) {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function measure(tabs, isShared) {
  const emulator = await startEmulator();
  const hub = emulator.hub("chat");
  const server = createServer((request, response) => {
    if (request.url === "/negotiate")
      return void emulator
        .clientAccessUrl("chat", { roles: ["webpubsub.joinLeaveGroup"] })
        .then((url) => response.end(url));
    const script = scripts[request.url];
    response.setHeader("content-type", script === undefined ? "text/html" : "text/javascript");
    response.end(script ?? `<!doctype html><title>tab</title><script type="module" src="/page.js"></script>`);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const args = process.getuid() === 0 ? ["--no-sandbox"] : [];
  const browserServer = await chromium.launchServer({ ...(await findChromium()), headless: true, args });
  const browser = await chromium.connect(browserServer.wsEndpoint());
  const context = await browser.newContext();
  const pages = [];
  for (let tab = 0; tab < tabs; tab++) {
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/${isShared ? "?shared" : ""}`);
    await page.waitForFunction("window.ready");
    pages.push(page);
  }

  let sent = 0;
  /** In portions, since the service keeps no more than 1,000 that aren't acknowledged. */
  const send = async (count) => {
    for (let rest = count; rest > 0; rest -= 250) {
      for (let each = 0; each < Math.min(250, rest); each++)
        hub.sendToGroup("room", { n: ++sent, text: "as long as a line of a chat is" });
      await until(() => hub.connections().every(({ unacknowledged }) => unacknowledged < 100));
    }
    await until(async () => {
      const got = await Promise.all(pages.map((page) => page.evaluate("got")));
      return got.every((each) => each === sent);
    });
  };
  await send(2_000);
  const pids = family(browserServer.process().pid);
  const before = [cpu(pids), cpu(pids, "SharedWorker")];
  await send(messages);
  const [all, worker] = [cpu(pids) - before[0], cpu(pids, "SharedWorker") - before[1]];
  // The pages' garbage isn't counted; the worker's is.
  for (const page of pages) await (await context.newCDPSession(page)).send("HeapProfiler.collectGarbage");
  const connections = hub.connections().length;
  const result = { connections, all: all / messages, worker: worker / messages, memory: memory(pids) };
  await browser.close();
  await browserServer.close();
  server.closeAllConnections();
  server.close();
  await emulator.close();
  return result;
}

const contestants = [
  ["1 tab, its own connection", 1, false],
  ["1 tab through the worker", 1, true],
  ["10 tabs, 10 connections", 10, false],
  ["10 tabs through the worker", 10, true],
];
const runs = new Map(contestants.map(([name]) => [name, []]));
for (let round = 0; round < rounds; round++)
  for (const [name, tabs, isShared] of contestants) runs.get(name).push(await measure(tabs, isShared));

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
console.log("| | connections | CPU per message, all, µs | of it the worker, µs | memory, MiB |");
console.log("| --- | ---: | ---: | ---: | ---: |");
for (const [name, list] of runs) {
  const of = (field, digits) => median(list.map((each) => each[field])).toFixed(digits);
  console.log(
    `| ${name} | ${of("connections", 0)} | ${of("all", 0)} | ${of("worker", 1)} | ${of("memory", 0)} |`,
  );
}
