import { cleanup, configure, screen } from "@testing-library/react";
import type { ReactElement, ReactNode } from "react";
import { useGroup, useGroupMessages, WebPubSubProvider } from "web-pubsub-client/react";
import { PATIENCE } from "../../helpers/patience.js";
import { useBarePage } from "./page.js";

/** `Provider` connects with the page's `url` and `options`, which a test may change. */
export function usePage() {
  configure({ asyncUtilTimeout: PATIENCE });
  // Updates after unmounting, mismatches on hydration.
  const page = useBarePage("error", cleanup);
  function Provider({ children }: { children: ReactNode }): ReactElement {
    return (
      <WebPubSubProvider url={page.url} options={page.options}>
        {children}
      </WebPubSubProvider>
    );
  }
  return Object.assign(page, { Provider });
}

export function Status({ group = "room" }: { group?: string }): ReactElement {
  const { status, error } = useGroup(group);
  return (
    <p data-testid="status">
      {status}
      {error && ` (${error.name})`}
    </p>
  );
}

export function Log({ group = "room", limit }: { group?: string; limit?: number }): ReactElement {
  const messages = useGroupMessages<string>(group, { limit });
  return (
    <ol data-testid="log">
      {messages.map(({ key, data }) => (
        <li key={key}>{data}</li>
      ))}
    </ol>
  );
}

export const statuses = (): (string | null)[] =>
  screen.getAllByTestId("status").map(({ textContent }) => textContent);
export const logs = (): (string | null)[][] =>
  screen.getAllByTestId("log").map((list) => Array.from(list.children, ({ textContent }) => textContent));
