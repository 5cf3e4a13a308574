/** The story of a call, as `GET /api/v1/calls/{call}/story` has it, and what is made of it to be seen. */

import { t } from "../text/index";
import type { Recording } from "../wire/recording";

export interface Quality {
  received: number;
  sent: number;
  lost: number;
  jitter_ms: number;
  round_trip_ms: number | null;
  /** From 1 to 4.4; `null`: nothing was heard. */
  mos: number | null;
}

export type Role = "customer" | "agent" | "outside" | "supervisor";

export interface Leg {
  id: number;
  role: Role;
  sip_call_id: string;
  began: string;
  answered: string | null;
  ended: string | null;
  cause?: { protocol: string; cause: number | null; text: string | null };
  quality: Quality;
}

interface Named {
  id: number;
  name: string;
}

/** Its record, as `GET /api/v1/conversations` has it. */
export interface Conversation {
  id: string;
  direction: "inbound" | "outbound";
  from: string;
  called: string;
  trunk: string | null;
  diverted_by: string | null;
  queue: string | null;
  began: string;
  connected: string | null;
  ended: string | null;
  waited_ms: number;
  talked_ms: number;
  agent: Named | null;
  status: "open" | "waiting" | "solved" | "closed";
  assigned: Named | null;
  offers: number;
  end: string | null;
  legs: Leg[];
}

/** A call that goes on, as `GET /api/v1/live` has it. */
export interface Running {
  call: string;
  direction: "inbound" | "outbound";
  from: string;
  called: string;
  queue: string | null;
  agent: Named | null;
  state: "served" | "waiting" | "ringing" | "dialling" | "talking" | "held";
  since: string;
  talking_since: string | null;
  recorded: boolean;
  masked: boolean;
  legs: { leg: number; role: Role; codec: string | null; quality: Quality }[];
}

/** What happened: `data` is as the documents of the API list it for each type. */
export interface Happened {
  seq: number;
  at: string;
  type: string;
  data: Record<string, unknown>;
}

export interface Names {
  agents: Record<string, string>;
  queues: Record<string, string>;
  trunks: Record<string, string>;
}

export interface Story {
  call: string;
  conversation: Conversation | null;
  now: Running | null;
  events: Happened[];
  more: boolean;
  names: Names;
  recordings: Recording[];
}

/** A time on a lane, milliseconds since 1970. */
export interface Span {
  from: number;
  until: number;
  /** How it looks. */
  kind: "there" | "rings" | "talks" | "music" | "message" | "network" | "hold" | "recorded" | "masked";
  name: string;
}

/** Somebody or something over the time of the call. */
export interface Lane {
  key: string;
  name: string;
  spans: Span[];
  /** Keys that were pressed. */
  dots: number[];
}

export interface Timeline {
  from: number;
  until: number;
  lanes: Lane[];
}

