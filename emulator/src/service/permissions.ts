import { GroupPattern } from "./groupPattern.js";

/** What a connection can be allowed to do with groups. */
export type Permission = "joinLeaveGroup" | "sendToGroup";

class Grants {
  any = false;
  readonly groups = new Set<string>();
  readonly patterns: GroupPattern[] = [];
  /** Revoked one by one: not allowed whatever else is, until they are granted again. */
  readonly revoked = new Set<string>();

  allows(group: string): boolean {
    if (this.groups.has(group)) return true;
    if (this.revoked.has(group)) return false;
    return this.any || this.patterns.some((pattern) => pattern.matches(group));
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
    if (group === undefined) {
      grants.any = true;
      grants.revoked.clear();
      return;
    }
    grants.groups.add(group);
    grants.revoked.delete(group);
  }

  /**
   * Unsettled: a revoked group is refused also where a role for any group or a pattern allows it.
   * @param group left out: takes back the permission for any group, and leaves those for single groups and patterns.
   */
  revoke(permission: Permission, group?: string): void {
    const grants = this.#grants[permission];
    if (group === undefined) {
      grants.any = false;
      return;
    }
    grants.groups.delete(group);
    grants.revoked.add(group);
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
