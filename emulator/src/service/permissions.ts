import { GroupPattern } from "./groupPattern.js";
import { maxNamedGroups, maxPatterns } from "./limits.js";
import { isGroupName } from "./names.js";

/** What a connection can be allowed to do with groups. */
export type Permission = "joinLeaveGroup" | "sendToGroup";

class Grants {
  any = false;
  readonly groups = new Set<string>();
  readonly patterns: GroupPattern[] = [];
  /** Revoked one by one: not allowed whatever else is, until they are granted again. */
  readonly revoked = new Set<string>();

  /** Whether one more group can be named. */
  get hasRoom(): boolean {
    return this.groups.size + this.revoked.size < maxNamedGroups;
  }

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

  /**
   * A role that is unknown allows nothing: tokens may speak to newer services.
   * @param skipped hears of roles that are wrong or too many: they allow nothing either.
   */
  constructor(roles: Iterable<string>, skipped: (problem: string) => void = () => undefined) {
    for (const role of roles) {
      const problem = this.#addRole(role);
      if (problem !== undefined) skipped(`The role ${JSON.stringify(role)} was skipped: ${problem}.`);
    }
  }

  allows(permission: Permission, group: string): boolean {
    return this.#grants[permission].allows(group);
  }

  /** @param group left out: any group. @returns false: too many groups are named already. */
  grant(permission: Permission, group?: string): boolean {
    const grants = this.#grants[permission];
    if (group === undefined) {
      grants.any = true;
      grants.revoked.clear();
      return true;
    }
    grants.revoked.delete(group);
    if (grants.allows(group)) return true;
    if (!grants.hasRoom) return false;
    grants.groups.add(group);
    return true;
  }

  /**
   * Unsettled: a revoked group is refused also where a role for any group or a pattern allows it.
   * @param group left out: takes back the permission for any group, and leaves those for single groups and patterns.
   * @returns false: too many groups are named already.
   */
  revoke(permission: Permission, group?: string): boolean {
    const grants = this.#grants[permission];
    if (group === undefined) {
      grants.any = false;
      return true;
    }
    grants.groups.delete(group);
    if (!grants.allows(group)) return true;
    if (!grants.hasRoom) return false;
    grants.revoked.add(group);
    return true;
  }

  /** Whether exactly this was granted. @param group left out: any group. */
  has(permission: Permission, group?: string): boolean {
    return group === undefined ? this.#grants[permission].any : this.allows(permission, group);
  }

  /** @returns what is wrong with it. */
  #addRole(role: string): string | undefined {
    for (const permission of ["joinLeaveGroup", "sendToGroup"] as const) {
      const name = `webpubsub.${permission}`;
      if (role === name) this.grant(permission);
      else if (role.startsWith(`${name}.`)) return this.#addGroup(permission, role.slice(name.length + 1));
      else if (role.startsWith(`${name}s.`)) return this.#addPattern(permission, role.slice(name.length + 2));
    }
    return undefined;
  }

  #addGroup(permission: Permission, group: string): string | undefined {
    if (!isGroupName(group)) return "it names no group";
    return this.grant(permission, group) ? undefined : `more than ${maxNamedGroups} groups are named`;
  }

  #addPattern(permission: Permission, text: string): string | undefined {
    const pattern = GroupPattern.parse(text);
    if (typeof pattern === "string") return pattern;
    if (pattern.literal !== undefined) return this.#addGroup(permission, pattern.literal);
    const { patterns } = this.#grants[permission];
    if (pattern.isEverything) this.grant(permission);
    else if (patterns.length >= maxPatterns) return `more than ${maxPatterns} patterns are given`;
    else patterns.push(pattern);
    return undefined;
  }
}