/** The lanes of a story that ends, or goes on, at `now`. */
export function timeline(story: Story, now: number): Timeline {
  const lanes = new Map<string, Lane>();
  /** What goes on in a lane, and since when. */
  const open = new Map<string, Omit<Span, "until">>();
  const times = story.events.map(({ at }) => Date.parse(at));
  const began = story.conversation ? Date.parse(story.conversation.began) : now;
  const from = Math.min(began, ...times.slice(0, 1));
  const ended = story.conversation?.ended ? Date.parse(story.conversation.ended) : null;
  const last = times.at(-1) ?? from;
  const until = Math.max(ended ?? (story.now ? now : last), from + 1);

  const lane = (key: string, name: string): Lane => {
    const known = lanes.get(key) ?? { key, name, spans: [], dots: [] };
    lanes.set(key, known);
    return known;
  };
  const end = (key: string, at: number) => {
    const span = open.get(key);
    open.delete(key);
    if (span && at > span.from) lanes.get(key)?.spans.push({ ...span, until: at });
  };
  const begin = (key: string, lanesName: string, at: number, kind: Span["kind"], name: string) => {
    lane(key, lanesName);
    end(key, at);
    open.set(key, { from: at, kind, name });
  };
  const agentOf = (data: Happened["data"]) => ({
    key: `agent ${data.agent}`,
    name: nameOf(story.names.agents, data.agent, t("story.role.agent")),
  });

  begin("customer", t("story.role.customer"), from, "there", t("story.span.there"));
  let talking: string | null = null;
  /** Who is called or asked by an agent. */
  let asked: string | null = null;
  const stopTalking = (at: number) => {
    if (talking) end(talking, at);
    talking = null;
    end("hold", at);
    end("recording", at);
  };
  for (const { at: when, type, data } of story.events) {
    const at = Date.parse(when);
    const { key, name } = agentOf(data);
    switch (type) {
      case "call.music":
        begin("hears", t("story.hears"), at, "music", t("story.span.music"));
        break;
      case "call.message":
        begin("hears", t("story.hears"), at, "message", message(data.message));
        break;
      case "call.early_media":
        begin("hears", t("story.hears"), at, "network", t("story.span.network"));
        break;
      case "call.offered":
        begin(key, name, at, "rings", t("story.span.rings"));
        break;
      case "call.offer_ended":
        end(key, at);
        break;
      case "call.dialled":
        begin(key, name, at, "there", t("story.span.there"));
        break;
      case "call.answered":
        end("hears", at);
        begin(key, name, at, "talks", t("story.span.talks"));
        talking = key;
        break;
      case "call.rings_outside":
        begin("outside", t("story.role.outside"), at, "rings", t("story.span.rings"));
        break;
      case "call.reached":
        end("hears", at);
        begin("outside", t("story.role.outside"), at, "talks", t("story.span.talks"));
        talking ??= "outside";
        break;
      case "call.not_reached":
      case "call.consult_ended":
        end("outside", at);
        if (asked) end(asked, at);
        asked = null;
        break;
      case "call.rings_colleague":
        asked = key;
        begin(key, name, at, "rings", t("story.span.rings"));
        break;
      case "call.colleague_answered":
        begin(key, name, at, "talks", t("story.span.talks"));
        break;
      case "call.transferred":
      case "call.waits_again":
        stopTalking(at);
        break;
      case "call.held":
        if (data.held) begin("hold", t("story.hold"), at, "hold", t("story.span.hold"));
        else end("hold", at);
        break;
      case "call.digit": {
        const pressed = data.by_agent && talking ? talking : "customer";
        lanes.get(pressed)?.dots.push(at);
        break;
      }
      case "recording.begun":
        begin("recording", t("story.recording"), at, "recorded", segment(data.segment));
        break;
      case "recording.masked":
        begin(
          "recording",
          t("story.recording"),
          at,
          data.masked ? "masked" : "recorded",
          data.masked ? t("story.span.masked") : t("story.span.recorded"),
        );
        break;
      case "call.ended":
        for (const key of [...open.keys()]) end(key, at);
        break;
    }
  }
  for (const key of [...open.keys()]) end(key, until);
  const order = ["customer", "hears"];
  const place = (lane: Lane) => {
    const known = order.indexOf(lane.key);
    if (known >= 0) return known;
    return { hold: 90, recording: 91 }[lane.key] ?? 50;
  };
  const shown = [...lanes.values()].filter(({ spans, dots }) => spans.length + dots.length > 0);
  return { from, until, lanes: shown.sort((a, b) => place(a) - place(b)) };
}

function segment(number: unknown): string {
  return t("story.segment", { number: Number(number) });
}

function nameOf(names: Record<string, string>, id: unknown, otherwise: string): string {
  return names[String(id)] ?? `${otherwise} ${String(id)}`;
}

function message(word: unknown): string {
  switch (word) {
    case "greeting":
      return t("story.message.greeting");
    case "announcement":
      return t("story.message.announcement");
    case "max_wait":
      return t("story.message.max_wait");
    case "away":
      return t("story.message.away");
    default:
      return String(word);
  }
}

/** An event in words: what happened, and why where somebody has decided it. */
export interface Told {
  what: string;
  why?: string;
}

