// The camera view beside the field: what it reads is typed into the field and sent, as a scanner would.
import { BarcodeDetector as OwnDetector } from "qr/decode.js";

const REMEMBERED = "counter-camera";
// A code still held before the lens when its answer is shown is not looked up again until it has been away so long.
const AWAY_MILLISECONDS = 2000;
const BETWEEN_MILLISECONDS = 120;
const VIEW = { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: { ideal: "environment" } };

async function makeDetector() {
  const native = globalThis.BarcodeDetector;
  const formats = native ? await native.getSupportedFormats().catch(() => []) : [];
  const Detector = formats.includes("qr_code") ? native : OwnDetector;
  return new Detector({ formats: ["qr_code"] });
}

const remembered = () => JSON.parse(sessionStorage.getItem(REMEMBERED) ?? "null");
const remember = (value) => sessionStorage.setItem(REMEMBERED, JSON.stringify(value));

// `read` is handed each text; the camera stays on over the pages of this tab until it is put off.
export function setUpCamera(part, read) {
  if (!part || !navigator.mediaDevices?.getUserMedia) return;
  const [button, video, words] = ["button", "video", "[role=status]"].map((name) => part.querySelector(name));
  let stream = null;

  const show = (isOn) => {
    video.hidden = !isOn;
    button.textContent = isOn ? part.dataset.off : part.dataset.on;
    button.setAttribute("aria-pressed", String(isOn));
  };
  const stop = () => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    video.srcObject = null;
    show(false);
  };

  async function start() {
    words.textContent = "";
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: VIEW, audio: false });
    } catch {
      words.textContent = part.dataset.denied;
      remember(null);
      return;
    }
    video.srcObject = stream;
    show(true);
    remember(remembered() ?? { last: null });
    const mine = stream;
    // Put off, or led to the answer's page, before the first picture came: nothing is wrong then.
    await video.play().catch(() => {});
    look(await makeDetector(), mine);
  }

  async function look(detector, mine) {
    let { last, at } = { at: Date.now(), ...remembered() };
    while (stream === mine) {
      const found = video.readyState >= 2 ? await detector.detect(video).catch(() => []) : [];
      const text = found[0]?.rawValue;
      const isHeld = text === last && Date.now() - at < AWAY_MILLISECONDS;
      if (text && text === last) at = Date.now();
      if (text && !isHeld && stream === mine) {
        last = text;
        at = Date.now();
        remember({ last });
        if (read(text) === false) return stop();
      }
      await new Promise((done) => setTimeout(done, BETWEEN_MILLISECONDS));
    }
  }

  button.addEventListener("click", () => {
    if (stream) {
      stop();
      remember(null);
    } else {
      start();
    }
  });
  window.addEventListener("pagehide", stop);
  part.hidden = false;
  show(false);
  if (remembered()) start();
}
