/** Tries the storage of recordings as it is saved (R154), and tells what waits for it. */

import { useState } from "preact/hooks";
import { useRead } from "../desk/use";
import { Trouble, useSending } from "../parts/form";
import { moment } from "../parts/time";
import { t } from "../text/index";
import { ask } from "../wire/rest";

interface Tried {
  works: boolean;
  why: string | null;
}

interface Backlog {
  waiting: number;
  failing: number;
  oldest: string | null;
}

export function StorageTest({ isSaved }: { isSaved: boolean }) {
  const backlog = useRead(() => ask<Backlog>("GET", "/api/v1/storage"), "storage", 10_000).value;
  const [tried, setTried] = useState<Tried | null>(null);
  const { busy, problem, send } = useSending();
  const test = () =>
    send(async () => {
      setTried(null);
      setTried(await ask<Tried>("POST", "/api/v1/storage/test"));
    });
  return (
    <div class="part">
      <div class="row">
        <button type="button" class="button" disabled={busy || !isSaved} onClick={() => void test()}>
          {t("storage.test")}
        </button>
        <span class="small soft">{t(busy ? "loading" : isSaved ? "storage.how" : "storage.save")}</span>
      </div>
      <p role="status" class={tried ? `banner ${tried.works ? "good" : "danger"}` : "sr"}>
        {tried && (tried.works ? t("storage.works") : t("storage.fails", { why: tried.why ?? "" }))}
      </p>
      <Trouble problem={problem} />
      {backlog && (
        <p class="small soft">
          {t("storage.waiting", { n: backlog.waiting, failing: backlog.failing })}
          {backlog.oldest && ` ${t("storage.oldest", { when: moment(backlog.oldest) })}`}
        </p>
      )}
    </div>
  );
}
