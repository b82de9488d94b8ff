import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { anyGroup, hub, until, type House } from "../harness.js";

/** A client without a subprotocol that is in the group and sends its frames there. */
export class SimpleClient {
  readonly frames: (string | Buffer)[] = [];
  readonly #socket: WebSocket;

  private constructor(url: string) {
    this.#socket = new WebSocket(url);
    this.#socket.on("message", (data: Buffer, isBinary) =>
      this.frames.push(isBinary ? data : data.toString()),
    );
    onTestFinished(() => this.#socket.terminate());
  }

  /** Its user is `simple`. */
  static async join(house: House, group: string): Promise<SimpleClient> {
    const url = await house.emulator.clientAccessUrl(hub, { userId: "simple", roles: anyGroup });
    const client = new SimpleClient(`${url}&webpubsub_mode=sendToGroup&group=${group}`);
    const connection = await until(() => house.hub.connections().find(({ userId }) => userId === "simple"));
    house.hub.addToGroup(connection.connectionId, group);
    await until(() => client.#socket.readyState === WebSocket.OPEN);
    return client;
  }

  send(content: string | Buffer): void {
    this.#socket.send(content);
  }
}
