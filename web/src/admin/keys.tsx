/** Keys of programs: made, shown once, revoked. */

import { useState } from "preact/hooks";
import { useRead } from "../desk/use";
import { Field, Trouble, useSending } from "../parts/form";
import { Head } from "../parts/head";
import { Icon } from "../parts/icon";
import { moment } from "../parts/time";
import { find, t } from "../text/index";
import { ask } from "../wire/rest";
import { useWords } from "./known";
import { Once } from "./once";
import { Asked } from "./sure";

interface Key {
  name: string;
  scopes: string[];
  created: string;
  used: string | null;
  /** Told once, when it is made. */
  key?: string;
}

export function Keys() {
  const keys = useRead(() => ask<Key[]>("GET", "/api/v1/keys"), "keys", 60_000);
  const [made, setMade] = useState<Key | null>(null);
  const [isMaking, setMaking] = useState(false);
  const [asked, setAsked] = useState<string | null>(null);
  const { problem, send } = useSending();
  const revoke = (name: string) =>
    send(async () => {
      setAsked(null);
      await ask("DELETE", `/api/v1/keys/${encodeURIComponent(name)}`);
      keys.again();
    });
  return (
    <>
      <div class="row">
        <h1 class="grow">{t("keys")}</h1>
        {!isMaking && (
          <button type="button" class="button primary" onClick={() => setMaking(true)}>
            <Icon name="plus" />
            {t("keys.make")}
          </button>
        )}
      </div>
      <p class="soft">{t("keys.about")}</p>
      {made?.key && <Once what={t("keys.once", { name: made.name })} secret={made.key} />}
      {isMaking && (
        <NewKey
          onClose={(key) => {
            setMaking(false);
            if (!key) return;
            setMade(key);
            keys.again();
          }}
        />
      )}
      <Trouble problem={problem ?? keys.problem} />
      {keys.value?.length === 0 && !isMaking && <p class="nothing">{t("admin.none")}</p>}
      {keys.value && keys.value.length > 0 && (
        <table class="table folds">
          <Head columns={[t("keys.name"), t("keys.scopes"), t("keys.used")]} actions={t("keys.revoke")} />
          <tbody>
            {keys.value.map((key) => (
              <tr key={key.name}>
                <td data-name={t("keys.name")}>{key.name}</td>
                <td data-name={t("keys.scopes")}>{key.scopes.join(", ")}</td>
                <td data-name={t("keys.used")} class="when">
                  {key.used ? moment(key.used) : t("keys.never")}
                </td>
                <td data-name="">
                  <Asked
                    name={key.name}
                    what={t("keys.revoke")}
                    isAsked={asked === key.name}
                    onAsk={() => setAsked(key.name)}
                    onSure={() => void revoke(key.name)}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function NewKey({ onClose }: { onClose: (key: Key | null) => void }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>([]);
  const { busy, problem, send } = useSending();
  const submit = (event: Event) => {
    event.preventDefault();
    void send(async () => onClose(await ask<Key>("POST", "/api/v1/keys", { name, scopes })));
  };
  const fault = problem?.of("scopes");
  const known = useWords("KeyToBe", "scopes");
  return (
    <form class="part" onSubmit={submit} noValidate>
      <h2>{t("keys.make")}</h2>
      <Field label={t("keys.name")} help={t("keys.name.help")} fault={problem?.of("name")}>
        <input autocomplete="off" value={name} onInput={(event) => setName(event.currentTarget.value)} />
      </Field>
      <fieldset class="choices">
        <legend class="label">{t("keys.scopes")}</legend>
        {known.map((scope) => (
          <label key={scope} class="check">
            <input
              type="checkbox"
              checked={scopes.includes(scope)}
              onChange={(event) =>
                setScopes(
                  event.currentTarget.checked ? [...scopes, scope] : scopes.filter((each) => each !== scope),
                )
              }
            />
            <span>
              {find(`scope.${scope}`) ?? scope} <span class="soft small">{scope}</span>
            </span>
          </label>
        ))}
        {fault && <p class="fault">{fault}</p>}
      </fieldset>
      <Trouble problem={problem} beside={["name", "scopes"]} />
      <div class="row">
        <button type="submit" class="button primary" disabled={busy}>
          {t("keys.make")}
        </button>
        <button type="button" class="button" onClick={() => onClose(null)}>
          {t("cancel")}
        </button>
      </div>
    </form>
  );
}
