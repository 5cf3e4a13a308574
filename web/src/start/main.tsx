/** `/`: leads to where one belongs. */

import { begin, Stage } from "../parts/shell";
import { t } from "../text/index";
import { homeOf, whoAmI } from "../wire/rest";

void begin({}, async () => {
  try {
    const who = await whoAmI();
    location.replace(who ? homeOf(who) : "/login");
    return (
      <Stage>
        <p class="soft">{t("loading")}</p>
      </Stage>
    );
  } catch {
    return (
      <Stage>
        <div class="card stack" role="alert">
          <p>{t("problem.offline")}</p>
          <button type="button" class="button primary" onClick={() => location.reload()}>
            {t("again")}
          </button>
        </div>
      </Stage>
    );
  }
});
