/** The first queue: its name, what callers hear first, and the music. */

import { useEffect, useState } from "preact/hooks";
import { useKnown, type Voice } from "../admin/known";
import { voiceOf } from "../admin/message";
import { SoundField } from "../admin/sounds";
import { Check, Field, Trouble, useSending } from "../parts/form";
import { Player } from "../parts/player";
import { t, tongue } from "../text/index";
import { ask, blob } from "../wire/rest";

interface Queue {
  id?: number;
  name: string;
  greeting?: unknown;
  music?: unknown;
  announcement?: unknown;
}

const QUEUES = "/api/v1/settings/queues";
const MUSIC = "hold-music.wav";

interface Wanted {
  name: string;
  greeting: string;
  voice: string;
  music: string | undefined;
  place: boolean;
}

/** The queue as it becomes: what it has besides stays. */
export function furnished(queue: Queue, wanted: Wanted): Queue {
  const { name, greeting, voice, music, place } = wanted;
  const rest: Queue = { ...queue, name };
  const says = (text: string) => ({ text, voice });
  if (greeting.trim() === "") delete rest.greeting;
  else rest.greeting = says(greeting);
  if (music === undefined) delete rest.music;
  else rest.music = { file: music };
  if (place) rest.announcement = says(t("setup.queue.place.text"));
  return rest;
}

export function FirstQueue({ onNext }: { onNext: () => void }) {
  const queues = useKnown<Queue[]>(QUEUES);
  const voices = useKnown<{ voices: Voice[] }>("/api/v1/voices")?.voices ?? [];
  const [name, setName] = useState<string | null>(null);
  const [greeting, setGreeting] = useState(t("setup.queue.greeting.text"));
  const [music, setMusic] = useState<string | undefined>(MUSIC);
  const [place, setPlace] = useState(true);
  const { busy, problem, send } = useSending();
  const first = queues?.[0];
  useEffect(() => {
    if (queues) setName(queues[0]?.name ?? t("setup.queue.name.text"));
  }, [queues]);
  const voice =
    voices.find((each) => each.name === tongue())?.name ?? voiceOf(voices, tongue())?.name ?? "en";
  const submit = (event: Event) => {
    event.preventDefault();
    void send(async () => {
      const queue = furnished(first ?? { name: "" }, { name: name ?? "", greeting, voice, music, place });
      if (first) await ask("PUT", `${QUEUES}/${first.id}`, queue);
      else await ask("POST", QUEUES, queue);
      onNext();
    });
  };
  const fault = problem?.of("greeting.text") ?? problem?.of("greeting");
  return (
    <form class="stack" onSubmit={submit} noValidate>
      <h1 id="title">{t("setup.queue")}</h1>
      <p class="soft">{t("setup.queue.intro")}</p>
      <Field label={t("setup.queue.name")} fault={problem?.of("name")}>
        <input value={name ?? ""} onInput={(event) => setName(event.currentTarget.value)} />
      </Field>
      <Field label={t("setup.queue.greeting")} fault={fault}>
        <textarea value={greeting} onInput={(event) => setGreeting(event.currentTarget.value)} />
      </Field>
      <div class="row">
        <Player
          name={t("setup.queue.greeting")}
          label={t("message.listen")}
          disabled={greeting.trim() === ""}
          sound={() => blob("POST", "/api/v1/speech/preview", { text: greeting, voice }, "audio/wav")}
        />
      </div>
      <SoundField
        label={t("setup.queue.music")}
        value={music}
        fault={problem?.of("music.file") ?? problem?.of("music")}
        onChange={setMusic}
      />
      <Check label={t("setup.queue.place")} checked={place} onChange={setPlace} />
      <Trouble problem={problem} beside={["name", "greeting.text", "greeting", "music", "music.file"]} />
      <button type="submit" class="button primary large wide" disabled={busy || name === null}>
        {t("setup.queue.save")}
      </button>
      <button type="button" class="button quiet" onClick={onNext}>
        {t("setup.skip")}
      </button>
    </form>
  );
}
