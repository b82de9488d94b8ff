/** The panel that shows what the connection does. Its code is loaded when somebody asks for it, in production too. */
import type { CoreClient } from "web-pubsub-client";
import { isLocal } from "./service";

const KEY = "the panel is there";
let panel: Promise<() => void> | undefined;

async function mount(client: CoreClient, open?: boolean): Promise<() => void> {
  const { mountDevtools } = await import("web-pubsub-client/devtools/always");
  // The pages' own server answers there for the local service.
  return mountDevtools(client, { open, faults: isLocal ? "/admin" : undefined });
}

/** Shows the panel, or takes it away again. */
export async function inspect(client: CoreClient): Promise<void> {
  if (panel === undefined) {
    sessionStorage.setItem(KEY, "yes");
    await (panel = mount(client, true));
  } else {
    sessionStorage.removeItem(KEY);
    const remove = await panel;
    panel = undefined;
    remove();
  }
}

/** After a reload the panel is there again, as it was left. */
export function keepPanel(client: CoreClient): void {
  if (sessionStorage.getItem(KEY) !== null) panel ??= mount(client);
}
