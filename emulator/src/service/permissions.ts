import { GroupPattern } from "./groupPattern.js";

/** What a connection can be allowed to do with groups. */
export type Permission = "joinLeaveGroup" | "sendToGroup";

class Grants {
  any = false;
  readonly groups = new Set<string>();
  readonly patterns: GroupPattern[] = [];

  allows(group: string): boolean {
    return this.any || this.groups.has(group) || this.patterns.some((pattern) => pattern.matches(group));
  }
}

/** The permissions of one connection: from its token's roles, later changed by the server. */
export class Permissions {
  readonly #grants: Readonly<Record<Permission, Grants>> = {
    joinLeaveGroup: new Grants(),
    sendToGroup: new Grants(),
  };

  /** A role that is unknown, or whose pattern is none, allows nothing: tokens may speak to newer services. */
  constructor(roles: Iterable<string>) {
    for (const role of roles) this.#addRole(role);
  }

  allows(permission: Permission, group: string): boolean {
    return this.#grants[permission].allows(group);
  }

  /** @param group left out: any group. */
  grant(permission: Permission, group?: string): void {
    const grants = this.#grants[permission];
    if (group === undefined) grants.any = true;
    else grants.groups.add(group);
  }

  /** Takes back exactly what was granted: revoking one group leaves a grant for any group as it is. */
  revoke(permission: Permission, group?: string): void {
    const grants = this.#grants[permission];
    if (group === undefined) grants.any = false;
    else grants.groups.delete(group);
  }

  /** Whether exactly this was granted. @param group left out: any group. */
  has(permission: Permission, group?: string): boolean {
    return group === undefined ? this.#grants[permission].any : this.allows(permission, group);
  }

  #addRole(role: string): void {
    for (const permission of ["joinLeaveGroup", "sendToGroup"] as const) {
      const name = `webpubsub.${permission}`;
      if (role === name) this.grant(permission);
      else if (role.startsWith(`${name}.`)) this.grant(permission, role.slice(name.length + 1));
      else if (role.startsWith(`${name}s.`)) {
        const pattern = GroupPattern.parse(role.slice(name.length + 2));
        if (pattern !== undefined) this.#grants[permission].patterns.push(pattern);
      }
    }
  }
}
