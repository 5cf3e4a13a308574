/** How loud a microphone is: 0 to 1, some times a second. */

/** Watches a track until it is told to stop. */
export function watchLevel(track: MediaStreamTrack, tell: (level: number) => void): () => void {
  const context = new AudioContext();
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  // Without a gesture a browser keeps it asleep: it wakes with the first one.
  void context.resume();
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    tell(loudness(samples));
  }, 60);
  return () => {
    clearInterval(timer);
    source.disconnect();
    void context.close();
  };
}

/** From -54 dB, which is a quiet room, to -6 dB of the full scale. */
export function loudness(samples: ArrayLike<number>): number {
  let energy = 0;
  for (let index = 0; index < samples.length; index += 1) energy += (samples[index] ?? 0) ** 2;
  const level = 10 * Math.log10(energy / Math.max(samples.length, 1) + 1e-9);
  return Math.min(1, Math.max(0, (level + 54) / 48));
}