/** Says what happened; `null`: nothing that a story needs. */
export function tell({ type, data }: Happened, names: Names): Told | null {
  const agent = nameOf(names.agents, data.agent, t("story.role.agent"));
  const queue = nameOf(names.queues, data.queue, t("conversations.queue"));
  const trunk = nameOf(names.trunks, data.trunk, t("story.trunk"));
  const who = data.by_agent ? t("story.role.agent") : t("story.role.customer");
  const status = data.status ?? "–";
  const text = (value: unknown) => String(value ?? "");
  const why = data.why ? { why: text(data.why) } : {};
  switch (type) {
    case "call.arrived":
      return { what: t("story.arrived", { from: text(data.from), called: text(data.called) }) };
    case "call.refused":
      return { what: t("story.refused", { status: text(status) }), ...why };
    case "call.queued":
      return { what: t("story.queued", { queue, position: text(data.position) }) };
    case "call.music":
      return { what: t("story.music") };
    case "call.digit":
      return { what: t("story.digit", { who }) };
    case "call.message":
      return { what: t("story.says", { message: message(data.message) }) };
    case "call.message_missing":
      return { what: t("story.unsaid", { message: message(data.message) }) };
    case "call.found_closed":
      return { what: t("story.found_closed", { queue }) };
    case "call.offered":
      return { what: t("story.offered", { agent }), ...because(data) };
    case "call.offer_ended":
      return { what: t("story.offer_ended", { agent, why: refusal(data.why) }) };
    case "call.answered":
      return { what: t("story.answered", { agent, seconds: seconds(data.waited_ms) }) };
    case "call.held":
      return { what: t(data.held ? "story.held" : "story.resumed", { who }) };
    case "call.browser_lost":
      return { what: t(data.lost ? "story.lost" : "story.found", { who }) };
    case "call.waits_again":
      return { what: t("story.waits_again") };
    case "call.dialled":
      return { what: t("story.dialled", { agent, number: text(data.number) }) };
    case "call.sent_out":
      return { what: t("story.sent_out", { number: text(data.number) }) };
    case "call.transferred":
      return { what: t("story.transferred", { agent, to: target(data.to) }) };
    case "call.transfer_failed":
      return { what: t("story.transfer_failed", { status: text(status) }) };
    case "call.consults":
      return { what: t("story.consults", { number: target(data.to) }) };
    case "call.consulted":
      return { what: t("story.consulted") };
    case "call.consult_ended":
      return { what: t("story.consult_ended") };
    case "call.supervised":
      return { what: t("story.supervised", { who: text(data.by), mode: doing(data.mode) }) };
    case "call.supervision_ended":
      return { what: t("story.supervision_ended", { who: text(data.by) }) };
    case "call.rings_colleague":
      return { what: t("story.rings_colleague", { agent }) };
    case "call.colleague_answered":
      return { what: t("story.colleague_answered", { agent, seconds: seconds(data.waited_ms) }) };
    case "call.replaced":
      return { what: t("story.replaced", { who }) };
    case "recording.consent_asked":
      return { what: t("story.consent_asked") };
    case "recording.consent":
      return { what: t(data.given ? "story.consent" : "story.no_consent") };
    case "call.rings_outside":
      return { what: t("story.rings_outside") };
    case "call.early_media":
      return { what: t("story.early_media") };
    case "call.tried":
      return { what: t("story.tried", { trunk }) };
    case "call.passed_over":
      return { what: t("story.passed_over", { trunk, status: text(status) }), ...why };
    case "call.reached":
      return { what: t("story.reached", { trunk, seconds: seconds(data.waited_ms) }) };
    case "call.not_reached":
      return { what: t("story.not_reached", { status: text(status) }), ...why };
    case "call.missed":
      return { what: t("story.missed") };
    case "conversation.status":
      return { what: t("story.status", { status: standing(data.status) }) };
    case "call.ended":
      return { what: t("story.ended", { why: ending(data.end) }) };
    case "recording.begun":
      return { what: t("story.recorded", { segment: text(data.segment) }) };
    case "recording.masked":
      return { what: t(data.masked ? "story.masked" : "story.unmasked") };
    case "recording.written":
      return { what: t("story.written", { segment: text(data.segment), files: text(data.files) }) };
    case "callback.asked":
      return { what: t("story.callback_asked", { queue }) };
    case "callback.declined":
      return { what: t("story.callback_declined"), ...why };
    case "callback.promised":
      return { what: t("story.callback_promised") };
    case "callback.taken":
      return { what: t("story.callback_taken", { agent }) };
    case "callback.dialled":
      return { what: t("story.callback_dialled", { attempt: text(data.attempt) }) };
    case "callback.missed":
      return { what: t("story.callback_missed", { seconds: text(data.wait_s) }) };
    default:
      // Something newer than this page: as it is named.
      return { what: type, ...why };
  }
}

/** Why this agent was rung; what this page does not know of, in the server's words. */
function because(data: Happened["data"]): { why?: string } {
  const idle = lasted(Number(data.idle_s ?? 0));
  switch (data.by) {
    case "fewest_conversations":
      return { why: t("story.by.fewest_conversations", { n: String(data.conversations), idle }) };
    case "fewest_calls":
      return { why: t("story.by.fewest_calls", { n: String(data.calls), idle }) };
    case "longest_idle":
      return { why: t("story.by.longest_idle", { idle }) };
    case "random":
      return { why: t("story.by.random", { n: String(data.among) }) };
    case "round_robin":
    case "top_down":
    case "conversation":
    case "pick":
    case "link":
    case "transfer":
      return { why: t(`story.by.${data.by}`) };
    default:
      return data.why ? { why: String(data.why) } : {};
  }
}

