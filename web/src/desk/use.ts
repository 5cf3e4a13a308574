/** What is read from the server again and again. */

import { useEffect, useState } from "preact/hooks";
import { Problem } from "../wire/rest";

export interface Read<T> {
  value: T | null;
  problem: Problem | null;
  again: () => void;
}

/** Reads now, whenever `key` changes, and every so many milliseconds while the page is looked at. */
export function useRead<T>(read: () => Promise<T>, key: string, every = 10_000): Read<T> {
  const [value, setValue] = useState<T | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    const look = () =>
      read().then(
        (found) => {
          if (!isCurrent) return;
          setValue(found);
          setProblem(null);
        },
        (error: unknown) => {
          if (!(error instanceof Problem)) throw error;
          if (isCurrent) setProblem(error);
        },
      );
    void look();
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void look();
    }, every);
    return () => {
      isCurrent = false;
      clearInterval(timer);
    };
  }, [key, turn, every]);
  return { value, problem, again: () => setTurn((before) => before + 1) };
}
