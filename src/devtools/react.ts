/** The panel as a component for React. */
import { useEffect } from "react";
import { useWebPubSubClient } from "../react/index.js";
import { mountDevtools, type DevtoolsOptions } from "./index.js";

export type { DevtoolsOptions } from "./options.js";

/** Props of `WebPubSubDevtools`. */
export interface WebPubSubDevtoolsProps extends DevtoolsOptions {}

/**
 * Shows the panel for the client of the nearest `WebPubSubProvider` while it is mounted. Renders nothing, and does
 * nothing in bundles without the condition `development`.
 */
export function WebPubSubDevtools({ faults, container, open, name, corner }: WebPubSubDevtoolsProps): null {
  const client = useWebPubSubClient();
  useEffect(
    () => mountDevtools(client, { faults, container, open, name, corner }),
    [client, faults, container, open, name, corner],
  );
  return null;
}