/** A time in the unit that people would use. */
function lasted(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3_600)} h`;
}

function seconds(ms: unknown): string {
  return (Number(ms ?? 0) / 1000).toFixed(0);
}

function doing(mode: unknown): string {
  switch (mode) {
    case "listen":
    case "whisper":
    case "barge":
      return t(`story.mode.${mode}`);
    default:
      return String(mode);
  }
}

function target(to: unknown): string {
  const known = to as { number?: string; agent?: Named; queue?: string } | null;
  return known?.number ?? known?.agent?.name ?? known?.queue ?? "–";
}

function refusal(why: unknown): string {
  switch (why) {
    case "no_answer":
      return t("story.why.no_answer");
    case "declined":
      return t("story.why.declined");
    case "failed":
      return t("story.why.failed");
    case "caller_gone":
      return t("story.why.caller_gone");
    case "agent_gone":
      return t("story.why.agent_gone");
    case "not_ready":
      return t("story.why.not_ready");
    default:
      return String(why);
  }
}

/** How a conversation stands. */
export function standing(status: unknown): string {
  switch (status) {
    case "open":
      return t("conversation.open");
    case "waiting":
      return t("conversation.waiting");
    case "solved":
      return t("conversation.solved");
    case "closed":
      return t("conversation.closed");
    default:
      return String(status);
  }
}

const ENDS = [
  "customer_hung_up",
  "agent_hung_up",
  "abandoned",
  "max_wait",
  "closed",
  "callback_promised",
  "not_reached",
  "outside_hung_up",
  "media_lost",
  "signalling_lost",
  "refused",
  "stopped",
  "interrupted",
  "fault",
] as const;

/** Why a call ended. */
export function ending(end: unknown): string {
  const known = ENDS.find((each) => each === end);
  return known ? t(`story.end.${known}`) : String(end ?? "–");
}

/** Something to be found in a recording. */
export interface Mark {
  /** Milliseconds from its beginning. */
  at: number;
  kind: "hold" | "resume" | "transfer" | "digit" | "masked" | "unmasked";
}

/** What happened while a recording was made. Which keys were pressed is nobody's business. */
export function marksOf(events: readonly Happened[], recording: Recording): Mark[] {
  const began = Date.parse(recording.began);
  const marks = events.flatMap(({ at, type, data }): Mark[] => {
    const kind = markOf(type, data);
    return kind ? [{ at: Date.parse(at) - began, kind }] : [];
  });
  // The transfer is what ends it, a moment later at times.
  return marks
    .filter(({ at }) => at >= 0 && at <= recording.milliseconds + 1_000)
    .map((mark) => ({ ...mark, at: Math.min(mark.at, recording.milliseconds) }));
}

/** A time of a recording, milliseconds from its beginning; a moment, where both are the same. */
export interface Stretch {
  from: number;
  until: number;
  kind: Mark["kind"];
}

const ENDED_BY: Partial<Record<Mark["kind"], Mark["kind"]>> = { hold: "resume", masked: "unmasked" };

/** What marks show on a wave: how long it was on hold or not recorded, and when what has no length happened. */
export function spansOf(marks: readonly Mark[], length: number): Stretch[] {
  return marks.flatMap(({ at, kind }, place): Stretch[] => {
    const end = ENDED_BY[kind];
    if (end === undefined) {
      const isAnEnd = Object.values(ENDED_BY).includes(kind);
      return isAnEnd ? [] : [{ from: at, until: at, kind }];
    }
    const ended = marks.slice(place + 1).find((later) => later.kind === end);
    return [{ from: at, until: ended?.at ?? length, kind }];
  });
}

function markOf(type: string, data: Happened["data"]): Mark["kind"] | null {
  switch (type) {
    case "call.held":
      return data.held ? "hold" : "resume";
    case "call.transferred":
      return "transfer";
    case "call.digit":
      return "digit";
    case "recording.masked":
      return data.masked ? "masked" : "unmasked";
    default:
      return null;
  }
}

/** What a score means. */
export function opinion(mos: number | null): "unknown" | "good" | "fair" | "poor" {
  if (mos === null) return "unknown";
  if (mos >= 4) return "good";
  return mos >= 3.1 ? "fair" : "poor";
}

/** Of a hundred packets, so many never came. */
export function loss({ received, lost }: Quality): number {
  return received + lost === 0 ? 0 : (100 * lost) / (received + lost);
}
