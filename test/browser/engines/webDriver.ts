/** Plain WebDriver over `fetch`: one browser, one command at a time. */
export class WebDriver {
  readonly #session: string;
  readonly version: string;
  readonly #first: string;
  /** The window that commands go to. */
  #current: string;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(session: string, version: string, window: string) {
    this.#session = session;
    this.version = version;
    this.#first = window;
    this.#current = window;
  }

  /** @param endpoint of a driver that is ready */
  static async start(endpoint: string, capabilities: object): Promise<WebDriver> {
    const body = { capabilities: { alwaysMatch: capabilities } };
    const answer = await command("POST", `${endpoint}/session`, body);
    const { sessionId, capabilities: got } = answer as {
      sessionId: string;
      capabilities: { browserVersion: string };
    };
    const session = `${endpoint}/session/${sessionId}`;
    const window = String(await command("GET", `${session}/window`));
    return new WebDriver(session, got.browserVersion, window);
  }

  /** Sends a command for the browser. Such commands too want a window that is open: the first one always is. */
  send(method: string, path: string, body?: object): Promise<unknown> {
    return this.sendTo(this.#first, method, path, body);
  }

  /** Sends a command to a window. */
  sendTo(window: string, method: string, path: string, body?: object): Promise<unknown> {
    return this.#inTurn(async () => {
      if (this.#current !== window) {
        await command("POST", `${this.#session}/window`, { handle: window });
        this.#current = window;
      }
      return command(method, this.#session + path, body);
    });
  }

  /** Closes a window. */
  async close(window: string): Promise<void> {
    await this.sendTo(window, "DELETE", "/window");
    // The next command has to say where it goes.
    this.#current = "";
  }

  /** Which window a command goes to depends on the one before, so they don't overlap. */
  #inTurn<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

/** Sends one command. @returns what the driver answers; rejects with what it says went wrong */
export async function command(method: string, url: string, body?: object): Promise<unknown> {
  const response = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }) });
  const { value } = (await response.json()) as { value: unknown };
  if (response.ok) return value;
  const { error, message } = value as { error: string; message: string };
  throw new Error(`${method} ${new URL(url).pathname}: ${error}: ${message}`);
}
