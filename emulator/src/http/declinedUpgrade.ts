import type { IncomingMessage } from "node:http";

/** Headers that ask for the upgrade, to be left out with it. */
const upgradeHeaders = ["upgrade", "http2-settings"];

/**
 * The head of a request without its wish to upgrade, as bytes. Some HTTP clients offer HTTP/2 (`Upgrade: h2c`) with
 * every request; a server that doesn't want it answers as if the offer weren't there.
 */
export function withoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method ?? "GET"} ${url ?? "/"} HTTP/${httpVersion}`];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? "";
    const value = rawHeaders[i + 1] ?? "";
    if (upgradeHeaders.includes(name.toLowerCase())) continue;
    const kept = name.toLowerCase() === "connection" ? remaining(value) : value;
    if (kept !== "") lines.push(`${name}: ${kept}`);
  }
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
}

function remaining(connection: string): string {
  const options = connection.split(",").map((option) => option.trim());
  return options.filter((option) => !upgradeHeaders.includes(option.toLowerCase())).join(", ");
}
