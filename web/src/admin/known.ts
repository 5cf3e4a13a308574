/** What settings choose from: names of other settings, sounds, voices. Read once, until something is changed here. */

import { useEffect, useState } from "preact/hooks";
import { find, t } from "../text/index";
import { ask, Problem } from "../wire/rest";
import type { Schema } from "./schema";

const kept = new Map<string, Promise<unknown>>();

/** From now on it is read anew. */
export function forget(): void {
  kept.clear();
}

/** What is at a path of the API; `null` until it is there. */
export function useKnown<T>(path: string | undefined): T | null {
  const [value, setValue] = useState<T | null>(null);
  useEffect(() => {
    if (path === undefined) return;
    let isCurrent = true;
    const asked = kept.get(path) ?? ask<T>("GET", path);
    kept.set(path, asked);
    asked.then(
      (found) => isCurrent && setValue(found as T),
      (error: unknown) => {
        kept.delete(path);
        if (!(error instanceof Problem)) throw error;
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [path]);
  return value;
}

interface Described {
  components: { schemas: Record<string, Schema> };
}

/** The words that may stand in a list of a body, as the API's own document has them. */
export function useWords(schema: string, field: string): string[] {
  const document = useKnown<Described>("/api/v1/openapi.json");
  const found = document?.components.schemas[schema]?.properties?.[field]?.items?.enum ?? [];
  return found.filter((word) => word !== null);
}

/** Something that others refer to: by its name, agents by their user. */
export interface Named {
  id: number;
  name?: string;
  user?: string;
}

export interface Choice {
  /** What is set. */
  value: string;
  /** What people read. */
  shown: string;
}

/** The choices for a key that names others. */
export function useChoices(path: string | undefined): Choice[] {
  const all = useKnown<Named[]>(path) ?? [];
  return all.map((each) => {
    const value = each.user ?? each.name ?? "";
    const shown = each.user && each.name && each.name !== each.user ? `${each.name} (${each.user})` : value;
    return { value, shown };
  });
}

/** Somebody as the server signs for them: `user root` is *root*. */
export function personOf(signature: string): string {
  if (signature === "configuration file") return t("by.file");
  return signature.replace(/^user /, "");
}

export interface Sound {
  file: string;
  name: string;
  seconds: number;
  shipped: boolean;
  added: string | null;
  by: string | null;
}

/** As people call it: what ships has a name in each language. */
export function soundName(sound: Sound): string {
  return (sound.shipped ? find(`sound.${sound.file}`) : undefined) ?? sound.name;
}

export type Form = "ordinal" | "cardinal" | "adaptive";

export interface Voice {
  name: string;
  language: string;
  gender: "male" | "female" | null;
  quality: "standard" | "neural";
  positions: Form[];
  /** Whether it can say {wait}. */
  wait: boolean;
}
