import type { CoreClient } from "../core/index.js";
import { check, type DevtoolsOptions } from "./options.js";
import { Panel } from "./panel.js";
import { Recorder } from "./recorder.js";
import { STYLES } from "./styles.js";
import { insight } from "./subject.js";

const NAME = "web-pubsub-devtools";

/**
 * Shows what a client does, in a panel at the bottom of the page: its states with their reasons, groups, operations,
 * messages. For development. Does nothing without a document, as on a server. In bundles, `web-pubsub-client/devtools`
 * is this under the condition `development` only; `web-pubsub-client/devtools/always` always is.
 * @returns a function that removes the panel
 * @throws TypeError for what isn't a client, or invalid options
 */
export function mountDevtools(client: CoreClient, options: DevtoolsOptions = {}): () => void {
  const { environment, groups } = insight(client);
  if (typeof document === "undefined") return () => {};
  const { admin, container } = check(options);
  const records: Recorder = new Recorder(
    client,
    () => environment.now(),
    () => panel.schedule(),
    () => panel.showState(),
  );
  const subject = { client, records, environment, groups: () => groups(records.groups) };
  const panel = new Panel(subject, admin, options.name);

  const host = makeHost();
  host.classList.toggle("left", options.corner === "left");
  const root = host.attachShadow({ mode: "open" });
  addStyles(root);
  root.append(...panel.elements);
  // The keys are the panel's: the page may have commands on them.
  for (const event of ["keydown", "keyup", "keypress"])
    root.addEventListener(event, (key) => key.stopPropagation());
  const place = (): void => {
    takePlace(host);
    (container ?? document.body).append(host);
  };
  const isEarly = container === undefined && document.body === null;
  // In the head of a page that is still read.
  if (isEarly) document.addEventListener("DOMContentLoaded", place);
  else place();
  panel.begin(options.open);
  return () => {
    document.removeEventListener("DOMContentLoaded", place);
    records.stop();
    panel.end();
    host.remove();
  };
}

/** Above the panels that are in the same corner already. */
function takePlace(host: HTMLElement): void {
  const corner = host.classList.contains("left") ? ".left" : ":not(.left)";
  const taken = [...document.querySelectorAll<HTMLElement>(NAME + corner)].map(
    ({ dataset }) => dataset["place"],
  );
  let place = 0;
  while (taken.includes(String(place))) place++;
  host.dataset["place"] = String(place);
  if (place > 0) host.style.setProperty("--from-below", `${12 + place * 42}px`);
}

/** The element's class has nothing in it, so it doesn't matter which copy of this module has defined it. */
function makeHost(): HTMLElement {
  if (!customElements.get(NAME)) customElements.define(NAME, class extends HTMLElement {});
  return document.createElement(NAME);
}

/** A constructed sheet needs no `unsafe-inline` in the page's policy. */
function addStyles(root: ShadowRoot): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
    root.adoptedStyleSheets = [sheet];
  } catch {
    const style = document.createElement("style");
    style.textContent = STYLES;
    root.append(style);
  }
}
