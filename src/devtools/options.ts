/** Options of `mountDevtools`. */
export interface DevtoolsOptions {
  /**
   * Address of the admin path of a local service that was started with `--admin` and lets this page's origin in, such as
   * `http://localhost:8080/admin`: the panel then has buttons that make it fail. Relative to the page's address.
   */
  readonly faults?: string | undefined;
  /** Where the panel's element is put. Default: `document.body`. */
  readonly container?: ParentNode | undefined;
  /** Whether the panel is open at first. Default: as it was left in this browser, else closed. */
  readonly open?: boolean | undefined;
  /** Distinguishes the panels of several clients: shown beside the state. Default: none. */
  readonly name?: string | undefined;
  /** The corner at the bottom of the page. Default: `right`. */
  readonly corner?: "left" | "right" | undefined;
}

/** The options, checked. @throws TypeError */
export function check({ faults, container, name, corner }: DevtoolsOptions): {
  readonly admin: string | undefined;
  readonly container: ParentNode | undefined;
} {
  if (corner !== undefined && corner !== "left" && corner !== "right")
    throw new TypeError(`corner must be "left" or "right".`);
  if (name !== undefined && typeof name !== "string") throw new TypeError("name must be a string.");
  if (container !== undefined && typeof container.append !== "function")
    throw new TypeError("container must be an element.");
  return {
    admin: faults === undefined ? undefined : adminPath(faults),
    container,
  };
}

function adminPath(faults: string): string {
  const example = "such as http://localhost:8080/admin.";
  let url: URL;
  try {
    url = new URL(faults, document.baseURI);
  } catch {
    throw new TypeError(`faults must be the address of a local service's admin path, ${example}`);
  }
  if (!url.protocol.startsWith("http"))
    throw new TypeError(`faults must be an address of http or https, ${example}`);
  const path = url.pathname.replace(/\/+$/, "");
  return `${url.origin}${path === "" ? "/admin" : path}`;
}
