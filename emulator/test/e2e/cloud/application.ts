import { type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** One event, as the application got it. */
export interface Received {
  readonly url: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/**
 * A server of the application that answers every event as `answer` says.
 * @param validate what it says when it is asked whether it wants events; left out: yes
 */
export async function application(
  answer: (response: ServerResponse) => void,
  validate = (response: ServerResponse) => void response.setHeader("WebHook-Allowed-Origin", "*").end(),
) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    if (request.method !== "POST") {
      validate(response);
      return;
    }
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      received.push({ url: request.url, headers: request.headers, body });
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { received, origin: `http://127.0.0.1:${port}` };
}
