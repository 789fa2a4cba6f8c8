// A short sound and a buzz for each kind of answer, so that nobody has to look at the screen to know it.
// Frequency in hertz and length in milliseconds, one after another; 0 is a pause.
const TUNES = {
  go: [[880, 90], [1320, 160]],
  done: [[1320, 70], [0, 40], [1320, 70]],
  stop: [[196, 450]],
  wait: [[440, 140], [0, 60], [440, 140]],
  elsewhere: [[660, 140], [440, 220]],
  plain: [[330, 250]],
};
// For what is no answer to the code on the page: soft, and like none of the above.
const NEWS = [[523, 80], [0, 80], [523, 80], [0, 80], [523, 80]];
const LOUDNESS = 0.2;

export function sound(colour) {
  const tune = TUNES[colour];
  if (!tune) return;
  document.documentElement.dataset.sounded = colour;
  buzz(tune);
  play(tune);
}

export function announce() {
  buzz(NEWS);
  play(NEWS);
}

function buzz(tune) {
  // Browsers complain aloud where nobody has touched the page yet.
  if (!navigator.userActivation?.hasBeenActive) return;
  navigator.vibrate?.(tune.map(([, length]) => length));
}

function play(tune) {
  const Context = globalThis.AudioContext ?? globalThis.webkitAudioContext;
  if (!Context) return;
  const context = new Context();
  let at = context.currentTime;
  for (const [frequency, length] of tune) {
    const end = at + length / 1000;
    if (frequency) {
      const [tone, volume] = [context.createOscillator(), context.createGain()];
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(LOUDNESS, at);
      volume.gain.linearRampToValueAtTime(0, end);
      tone.connect(volume).connect(context.destination);
      tone.start(at);
      tone.stop(end);
    }
    at = end;
  }
  // Where the browser keeps silent until somebody has touched the page, nothing is heard later either.
  if (context.state === "suspended") context.resume().catch(() => undefined);
  setTimeout(() => context.close(), 2000);
}
