import { afterEach, expect, test, vi } from "vitest";
import { openOtherCamera, watchDevices } from "../src/wire/devices";

interface Camera {
  deviceId: string;
  facingMode?: string;
}

/** A browser with these cameras, that gives what fits exactly, or the first; what was wanted last. */
async function cameras(...all: Camera[]): Promise<() => string> {
  let opened = "";
  const getUserMedia = async ({ video }: MediaStreamConstraints) => {
    const { deviceId, facingMode } = video as {
      deviceId?: { exact: string };
      facingMode?: { exact: string };
    };
    const fits = (camera: Camera) =>
      deviceId ? camera.deviceId === deviceId.exact : !facingMode || camera.facingMode === facingMode.exact;
    const found = all.find(fits);
    if (!found) throw Object.assign(new Error("no"), { name: "OverconstrainedError" });
    opened = found.deviceId;
    return { getTracks: () => [{ kind: "video" }] };
  };
  const enumerateDevices = async () => all.map((camera) => ({ ...camera, kind: "videoinput", label: "" }));
  const mediaDevices = { getUserMedia, enumerateDevices, addEventListener: () => undefined };
  vi.stubGlobal("navigator", { mediaDevices });
  await watchDevices();
  return () => opened;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

test("R9: on a phone the other camera is the one that looks the other way", async () => {
  const wide = { deviceId: "wide", facingMode: "environment" };
  const opened = await cameras({ deviceId: "front", facingMode: "user" }, wide, { ...wide, deviceId: "far" });
  await openOtherCamera({ deviceId: "front", facingMode: "user" });
  expect(opened()).toBe("wide");
  await openOtherCamera({ deviceId: "far", facingMode: "environment" });
  expect(opened()).toBe("front");
});

test("R9: where cameras do not say where they look, the other one is the next", async () => {
  const opened = await cameras({ deviceId: "a" }, { deviceId: "b" }, { deviceId: "c" });
  await openOtherCamera({ deviceId: "b" });
  expect(opened()).toBe("c");
  await openOtherCamera({ deviceId: "c" });
  expect(opened()).toBe("a");
  await openOtherCamera(undefined);
  expect(opened()).toBe("a");
});

test("R9: of two cameras that look the same way, the other one is the next", async () => {
  const opened = await cameras({ deviceId: "a", facingMode: "user" }, { deviceId: "b", facingMode: "user" });
  await openOtherCamera({ deviceId: "a", facingMode: "user" });
  expect(opened()).toBe("b");
});
